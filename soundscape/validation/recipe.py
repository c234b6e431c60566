"""Recipes: YAML to problems, with the line on which each key stands."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from soundscape import schema
from soundscape.errors import RecipeError
from soundscape.planning import recipe as recipes
from soundscape.validation.lines import Fault, pointer_to, unfit
from soundscape.validation.rules import RULES, Complaint

_MARK = re.compile(r"line (\d+), column (\d+)")
_SENSE = re.compile(r"(?P<pointer>/\S*): (?:found )?(?P<found>.*?)(?:,? expected (?P<expected>.*))?", re.DOTALL)
#: Complaints of a recipe's sense that are gathered at most: each is found by leaving out what the last one was about.
_MOST = 50


def faults(path: Path) -> Iterator[Fault]:
    """Yield everything wrong with a recipe file, what it extends included; lines are those of the file itself."""
    try:
        data = recipes.read(str(path) if "/" in str(path) else f"./{path}")
    except RecipeError as error:
        yield _unreadable(error, path)
        return
    except RecursionError:
        yield _unreadable(RecipeError("brackets nested too deeply"), path)
        return
    root = _compose(path)
    yield from _twice(root)
    found = [*unfit(data, "yaml"), *map(_complaint, schema.problems("recipe", data))]
    for complaint in found or _sense(data, path):
        yield Fault(complaint=complaint, line=_line(root, complaint.pointer))


def _complaint(problem: schema.Problem) -> Complaint:
    return Complaint(rule="schema", pointer=problem.pointer, found=problem.found, expected=problem.expected)


def _unreadable(error: RecipeError, path: Path) -> Fault:
    marks = _MARK.findall(error.message)
    line, column = (int(n) for n in marks[-1]) if marks else (None, None)
    expected = error.hint or "a recipe that can be read"
    message = error.message.removeprefix(f"{path.name}: ")
    complaint = Complaint(rule="yaml", pointer="", found=message, expected=expected)
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


def _sense(data: dict[str, Any], path: Path) -> Iterator[Complaint]:
    """Yield what the recipe's own sense complains of.

    The reader stops at the first complaint; what that was about is left out, and the rest is read again.
    """
    rest = copy.deepcopy(data)
    for _ in range(_MOST):
        try:
            recipes.from_data(rest, str(path))
        except RecipeError as error:
            complaint = _said(error.message.removeprefix(f"{path}: "))
            yield complaint
            if not _leave_out(rest, complaint.pointer):
                return
        else:
            return


def _said(text: str) -> Complaint:
    """Return what a message of the recipe reader says as a complaint."""
    match = _SENSE.fullmatch(text)
    pointer, found, expected = match.group("pointer", "found", "expected") if match else ("", text, None)
    return Complaint(rule="sense", pointer=pointer, found=found, expected=expected or RULES["sense"])


def _leave_out(data: dict[str, Any], pointer: str) -> bool:
    """Take the section or parameter that a pointer leads into out of a recipe, so that its default stands."""
    parts = pointer.split("/")[1:]
    inner = data.get(parts[0]) if parts else None
    if isinstance(inner, dict) and len(parts) > 1 and parts[1] in inner:
        del inner[parts[1]]
        return True
    return bool(parts) and parts[0] != "name" and data.pop(parts[0], None) is not None


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
