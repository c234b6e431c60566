"""The audio of a finished build's clips, read back from any layout: encoded, as it lies there.

Files are found by listing the folder, never by putting a clip's name into a path, so that a name from a file can lead
nowhere else. One clip is read at a time; of a shard no more than its list of contents is kept.
"""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from soundscape.errors import BuildError

_AUDIO = (".flac", ".wav", ".ogg", ".mp3")
_HINT = "soundscape validate tells what else is wrong; the same build command again makes what is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClip:
    """Where a clip's audio lies: in a ``file`` of its own, or ``packed`` into a shard. ``ending`` is such as ``flac``.

    ``fetch`` reads the encoded audio; call :meth:`read`.
    """

    clip_id: str
    ending: str
    file: Path
    packed: bool
    fetch: Callable[[], bytes]

    def read(self) -> bytes:
        """Return the encoded audio.

        Raises:
            BuildError: it cannot be read.
        """
        with _faults(self.file):
            return self.fetch()


def stored_clips(folder: Path, split: str) -> dict[str, StoredClip]:
    """Return what lies in ``data/<split>`` of a build's folder, by clip, whatever its layout.

    Raises:
        BuildError: there is no such folder, it cannot be read, or a shard is broken.
    """
    data = folder / "data" / split
    if not data.is_dir():
        raise BuildError(f"{data}: no such folder", hint="name the folder of a finished build, or its public part")
    out: dict[str, StoredClip] = {}
    with _faults(data):
        files = sorted(path for path in data.iterdir() if not path.name.startswith("."))
    for file in files:
        with _faults(file):
            for clip in _in_file(file):
                out.setdefault(clip.clip_id, clip)
    return out


def _in_file(file: Path) -> Iterator[StoredClip]:
    if file.suffix in _AUDIO:
        yield StoredClip(
            clip_id=file.stem, ending=file.suffix[1:], file=file, packed=False, fetch=file.read_bytes
        )  # fmt: skip
    elif file.suffix == ".tar":
        yield from _in_tar(file)
    elif file.suffix == ".parquet":
        yield from _in_parquet(file)


def _in_tar(file: Path) -> Iterator[StoredClip]:
    with tarfile.open(file, mode="r:") as tar:
        for member in tar:
            name = Path(member.name)
            if member.isfile() and name.suffix in _AUDIO:
                fetch = partial(_piece, file, member.offset_data, member.size)
                yield StoredClip(clip_id=name.stem, ending=name.suffix[1:], file=file, packed=True, fetch=fetch)


def _piece(file: Path, offset: int, size: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(offset)
        data = opened.read(size)
    if len(data) < size:
        raise OSError(f"ends after {len(data)} of {size} bytes")
    return data


def _in_parquet(file: Path) -> Iterator[StoredClip]:
    import polars as pl

    path = pl.col("audio").struct.field("path")
    names = pl.scan_parquet(file).select("clip_id", path.alias("path")).collect()
    for row, (clip_id, name) in enumerate(names.iter_rows()):
        ending = Path(str(name)).suffix[1:]
        yield StoredClip(
            clip_id=str(clip_id), ending=ending, file=file, packed=True, fetch=partial(_row, file, row)
        )  # fmt: skip


def _row(file: Path, row: int) -> bytes:
    import polars as pl

    audio = pl.col("audio").struct.field("bytes")
    # A slice reads the one group of rows that holds it; a filter would read every clip of the shard.
    data = pl.scan_parquet(file).slice(row, 1).select(audio).collect().item()
    if not isinstance(data, bytes):
        raise OSError(f"row {row} holds no audio")
    return data


@contextlib.contextmanager
def _faults(file: Path) -> Iterator[None]:
    """Turn what goes wrong in reading a file into a BuildError that names it."""
    try:
        yield
    except (OSError, tarfile.TarError) as error:
        raise _unreadable(file, error) from None
    except Exception as error:
        # Polars is not imported for folders and tar files, so its errors are told by where they come from.
        if type(error).__module__.partition(".")[0] != "polars":
            raise
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> BuildError:
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200] or type(error).__name__
    return BuildError(f"{file}: cannot be read: {reason}", hint=_HINT)
