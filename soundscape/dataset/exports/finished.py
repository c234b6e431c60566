"""Reads a finished build of any layout: its answer keys with the audio that belongs to each, one clip at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.clips import stored_clips
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError, DataError, UsageError
from soundscape.records import AnswerKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportClip:
    """A clip of a finished build: its key, and its audio file as it lies there, named by its ending."""

    key: AnswerKey
    ending: str
    audio: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished build on this machine."""

    folder: Path
    lock: Lock

    @property
    def credits(self) -> bytes:
        """What is owed to the authors of the recordings.

        Raises:
            BuildError: the file is missing.
        """
        path = self.folder / "CREDITS.md"
        if not path.is_file():
            raise BuildError(f"{path}: no such file", hint="an export must carry the credits; restore or rebuild them")
        return path.read_bytes()

    def clips(self) -> Iterator[ExportClip]:
        """Yield the clips in the order of the build.

        Raises:
            BuildError: a file is missing or damaged, or key and audio do not belong together.
        """
        stored = stored_clips(self.folder, self.lock.split)
        count = 0
        for key in self._keys():
            if key.clip_id not in stored:
                raise BuildError(
                    f"{self.folder}: the answer key has clip {key.clip_id!r}, "
                    f"and data/{self.lock.split} holds no audio of it",
                    hint="soundscape validate says what is wrong with the build",
                )
            audio = stored[key.clip_id]
            yield ExportClip(key=key, ending=audio.ending, audio=audio.read())
            count += 1
        if count != len(self.lock.clips):
            raise BuildError(
                f"{self.folder}: {count} clips in the answer key, expected {len(self.lock.clips)} by the lock",
                hint="soundscape validate says what is wrong with the build",
            )

    def _keys(self) -> Iterator[AnswerKey]:
        path = self.folder / "answer_key" / f"{self.lock.split}.jsonl"
        if not path.is_file():
            raise BuildError(
                f"{path}: no such file", hint="captions are made from the answer key; export the whole build"
            )
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield schema.decode(line, AnswerKey, f"{path}:{number}")
                except DataError as error:
                    raise BuildError(error.message, hint=error.hint) from None


def open_build(place: Path) -> Finished:
    """Return a finished build.

    Raises:
        UsageError: the place is no folder on this machine.
        BuildError: it holds no build, or one that is not finished.
    """
    if "://" in str(place) or ":/" in str(place):
        raise UsageError(f"{place}: an export reads a folder on this machine", hint="copy the build here first")
    if not place.is_dir():
        raise UsageError(f"{place}: no such folder", hint="name a folder that soundscape build has made")
    lock = locks.read(place)
    if not lock.complete:
        raise BuildError(f"{place}: a build that is not finished", hint="run the same build again to finish it")
    return Finished(folder=place, lock=lock)
