"""A system's answers as files: several files read as one, told in a line, and written by a baseline.

A system's answers may lie in several files, as when many workers wrote them; each clip belongs to one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import msgspec

from soundscape.errors import PredictionError
from soundscape.records import AnswerKey, PredictedEvent, Prediction
from soundscape.scoring.files import Note, NoteKind, PredictionFile, read_predictions

_FIELDS = tuple(f.name for f in fields(PredictedEvent))
_NAMED = 2
#: Each kind of note, as it is told of one and of many.
_TOLD: dict[NoteKind, tuple[str, str]] = {
    "missing_clip": ("1 of {1} clips without an answer", "{0} of {1} clips without an answer"),
    "unparsed": ("{0} unparsed answer", "{0} unparsed answers"),
    "no_answer": ("{0} line without an answer", "{0} lines without an answer"),
    "unknown_clip": ("{0} clip that the key does not have", "{0} clips that the key does not have"),
    "duplicate_clip": ("{0} clip answered twice, first counts", "{0} repeated answers, first counts"),
    "broken_line": ("{0} broken line", "{0} broken lines"),
    "no_clip_id": ("{0} line without a clip_id", "{0} lines without a clip_id"),
    "unreadable_file": ("{0} unreadable file", "{0} unreadable files"),
    "ignored_file": ("{0} file of another kind", "{0} files of another kind"),
}


def read_answers(paths: Sequence[str | Path], keys: Iterable[AnswerKey], *, strict: bool = False) -> PredictionFile:
    """Return a system's answers from one or several files or folders, compared with the clips of the key.

    Args:
        paths: at least one, each as :func:`~soundscape.scoring.files.read_predictions` takes it.
        keys: the answer keys.
        strict: mend nothing.

    Raises:
        PredictionError: a path cannot be read, or two of them answer the same clip.
    """
    durations = {key.clip_id: key.duration for key in keys}
    parts = [read_predictions(path, clip_ids=durations, durations=durations, strict=strict) for path in paths]
    home: dict[str, PredictionFile] = {}
    for part in parts:
        for clip in part.predictions:
            if clip in home:
                raise PredictionError(
                    f"clip {clip!r} is answered in {home[clip].path} and in {part.path}",
                    hint="several files are parts of one system's answers; mark two systems one after the other",
                )
            home[clip] = part
    # Every part notes all that it lacks itself; what all of them lack is among what the first one does.
    notes = [note for note in parts[0].notes if note.kind == "missing_clip" and note.clip_id not in home]
    notes += [note for part in parts for note in part.notes if note.kind != "missing_clip"]
    return PredictionFile(
        path=_clean(", ".join(part.path for part in parts)),
        predictions={_clean(clip): p for part in parts for clip, p in part.predictions.items()},
        notes=tuple(_clean_note(note) for note in notes),
    )


def _clean(text: str) -> str:
    """Return a text that can be written: JSON and file names can hold lone surrogates, UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _clean_note(note: Note) -> Note:
    clip = None if note.clip_id is None else _clean(note.clip_id)
    return replace(note, where=_clean(note.where), message=_clean(note.message), clip_id=clip)


def summarise_notes(answers: PredictionFile, clips: int) -> str:
    """Return what is odd about a system's answers in one line, the first few places by name; empty where nothing is.

    Args:
        answers: as :func:`read_answers` returns them.
        clips: how many clips the key holds.
    """
    counts = Counter(note.kind for note in answers.notes)
    parts = []
    for kind, (one, many) in _TOLD.items():
        number = counts[kind]
        if number:
            named = [_place(note) for note in answers.notes if note.kind == kind][:_NAMED]
            more = ", …" if number > _NAMED else ""
            parts.append(f"{(one if number == 1 else many).format(number, clips)} ({', '.join(named)}{more})")
    return f"{answers.path}: {'; '.join(parts)}" if parts else ""


def _place(note: Note) -> str:
    if note.clip_id is not None:
        return note.clip_id
    name = Path(note.where).name
    return f"line {name.rpartition(':')[2]}" if note.kind in ("broken_line", "no_clip_id") else name


def prediction_line(prediction: Prediction) -> bytes:
    """Return a prediction as a line of JSON, without a line end; fields without a value are left out."""
    events = [{name: v for name in _FIELDS if (v := getattr(e, name)) is not None} for e in prediction.events]
    return msgspec.json.encode({"clip_id": prediction.clip_id, "events": events})
