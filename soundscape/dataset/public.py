"""A build as two folders that can be published apart: what a system under test may see, and the key.

    PUBLIC/README.md  CREDITS.md  data/<split>/…          the clips, with file name, clip id and duration
    PUBLIC/commitment.json                                where the seed is secret: what the seed can be checked against
    KEY/…                                                 answer key, plans, stems, lock, report, card, credits

Nothing in the public part tells an answer, and :func:`telling` looks for what would: files and fields that do not
belong there, tags in audio files, names that say more than a number, times. All files get the same time, because the
time that a clip took to make tells how much is in it. Files are written in the order of their names.

Credits are owed for the recordings that are heard. In the public part they name data sets, licences and authors, once
each and sorted, without sources and without how often each is used.

Whoever has a public seed, the recipe and the banks can make the key: a split that is to stay held out needs a secret
seed (:mod:`soundscape.dataset.secret`).
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from soundscape import files, schema
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError
from soundscape.records import AnswerKey

#: The time that every file of a public part has: 1 January 1980, the first that all archives can hold.
TIME = 315_532_800
PUBLIC_FIELDS = frozenset({"file_name", "clip_id", "duration"})

_DATA = "data"
_COMMITMENT = "commitment.json"
_TOP = ("README.md", "CREDITS.md", _COMMITMENT)
_CLIP = re.compile(r"[a-z][a-z0-9_]*-[A-Za-z0-9_]+-[0-9]{6,}")
_AUDIO = ("flac", "wav", "ogg", "mp3")
_STREAMINFO, _COMMENT = 0, 4
#: Tags that a writer of audio files leaves of itself.
_OF_WRITERS = ("software", "encoder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """What was put where: files of the public part, and of the key part if one was asked for."""

    public: tuple[str, ...]
    key: tuple[str, ...]


def separate(build: Path, public: Path, key: Path | None = None) -> Separation:
    """Copy a finished build into two folders that can be published apart.

    Args:
        build: the build's folder, which stays as it is.
        public: for what everybody may see; new or empty.
        key: for the rest; new or empty. None makes the public part alone.

    Raises:
        BuildError: the build is not finished, lacks its answer key, or holds something in ``data/`` that would tell an
            answer; or a folder is not empty.
        EnvironmentFault: the disk is full or a folder may not be written.
    """
    lock = locks.read(build)
    if not lock.complete:
        raise BuildError(f"{build}: a build that is not finished", hint="run the same build again to finish it")
    for folder in (public, *(() if key is None else (key,))):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BuildError(f"{folder} is not an empty folder", hint="choose another; nothing there was touched")
    shared = [name for name in _files(build) if name.split("/")[0] == _DATA]
    _copy(build, public, shared)
    _write(public / "README.md", _card(lock).encode())
    _write(public / "CREDITS.md", _credits(build, lock).encode())
    if lock.seed_commitment is not None:
        _write(public / _COMMITMENT, msgspec.json.format(schema.encode(_commitment(lock)), indent=2) + b"\n")
    _even_out(public)
    if found := telling(public):
        raise BuildError(f"{public} would tell answers: {found[0]}", hint=f"{len(found)} in all; do not publish it")
    rest = [name for name in _files(build) if name.split("/")[0] != _DATA]
    if key is not None:
        _copy(build, key, rest)
    return Separation(public=tuple(_files(public)), key=() if key is None else tuple(rest))


def _files(folder: Path) -> Iterator[str]:
    """Yield the names of a folder's files in order; those that begin with a dot are nobody's to publish."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _copy(source: Path, target: Path, names: Iterable[str]) -> None:
    with files.disk_faults(target):
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            # Bytes alone: neither times nor rights nor attributes go along.
            shutil.copyfile(source / name, target / name)


def _write(path: Path, data: bytes) -> None:
    with files.disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, data)


