"""JSON as bytes to values: line by line in flat memory, and every fault with its place.

Reading is stricter than Python's: NaN, Infinity and numbers that no 64-bit float holds are refused, by pointer where
the rest can be read. Blank lines are passed over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from soundscape.validation.rules import RULES, Complaint

#: The longest line, and the longest file that is no JSONL, in bytes: more than any key of an hour-long clip.
LONGEST = 64 * 2**20

_WIDEST = 2**63
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a file without its end: number from 1, offset in bytes, and None for data that are too long."""

    number: int
    offset: int
    data: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A complaint about JSON itself; ``line`` and ``column`` count from 1 within the text, where they are known."""

    complaint: Complaint
    line: int | None = None
    column: int | None = None


Parsed: TypeAlias = tuple[Any, tuple[Fault, ...]]

#: Stands for the value of text that cannot be read.
BROKEN: Any = object()


def lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file that are not blank; a line of more than :data:`LONGEST` bytes without its data."""
    offset = 0
    with path.open("rb") as file:
        number = 0
        while data := file.readline(LONGEST + 1):
            number += 1
            start, offset = offset, offset + len(data)
            if len(data) > LONGEST and not data.endswith(b"\n"):
                while (more := file.readline(LONGEST)) and not more.endswith(b"\n"):
                    offset += len(more)
                offset += len(more)
                yield Line(number=number, offset=start, data=None)
            elif data.strip():
                yield Line(number=number, offset=start, data=data.rstrip(b"\r\n"))


def parse(data: bytes | None) -> Parsed:
    """Return the value of JSON text with its faults; the value is :data:`BROKEN` where there is none."""
    if data is None:
        return BROKEN, (_fault(f"more than {LONGEST:,} bytes"),)
    try:
        return msgspec.json.decode(data), ()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _slowly(data)


def _fault(found: str, line: int | None = None, column: int | None = None) -> Fault:
    complaint = Complaint(rule="json", pointer="", found=found, expected=RULES["json"])
    return Fault(complaint=complaint, line=line, column=column)


def _slowly(data: bytes) -> Parsed:
    """Return the value of text that the fast reader refuses, with what is wrong with it."""
    if data.startswith(_BOM):
        return BROKEN, (_fault("a byte order mark", 1, 1),)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        return BROKEN, (_fault(f"the byte 0x{data[error.start]:02x}, which is not UTF-8", *_place(before)),)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        reason = error.msg[0].lower() + error.msg[1:]
        at_end = not text[error.pos :].strip()
        found = f"the end of the text ({reason})" if at_end else f"{_excerpt(text, error.pos)!r} ({reason})"
        return BROKEN, (_fault(found, error.lineno, error.colno),)
    except RecursionError:
        return BROKEN, (_fault("brackets nested too deeply"),)
    except ValueError:
        return BROKEN, (_fault("a number of thousands of digits"),)
    if faults := tuple(Fault(complaint=complaint) for complaint in unfit(value, "json")):
        return value, faults
    return BROKEN, (_fault("half of a surrogate pair, or a number of more digits than can be held"),)


def _excerpt(text: str, at: int) -> str:
    return text[at : at + 20].split("\n")[0]


def _place(before: str) -> tuple[int, int]:
    """Return line and column of what follows a text."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def unfit(value: object, rule: str) -> Iterator[Complaint]:
    """Yield a complaint under a rule for every number that no 64-bit number holds, in document order."""
    todo = [("", value)]
    while todo:
        pointer, item = todo.pop()
        if isinstance(item, float) and not math.isfinite(item):
            found = "NaN" if math.isnan(item) else str(item).replace("inf", "Infinity")
            yield Complaint(rule=rule, pointer=pointer, found=found, expected="a finite number")
        elif isinstance(item, int) and not -_WIDEST <= item < _WIDEST:
            yield Complaint(rule=rule, pointer=pointer, found="an integer beyond 64 bits", expected="a smaller number")
        elif isinstance(item, list):
            todo += [(f"{pointer}/{index}", inner) for index, inner in reversed(tuple(enumerate(item)))]
        elif isinstance(item, dict):
            todo += [(pointer_to(pointer, str(key)), inner) for key, inner in reversed(item.items())]


def pointer_to(pointer: str, key: str) -> str:
    """Return the pointer of a key of the object that a pointer names (RFC 6901)."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
