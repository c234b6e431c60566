"""Reads a finished build of any layout: its answer keys with the audio that belongs to each, one clip at a time."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError, DataError, UsageError
from soundscape.records import AnswerKey

#: Rows of a Parquet shard that are held at a time.
_ROWS = 16


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
        audio = self._audio()
        count = 0
        for key in self._keys():
            name, ending, data = next(audio, ("", "", b""))
            if name != key.clip_id:
                there = f"clip {name!r}" if name else "no more audio"
                raise BuildError(
                    f"{self.folder}: {there} where the answer key has {key.clip_id!r}",
                    hint="soundscape validate says what is wrong with the build",
                )
            yield ExportClip(key=key, ending=ending, audio=data)
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

    def _audio(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield clip, ending and bytes in the order of the build."""
        data = self.folder / "data" / self.lock.split
        if self.lock.layout == "folder":
            for clip in sorted(self.lock.clips, key=lambda name: int(name.rpartition("-")[2])):
                path = data / f"{clip}.{self.lock.audio}"
                if not path.is_file():
                    raise BuildError(f"{path}: no such file", hint="soundscape validate lists all that is missing")
                yield clip, self.lock.audio, path.read_bytes()
            return
        read = _tar if self.lock.layout == "webdataset" else _parquet
        ending = "tar" if self.lock.layout == "webdataset" else "parquet"
        for shard in sorted(data.glob(f"*.{ending}")):
            yield from read(shard, self.lock.audio)


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


def _tar(path: Path, audio: str) -> Iterator[tuple[str, str, bytes]]:
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                stem, _, ending = member.name.partition(".")
                if ending == audio and (file := tar.extractfile(member)) is not None:
                    yield stem, ending, file.read()
    except tarfile.TarError as error:
        raise BuildError(f"{path}: cannot be read: {error}", hint="soundscape validate looks at the build") from None


def _parquet(path: Path, audio: str) -> Iterator[tuple[str, str, bytes]]:
    import polars as pl

    try:
        table = pl.scan_parquet(path).select("clip_id", "audio")
        rows = table.select(pl.len()).collect().item()
        for start in range(0, rows, _ROWS):
            for row in table.slice(start, _ROWS).collect().iter_rows(named=True):
                yield row["clip_id"], audio, row["audio"]["bytes"]
    except pl.exceptions.PolarsError as error:
        raise BuildError(f"{path}: cannot be read: {error}", hint="soundscape validate looks at the build") from None
