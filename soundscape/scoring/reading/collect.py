"""Finds the events in JSON values of any shape, in the order in which they stand.

An object is an *event* where it has a type and a time, or one of both and nothing inside it. Anything else that has
objects, lists or JSON text inside *holds* events, perhaps. Where an object has a list under ``events``, only that is
looked at. Several answers side by side are one list: whatever is claimed counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from soundscape.records import EventType, PredictedEvent
from soundscape.scoring.reading.fields import looks_like_event, read_event
from soundscape.scoring.reading.repairs import Repairs
from soundscape.scoring.reading.words import type_of

#: How often an answer may be JSON inside a JSON text.
MOST_LAYERS = 3

#: Returns the values that a text holds.
Unpack: TypeAlias = "Callable[[str, Repairs], list[Any]]"

_JSON_TEXT = re.compile(r"\s*+(?:[\[{]|```)")


class Found(NamedTuple):
    """The events of an answer, and whether it is one: an event that can be used, or a stated empty list."""

    events: tuple[PredictedEvent, ...]
    answered: bool


class _Node(NamedTuple):
    """A value to be looked at. ``expected`` marks where the list of events may stand."""

    value: Any
    hint: EventType | None
    layer: int
    in_list: bool
    expected: bool


def collect(values: list[Any], *, duration: float | None, repairs: Repairs, unpack: Unpack) -> Found:
    """Return the events that an answer's values hold. Linear in their size, without recursion.

    Args:
        values: what stands side by side in the answer; usually one list.
        duration: of the clip in seconds, where known.
        repairs: takes the counts.
        unpack: for JSON inside JSON text.
    """
    walk = _Walk(duration, repairs, unpack)
    fruitful = 0
    for value in values:
        before = len(walk.events)
        walk.run(_Node(value, None, 0, False, True))
        fruitful += len(walk.events) > before
    if fruitful > 1:
        repairs["json_lines"] += 1
    elif fruitful:
        repairs["single_event"] += walk.alone
    if walk.events and fruitful < len(values):
        repairs["text_around"] = max(repairs["text_around"], 1)
    # An empty list that the end of the text or a foreign bracket closed states nothing.
    whole = not repairs["truncated"] and not repairs["bracket_mismatch"]
    return Found(tuple(walk.events), bool(walk.events) or (walk.states_nothing and whole))


class _Walk:
    """The state of one search."""

    __slots__ = ("alone", "duration", "events", "repairs", "states_nothing", "unpack")

    def __init__(self, duration: float | None, repairs: Repairs, unpack: Unpack) -> None:
        self.duration = duration
        self.repairs = repairs
        self.unpack = unpack
        self.events: list[PredictedEvent] = []
        self.alone = 0
        self.states_nothing = False

    def run(self, root: _Node) -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            if isinstance(node.value, dict):
                children = self._object(node)
            elif isinstance(node.value, list):
                children = self._list(node)
            elif _is_json_text(node.value) and node.layer < MOST_LAYERS:
                self.repairs["double_encoded"] += 1
                values = self.unpack(node.value, self.repairs)
                children = [node._replace(value=v, layer=node.layer + 1, in_list=False) for v in values]
            else:
                continue
            stack.extend(reversed(children))

    def _list(self, node: _Node) -> list[_Node]:
        if not node.value:
            self.states_nothing = self.states_nothing or node.expected
        children = [_Node(item, node.hint, node.layer, True, False) for item in node.value if _may_hold(item)]
        if children:
            self.repairs["stray_value"] += len(node.value) - len(children)
        if node.in_list and children:
            self.repairs["nested_list"] += 1
        return children

    def _object(self, node: _Node) -> list[_Node]:
        value: dict[str, Any] = node.value
        looks, complete = looks_like_event(value)
        children = [] if complete else self._children(value, node)
        if children:
            return children
        if looks:
            self._event(node)
        elif "events" in value and value["events"] is None:
            self.states_nothing = True
            self.repairs["wrong_value"] += 1
        elif node.in_list:
            self.repairs["dropped_event"] += 1
        return []

    def _event(self, node: _Node) -> None:
        event = read_event(node.value, hint=node.hint, duration=self.duration, repairs=self.repairs)
        if event is not None:
            self.events.append(event)
            self.alone += node.expected and not node.in_list

    def _children(self, value: dict[str, Any], node: _Node) -> list[_Node]:
        events = value.get("events")
        if isinstance(events, (list, dict)) or _is_json_text(events):
            return [_Node(events, None, node.layer, False, True)]
        children = []
        for key, child in value.items():
            kind = type_of(key)
            empty = child == [] and kind is not None
            if empty or _holds(child):
                children.append(_Node(child, kind[0] if kind else node.hint, node.layer, False, kind is not None))
        if children:
            self.repairs["wrapper_key"] += 1
        return children


def _holds(value: Any) -> bool:
    if isinstance(value, list):
        return any(_may_hold(item) for item in value)
    return bool(value) and _may_hold(value)


def _may_hold(value: Any) -> bool:
    return isinstance(value, (dict, list)) or _is_json_text(value)


def _is_json_text(value: Any) -> bool:
    """Return whether a value is text that holds JSON: it begins like it, or has an object with a start in it."""
    if not isinstance(value, str) or len(value) < 2:
        return False
    begins = _JSON_TEXT.match(value) is not None
    return ("{" in value and (begins or "start" in value)) or (begins and value.strip() == "[]")
