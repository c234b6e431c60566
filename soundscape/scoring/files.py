"""Prediction files: a system's answers to many clips, and what is odd about them.

Two forms:

* JSONL, one clip a line: ``{"clip_id": …, "events": […]}`` or ``{"clip_id": …, "output": "<raw model text>"}``;
* a folder of ``<clip_id>.json`` or ``<clip_id>.txt``, each file an answer as the system gave it.

Only a path that cannot be read is an error. Everything else becomes a :class:`Note`, and the clips count as follows: a
clip without an answer is missing, a clip answered twice keeps its first answer (a second try must not help), and an
answer that cannot be read is unparsed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from soundscape.errors import PredictionError, nearest
from soundscape.records import Prediction
from soundscape.scoring.parse import read_output

NoteKind: TypeAlias = Literal[
    "missing_clip", "unknown_clip", "duplicate_clip", "broken_line", "no_clip_id", "no_answer", "unparsed",
    "unreadable_file", "ignored_file",
]  # fmt: skip

_SUFFIXES = (".json", ".txt")
_BLANK = b" \t\r\n\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something odd about a prediction file. ``where`` is a file, with the line's number where there is one."""

    kind: NoteKind
    where: str
    message: str
    clip_id: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFile:
    """A system's answers by clip, in the order of the file, and notes on what is odd about them."""

    path: str
    predictions: dict[str, Prediction]
    notes: tuple[Note, ...] = ()

    def count(self, kind: NoteKind) -> int:
        """Return how many notes are of a kind."""
        return sum(note.kind == kind for note in self.notes)

    def repairs(self) -> dict[str, int]:
        """Return what had to be mended over all answers, by kind, sorted."""
        total: Counter[str] = Counter()
        for prediction in self.predictions.values():
            total.update(prediction.repairs)
        return dict(sorted(total.items()))


@dataclass(frozen=True, slots=True)
class _Answer:
    """One clip's answer as it was found; ``given`` is False where the record holds none."""

    where: str
    clip_id: str
    output: object
    given: bool = True


class _Line(msgspec.Struct):
    clip_id: str | int | None = None
    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    output: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_LINE = msgspec.json.Decoder(_Line)
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


def read_predictions(
    path: str | Path,
    *,
    clip_ids: Iterable[str] | None = None,
    durations: Mapping[str, float] | None = None,
    strict: bool = False,
) -> PredictionFile:
    """Return the answers in a file or folder.

    Args:
        path: of a JSONL file or a folder.
        clip_ids: the clips of the answer key; what is missing or unknown is noted where they are given.
        durations: of the clips in seconds, for ends given as the word "end".
        strict: mend nothing; an answer that is not exactly as the schema asks is unparsed.

    Raises:
        PredictionError: the path does not exist or cannot be read.
    """
    notes: list[Note] = []
    predictions: dict[str, Prediction] = {}
    first: dict[str, str] = {}
    source = Path(path)
    for answer in _folder(source, notes) if source.is_dir() else _lines(source, notes):
        clip = answer.clip_id
        if clip in first:
            message = f"clip {clip!r} is answered again; the answer at {first[clip]} counts"
            notes.append(Note(kind="duplicate_clip", where=answer.where, message=message, clip_id=clip))
            continue
        first[clip] = answer.where
        duration = durations.get(clip) if durations else None
        events, repairs, parsed = read_output(answer.output, strict=strict, duration=duration)
        predictions[clip] = Prediction(clip_id=clip, events=events, repairs=repairs, parsed=parsed)
        if not answer.given:
            message = f"clip {clip!r} has neither 'events' nor 'output'; it counts as unparsed"
            notes.append(Note(kind="no_answer", where=answer.where, message=message, clip_id=clip))
        elif not parsed:
            message = f"the answer for clip {clip!r} cannot be read; it counts as empty and as unparsed"
            notes.append(Note(kind="unparsed", where=answer.where, message=message, clip_id=clip))
    if clip_ids is not None:
        notes += _compared(source, first, clip_ids)
    return PredictionFile(path=str(path), predictions=predictions, notes=tuple(notes))


