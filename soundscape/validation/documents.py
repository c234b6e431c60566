"""Answer keys, plans, sources and locks: a document against its schema, then against its own sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from soundscape import schema
from soundscape.dataset.lock import Lock
from soundscape.errors import DataError
from soundscape.records import AnswerKey, ScenePlan, Source
from soundscape.validation import answer_key, lock, plan, quick, source
from soundscape.validation.findings import Finding
from soundscape.validation.lines import BROKEN, LONGEST, Line, lines, parse
from soundscape.validation.places import Ids, Place
from soundscape.validation.rules import Complaint

#: Told how many bytes have been read since the last time.
Tick: TypeAlias = Callable[[int], None]
#: Asked for more complaints about a document whose form is right: (record, line).
More: TypeAlias = Callable[[Any, Line], Iterator[Complaint]]
#: Told the clip or source that a line is about, whatever else is wrong with it.
Seen: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A kind of document: its schema and record, its sense, and the field whose value no other line may have."""

    schema: str
    record: type
    sense: Callable[[Any], Iterator[Complaint]]
    identity: str | None = None


DOCUMENTS: dict[str, Document] = {
    "answer-key": Document(schema="uaap", record=AnswerKey, sense=answer_key.sense, identity="clip_id"),
    "plan": Document(schema="plan", record=ScenePlan, sense=plan.sense, identity="clip_id"),
    "lock": Document(schema="lock", record=Lock, sense=lock.sense),
    "source": Document(schema="source", record=Source, sense=source.sense, identity="source_id"),
}


def examine(kind: str, value: object) -> tuple[list[Complaint], Any]:
    """Return what is wrong with a parsed document, and its record where nothing is wrong with its form."""
    document = DOCUMENTS[kind]
    try:
        problems = quick.problems(document.schema, value)
    except RecursionError:
        return [Complaint(rule="json", pointer="", found="brackets nested too deeply", expected="a document")], None
    if problems:
        return [schema_complaint(problem) for problem in problems], None
    try:
        record: Any = schema.convert(value, document.record, kind)
    except (DataError, OverflowError) as error:
        return [Complaint(rule="schema", pointer="", found=str(error), expected="values that can be held")], None
    return list(document.sense(record)), record


def schema_complaint(problem: schema.Problem, base: str = "") -> Complaint:
    """Return a disagreement with a schema as a complaint; ``base`` is the pointer of the value that was checked."""
    return Complaint(rule="schema", pointer=f"{base}{problem.pointer}", found=problem.found, expected=problem.expected)


def identity(kind: str, value: object) -> str | None:
    """Return the name that a line of a kind has, or None."""
    field = DOCUMENTS[kind].identity if kind in DOCUMENTS else "clip_id"
    name = value.get(field) if isinstance(value, dict) and field else None
    return name if isinstance(name, str) else None


def by_line(
    path: Path, kind: str, tick: Tick, *, more: More | None = None, seen: Seen | None = None
) -> Iterator[Finding]:
    """Yield what is wrong with a JSONL file of one document a line.

    Args:
        path: the file.
        kind: a key of :data:`DOCUMENTS`.
        tick: told of the bytes that are read.
        more: asked of every document whose form is right, for what cannot be told from the document alone.
        seen: told of every clip or source that a line names.
    """
    place, ids, empty = Place(str(path), kind), Ids(), True
    for line in lines(path):
        empty = False
        tick(len(line.data or b"") + 1)
        value, faults = parse(line.data)
        clip = None if value is BROKEN else identity(kind, value)
        for fault in faults:
            yield place.fault(fault, first_line=line.number, clip=clip)
        if clip is not None:
            ids.add(clip, line)
            if seen is not None:
                seen(clip)
        if faults:
            continue
        complaints, record = examine(kind, value)
        if record is not None and more is not None:
            complaints += more(record, line)
        for complaint in complaints:
            yield place.finding(complaint, line=line.number, clip=clip)
    yield from duplicates(path, place, ids, lambda text: identity(kind, parse(text)[0]))
    if empty:
        yield place.simply("empty", "no line", "at least one line")


def duplicates(path: Path, place: Place, ids: Ids, name_of: Callable[[bytes], str | None]) -> Iterator[Finding]:
    """Yield every line whose clip or source an earlier line has; ``name_of`` reads it from a line."""
    field = (DOCUMENTS[place.kind].identity if place.kind in DOCUMENTS else None) or "clip_id"
    for alike in ids.alike(path):
        first: dict[str, int] = {}
        for number, text in alike:
            name = name_of(text)
            if name is not None and first.setdefault(name, number) != number:
                found = f"{name!r}, which line {first[name]} has"
                complaint = Complaint(
                    rule="duplicate", pointer=f"/{field}", found=found, expected="every one only once"
                )
                yield place.finding(complaint, line=number, clip=name)


def whole(path: Path, kind: str, tick: Tick) -> tuple[list[Finding], Any]:
    """Return what is wrong with a file that is one document, and its record where nothing is wrong with its form."""
    place = Place(str(path), kind)
    value, faults = parse(read(path))
    tick(path.stat().st_size)
    if faults:
        return [place.fault(fault) for fault in faults], None
    complaints, record = examine(kind, value)
    clip = identity(kind, value)
    return [place.finding(complaint, clip=clip) for complaint in complaints], record


def read(path: Path) -> bytes | None:
    """Return a file's bytes, or None where there are more than are read at once."""
    with path.open("rb") as file:
        data = file.read(LONGEST + 1)
    return data if len(data) <= LONGEST else None


def in_bank(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the sources of a bank."""
    from soundscape.sources.bank import Bank

    bank, place = Bank(folder), Place(str(folder), "source")
    for row in range(len(bank)):
        found = bank.source(row)
        complaints, _ = examine("source", schema.to_builtins(found))
        for complaint in complaints:
            yield place.finding(complaint, clip=found.source_id)
