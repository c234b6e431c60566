"""The files of a build: all there, none besides, and nothing in what a system may see that gives an answer away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from soundscape.dataset import lock as locks
from soundscape.verification.documents import Build
from soundscape.verification.findings import Notes

#: The only fields that public metadata may have.
PUBLIC = ("file_name", "clip_id", "duration")
_TOP = ("README.md", "CREDITS.md", "report.json", locks.NAME)
_OWN = ("data", "answer_key", "plans", "stems", "direct")


def check_files(build: Build, notes: Notes) -> None:
    """Note every file of the whole build that is missing, and every one in its own folders that is unknown.

    Stems are left to :func:`check_stems`. Files whose names begin with a dot are passed over.
    """
    data = build.folder / "data" / build.lock.split
    needed: dict[Path, str | None] = {build.folder / name: None for name in _TOP}
    needed |= {build.keys: None, build.plans: None, data / "metadata.jsonl": None}
    needed |= {build.audio(clip): clip for clip in build.clips}
    for path, clip in needed.items():
        if not path.is_file():
            Notes(clip, notes.findings).add("file", None, "a file", file=build.name(path))
    for own in _OWN:
        for path in _files(build.folder / own):
            if path in needed or (own in ("stems", "direct") and _stem_of_a_clip(build, path)):
                continue
            clip = next((name for name in (path.stem, path.parent.name) if name in build.lock.clips), None)
            Notes(clip, notes.findings).add("file", "a file", None, file=build.name(path))


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _stem_of_a_clip(build: Build, path: Path) -> bool:
    """Tell whether a file lies where the stems of a clip do; which they may be, the clip's key says."""
    place = path.relative_to(build.folder).parts
    return build.lock.stems and len(place) == 4 and place[1] == build.lock.split and place[2] in build.lock.clips


def check_stems(build: Build, expected: Mapping[str, tuple[str, ...]], notes: Notes) -> list[tuple[str, str]]:
    """Note stems that are missing or too many; return those that are there, as (folder, event).

    Args:
        build: the build.
        expected: the events that each folder, ``stems`` and ``direct``, is to hold for the clip.
        notes: those of the clip.
    """
    there = []
    for kind, events in expected.items():
        folder = build.stem(str(notes.clip), "x", kind).parent
        found = {path.name: path for path in _files(folder)}
        for event in events:
            path = build.stem(str(notes.clip), event, kind)
            if found.pop(path.name, None) is None:
                notes.add("file", None, "a file", event=event, file=build.name(path))
            else:
                there.append((kind, event))
        for path in found.values():
            notes.add("file", "a file", None, event=path.stem, file=build.name(path))
    return there


def check_metadata(build: Build, durations: Mapping[str, float], notes: Notes) -> None:
    """Note what the public metadata say too much, too little or wrongly; ``durations`` are those of the key, in s."""
    path = build.folder / "data" / build.lock.split / "metadata.jsonl"
    if not path.is_file():
        return
    name, seen = build.name(path), set()
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        value = _object(line)
        clip = value.get("clip_id") if value is not None else None
        if value is None or not isinstance(clip, str):
            notes.add("metadata", f"no clip in line {number}", "a clip_id", file=name)
            continue
        own = Notes(clip, notes.findings)
        for key in sorted(set(value) - set(PUBLIC)):
            own.add(f"metadata {key}", str(value[key]), None, file=name)
        if clip in seen or clip not in build.clips:
            own.add("metadata clip_id", f"again in line {number}" if clip in seen else clip, None, file=name)
            continue
        seen.add(clip)
        own.same("metadata file_name", value.get("file_name"), build.audio(clip).name, file=name)
        if clip in durations:
            own.same("metadata duration", value.get("duration"), durations[clip], file=name)
    for clip in build.clips:
        if clip not in seen:
            Notes(clip, notes.findings).add("metadata", None, "a line", file=name)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None
