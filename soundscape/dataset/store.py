"""Where a build in progress keeps what is finished: one record a scene, written whole, after its audio.

``DIR/.soundscape/`` holds ``lock.json`` (what is being built) and ``scenes/<thousands>/<clip_id>.json`` (plan and key
of a finished scene). A scene without a record is not done, whatever else is there. The folder goes away when the
build is complete and everything in it has its place.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError, DataError
from soundscape.records import AnswerKey, ScenePlan
from soundscape.sources import files

WORK = ".soundscape"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRecord:
    """A finished scene as it is kept until the build is complete."""

    plan: ScenePlan
    key: AnswerKey


class Store:
    """A build's folder while it is being made."""

    def __init__(self, folder: Path, split: str) -> None:
        self.folder = folder
        self.split = split
        self.work = folder / WORK

    def audio(self, clip_id: str, ending: str) -> Path:
        """Return where a clip's audio goes."""
        return self.folder / "data" / self.split / f"{clip_id}.{ending}"

    def stem(self, clip_id: str, event_id: str) -> Path:
        """Return where an event's stem goes."""
        return self.folder / "stems" / self.split / clip_id / f"{event_id}.flac"

    def _record(self, clip_id: str) -> Path:
        return self.work / "scenes" / clip_id[-6:-3] / f"{clip_id}.json"

    def write(self, path: Path, data: bytes, *, durable: bool = False) -> None:
        """Write a file whole or not at all, making its folder."""
        with files.disk_faults(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, data, durable=durable)

    def keep(self, record: SceneRecord) -> None:
        """Mark a scene as finished; its audio must be in place."""
        path = self._record(record.plan.clip_id)
        data = b'{"key":' + schema.encode(record.key) + b',"plan":' + schema.encode(record.plan) + b"}"
        self.write(path, data)

    def done(self, clip_id: str) -> bool:
        """Tell whether a scene is finished: it has a record that can be read."""
        try:
            self.record(clip_id)
        except (FileNotFoundError, DataError):
            return False
        return True

    def record(self, clip_id: str) -> SceneRecord:
        """Return a finished scene's record."""
        path = self._record(clip_id)
        return schema.decode(path.read_bytes(), SceneRecord, str(path))

    def records(self, clip_ids: Iterator[str]) -> Iterator[SceneRecord]:
        """Yield finished scenes in order, one at a time in memory."""
        for clip_id in clip_ids:
            yield self.record(clip_id)

    def claim(self, lock: Lock) -> bool:
        """Take the folder for a build; True where this very build is complete already.

        A folder that is new or empty is taken; one in which the same build was begun is gone on with.

        Raises:
            BuildError: the folder holds another build, or files of somebody else. Nothing in it is touched.
        """
        finished, begun = self.folder / locks.NAME, self.work / "lock.json"
        for place in (finished, begun):
            if place.is_file():
                there = locks.read(place)
                other = locks.difference(there, lock)
                if other:
                    raise BuildError(
                        f"{self.folder} holds another build: its {other}",
                        hint="choose another --out; nothing there was touched",
                    )
                return place == finished and there.complete
        if self.folder.exists() and not self.folder.is_dir():
            raise BuildError(f"{self.folder} is a file, expected a folder", hint="choose another --out")
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise BuildError(
                f"{self.folder} is not empty and holds no build", hint="choose another --out; nothing there was touched"
            )
        self.write(begun, schema.encode(lock), durable=True)
        return False

    def clear(self) -> None:
        """Remove what is needed only while building."""
        shutil.rmtree(self.work, ignore_errors=True)