def _even_out(folder: Path) -> None:
    """Give all files and folders the same time and rights."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (TIME, TIME))
    os.utime(folder, (TIME, TIME))


def _commitment(lock: Lock) -> dict[str, Any]:
    """Return what, with a revealed seed, the commitment is taken of, and the commitment itself."""
    return {
        "banks": {bank.name: bank.digest for bank in lock.banks},
        "protocol_version": lock.protocol_version,
        "recipe_digest": lock.recipe_digest,
        "seed_commitment": lock.seed_commitment,
        "split": lock.split,
        "splits": lock.splits,
    }


def _card(lock: Lock) -> str:
    lines = [
        "---",
        f"pretty_name: {lock.recipe['name']} ({lock.split})",
        "configs:",
        "- config_name: default",
        "  data_files:",
        f"  - split: {lock.split}",
        f"    path: data/{lock.split}/**",
        "---",
        "",
        f"# {lock.recipe['name']}, split {lock.split}",
        "",
        f"{lock.clip_count} clips of sound in `data/{lock.split}`, without their answer key. CREDITS.md names the data "
        "sets and authors whose recordings are heard.",
        "",
    ]
    if lock.seed_commitment is not None:
        lines += [
            "`commitment.json` was published with the clips: it ties them to a seed that is revealed later, and "
            "proves then that they were not chosen after results were seen.",
            "",
        ]
    return "\n".join(lines)


def _credits(build: Path, lock: Lock) -> str:
    path = build / "answer_key" / f"{lock.split}.jsonl"
    if not path.is_file():
        raise BuildError(f"{path}: no such file", hint="a build is separated from its own folder, with its key")
    owed = set()
    with path.open("rb") as file:
        for line in file:
            for event in schema.decode(line, AnswerKey, str(path)).events:
                p = event.provenance
                owed.add((p.dataset or "own recordings", p.licence, p.attribution or "–"))
    lines = ["# Credits", "", "| data set | licence | attribution |", "|---|---|---|"]
    lines += ["| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in row) + " |" for row in sorted(owed)]
    return "\n".join([*lines, ""])


def telling(public: Path) -> list[str]:
    """Return what in a public part could tell an answer, one line each; empty where nothing does.

    What cannot be looked for is told by the sound itself, such as a file's size.
    """
    found: list[str] = []
    times = set()
    for path in sorted(public.rglob("*")):
        times.add(path.stat().st_mtime)
        if path.is_file():
            name = path.relative_to(public).as_posix()
            found += [f"{name}: {why}" for why in _file(path, name)]
    if len(times) > 1:
        found.append(f"files have {len(times)} different times, expected one")
    series = {path.stem.rpartition("-")[0] for ending in _AUDIO for path in public.glob(f"{_DATA}/*/*.{ending}")}
    if len(series) > 1:
        found.append(f"clips are named in {len(series)} ways ({', '.join(sorted(series))}), expected one")
    return found


def _file(path: Path, name: str) -> Iterator[str]:
    parts = name.split("/")
    ending = path.suffix.removeprefix(".")
    if len(parts) == 1 and name in _TOP:
        return
    if parts[0] != _DATA or len(parts) != 3:
        yield "does not belong into the public part"
    elif path.name == "metadata.jsonl":
        yield from _metadata(path)
    elif ending in _AUDIO:
        if not _CLIP.fullmatch(path.stem):
            yield "its name is not made of recipe, split and number"
        yield from _tags(path, ending)
    elif ending == "tar":
        yield from _tar(path)
    elif ending == "parquet":
        import polars as pl

        columns = set(pl.read_parquet_schema(path))
        if extra := sorted(columns - {"audio", "clip_id", "duration"}):
            yield f"has the column {extra[0]!r}"
    elif path.name != "index.json":
        yield "does not belong into the public part"


def _metadata(path: Path) -> Iterator[str]:
    names = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        value = msgspec.json.decode(line)
        names.append(value.get("clip_id"))
        if extra := sorted(value.keys() - PUBLIC_FIELDS):
            yield f"line {number} has the field {extra[0]!r}"
    if names != sorted(names):
        yield "its lines are not in the order of their names"


def _tar(path: Path) -> Iterator[str]:
    with tarfile.open(path) as tar:
        for member in tar:
            stem, _, ending = member.name.partition(".")
            if not _CLIP.fullmatch(stem) or ending not in (*_AUDIO, "json"):
                yield f"holds {member.name!r}"
            if member.mtime or member.uname or member.uid or member.pax_headers:
                yield f"{member.name!r} has a time or an owner"


def _tags(path: Path, ending: str) -> Iterator[str]:
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            tags = file.copy_metadata()
    except soundfile.LibsndfileError as error:
        yield f"cannot be read: {error}"
        return
    for tag in sorted(tags.keys() - set(_OF_WRITERS)):
        yield f"has the tag {tag!r}"
    if ending == "flac":
        yield from _flac_blocks(path.read_bytes())


def _flac_blocks(data: bytes) -> Iterator[str]:
    """Yield what stands before the frames of a FLAC file beside stream facts and an empty comment (RFC 9639)."""
    at, last = 4, False
    while not last and at + 4 <= len(data):
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        block = data[at + 4 : at + 4 + size]
        if kind == _COMMENT:
            vendor = int.from_bytes(block[:4], "little")
            if int.from_bytes(block[4 + vendor : 8 + vendor], "little"):
                yield "has comments"
        elif kind != _STREAMINFO:
            yield f"has a metadata block of type {kind}"
        at += 4 + size
