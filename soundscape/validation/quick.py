"""Schemas as plain functions: they tell in microseconds that a value is right; what is wrong, jsonschema says.

A checker made here is sound and not complete: where it says yes, jsonschema finds nothing; where it says no, jsonschema
is asked. It knows the keywords that ``schemas/`` use; a schema with any other has no checker and is left to jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, reduce
from typing import Any, TypeAlias

from soundscape import schema
from soundscape.schema import Problem

Check: TypeAlias = Callable[[Any], bool]

_ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description"})
#: The Python types of JSON's; 1.0, which jsonschema takes for an integer, is left to it.
_TYPES: dict[str, frozenset[type]] = {
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}


_NUMBERS = _TYPES["number"]
_KEYWORDS = frozenset({
    "$ref", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "items", "minProperties", "required", "properties",
    "allOf", "anyOf", "if",
})  # fmt: skip


class _Unknown(Exception):
    """A keyword that is not known here."""


@cache
def checker(name: str) -> Check | None:
    """Return the checker of a shipped schema; None where the schema uses a keyword that is not known here."""
    try:
        return _Compiler(schema.load(name)).compile(schema.load(name))
    except _Unknown:
        return None


@cache
def _event(name: str) -> Check | None:
    """Return the checker of one event, for a schema of documents with a list of them."""
    whole = schema.load(name)
    wrapper = whole if "properties" in whole else whole["$defs"].get("wrapper", {})
    found = wrapper.get("properties", {}).get("events", {}).get("items")
    try:
        return None if found is None else _Compiler(whole).compile(found)
    except _Unknown:
        return None


def problems(name: str, value: object) -> list[Problem]:
    """Return what :func:`soundscape.schema.problems` returns, sooner."""
    check = checker(name)
    if check is not None and check(value):
        return []
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        right = _event(name)
        if right is not None:
            return sorted(_without(name, value, right), key=_place)
    return sorted(schema.problems(name, value), key=_place)


def _place(problem: Problem) -> list[tuple[int, str]]:
    """Return what sorts pointers, with the items of lists in order of their numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in problem.pointer.split("/")]


def _without(name: str, value: dict[str, Any], right: Check) -> list[Problem]:
    """Return the problems of a value, found without showing jsonschema the events that are right."""
    wrong = [index for index, event in enumerate(value["events"]) if not right(event)]
    found = schema.problems(name, {**value, "events": [value["events"][index] for index in wrong]})
    out = []
    for problem in found:
        head, _, rest = problem.pointer.removeprefix("/events/").partition("/")
        if problem.pointer.startswith("/events/") and head.isdigit():
            pointer = f"/events/{wrong[int(head)]}" + (f"/{rest}" if rest else "")
            problem = Problem(pointer=pointer, found=problem.found, expected=problem.expected)
        out.append(problem)
    return out


def _both(a: Check, b: Check) -> Check:
    return lambda v: a(v) and b(v)


def _either(a: Check, b: Check) -> Check:
    return lambda v: a(v) or b(v)


