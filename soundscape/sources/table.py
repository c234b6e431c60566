"""Tables that describe one's own recordings: CSV, JSONL or Parquet, one row a recording.

Columns (everything but ``path`` and ``type`` may be absent or empty where it does not apply):

    path              the file, relative to the folder, with forward slashes
    type              speech, vocal_burst, sound_event or music
    caption           what is heard, how, with what character; needed for all but speech
    transcription     the words; needed for speech
    language          ISO 639 code in lower case, ``de``; needed for speech
    speaker           who speaks or laughs; the same name for the same person throughout
    emotion           a few words on how it is felt: "clearly angry, with disappointment"
    emotion_label     a single label
    label             the kind of sound or burst: ``glass_breaking``, ``chuckle``
    age, gender, speaking_rate        values of the UAAP format
    voice_timbre, speaking_style, accent, lyrics, topic     free text
    licence           any common spelling; normalised to SPDX, ``unknown`` where it is empty
    attribution       whom to credit, and how
    dataset           where it comes from; the bank's name where it is empty
    caption_origin    human, model, template or synthesis; human where it is empty
    group             what must not be shared between splits; the speaker, or else the key, where it is empty
    key               a unique name; the path where it is empty
    x_…               ignored: room for columns of one's own

A blank field and a field of white space are the same. Text is brought into Unicode form NFC, with every run of white
space as one space. Every problem is found in one pass and reported with its row.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from soundscape.errors import BankError, nearest
from soundscape.records import AGES, CAPTION_ORIGINS, EVENT_TYPES, GENDERS, SPEAKING_RATES
from soundscape.sources.ingest import Draft
from soundscape.sources.licences import normalise

#: Columns of a table, in the order of the documentation.
COLUMNS = (
    "path", "type", "caption", "transcription", "language", "speaker", "emotion", "emotion_label", "label", "age",
    "gender", "voice_timbre", "speaking_style", "accent", "speaking_rate", "lyrics", "topic", "licence", "attribution",
    "dataset", "caption_origin", "group", "key",
)  # fmt: skip
#: Columns whose values are one of a list.
VALUES: dict[str, Sequence[str]] = {
    "type": EVENT_TYPES,
    "age": AGES,
    "gender": GENDERS,
    "speaking_rate": SPEAKING_RATES,
    "caption_origin": CAPTION_ORIGINS,
}
#: What a source of a type cannot be used without. An absent column is an error, a blank field rejects its row.
NEEDED: dict[str, tuple[str, ...]] = {
    "speech": ("transcription", "language"),
    "vocal_burst": ("caption",),
    "sound_event": ("caption",),
    "music": ("caption",),
}

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a table. ``row`` says where, as ``line 3`` of a text file or ``row 3`` of a Parquet file."""

    row: str
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.row}, {self.column}: {self.message}" if self.row else f"{self.column}: {self.message}"


class TableError(BankError):
    """A table with problems; all of them are in ``problems``, the first twenty in the message."""

    def __init__(self, message: str, *, hint: str | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


def _table_error(path: Path, problems: Sequence[Problem]) -> TableError:
    shown = "".join(f"\n  {problem}" for problem in problems[:_SHOWN])
    rest = f"\n  … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return TableError(f"{path}: {count}{shown}{rest}", hint="nothing was written", problems=problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    where: str
    fields: dict[str, Any]


def read_table(path: Path, folder: Path, *, dataset: str) -> list[Draft]:
    """Read a table and check every row of it.

    Args:
        path: a file that ends in ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet``.
        folder: where the recordings are; no path may leave it, by ``..``, as absolute path or through a symbolic link.
        dataset: what stands in ``dataset`` where the table says nothing.

    Returns:
        One draft a row, in the order of the table.

    Raises:
        TableError: with every problem of columns, values, files and duplicates.
    """
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.casefold())
    if reader is None:
        raise TableError(f"{path}: expected a table that ends in {', '.join(readers)}")
    if not path.is_file():
        raise TableError(f"{path}: there is no such table")
    if not folder.is_dir():
        raise TableError(f"{folder}: there is no such folder")
    records, problems = reader(path)
    if not records and not problems:
        raise TableError(f"{path}: the table has no rows")
    problems = [*_column_problems(records), *problems]
    if problems:
        raise _table_error(path, problems)
    checker = _Checker(folder)
    drafts = [checker.draft(record, dataset) for record in records]
    if checker.problems:
        raise _table_error(path, checker.problems)
    return [draft for draft in drafts if draft is not None]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: byte {error.start} is not UTF-8", hint="save the table as UTF-8") from None


