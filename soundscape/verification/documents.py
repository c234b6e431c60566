"""The words of a build: its lock, and the lines of answer key and plans, each with the clip that it speaks of."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError, DataError
from soundscape.records import AnswerKey, ScenePlan
from soundscape.verification.findings import Notes

_CLIP_ID = re.compile(rb'"clip_id"\s*:\s*"([^"\\]{1,200})"')
_MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A build's folder: its lock, its clips in order, and where in the two files each clip's line begins."""

    folder: Path
    lock: Lock
    clips: tuple[str, ...]
    key_at: dict[str, int] = field(default_factory=dict)
    plan_at: dict[str, int] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        """The file of answer keys."""
        return self.folder / "answer_key" / f"{self.lock.split}.jsonl"

    @property
    def plans(self) -> Path:
        """The file of plans."""
        return self.folder / "plans" / f"{self.lock.split}.jsonl"

    def audio(self, clip: str) -> Path:
        """A clip's audio."""
        return self.folder / "data" / self.lock.split / f"{clip}.{self.lock.audio}"

    def stem(self, clip: str, event: str, kind: str = "stems") -> Path:
        """An event's stem, or with ``direct`` its direct sound."""
        return self.folder / kind / self.lock.split / clip / f"{event}.flac"

    def name(self, path: Path) -> str:
        """A file's name within the folder, with forward slashes."""
        return path.relative_to(self.folder).as_posix()


def open_build(folder: Path) -> tuple[Build, Notes]:
    """Return a finished build, and what is wrong with its lock and with the lines of its files.

    Raises:
        BuildError: there is no build here, or it is not finished, or its lock cannot be read.
    """
    lock = locks.read(folder)
    if not lock.complete:
        raise BuildError(f"{folder}: this build is not finished", hint="run the same build again to go on with it")
    if lock.layout != "folder":
        raise BuildError(
            f"{folder}: the layout is {lock.layout!r}, and verify reads folders",
            hint="regenerate it with the layout 'folder', or verify the build that it was exported from",
        )
    notes = Notes()
    for problem in schema.problems("lock", json.loads((folder / locks.NAME).read_bytes()))[:_MOST_PROBLEMS]:
        notes.add(f"schema {problem.pointer or '/'}", problem.found, problem.expected, file=locks.NAME)
    notes.same("recipe_digest", lock.recipe_digest, schema.digest(lock.recipe), file=locks.NAME)
    names = tuple(f"{lock.recipe['name']}-{lock.split}-{i:06d}" for i in range(lock.clip_count))
    for clip in sorted(set(names) ^ set(lock.clips)):
        there, wanted = ("a digest", None) if clip in lock.clips else (None, "a digest")
        Notes(clip, notes.findings).add("digest", there, wanted, file=locks.NAME)
    build = Build(folder=folder, lock=lock, clips=names)
    for path, at in ((build.keys, build.key_at), (build.plans, build.plan_at)):
        _index(build, path, at, notes)
    return build, notes


def _index(build: Build, path: Path, at: dict[str, int], notes: Notes) -> None:
    """Note where each clip's line begins, and lines that are too many, too few or of no clip."""
    name, known, offset = build.name(path), set(build.clips), 0
    if not path.is_file():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            clip = _clip_of(line)
            if clip is None:
                notes.add("line", f"no clip in line {number}", "a clip_id", file=name)
            elif clip not in known:
                notes.add("clip", clip, None, file=name)
            elif clip in at:
                Notes(clip, notes.findings).add("clip", f"again in line {number}", "once", file=name)
            else:
                at[clip] = offset
            offset += len(line)
    for clip in build.clips:
        if clip not in at:
            Notes(clip, notes.findings).add("clip", None, "a line", file=name)


def _clip_of(line: bytes) -> str | None:
    """Return the clip that a line speaks of, even where the rest of the line is broken."""
    try:
        value = json.loads(line)
    except ValueError:
        found = _CLIP_ID.search(line)
        return found[1].decode("utf-8", "replace") if found else None
    clip = value.get("clip_id") if isinstance(value, dict) else None
    return clip if isinstance(clip, str) else None


def line_at(path: Path, offset: int) -> bytes:
    """Return the line that begins at an offset, without its end."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.readline().rstrip(b"\r\n")


def read_key(build: Build, clip: str, notes: Notes) -> AnswerKey | None:
    """Return a clip's key; None where it has none or it is not valid, which is noted."""
    if clip not in build.key_at:
        return None
    value = _parsed(line_at(build.keys, build.key_at[clip]), "uaap", build.name(build.keys), notes)
    return None if value is None else _record(value, AnswerKey, build.name(build.keys), notes)


def read_plan(build: Build, clip: str, notes: Notes) -> tuple[ScenePlan, str] | None:
    """Return a clip's plan and the digest of its line; None as in :func:`read_key`."""
    if clip not in build.plan_at:
        return None
    line = line_at(build.plans, build.plan_at[clip])
    value = _parsed(line, "plan", build.name(build.plans), notes)
    plan = None if value is None else _record(value, ScenePlan, build.name(build.plans), notes)
    # The line is the plan's canonical form, so its bytes are what the digest is of.
    return None if plan is None else (plan, hashlib.sha256(line).hexdigest())


def _parsed(line: bytes, kind: str, file: str, notes: Notes) -> Any:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        notes.add("json", str(error), "a line of JSON (RFC 8259)", file=file)
        return None
    found = schema.problems(kind, value)
    for problem in found[:_MOST_PROBLEMS]:
        event = _event_of(value, problem.pointer)
        notes.add(f"schema {problem.pointer or '/'}", problem.found, problem.expected, event=event, file=file)
    return None if found else value


def _event_of(value: Any, pointer: str) -> str | None:
    """Return the id of the event that a pointer leads into."""
    parts = pointer.split("/")
    if len(parts) < 3 or parts[1] != "events" or not parts[2].isdigit():
        return None
    event = value["events"][int(parts[2])]
    name = event.get("event_id") if isinstance(event, dict) else None
    return name if isinstance(name, str) else None


def _record(value: Any, kind: type[Any], file: str, notes: Notes) -> Any:
    try:
        return schema.convert(value, kind, file)
    except DataError as error:
        notes.add("schema /", error.message, f"a {kind.__name__}", file=file)
        return None
