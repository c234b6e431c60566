"""Recipes: YAML to problems, with the line on which each key stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from soundscape import schema
from soundscape.errors import RecipeError
from soundscape.planning import recipe as recipes
from soundscape.planning.distributions import Distribution, parse
from soundscape.planning.specs import Recipe
from soundscape.validation.lines import Fault, not_finite, pointer_to
from soundscape.validation.rules import Complaint

_MARK = re.compile(r"line (\d+), column (\d+)")
_SENSE = re.compile(r"(?P<pointer>/\S*): (?:found (?P<found>.*), expected (?P<expected>.*)|(?P<text>.*))", re.DOTALL)


def faults(path: Path) -> Iterator[Fault]:
    """Yield everything wrong with a recipe file, what it extends included; lines are those of the file itself."""
    try:
        data = recipes.read(str(path) if "/" in str(path) else f"./{path}")
    except RecipeError as error:
        yield _unreadable(error)
        return
    root = _compose(path)
    yield from _twice(root)
    found = [*not_finite(data, "yaml"), *map(_complaint, schema.problems("recipe", data))]
    for complaint in found or map(_said, _sense(data, path)):
        yield Fault(complaint=complaint, line=_line(root, complaint.pointer))


def _complaint(problem: schema.Problem) -> Complaint:
    return Complaint(rule="schema", pointer=problem.pointer, found=problem.found, expected=problem.expected)


def _unreadable(error: RecipeError) -> Fault:
    marks = _MARK.findall(error.message)
    line, column = (int(n) for n in marks[-1]) if marks else (None, None)
    expected = error.hint or "a recipe that can be read"
    complaint = Complaint(rule="yaml", pointer="", found=error.message, expected=expected)
    return Fault(complaint=complaint, line=line, column=column)


def _twice(node: yaml.Node | None, pointer: str = "") -> Iterator[Fault]:
    """Yield every key that stands twice in one mapping: YAML readers keep the last without a word."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            at = pointer_to(pointer, str(key.value))
            if key.value in seen:
                complaint = Complaint(rule="yaml", pointer=at, found="the key again", expected="every key once")
                yield Fault(complaint=complaint, line=key.start_mark.line + 1, column=key.start_mark.column + 1)
            seen.add(key.value)
            yield from _twice(value, at)


def _sense(data: dict[str, Any], path: Path) -> list[str]:
    """Return what the recipe's own sense complains of: all of it, or the first distribution that cannot be read."""
    where = str(path)
    try:
        recipes.from_data(data, where)
    except RecipeError as error:
        first = error.message.removeprefix(f"{where}: ")
    else:
        return []

    def hook(kind: type, value: object) -> object:
        return parse(value, where) if kind is Distribution else value

    try:
        return recipes.sense(msgspec.convert(data, Recipe, dec_hook=hook)) or [first]
    except (RecipeError, msgspec.ValidationError):
        return [first]


def _said(text: str) -> Complaint:
    """Return what a message of the recipe reader says as a complaint."""
    match = _SENSE.fullmatch(text)
    if match is None:
        return Complaint(rule="schema", pointer="", found=text, expected="a recipe that makes sense")
    found, expected = match["found"] or match["text"], match["expected"] or "a recipe that makes sense"
    return Complaint(rule="schema", pointer=match["pointer"], found=found, expected=expected)


def _compose(path: Path) -> yaml.Node | None:
    with path.open(encoding="utf-8") as file:
        root: yaml.Node | None = yaml.compose(file, yaml.SafeLoader)
    return root


def _line(node: yaml.Node | None, pointer: str) -> int | None:
    """Return the line (from 1) of what a pointer names, or of the nearest around it; None where neither is there."""
    line = None
    for part in pointer.split("/")[1:]:
        inner = _child(node, part.replace("~1", "/").replace("~0", "~"))
        if inner is None:
            break
        line, node = inner
    return line


def _child(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line + 1, item
    return None
