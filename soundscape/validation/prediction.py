"""Predictions: can every answer be read, and what has to be mended for it?

Leniently, as ``score`` reads: each kind of repair is a warning with its count, an answer that cannot be read a
problem. Strictly, nothing is mended: every disagreement with ``schemas/prediction.schema.json`` is a problem. Pointers
go on into JSON that stands in a text: ``/output/events/0`` is the first event of an answer given as raw model text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from soundscape.records import PredictedEvent
from soundscape.scoring.parse import read_output
from soundscape.scoring.reading.repairs import REPAIR_KINDS
from soundscape.validation import quick
from soundscape.validation.documents import Tick, duplicates, read, schema_complaint
from soundscape.validation.findings import Finding
from soundscape.validation.lines import Line, Parsed, lines, parse
from soundscape.validation.places import Ids, Place
from soundscape.validation.rules import RULES, Complaint

KIND = "prediction"
SUFFIXES = (".json", ".txt")

_ANSWERS = ("events", "output")
_FORM = '{"clip_id": …, "events": […]} or {"clip_id": …, "output": "…"}'
_BLANK = b" \t\r\n\xef\xbb\xbf"


def by_line(path: Path, strict: bool, tick: Tick) -> Iterator[Finding]:
    """Yield what there is to say of a JSONL file of predictions."""
    place, ids, empty = Place(str(path), KIND), Ids(), True
    for line in lines(path):
        empty = False
        tick(len(line.data or b"") + 1)
        yield from _line(place, line, strict, ids)
    yield from duplicates(path, place, ids, lambda text: _clip(_leniently(text)[0]))
    if empty:
        yield place.simply("empty", "no line", "at least one line")


def _line(place: Place, line: Line, strict: bool, ids: Ids) -> Iterator[Finding]:
    value, faults = parse(line.data) if strict else _leniently(line.data)
    clip = _clip(value)
    for fault in faults:
        yield place.fault(fault, first_line=line.number, clip=clip)
    if faults:
        return
    if clip is None:
        complaint = Complaint(rule="schema", pointer="/clip_id", found="no clip id", expected=f"the clip's id: {_FORM}")
        if not isinstance(value, dict):
            complaint = Complaint(rule="schema", pointer="", found=_brief(value), expected=_FORM)
        yield place.finding(complaint, line=line.number)
        return
    ids.add(clip, line)
    answer = next((key for key in _ANSWERS if key in value), None)
    if answer is None:
        complaint = Complaint(rule="unparsed", pointer="", found=f"the keys {', '.join(value)}", expected=_FORM)
        yield place.finding(complaint, line=line.number, clip=clip)
    elif strict and answer == "events":
        for complaint in _strictly(value, ""):
            yield place.finding(complaint, line=line.number, clip=clip)
    else:
        yield from answer_findings(place, value[answer], strict, f"/{answer}", clip=clip, line=line.number)


def _leniently(data: bytes | None) -> Parsed:
    """Return a line's value; what Python writes although it is no JSON is left to the reader, who counts it."""
    value, faults = parse(data)
    if faults and data is not None:
        try:
            return json.loads(data.strip(_BLANK)), ()
        except (ValueError, RecursionError):
            pass
    return value, faults


def _clip(value: Any) -> str | None:
    name = value.get("clip_id") if isinstance(value, dict) else None
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        return None
    return str(name)


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


def answer_findings(
    place: Place, answer: object, strict: bool, pointer: str, *, clip: str, line: int | None = None
) -> Iterator[Finding]:
    """Yield what there is to say of one answer: raw text, bytes, or JSON that is decoded already."""
    if strict:
        for complaint in _strictly_text(answer, pointer):
            yield place.finding(complaint, line=line, clip=clip)
        return
    events, repairs, parsed = read_output(answer)
    if not parsed:
        shown = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        complaint = Complaint(rule="unparsed", pointer=pointer, found=_brief(shown), expected=RULES["unparsed"])
        yield place.finding(complaint, line=line, clip=clip)
        return
    for kind, count in repairs.items():
        complaint = Complaint(
            rule="repair", pointer=pointer, found=f"{kind}: {REPAIR_KINDS.get(kind, kind)}", expected=RULES["repair"]
        )
        yield place.finding(complaint, line=line, clip=clip, severity="warning", count=count)
    for complaint in _spans(events, pointer):
        yield place.finding(complaint, line=line, clip=clip, severity="warning")