def _compared(path: Path, answered: Mapping[str, str], clip_ids: Iterable[str]) -> Iterator[Note]:
    """Yield what is missing and what is unknown, measured against the answer key's clips."""
    known = list(dict.fromkeys(clip_ids))
    for clip in known:
        if clip not in answered:
            message = f"clip {clip!r} has no answer; it counts as empty"
            yield Note(kind="missing_clip", where=str(path), message=message, clip_id=clip)
    # Suggesting a name compares with every clip, so only the first few unknown ones get one.
    suggestions = 3
    names = set(known)
    for clip, where in answered.items():
        if clip not in names:
            near = nearest(clip, names) if suggestions > 0 else ""
            suggestions -= 1
            message = f"clip {clip!r} is not in the answer key and counts for nothing{near}"
            yield Note(kind="unknown_clip", where=where, message=message, clip_id=clip)


def _folder(path: Path, notes: list[Note]) -> Iterator[_Answer]:
    """Yield the answers in a folder's files, by name."""
    try:
        files = sorted(path.iterdir())
    except OSError as error:
        raise _cannot_read(path, error) from None
    for file in files:
        if file.name.startswith("."):
            continue
        if file.suffix.lower() not in _SUFFIXES or not file.is_file():
            message = f"not read: the answers of a folder are files <clip_id>{' or <clip_id>'.join(_SUFFIXES)}"
            notes.append(Note(kind="ignored_file", where=str(file), message=message))
            continue
        try:
            data = file.read_bytes()
        except OSError as error:
            message = f"cannot be read ({error.strerror})"
            notes.append(Note(kind="unreadable_file", where=str(file), message=message, clip_id=file.stem))
            continue
        yield _Answer(str(file), file.stem, data)


def _lines(path: Path, notes: list[Note]) -> Iterator[_Answer]:
    """Yield the answers on a file's lines."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip(_BLANK):
                    yield from _line(line.strip(_BLANK), f"{path}:{number}", notes)
    except OSError as error:
        raise _cannot_read(path, error) from None


def _cannot_read(path: Path, error: OSError) -> PredictionError:
    return PredictionError(
        f"{path}: the predictions cannot be read ({error.strerror or error})",
        hint="give a JSONL file with one clip a line, or a folder of <clip_id>.json or <clip_id>.txt",
    )


def _line(line: bytes, where: str, notes: list[Note]) -> Iterator[_Answer]:
    """Yield the answer on a line, or note why there is none."""
    record = _record(line)
    if record is None:
        message = 'not a JSON object of the form {"clip_id": …, "events": […]} or {"clip_id": …, "output": "…"}'
        notes.append(Note(kind="broken_line", where=where, message=message))
        return
    name = record.get("clip_id")
    if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
        notes.append(Note(kind="no_clip_id", where=where, message="the line names no clip under 'clip_id'"))
        return
    given = next((record[key] for key in ("events", "output") if record.get(key) is not None), None)
    yield _Answer(where, str(name), given, given=given is not None)


def _record(line: bytes) -> dict[str, Any] | None:
    """Return a line's fields, or None where it is broken; ``events`` stays JSON text where that is possible."""
    try:
        read = _LINE.decode(line)
        fields: dict[str, Any] = {"clip_id": read.clip_id}
        if isinstance(read.events, msgspec.Raw) and bytes(read.events) != b"null":
            fields["events"] = bytes(read.events).decode()
        elif isinstance(read.output, msgspec.Raw):
            fields["output"] = msgspec.json.decode(read.output)
        return fields
    except _UNREADABLE:
        pass
    try:
        # Python writes NaN, Infinity and lone surrogates, which are not JSON but are meant as it.
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
