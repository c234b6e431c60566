"""Where a build in progress keeps what is finished: one record a scene, written whole, after its audio.

``DIR/.soundscape/`` holds ``lock.json`` (what is being built), ``scenes/<thousands>/<clip_id>.json`` (plan and key of
a finished scene) and, for layouts that pack clips together, ``clips/<thousands>/<clip_id>.<ending>``. A scene without
a record is not done, whatever else is there. All of it goes away when the build is complete and everything has its
place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.dataset.outputs import Folder, Name, Output, open_output
from soundscape.errors import BuildError, DataError
from soundscape.records import AnswerKey, ScenePlan

WORK = ".soundscape"
_BEGUN, _RUNNING, _SCENES, _CLIPS = f"{WORK}/lock.json", f"{WORK}/running", f"{WORK}/scenes", f"{WORK}/clips"
_ELSEWHERE = "choose another --out; nothing there was touched"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRecord:
    """A finished scene as it is kept until the build is complete; ``stages`` are its checks, for the lock."""

    plan: ScenePlan
    key: AnswerKey
    stages: str


class _Lines(msgspec.Struct):
    """A record's file, its parts not yet read."""

    key: msgspec.Raw
    plan: msgspec.Raw
    stages: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record as it was read, and its lines for the files that hold all answer keys and plans."""

    record: SceneRecord
    key_line: bytes
    plan_line: bytes


class Store:
    """A build's folder, or bucket, while it is being made. Names are relative to it.

    Args:
        place: a folder, a URL, or an output that is open.
        split: the split that is being made.
        packed: clips wait in the work folder until they are packed into shards.
    """

    def __init__(self, place: str | os.PathLike[str] | Output, split: str, *, packed: bool = False) -> None:
        self.output = open_output(place)
        self.split = split
        self.packed = packed

    def audio(self, clip_id: str, ending: str) -> str:
        """Return where a clip's audio goes."""
        if self.packed:
            return f"{_CLIPS}/{clip_id[-6:-3]}/{clip_id}.{ending}"
        return f"data/{self.split}/{clip_id}.{ending}"

    def stem(self, clip_id: str, event_id: str, kind: str = "stems") -> str:
        """Return where an event's stem goes, or with ``direct`` its direct sound alone."""
        return f"{kind}/{self.split}/{clip_id}/{event_id}.flac"

    @staticmethod
    def _record(clip_id: str) -> str:
        return f"{_SCENES}/{clip_id[-6:-3]}/{clip_id}.json"

    def write(self, name: Name, data: bytes, *, durable: bool = False) -> None:
        """Write a file whole or not at all, making its folder; ``durable``: it survives a crash of the machine."""
        self.output.write(name, data, durable=durable)

    def keep(self, record: SceneRecord) -> None:
        """Mark a scene as finished; its audio must be in place."""
        key, plan, stages = (schema.encode(x) for x in (record.key, record.plan, record.stages))
        data = b'{"key":' + key + b',"plan":' + plan + b',"stages":' + stages + b"}"
        self.write(self._record(record.plan.clip_id), data)

    def begun(self) -> bool:
        """Tell whether a build is going on here."""
        try:
            self.output.read(_BEGUN)
        except FileNotFoundError:
            return False
        return True

    def done(self, clip_id: str) -> bool:
        """Tell whether a scene is finished: it has a record that can be read."""
        try:
            self.record(clip_id)
        except (FileNotFoundError, BuildError):
            return False
        return True

    def finished(self, clip_ids: Sequence[str]) -> set[str]:
        """Return which of these scenes are finished."""
        there = set(self.output.names(_SCENES))
        present = [clip_id for clip_id in clip_ids if self._record(clip_id) in there]
        # A crash of the machine can leave a record empty, where writing it was not waited for.
        return {clip_id for clip_id in present if self.output.durable or self.done(clip_id)}

    def record(self, clip_id: str) -> Kept:
        """Return a finished scene's record.

        Raises:
            FileNotFoundError: there is none.
            BuildError: it is damaged.
        """
        name = self._record(clip_id)
        where = f"{self.output.place}/{name}"
        try:
            lines = schema.decode(self.output.read(name), _Lines, where)
            key, plan = (bytes(line) for line in (lines.key, lines.plan))
            record = SceneRecord(
                plan=schema.decode(plan, ScenePlan, where),
                key=schema.decode(key, AnswerKey, where),
                stages=lines.stages,
            )
        except DataError as error:
            raise BuildError(error.message, hint="delete this file and run again") from None
        return Kept(record=record, key_line=key + b"\n", plan_line=plan + b"\n")

    def records(self, clip_ids: Iterator[str]) -> Iterator[Kept]:
        """Yield finished scenes in order, one at a time in memory; errors as :meth:`record`."""
        for clip_id in clip_ids:
            yield self.record(clip_id)

    def claim(self, lock: Lock) -> bool:
        """Take the place for a build; True where this very build is complete already.

        A place that is new or empty is taken; one in which the same build was begun is gone on with, and what killed
        writers left is swept away. Other processes are kept out until :meth:`release`.

        Raises:
            BuildError: it holds another build, or one that was begun with other versions of what makes samples, or
                files of somebody else (nothing is touched); or another process is building there.
        """
        if self._complete(lock):
            if any(self.output.names(WORK)):
                # The build was cut off between its last file and tidying up.
                self.output.hold(_RUNNING)
                self.clear()
            return True
        self.output.hold(_RUNNING)
        try:
            # Another process may have been faster.
            if self._complete(lock):
                self.release()
                return True
            if not self.begun():
                self.write(_BEGUN, schema.encode(lock), durable=True)
            self.output.sweep()
        except BaseException:
            self.release()
            raise
        return False

    def _complete(self, lock: Lock) -> bool:
        """Tell whether this build is complete here; raise where it could not be made here. Touches nothing."""
        output = self.output
        if isinstance(output, Folder) and output.path.exists() and not output.path.is_dir():
            raise BuildError(f"{output.place} is a file, expected a folder", hint="choose another --out")
        for name in (locks.NAME, _BEGUN):
            there = self._lock(name)
            if there is None:
                continue
            other = locks.difference(there, lock)
            if other:
                raise BuildError(f"{output.place} holds another build: its {other}", hint=_ELSEWHERE)
            if name == _BEGUN:
                _same_versions(there, lock, output.place)
            return name == locks.NAME and there.complete
        stranger = next((name for name in output.names() if not name.startswith(f"{WORK}/")), None)
        if stranger is not None:
            raise BuildError(f"{output.place} is not empty and holds no build (there is {stranger})", hint=_ELSEWHERE)
        return False

    def _lock(self, name: str) -> Lock | None:
        try:
            return schema.decode(self.output.read(name), Lock, f"{self.output.place}/{name}")
        except FileNotFoundError:
            return None
        except DataError as error:
            raise BuildError(error.message, hint=_ELSEWHERE) from None

    def release(self) -> None:
        """Let other builds in."""
        self.output.release()

    def clear(self) -> None:
        """Remove what is needed only while building, and let other builds in."""
        try:
            self.output.remove_all(WORK)
        finally:
            self.release()


def _same_versions(there: Lock, lock: Lock, place: str) -> None:
    """Refuse to go on with a build under versions that could change its samples."""
    for package, version in there.versions.items():
        now = lock.versions.get(package)
        # Python itself only carries the others.
        if package != "python" and now != version:
            raise BuildError(
                f"{place} was begun with {package} {version}, and {now} is installed: the rest could differ",
                hint="install that version, or choose another --out",
            )
