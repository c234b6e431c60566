"""How the public part of a build is laid out: a file a clip, or shards of many clips.

* ``folder``: ``data/<split>/<clip_id>.flac`` and ``metadata.jsonl``, which ``datasets`` reads as an audiofolder.
* ``webdataset``: tar files of ``<clip_id>.flac`` and ``<clip_id>.json``, and ``index.json`` in the form that the
  ``wids`` library reads. Headers carry no time and no owner, so equal clips make equal shards.
* ``parquet``: rows of ``audio`` (bytes and path), ``clip_id`` and ``duration``, with the ``Audio`` feature of
  ``datasets`` in the schema.

Whatever the layout, the answer key, plans and stems have the same places, and nothing in a shard tells an answer.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from soundscape.errors import EnvironmentFault, UsageError, nearest

#: The most clips in a shard, and the most bytes of 16-bit samples (FLAC takes about half of them).
CLIPS_PER_SHARD = 1000
PCM_PER_SHARD = 2 << 30

#: Rows of a Parquet file are written in groups of about this many bytes of audio.
_GROUP = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip as a system under test may see it: an encoded file, and its duration in s."""

    clip_id: str
    ending: str
    audio: bytes
    duration: float

    @property
    def facts(self) -> dict[str, object]:
        """What is told of the clip beside its audio."""
        return {"clip_id": self.clip_id, "duration": self.duration}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout. ``pattern``: which files below ``data/<split>/`` hold clips; ``write``: makes one shard, None: none.

    ``ending``: of a shard; ``needs``: a package that writes it.
    """

    pattern: str
    ending: str = ""
    needs: str | None = None
    write: Callable[[BinaryIO, Iterator[Clip]], None] | None = None


def _tar(file: BinaryIO, clips: Iterator[Clip]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for clip in clips:
            facts = msgspec.json.encode(clip.facts, order="sorted")
            for ending, data in sorted({clip.ending: clip.audio, "json": facts}.items()):
                # A new header has no time, no owner and mode 0644.
                info = tarfile.TarInfo(f"{clip.clip_id}.{ending}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


_FEATURES = {
    "audio": {"_type": "Audio"},
    "clip_id": {"dtype": "string", "_type": "Value"},
    "duration": {"dtype": "float64", "_type": "Value"},
}


def _parquet(file: BinaryIO, clips: Iterator[Clip]) -> None:
    pa: Any = importlib.import_module("pyarrow")
    pq: Any = importlib.import_module("pyarrow.parquet")
    audio = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    feature = json.dumps({"info": {"features": _FEATURES}})
    schema = pa.schema(
        [("audio", audio), ("clip_id", pa.string()), ("duration", pa.float64())], metadata={"huggingface": feature}
    )
    # Compressed audio does not become smaller, does not repeat, and has no least or greatest value worth knowing.
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    with pq.ParquetWriter(file, schema, **plain) as writer:
        for group in _groups(clips):
            rows = [{"audio": {"bytes": c.audio, "path": f"{c.clip_id}.{c.ending}"}, **c.facts} for c in group]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _groups(clips: Iterator[Clip]) -> Iterator[list[Clip]]:
    group: list[Clip] = []
    size = 0
    for clip in clips:
        group.append(clip)
        size += len(clip.audio)
        if size >= _GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group


#: Name on the command line → how it is written.
LAYOUTS: dict[str, Layout] = {
    "folder": Layout(pattern="**"),
    "webdataset": Layout(pattern="*.tar", ending="tar", write=_tar),
    "parquet": Layout(pattern="*.parquet", ending="parquet", needs="pyarrow", write=_parquet),
}


def layout(name: str) -> Layout:
    """Return a layout by name.

    Raises:
        UsageError: there is none of that name.
        EnvironmentFault: a package that it needs is not installed.
    """
    if name not in LAYOUTS:
        raise UsageError(f"unknown layout {name!r}{nearest(name, LAYOUTS)}", hint=f"known: {', '.join(LAYOUTS)}")
    found = LAYOUTS[name]
    if found.needs is not None and importlib.util.find_spec(found.needs) is None:
        raise EnvironmentFault(
            f"--layout {name}: the package {found.needs} is not installed", hint="pip install 'soundscape[hub]'"
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Which clips go together: the number of the first scene, and the durations in s of all, in order."""

    name: str
    first: int
    durations: tuple[float, ...]

    @property
    def indices(self) -> range:
        """The scenes of the shard."""
        return range(self.first, self.first + len(self.durations))


def shards(found: Layout, split: str, durations: Sequence[float], sample_rate: int) -> list[Shard]:
    """Return how clips are divided into shards: by their order and length alone, so that every run divides alike."""
    out: list[Shard] = []
    first = size = 0
    for index, duration in enumerate(durations):
        own = round(duration * sample_rate) * 2
        if index > first and (index - first >= CLIPS_PER_SHARD or size + own > PCM_PER_SHARD):
            out.append(_shard(found, split, len(out), first, durations[first:index]))
            first, size = index, 0
        size += own
    out.append(_shard(found, split, len(out), first, durations[first:]))
    return out


def _shard(found: Layout, split: str, number: int, first: int, durations: Sequence[float]) -> Shard:
    return Shard(name=f"data/{split}/{split}-{number:05d}.{found.ending}", first=first, durations=tuple(durations))


def index(shards_: Sequence[Shard]) -> dict[str, Any]:
    """Return the list of shards in the form that the ``wids`` library reads."""
    return {
        "__kind__": "wids-shard-index-v1",
        "wids_version": 1,
        "shardlist": [{"url": s.name.rpartition("/")[2], "nsamples": len(s.durations)} for s in shards_],
    }
