"""Rules by which the columns of a data set become the fields of a source.

A rule is data: which columns may hold the value, what is done to it, what it is mapped to. Declarations in code and
mapping files use the same rules, so a new data set needs no code. A column is named by its path: ``json/text`` is
``text`` within ``json``, which may itself be a column or a member of a shard.

    Rule(columns=("text", "json/text"), needed=True)             the first that holds something
    Rule(columns=("sex",), apply=("gender",))                    through a function of functions.py
    Rule(columns=("speaker_id",), template="librivox-{}")        put into text
    Rule(template="{json/username} at Freesound")                text with columns in it; None where one is blank
    Rule(value="CC-BY-4.0")                                      the same for every record
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from soundscape.sources.adapters.functions import FUNCTIONS, TAKES_ANY

_PLACE = re.compile(r"\{([^{}]*)\}")
_MISSING = object()


class Malformed(Exception):
    """A record is not as its layout has it; says which column, what was found and what was expected."""

    def __init__(self, column: str, found: str, expected: str) -> None:
        super().__init__(f"{column}: found {found}, expected {expected}")
        self.column, self.found, self.expected = column, found, expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a field gets its value.

    ``columns`` are tried in turn; ``needed`` makes it an error when a record has none of them (a blank one is no
    error). ``apply`` names functions of :mod:`soundscape.sources.adapters.functions`, applied in order; declarations in
    code may hold functions of their own, which are given the value as it is. ``map`` replaces values, by their text
    without regard to case; what it does not list becomes ``otherwise``, or stays where that is not given.
    """

    columns: tuple[str, ...] = ()
    value: str | None = None
    apply: tuple[str | Callable[[Any], Any], ...] = ()
    map: Mapping[str, str] | None = None
    otherwise: str | None = ""
    template: str | None = None
    needed: bool = False


def look_up(record: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path of a record, or a marker that :func:`present` knows where there is none."""
    value: Any = record
    for step in path.split("/"):
        if not isinstance(value, Mapping) or step not in value:
            return _MISSING
        value = value[step]
    return value


def present(value: Any) -> bool:
    """Return whether :func:`look_up` found something, be it blank."""
    return value is not _MISSING


def blank(value: Any) -> bool:
    """Return whether a value says nothing: absent, None, NaN, white space or an empty list."""
    if value is _MISSING or value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str | list | tuple | Mapping) and (
        not value.strip() if isinstance(value, str) else not value
    )


def apply(rule: Rule, record: Mapping[str, Any], field: str) -> str | None:
    """Return the text that a rule gives for a record, or None.

    Raises:
        Malformed: a needed column is not there, or holds what is no text.
    """
    value: Any = rule.value
    if rule.columns:
        found = [look_up(record, path) for path in rule.columns]
        if rule.needed and not any(map(present, found)):
            raise Malformed(" or ".join(rule.columns), f"only {', '.join(columns_of(record))}", f"a column for {field}")
        value = next((v for v in found if not blank(v)), rule.value)
    for name in rule.apply:
        if isinstance(name, str) and name not in TAKES_ANY:
            value = text(value, rule.columns[0] if rule.columns else field)
        if value is None:
            return None
        value = (FUNCTIONS[name] if isinstance(name, str) else name)(value)
    if rule.template is not None:
        value = _filled(rule.template, record, value, takes_value=bool(rule.columns))
    if blank(value):
        return None
    result = text(value, rule.columns[0] if rule.columns else field)
    if rule.map is not None and result is not None:
        folded = {key.casefold(): mapped for key, mapped in rule.map.items()}
        result = folded.get(result.casefold(), result if rule.otherwise == "" else rule.otherwise)
    return result or None


def _filled(template: str, record: Mapping[str, Any], value: Any, *, takes_value: bool) -> str | None:
    if takes_value and blank(value):
        return None
    parts = {}
    for place in _PLACE.findall(template):
        part = value if place == "" else look_up(record, place)
        if blank(part):
            return None
        parts[place] = text(part, place) or ""
    return _PLACE.sub(lambda match: parts[match[1]], template)


def text(value: Any, column: str) -> str | None:
    """Return a value as one line of text; None where it is blank.

    Raises:
        Malformed: it is neither text nor a number.
    """
    if blank(value):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(column, _described(value), "text or a number")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def number(value: Any, column: str) -> float | None:
    """Return a value as a finite number; None where it is blank.

    Raises:
        Malformed: it is no number.
    """
    if blank(value):
        return None
    try:
        result = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise Malformed(column, _described(value), "a number")
    return result


def columns_of(record: Mapping[str, Any]) -> list[str]:
    """Return the paths that a record has, two levels deep, for messages."""
    paths = []
    for name, value in record.items():
        inner = [f"{name}/{key}" for key in value] if isinstance(value, Mapping) else []
        paths += inner[:20] or [str(name)]
    return paths[:30] or ["nothing"]


def _described(value: Any) -> str:
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '…'} ({type(value).__name__})"
