"""Sound effects on a user's disk: ESC-50, TACOS, and FSD50K, which is read file by file from the hub as well."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundscape.records import Span
from soundscape.sources.adapters import sounds
from soundscape.sources.adapters.candidate import (
    Candidate,
    LayoutError,
    ListedStream,
    Opened,
    Recording,
    Request,
    refused,
)
from soundscape.sources.adapters.fields import Rule
from soundscape.sources.adapters.mapping import Mapping, candidate
from soundscape.sources.adapters.shards import open_shards
from soundscape.sources.adapters.shelf import open_shelf
from soundscape.sources.adapters.tables import Record, at, folder_of, opened, parsed, table, table_if_there


def esc50(request: Request) -> Opened:
    """Open ESC-50: its author's repository on disk (``meta/esc50.csv``, ``audio/``), or Parquet shards."""
    root = request.path
    if root is None or not (root / "meta" / "esc50.csv").is_file():
        return open_shards(sounds.ESC50, request)
    rows = table(root / "meta" / "esc50.csv", columns=("filename", "category", "src_file"))
    records = [(row, at(root / "audio" / str(row["filename"]))) for row in rows]
    return opened(sounds.ESC50, root, {"all": lambda: records})


_TACOS = Mapping(
    dataset="TACOS",
    format="parquet",
    audio="audio",
    key=Rule(columns=("key",)),
    fields={
        "type": Rule(value="sound_event"),
        "caption": Rule(columns=("text",), apply=("short",)),
        "label": Rule(columns=("subclass",), apply=("label",)),
        "group": Rule(columns=("freesound_id",), template="freesound-{}"),
        "licence": Rule(columns=("license",), apply=("licence",)),
        "attribution": Rule(template="{manufacturer} on Freesound ({freesound_id}), captions by TACOS"),
        "caption_origin": Rule(value="human"),
    },
    prose=Rule(columns=("text",), apply=("long_only",)),
)
# Marks that touch by less than this, in seconds, are heard one after the other.
_TOUCHING = 0.1


def tacos(request: Request) -> Opened:
    """Open TACOS: ``annotations_strong.csv`` (filename, text, onset, offset), ``metadata.csv`` and ``audio/``.

    A source is what one caption of one clip marks: the part from its first onset to its last offset, with its marks as
    the active regions. Where another caption's marks reach into that part, both would be heard, and it is rejected.
    """
    root = folder_of(request, "TACOS", "annotations_strong.csv, metadata.csv and audio/")
    rows = table(root / "annotations_strong.csv", columns=("filename", "text", "onset", "offset"))
    about = {row["filename"]: row for row in table_if_there(root / "metadata.csv", ("filename", "license"))}
    clips: dict[str, dict[str, list[Span | None]]] = {}
    for row in rows:
        captions = clips.setdefault(str(row["filename"]), {})
        captions.setdefault(" ".join(str(row["text"]).split()), []).append(_mark(row))

    def candidates() -> Iterator[Candidate]:
        for name in sorted(clips):
            path = root / "audio" / name
            for number, (text, marks) in enumerate(clips[name].items(), start=1):
                record = {**about.get(name, {}), "text": text, "key": f"{name.rsplit('.', 1)[0]}-{number}"}
                others = [mark for other, spans in clips[name].items() if other != text for mark in spans]
                yield _marked(candidate(_TACOS, record, "", None, at(path)), path, marks, others)

    return Opened(dataset="TACOS", streams=(ListedStream("all", candidates),))


def _mark(row: Record) -> Span | None:
    """Return what a row marks, or None where its times are no span."""
    try:
        mark = Span(start=float(row["onset"]), end=float(row["offset"]))
    except (TypeError, ValueError):
        return None
    return mark if 0.0 <= mark.start < mark.end else None


def _marked(found: Candidate, path: Path, marks: list[Span | None], others: list[Span | None]) -> Candidate:
    """Return a candidate as the part of its clip that is marked, rejected where other marks reach into it."""
    spans = [mark for mark in marks if mark]
    if len(spans) < len(marks):
        note = "onset and offset: found no span of seconds, expected 0 <= onset < offset"
        return dataclasses.replace(found, rejected="malformed", note=note)
    segment = Span(start=min(mark.start for mark in spans), end=max(mark.end for mark in spans))
    within = [o for o in others if o and o.start < segment.end - _TOUCHING and o.end > segment.start + _TOUCHING]
    rejected, told = found.rejected, found.note
    if within and rejected is None:
        rejected, told = "overlapped", f"another sound is marked at {within[0].start:g} to {within[0].end:g} s"
    return dataclasses.replace(
        found,
        recording=Recording(path=path, segment=segment),
        regions=tuple(Span(start=m.start - segment.start, end=m.end - segment.start) for m in spans),
        rejected=rejected,
        note=told,
    )


def fsd50k(request: Request) -> Opened:
    """Open FSD50K on the hub or on disk, in the layout of its hub repository or of its own archives.

    Hub: ``clips/<dev|eval>/``, ``labels/<dev|eval>.csv``, ``metadata/<dev|eval>_clips_info_FSD50K.json``; archives:
    ``FSD50K.<dev|eval>_audio/``, ``FSD50K.ground_truth/``, ``FSD50K.metadata/``. Recordings on the hub are fetched one
    by one, as they are wanted.
    """
    shelf, revision = open_shelf(sounds.FSD50K.dataset, request)
    split = request.split or "dev"
    labels = shelf.first(f"labels/{split}.csv", f"FSD50K.ground_truth/{split}.csv")
    about = shelf.first(f"metadata/{split}_clips_info_FSD50K.json", f"FSD50K.metadata/{split}_clips_info_FSD50K.json")
    clips = f"clips/{split}" if labels.startswith("labels/") else f"FSD50K.{split}_audio"
    lines = io.StringIO(shelf.read(labels).decode("utf-8-sig", errors="replace"), newline="")
    rows = list(parsed(lines, labels, ",", columns=("fname", "labels")))
    try:
        told: dict[str, Any] = json.loads(shelf.read(about))
    except ValueError as error:
        raise LayoutError(f"{about}: cannot be read: {error}") from None
    if not isinstance(told, dict):
        raise LayoutError(f"{about}: found {type(told).__name__}, expected an object with an entry for each clip")

    def candidates() -> Iterator[Candidate]:
        for row in rows:
            entry = told.get(str(row["fname"]), {})
            record = {**(entry if isinstance(entry, dict) else {}), **row}
            record["told"] = f"{row['labels']}. {record.get('title', '')}"
            recording = shelf.recording(f"{clips}/{row['fname']}.wav")
            found = candidate(sounds.FSD50K, record, str(row["fname"]), None, recording)
            if not isinstance(entry, dict):
                note = f"{about}: found {type(entry).__name__} for {row['fname']!r}, expected an object"
                found = refused(found, "malformed", note)
            yield found

    stream = ListedStream(split, candidates)
    return Opened(dataset="FSD50K", streams=(stream,), root=shelf.folder, revision=revision)
