"""What adapters of data sets on disk share: folders, tables, and streams of the records that are put together."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from soundscape.errors import UsageError
from soundscape.records import Span
from soundscape.sources.adapters.candidate import Candidate, LayoutError, ListedStream, Opened, Recording, Request
from soundscape.sources.adapters.functions import language_code
from soundscape.sources.adapters.mapping import Mapping, candidate

Record: TypeAlias = dict[str, Any]
#: Reads a part of a data set: each record with where its samples are.
Records: TypeAlias = Callable[[], Iterable[tuple[Record, Recording]]]


def opened(mapping: Mapping, root: Path | None, parts: dict[str, Records], *, by_language: bool = False) -> Opened:
    """Open records that were put together from a folder.

    Args:
        mapping: what they mean.
        root: where the recordings are and stay; None copies them.
        parts: how each is read, by name.
        by_language: the names are those of languages.
    """
    streams = []
    for name, records in parts.items():
        language = language_code(name) if by_language else None
        streams.append(ListedStream(name, _candidates(mapping, records, language), language))
    dataset = mapping.fields["dataset"].value if "dataset" in mapping.fields else None
    notes = (mapping.note,) if mapping.note else ()
    return Opened(dataset=dataset or mapping.dataset, streams=tuple(streams), root=root, notes=notes)


def _candidates(mapping: Mapping, records: Records, language: str | None) -> Callable[[], Iterator[Candidate]]:
    def read() -> Iterator[Candidate]:
        for number, (record, recording) in enumerate(records(), start=1):
            yield candidate(mapping, record, f"{number:08d}", language, recording)

    return read


def at(path: Path, segment: Span | None = None) -> Recording:
    """Return a file, or a part of it, as a recording."""
    return Recording(path=path, suffix=path.suffix.casefold() or ".wav", segment=segment)


def folder_of(request: Request, name: str, expected: str) -> Path:
    """Return the folder that ``--path`` names.

    Raises:
        UsageError: none is named.
        LayoutError: it is not there.
    """
    if request.path is None:
        raise UsageError(
            f"{name} is read from your own copy", hint=f"name its folder: --path DIR, which holds {expected}"
        )
    if not request.path.is_dir():
        raise LayoutError(f"{request.path}: there is no such folder; expected {expected}")
    return request.path


def table(path: Path, delimiter: str = ",", *, quoted: bool = True, columns: Iterable[str] = ()) -> list[Record]:
    """Return the rows of a text table with a header; errors as :func:`rows`."""
    return list(rows(path, delimiter, quoted=quoted, columns=columns))


def rows(path: Path, delimiter: str = ",", *, quoted: bool = True, columns: Iterable[str] = ()) -> Iterator[Record]:
    """Yield the rows of a text table with a header.

    Raises:
        LayoutError: it is not there, is not UTF-8, or lacks a column.
    """
    if not path.is_file():
        raise LayoutError(f"{path}: there is no such table; expected one with the columns {', '.join(columns)}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from parsed(file, str(path), delimiter, quoted=quoted, columns=columns)


def parsed(
    lines: Iterable[str], name: str, delimiter: str, *, quoted: bool = True, columns: Iterable[str] = ()
) -> Iterator[Record]:
    """Yield the rows of a text table that is open; errors as :func:`rows`."""
    reader = csv.DictReader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    try:
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise LayoutError(
                    f"{name}: no column {column!r}; found {', '.join(reader.fieldnames or ['nothing'])}",
                    hint="is it another version of the data set?",
                )
        for row in reader:
            yield {str(column): value for column, value in row.items() if column is not None}
    except UnicodeDecodeError as error:
        raise LayoutError(f"{name}: is not UTF-8: {error}") from None
    except csv.Error as error:
        raise LayoutError(f"{name}: line {reader.line_num} cannot be read: {error}") from None


def table_if_there(path: Path, columns: Iterable[str] = ()) -> list[Record]:
    """Return the rows of a text table, or none where there is no such file; other errors as :func:`table`."""
    return table(path, columns=columns) if path.is_file() else []


def json_lines(path: Path) -> Iterator[tuple[int, Record]]:
    """Yield the objects of a JSONL file, which may be compressed, with their line numbers.

    Raises:
        LayoutError: a line is no JSON object, or the file cannot be read.
    """
    opener: Any = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    value = json.loads(line)
                    if not isinstance(value, dict):
                        raise LayoutError(f"{path}: line {number}: found {type(value).__name__}, expected an object")
                    yield number, value
    except (OSError, EOFError, ValueError) as error:
        raise LayoutError(f"{path}: after line {number}: {error}") from None


def only_language(request: Request) -> str | None:
    """Return the language that a manifest is in where its records tell none: the only one that was asked for."""
    return request.languages[0] if len(request.languages) == 1 else None


def any_table(path: Path, columns: Iterable[str] = ()) -> Iterator[Record]:
    """Yield the rows of a CSV, TSV, JSONL or Parquet table.

    Raises:
        LayoutError: it is none of these, cannot be read, or its first row lacks a column.
    """
    kind = path.suffix.casefold()
    if kind in (".csv", ".tsv"):
        yield from rows(path, "\t" if kind == ".tsv" else ",", columns=columns)
        return
    if not path.is_file() or kind not in (".jsonl", ".parquet"):
        raise LayoutError(f"{path}: there is no such table; expected one that ends in .csv, .tsv, .jsonl or .parquet")
    found = _parquet_rows(path) if kind == ".parquet" else (row for _, row in json_lines(path))
    for number, row in enumerate(found):
        missing = [column for column in columns if column not in row]
        if number == 0 and missing:
            raise LayoutError(f"{path}: no column {missing[0]!r}; found {', '.join(row)}")
        yield row


def _parquet_rows(path: Path) -> Iterator[Record]:
    import polars as pl

    try:
        yield from pl.read_parquet(path).to_dicts()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LayoutError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