def _read_csv(path: Path) -> tuple[list[_Record], list[Problem]]:
    reader = csv.reader(io.StringIO(_text(path), newline=""), delimiter="\t" if path.suffix == ".tsv" else ",")
    header = [name.strip() for name in next(reader, [])]
    problems = [
        Problem(row="line 1", column=name, message="the column stands there twice")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    records: list[_Record] = []
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise TableError(f"{path}: line {reader.line_num} is not CSV: {error}") from None
        if values is None:
            return records, problems
        where = f"line {reader.line_num}"
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(header):
            message = f"found {len(values)} fields, expected {len(header)}; is a field with a comma not quoted?"
            problems.append(Problem(row=where, column="row", message=message))
        records.append(_Record(where=where, fields=dict(zip(header, values, strict=False))))


def _read_jsonl(path: Path) -> tuple[list[_Record], list[Problem]]:
    records: list[_Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            problems.append(Problem(row=f"line {number}", column="row", message=f"not JSON: {error}"))
            continue
        if isinstance(fields, dict):
            records.append(_Record(where=f"line {number}", fields=fields))
        else:
            problems.append(Problem(row=f"line {number}", column="row", message="expected a JSON object"))
    return records, problems


def _read_parquet(path: Path) -> tuple[list[_Record], list[Problem]]:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from None
    return [_Record(where=f"row {i}", fields=row) for i, row in enumerate(frame.iter_rows(named=True), start=1)], []


def _column_problems(records: Sequence[_Record]) -> Iterator[Problem]:
    names = {name for record in records for name in record.fields}
    for name in sorted(names - set(COLUMNS)):
        if not name.startswith("x_"):
            near = nearest(name, COLUMNS) or f"; known columns: {', '.join(COLUMNS)}"
            message = f"unknown column{near} (name it x_{name} to have it ignored)"
            yield Problem(row="", column=name, message=message)
    types = {str(record.fields.get("type", "")).strip() for record in records}
    needed = ["path", "type", *(column for type_ in EVENT_TYPES if type_ in types for column in NEEDED[type_])]
    for column in dict.fromkeys(needed):
        if column not in names:
            whose = ", ".join(type_ for type_ in EVENT_TYPES if type_ in types and column in NEEDED[type_])
            yield Problem(row="", column=column, message=f"no such column, needed for {whose or 'every source'}")


class _Checker:
    """Turns records into drafts and remembers what is wrong and what has been seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = folder.resolve()
        self._seen: dict[tuple[str, str], str] = {}
        self.problems: list[Problem] = []

    def draft(self, record: _Record, dataset: str) -> Draft | None:
        """Return the draft of a record, or None where something is wrong with it."""
        before = len(self.problems)
        fields = {name: self._value(record, name) for name in COLUMNS}
        file = self._file(record, fields["path"])
        for column, values in VALUES.items():
            value = fields[column]
            if value is not None and value not in values:
                self._add(
                    record, column, f"found {value!r}, expected one of {', '.join(values)}{nearest(value, values)}"
                )
        if fields["type"] is None:
            self._add(record, "type", f"empty, expected one of {', '.join(EVENT_TYPES)}")
        if fields["language"] is not None and not _LANGUAGE.fullmatch(fields["language"]):
            message = (
                f"found {fields['language']!r}, expected an ISO 639 code such as 'de' (a region belongs into accent)"
            )
            self._add(record, "language", message)
        key = fields["key"] or fields["path"] or ""
        if _CONTROL.search(key):
            self._add(record, "key", f"found {key!r}, expected no control characters")
        self._once(record, "key", key)
        if len(self.problems) > before or file is None:
            return None
        path = file.relative_to(self._folder).as_posix()
        return Draft(file=file, annotation=_annotation(fields, path, key, dataset), rejected=_lack(fields))

    def _add(self, record: _Record, column: str, message: str) -> None:
        self.problems.append(Problem(row=record.where, column=column, message=message))

    def _value(self, record: _Record, column: str) -> str | None:
        value = record.fields.get(column)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            self._add(record, column, f"found {value!r}, expected text")
            return None
        text = unicodedata.normalize("NFC", value or "")
        return (text.strip() if column in ("path", "key") else " ".join(text.split())) or None

    def _once(self, record: _Record, column: str, value: str) -> None:
        first = self._seen.setdefault((column, value), record.where)
        if value and first != record.where:
            self._add(record, column, f"{value!r} stands at {first} already")

    def _file(self, record: _Record, given: str | None) -> Path | None:
        # The path as it stands in the table, not its NFC form: file systems tell the two apart.
        raw = str(record.fields.get("path") or "").strip()
        if given is None:
            self._add(record, "path", "empty")
            return None
        relative = PurePosixPath(raw)
        file = self._folder / relative
        if relative.is_absolute() or ".." in relative.parts:
            self._add(record, "path", f"{raw!r} leaves the folder; give it relative to {self._folder}")
        elif "\x00" in raw or not file.is_file():
            self._add(record, "path", f"there is no file {raw!r} in {self._folder}")
        elif not file.resolve().is_relative_to(self._root):
            self._add(record, "path", f"{raw!r} is a link that leaves the folder")
        else:
            self._once(record, "path", str(relative))
            return file
        return None


def _lack(fields: dict[str, str | None]) -> str | None:
    """Return why a source cannot be drawn as it is described, or None."""
    return next((f"needs_{column}" for column in NEEDED[fields["type"] or ""] if fields[column] is None), None)


def _annotation(fields: dict[str, str | None], path: str, key: str, dataset: str) -> dict[str, Any]:
    """Return the fields of a source that a table gives, with what stands for an empty one."""
    return {
        **fields,
        "path": path,
        "key": key,
        "group": fields["group"] or fields["speaker"] or key,
        "licence": normalise(fields["licence"]),
        "attribution": fields["attribution"] or "",
        "dataset": fields["dataset"] or dataset,
        "caption_origin": fields["caption_origin"] or "human",
    }