def _strictly_text(answer: object, pointer: str) -> Iterator[Complaint]:
    if isinstance(answer, str | bytes):
        value, faults = parse(answer.encode("utf-8", "surrogatepass") if isinstance(answer, str) else answer)
        for fault in faults:
            where = f" at line {fault.line}, column {fault.column} of the answer" if fault.column else ""
            found = f"{fault.complaint.found}{where}"
            at = pointer + fault.complaint.pointer
            yield Complaint(rule="json", pointer=at, found=found, expected=fault.complaint.expected)
        if faults:
            return
    else:
        value = answer
    yield from _strictly(value, pointer)


def _strictly(value: Any, pointer: str) -> Iterator[Complaint]:
    try:
        found = quick.problems(KIND, value)
    except RecursionError:
        yield Complaint(rule="json", pointer=pointer, found="brackets nested too deeply", expected=_FORM)
        return
    if found:
        yield from (schema_complaint(problem, pointer) for problem in found)
        return
    listed = value["events"] if isinstance(value, dict) else value
    at = f"{pointer}/events" if isinstance(value, dict) else pointer
    for index, event in enumerate(listed):
        yield from _span(event["start_time"], event["end_time"], f"{at}/{index}")


def _spans(events: tuple[PredictedEvent, ...], pointer: str) -> Iterator[Complaint]:
    # The reader may have dropped events, so that numbers would lie: the list stands for them.
    for event in events:
        yield from _span(event.start_time, event.end_time, pointer)


def _span(start: float, end: float, pointer: str) -> Iterator[Complaint]:
    if end <= start or start < 0:
        yield Complaint(
            rule="prediction-span",
            pointer=pointer,
            found=f"start_time {start:g}, end_time {end:g}",
            expected="start_time before end_time, from 0 on; such a guess counts and matches nothing",
        )


def in_folder(folder: Path, strict: bool, tick: Tick) -> Iterator[Finding]:
    """Yield what there is to say of a folder of answers, ``<clip_id>.json`` or ``<clip_id>.txt``."""
    first: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        place = Place(str(path), KIND)
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            complaint = Complaint(
                rule="ignored", pointer="", found=f"{path.name!r}, which is not read", expected=RULES["ignored"]
            )
            yield place.finding(complaint, severity="warning")
            continue
        if path.stem in first:
            yield place.simply(
                "duplicate", f"a second answer to {path.stem!r}, after {first[path.stem]}", "one answer", clip=path.stem
            )
        first.setdefault(path.stem, path.name)
        yield from alone(path, strict, tick)
    if not first:
        yield Place(str(folder), KIND).simply("empty", "no answer", "files <clip_id>.json or <clip_id>.txt")


def alone(path: Path, strict: bool, tick: Tick) -> Iterator[Finding]:
    """Yield what there is to say of a file that holds one answer, as the system gave it."""
    place = Place(str(path), KIND)
    data = read(path)
    tick(path.stat().st_size)
    if data is None:
        yield place.fault(parse(None)[1][0], clip=path.stem)
        return
    yield from answer_findings(place, data, strict, "", clip=path.stem)


def is_one_answer(path: Path) -> bool:
    """Tell whether a file is one system's answer to one clip, and not a list of them: by its ending and first line."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    first = next(lines(path), None)
    if first is None or first.data is None:
        return True
    try:
        value = msgspec.json.decode(first.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return True
    return _clip(value) is None