class _Compiler:
    """Turns the subschemas of one schema into functions; each rule applies only to the types that it speaks of."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[str, Check | None] = {}

    def compile(self, part: Any) -> Check:
        """Return the function of a subschema.

        Raises:
            _Unknown: it uses a keyword that is not known here.
        """
        if not isinstance(part, dict):
            raise _Unknown
        checks: list[Check] = []
        for keyword, value in part.items():
            if keyword in _ANNOTATIONS or keyword in ("then", "additionalProperties"):
                continue
            make = getattr(self, f"_{keyword.lstrip('$')}", None)
            if keyword not in _KEYWORDS or make is None:
                raise _Unknown(keyword)
            checks.append(make(value, part))
        if "additionalProperties" in part and "properties" not in part:
            checks.append(self._properties({}, part))
        return reduce(_both, checks) if checks else lambda v: True

    def _ref(self, value: str, part: dict[str, Any]) -> Check:
        if not value.startswith("#/$defs/"):
            raise _Unknown(value)
        if value not in self._known:
            self._known[value] = None
            self._known[value] = self.compile(self._root["$defs"][value.removeprefix("#/$defs/")])
        known = self._known[value]
        if known is None:
            raise _Unknown("a definition that holds itself")
        return known

    def _type(self, value: str | list[str], part: dict[str, Any]) -> Check:
        names = [value] if isinstance(value, str) else value
        kinds = frozenset[type]().union(*(_TYPES[name] for name in names))
        return lambda v: type(v) in kinds

    def _enum(self, value: list[Any], part: dict[str, Any]) -> Check:
        if not all(option is None or isinstance(option, str) for option in value):
            numbers = [v for v in value if type(v) is int]
            if len(numbers) != len(value):
                raise _Unknown("enum")
            return lambda v: type(v) is int and v in numbers
        options = frozenset(value)
        return lambda v: (v is None or type(v) is str) and v in options

    def _const(self, value: Any, part: dict[str, Any]) -> Check:
        return self._enum([value], part)

    def _pattern(self, value: str, part: dict[str, Any]) -> Check:
        search = re.compile(value).search
        return lambda v: type(v) is not str or search(v) is not None

    def _minLength(self, value: int, part: dict[str, Any]) -> Check:
        return lambda v: type(v) is not str or len(v) >= value

    def _maxLength(self, value: int, part: dict[str, Any]) -> Check:
        return lambda v: type(v) is not str or len(v) <= value

    def _minimum(self, value: float, part: dict[str, Any]) -> Check:
        return lambda v: type(v) not in _NUMBERS or v >= value

    def _maximum(self, value: float, part: dict[str, Any]) -> Check:
        return lambda v: type(v) not in _NUMBERS or v <= value

    def _exclusiveMinimum(self, value: float, part: dict[str, Any]) -> Check:
        return lambda v: type(v) not in _NUMBERS or v > value

    def _exclusiveMaximum(self, value: float, part: dict[str, Any]) -> Check:
        return lambda v: type(v) not in _NUMBERS or v < value

    def _minItems(self, value: int, part: dict[str, Any]) -> Check:
        return lambda v: type(v) is not list or len(v) >= value

    def _maxItems(self, value: int, part: dict[str, Any]) -> Check:
        return lambda v: type(v) is not list or len(v) <= value

    def _minProperties(self, value: int, part: dict[str, Any]) -> Check:
        return lambda v: type(v) is not dict or len(v) >= value

    def _uniqueItems(self, value: bool, part: dict[str, Any]) -> Check:
        # Only texts are compared here: 1, 1.0 and True are one in a set, and not in JSON.
        return lambda v: type(v) is not list or (all(type(x) is str for x in v) and len(set(v)) == len(v)) or not value

    def _items(self, value: Any, part: dict[str, Any]) -> Check:
        right = self.compile(value)

        def check(v: Any) -> bool:
            if type(v) is list:
                for item in v:
                    if not right(item):
                        return False
            return True

        return check

    def _required(self, value: list[str], part: dict[str, Any]) -> Check:
        needed = frozenset(value)
        return lambda v: type(v) is not dict or needed <= v.keys()

    def _properties(self, value: dict[str, Any], part: dict[str, Any]) -> Check:
        known = {key: self.compile(sub) for key, sub in value.items()}
        more = part.get("additionalProperties", True)
        others: Check = (lambda v: bool(more)) if isinstance(more, bool) else self.compile(more)

        def check(v: Any) -> bool:
            if type(v) is not dict:
                return True
            # No generator expression: this is where the time goes.
            for key, item in v.items():  # noqa: SIM110
                if not known.get(key, others)(item):
                    return False
            return True

        return check

    def _allOf(self, value: list[Any], part: dict[str, Any]) -> Check:
        return reduce(_both, [self.compile(sub) for sub in value])

    def _anyOf(self, value: list[Any], part: dict[str, Any]) -> Check:
        return reduce(_either, [self.compile(sub) for sub in value])

    def _if(self, value: Any, part: dict[str, Any]) -> Check:
        # A condition must be decided exactly, which a checker that may say no too often does not: only the form
        # {properties: {key: {const: text}}, required: [key]} is known.
        key = value.get("required", [None])[0]
        constant = value.get("properties", {}).get(key, {}).get("const")
        exact = {"properties": {key: {"const": constant}}, "required": [key]}
        if value != exact or not isinstance(constant, str) or "then" not in part or "else" in part:
            raise _Unknown("if")
        then = self.compile(part["then"])
        return lambda v: (type(v) is dict and v.get(key) != constant) or then(v)
