"""The embedded bank in the user's cache: made on first use, the same samples on every machine.

The generators describe their items first and make each as a pure function of its description, so the items can be
spread over processes in any way. ``digests.tsv`` lists what they make: for every key the digest of the samples and the
digest of the description. It is part of the cache folder's name, so another version of the generators never meets an
older bank, and it is what ``bank verify`` compares with. A machine on which other samples come out gets a bank all the
same, which works and says so when it is verified; its digest then differs, and so do the digests of scenes made of it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from soundscape import files, schema
from soundscape.errors import DataError
from soundscape.records import Source
from soundscape.sources import places
from soundscape.sources.audio import pcm_digest, write_flac
from soundscape.sources.embedded import bursts, effects, music, speech
from soundscape.sources.embedded.item import SAMPLE_RATE, Item, Sound
from soundscape.sources.embedded.place import DIGESTS, VERSION, folder, whole
from soundscape.sources.index import Row, to_row, write_bank
from soundscape.sources.measure import Measures, measure
from soundscape.sources.workers import Progress, run_chunks

DATASET, LICENCE, ATTRIBUTION = "soundscape-embedded", "CC0-1.0", "soundscape embedded bank"

_GENERATORS: tuple[ModuleType, ...] = (music, effects, bursts, speech)
_AUDIO = "audio"
_JOBS = 2
# Items handed to a worker at once. Speech starts one synthesiser process a chunk, so its chunks are long; they come
# first, and the short ones fill what time is left at the end.
_CHUNKS = {"speech": 160, "music": 6, "vocal_burst": 16, "sound_event": 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What the digest list says of a source: the digests of its samples and of its description."""

    pcm_sha256: str
    item_sha256: str


def items() -> tuple[Item, ...]:
    """Return every item of the bank, without making any audio.

    Raises:
        DataError: two items share a key.
    """
    found = [item for module in _GENERATORS for item in module.items()]
    keys = [item.key for item in found]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"the embedded bank has two items with the key {twice!r}")
    return tuple(found)


def item_digest(item: Item) -> str:
    """Return the digest of an item's description, in hex."""
    return schema.digest(item)


@cache
def committed() -> dict[str, Digest]:
    """Return the digest list that comes with the package, by key."""
    text = DIGESTS.read_text(encoding="utf-8")
    return {
        row["key"]: Digest(pcm_sha256=row["pcm_sha256"], item_sha256=row["item_sha256"])
        for row in csv.DictReader(io.StringIO(text), delimiter="\t")
    }


def ensure(*, jobs: int | None = None, progress: Progress | None = None) -> Path:
    """Return the bank's folder, after making the bank where it is not there or damaged.

    Several processes may call this at once: one makes the bank, the others wait for it.

    Args:
        jobs: processes; by default two, or one on a machine with one processor.
        progress: told how many sources are made; not called where nothing is to be made.

    Raises:
        EnvironmentFault: espeakng-loader is missing, the disk is full, or the cache may not be written.
    """
    place = folder()
    if whole(place):
        return place
    with files.exclusively(place):
        if not whole(place):
            with files.folder_in_the_making(place) as making:
                build(making, jobs=jobs or min(_JOBS, os.cpu_count() or 1), progress=progress)
    return place


def build(making: Path, *, jobs: int = 1, progress: Progress | None = None) -> None:
    """Synthesise the whole bank into a folder that exists; the same bank for any number of ``jobs``."""
    audio = making / _AUDIO
    everything = items()
    for parent in {(audio / item.key).parent for item in everything}:
        parent.mkdir(parents=True, exist_ok=True)
    chunks = [
        together[i : i + size]
        for type_, size in _CHUNKS.items()
        for together in [[item for item in everything if item.type == type_]]
        for i in range(0, len(together), size)
    ]
    rows = run_chunks(partial(_make_chunk, audio), chunks, jobs=jobs, progress=progress)
    write_bank(
        making, rows, name=places.EMBEDDED, root=_AUDIO, generator="soundscape embedded", generator_version=VERSION
    )


def _make_chunk(audio: Path, chunk: Sequence[Item]) -> list[Row]:
    rows = []
    for item, sound in zip(chunk, synthesise(chunk), strict=True):
        path = audio / f"{item.key}.flac"
        # Not flushed one by one: what a crash of the machine damages, verifying finds, and it can be made again.
        content = write_flac(path, sound.samples, SAMPLE_RATE, durable=False)
        rows.append(to_row(_source(item, sound), file_sha256=content))
    return rows


def synthesise(wanted: Iterable[Item]) -> Iterator[Sound]:
    """Yield the sound of each item, in order; speech that stands together comes from one synthesiser process."""
    for module, together in groupby(wanted, lambda item: _modules()[item.key]):
        if module is speech:
            yield from speech.synthesise_many(together)
        else:
            yield from map(module.synthesise, together)


@cache
def _modules() -> dict[str, ModuleType]:
    """Return the generator of each item, by the item's key."""
    return {item.key: module for module in _GENERATORS for item in module.items()}


def _source(item: Item, sound: Sound) -> Source:
    measures = measure(sound.samples.astype(np.float32) / np.float32(32768.0), SAMPLE_RATE)
    described: dict[str, Any] = {f.name: getattr(item, f.name) for f in fields(Item) if f.name != "spoken"}
    return Source(
        source_id="",
        bank="",
        path=f"{item.key}.flac",
        dataset=DATASET,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        caption_origin="synthesis",
        words=sound.words,
        pcm_sha256=pcm_digest(sound.samples, SAMPLE_RATE),
        **described,
        **{name: getattr(measures, name) for name in Measures.__slots__},
    )


def differences(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Return the key of each source that is not as the digest list has it, and what is different; by key.

    Args:
        rows: rows of the bank's index, with ``key`` and ``pcm_sha256``.
    """
    made = {row["key"]: row["pcm_sha256"] for row in rows}
    listed = committed()
    found = []
    for key in sorted(made.keys() | listed.keys()):
        if key not in listed:
            found.append((key, "not in the digest list of this version"))
        elif key not in made:
            found.append((key, "in the digest list of this version, but not in the bank"))
        elif made[key] != listed[key].pcm_sha256:
            found.append((key, "synthesised to other samples on this machine than the digest list has"))
    return found


def digest_list(pcm_sha256: dict[str, str]) -> str:
    """Return the text of ``digests.tsv`` for the samples that :func:`build` made, by key."""
    lines = [f"{item.key}\t{pcm_sha256[item.key]}\t{item_digest(item)}\n" for item in sorted(items(), key=_key)]
    return "key\tpcm_sha256\titem_sha256\n" + "".join(lines)


def _key(item: Item) -> str:
    return item.key
