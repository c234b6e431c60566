"""The index of a bank: one row a source, as Parquet, and the digest that names the bank.

A bank is a folder:

    bank.json        :class:`BankInfo`, written last: a folder without it is no bank
    index.parquet    one row a source, sorted by key; ``bank.json`` names another file once captions were added
    audio/           the recordings, where the bank owns them; otherwise ``root`` says where they are

Columns are the fields of :class:`soundscape.records.Source`, without ``source_id`` and ``bank``, which follow from the
bank's name, and with ``file_sha256`` (of the file's bytes, to tell another decoder from another file) and ``note`` (why
a source was rejected, in words). ``active_regions`` and ``words`` are JSON: ``[[start, end], …]`` and
``[[word, start, end], …]``. Banks made of data sets have the columns :data:`PROVENANCE` as well, which no scene needs
and which are read only when they are asked for.

The digest covers keys, samples and everything that planning may know, and neither paths nor container bytes nor the
bank's name: the same material gives the same digest on every machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import polars as pl

from soundscape import files, schema
from soundscape.errors import BankError
from soundscape.records import Source, Span, Word

Row: TypeAlias = dict[str, Any]

#: Changes whenever an older bank can no longer be read.
FORMAT = 1
INDEX_FILE, INFO_FILE = "index.parquet", "bank.json"

_INTEGERS = ("sample_rate", "channels", "frames")
_FIGURES = (
    "duration", "active_start", "active_end", "level_lufs", "rms_dbfs", "peak_dbfs", "clipped_share", "bandwidth_hz",
    "dc_offset", "noise_floor_dbfs", "snr_db", "silence_share",
)  # fmt: skip
_DERIVED = ("source_id", "bank")
_INDEX_ONLY = ("file_sha256", "note")
SOURCE_FIELDS = tuple(f.name for f in dataclasses.fields(Source) if f.name not in _DERIVED)

#: Every column with its type, in the order of the file.
COLUMNS: dict[str, type[pl.DataType]] = {
    name: pl.Int64 if name in _INTEGERS else pl.Float64 if name in _FIGURES else pl.String
    for name in (*SOURCE_FIELDS, *_INDEX_ONLY)
}

#: What the quality gate found and where a caption comes from: every reason to reject, joined by commas, the first of
#: which is ``rejected``; the data set's own DNSMOS; the share of letters in the scripts of the language; the text from
#: which caption or emotion were derived.
PROVENANCE: dict[str, type[pl.DataType]] = {
    "faults": pl.String,
    "dnsmos": pl.Float64,
    "script_share": pl.Float64,
    "prose": pl.String,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankInfo:
    """What ``bank.json`` says.

    ``root`` is where paths begin, absolute or relative to the bank's folder. ``generator`` and ``generator_version``
    name what made the bank. ``rejected`` of the ``count`` sources are never drawn. ``index_bytes`` is the size of the
    index, by which a damaged one is noticed without reading it; ``index`` is the name of its file.
    """

    format: int
    name: str
    root: str
    generator: str
    generator_version: str
    digest: str
    count: int
    rejected: int
    index_bytes: int
    index: str = INDEX_FILE


def to_row(source: Source, *, file_sha256: str = "", note: str | None = None) -> Row:
    """Return a source as a row of the index."""
    row: Row = {name: getattr(source, name) for name in SOURCE_FIELDS}
    row["active_regions"] = msgspec.json.encode([[s.start, s.end] for s in source.active_regions]).decode()
    row["words"] = msgspec.json.encode([[w.word, w.start, w.end] for w in source.words]).decode()
    return {**row, "file_sha256": file_sha256, "note": note}


def from_row(row: Row, bank: str) -> Source:
    """Return the source that a row of the index of ``bank`` stands for.

    Raises:
        BankError: a column is missing or holds what cannot be.
    """
    try:
        fields = {name: row[name] for name in SOURCE_FIELDS}
        regions = msgspec.json.decode(fields["active_regions"], type=list[tuple[float, float]])
        words = msgspec.json.decode(fields["words"], type=list[tuple[str, float, float]])
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise BankError(
            f"bank {bank!r}, key {row.get('key')!r}: damaged index row ({error})", hint=_again(bank)
        ) from None
    fields["active_regions"] = tuple(Span(start=s, end=e) for s, e in regions)
    fields["words"] = tuple(Word(word=w, start=s, end=e) for w, s, e in words)
    return Source(source_id=f"{bank}:{row['key']}", bank=bank, **fields)


def _again(bank: str) -> str:
    return f"see: soundscape bank verify {bank}; index it again: soundscape bank add {bank} … --replace"


def row_digest(row: Row) -> str:
    """Return the SHA-256, in hex, of what a row says of its source, apart from where its file is."""
    facts = {name: row[name] for name in SOURCE_FIELDS if name != "path"}
    return schema.digest(facts)


def bank_digest(rows: Iterable[Row]) -> str:
    """Return the digest of a bank: SHA-256 over the sorted lines ``key TAB pcm_sha256 TAB row_digest NEWLINE``."""
    state = hashlib.sha256()
    for line in sorted(f"{row['key']}\t{row['pcm_sha256']}\t{row_digest(row)}\n" for row in rows):
        state.update(line.encode())
    return state.hexdigest()


def write_bank(
    folder: Path, rows: Sequence[Row], *, name: str, root: str, generator: str, generator_version: str
) -> BankInfo:
    """Write index and ``bank.json`` into a folder that exists; rows may come in any order, with unique keys."""
    data = _parquet(rows)
    info = BankInfo(
        format=FORMAT,
        name=name,
        root=root,
        generator=generator,
        generator_version=generator_version,
        digest=bank_digest(rows),
        count=len(rows),
        rejected=sum(row["rejected"] is not None for row in rows),
        index_bytes=len(data),
    )
    files.write_bytes(folder / INDEX_FILE, data)
    _write_info(folder, info)
    return info


def replace_index(folder: Path, rows: Sequence[Row]) -> BankInfo:
    """Give a bank other rows for the same recordings, whole or not at all; to be called under the bank's lock.

    The new index is written beside the old one, and takes its place at the moment at which ``bank.json`` names it. The
    old file stays until the next replacement, for whoever is just opening the bank.
    """
    old = read_info(folder)
    data = _parquet(rows)
    name = f"index-{hashlib.sha256(data).hexdigest()[:12]}.parquet"
    for stray in sorted(folder.glob("index*.parquet")):
        if stray.name not in (name, old.index):
            stray.unlink()
    files.write_bytes(folder / name, data)
    info = dataclasses.replace(
        old,
        digest=bank_digest(rows),
        count=len(rows),
        rejected=sum(row["rejected"] is not None for row in rows),
        index_bytes=len(data),
        index=name,
    )
    _write_info(folder, info)
    return info


def _parquet(rows: Sequence[Row]) -> bytes:
    more = {name: kind for name, kind in PROVENANCE.items() if any(row.get(name) is not None for row in rows)}
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema=COLUMNS | more, orient="row").sort("key").write_parquet(buffer)
    return buffer.getvalue()


def _write_info(folder: Path, info: BankInfo) -> None:
    files.write_bytes(folder / INFO_FILE, msgspec.json.format(schema.encode(info), indent=2) + b"\n")


def read_info(folder: Path) -> BankInfo:
    """Return what a bank's ``bank.json`` says, after a look at whether its index is whole.

    Raises:
        BankError: the folder is no bank, is of another format, or its index is not the one that was written.
    """
    path = folder / INFO_FILE
    if not path.is_file():
        raise BankError(
            f"{folder} is no bank: it has no {INFO_FILE}", hint="make one: soundscape bank add NAME FOLDER …"
        )
    try:
        info = msgspec.json.decode(path.read_bytes(), type=BankInfo)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BankError(f"{path} cannot be read: {error}", hint="index the bank again") from None
    if info.format != FORMAT:
        raise BankError(f"{path} has format {info.format}, this version reads {FORMAT}", hint=_again(info.name))
    index = folder / info.index
    size = index.stat().st_size if index.is_file() else 0
    if size != info.index_bytes:
        raise BankError(f"{index} is damaged: {size:,} bytes, expected {info.index_bytes:,}", hint=_again(info.name))
    return info


def read_index(folder: Path) -> pl.DataFrame:
    """Return a bank's index, all columns, in the order of keys.

    Raises:
        BankError: the index cannot be read or lacks a column.
    """
    path = _index_path(folder)
    try:
        return pl.read_parquet(path, columns=list(COLUMNS))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from None


def read_provenance(folder: Path) -> pl.DataFrame:
    """Return ``key`` and the columns :data:`PROVENANCE` of a bank's index, null where it has none.

    Raises:
        BankError: the index cannot be read.
    """
    path = _index_path(folder)
    try:
        there = set(pl.read_parquet_schema(path)) & set(PROVENANCE)
        frame = pl.read_parquet(path, columns=["key", *sorted(there)])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from None
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in PROVENANCE.items() if name not in there]
    return frame.with_columns(absent).select("key", *PROVENANCE)


def _index_path(folder: Path) -> Path:
    return folder / (read_info(folder).index if (folder / INFO_FILE).is_file() else INDEX_FILE)


def _unreadable(path: Path, error: Exception) -> BankError:
    reason = str(error).splitlines()[0]
    return BankError(f"{path} cannot be read: {reason}", hint="index the bank again with --replace")
