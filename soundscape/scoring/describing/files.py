"""References and predictions in MECAT's files.

References: ``reference/caption/<split>/<domain>.jsonl`` (``{key: {short: […], …, "domain": …}}`` a line) and
``reference/qa/<split>/…`` (``{key: {category, question, answer, …}}``) in a folder, or one such file.
Predictions: CSV without a head, ``"key","text"``; JSON ``{key: text}``; JSONL with such an object a line.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from soundscape.errors import BuildError, PredictionError, UsageError, nearest
from soundscape.scoring.describing.mecat import CAPTION_FIELDS, DOMAINS, QA_CATEGORIES, Item

Task: TypeAlias = Literal["caption", "qa"]
_FORMS = 'a CSV of "key","text" without a head, JSON {"key": "text"}, or JSONL with such objects'


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What is to be described: by field for captions, under ``qa`` for questions; ``digest`` is of it all, in hex."""

    task: Task
    items: dict[str, list[Item]]
    digest: str

    @property
    def keys(self) -> set[str]:
        """All clips, or all questions."""
        return {item.key for items in self.items.values() for item in items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A file of predictions by key, and what is odd about it."""

    path: Path
    texts: dict[str, str]
    notes: tuple[str, ...]


def read_references(place: str | Path, task: Task, split: str | None = None) -> References:
    """Return the references of a folder or a file.

    Raises:
        UsageError: there is no such place, the split is left open or unknown, or it holds no references.
        BuildError: a line is not as it should be.
    """
    lines: dict[str, Mapping[str, Any]] = {}
    for path in _reference_files(Path(place), task, split):
        for where, key, value in _pairs(path):
            if key in lines:
                raise BuildError(f"{where}: {key!r} comes twice", hint="give every clip one line")
            lines[key] = value if isinstance(value, dict) else _refuse(where, f"{key!r} has no object of fields")
            _check(lines[key], task, f"{where}: {key!r}")
    if not lines:
        raise UsageError(f"{place}: holds no references", hint="name the folder of soundscape export --to mecat")
    items: dict[str, list[Item]] = {}
    for key in sorted(lines):
        for field, item in _items(key, lines[key], task):
            items.setdefault(field, []).append(item)
    encoded = json.dumps({k: lines[k] for k in sorted(lines)}, sort_keys=True, ensure_ascii=False).encode()
    return References(task=task, items=items, digest=hashlib.sha256(encoded).hexdigest())


def _reference_files(place: Path, task: Task, split: str | None) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise UsageError(f"{place}: no such file or folder", hint="name the folder of soundscape export --to mecat")
    top = place / "reference" / task
    if not top.is_dir():
        direct = sorted(place.glob("*.jsonl"))
        if direct:
            return direct
        hint = "first: soundscape export DIR --to mecat --out OUT" if (place / "answer_key").is_dir() else None
        raise UsageError(
            f"{place}: holds no reference/{task}", hint=hint or "name the folder of soundscape export --to mecat"
        )
    splits = {path.name: path for path in sorted(top.iterdir()) if path.is_dir()}
    if split is not None and split not in splits:
        raise UsageError(f"{place}: there is no split {split!r}{nearest(split, splits)}",
                         hint=f"splits there: {', '.join(splits)}")  # fmt: skip
    if split is None and len(splits) != 1:
        raise UsageError(f"{place}: holds the splits {', '.join(splits) or 'none'}", hint="choose one with --split")
    return sorted((splits[split] if split is not None else next(iter(splits.values()))).glob("*.jsonl"))


def _refuse(where: str, found: str) -> Any:
    raise BuildError(f"{where}: {found}", hint="references are made by soundscape export --to mecat")


def _check(value: Mapping[str, Any], task: Task, where: str) -> None:
    """Refuse a reference that lacks what marking needs."""
    if task == "qa":
        if value.get("category") not in QA_CATEGORIES:
            _refuse(where, f"category is {value.get('category')!r}, expected one of {', '.join(QA_CATEGORIES)}")
        if not _sentences(value.get("answer")):
            _refuse(where, "has no answer")
        return
    if value.get("domain") not in DOMAINS:
        _refuse(where, f"domain is {value.get('domain')!r}, expected one of {', '.join(DOMAINS)}")
    if missing := [field for field in CAPTION_FIELDS if not _sentences(value.get(field))]:
        _refuse(where, f"has no captions under {missing[0]!r}")


def _sentences(value: object) -> tuple[str, ...]:
    """Return the texts of a field: one, or a list of them."""
    listed = value if isinstance(value, list) else [value]
    return tuple(v for v in listed if isinstance(v, str) and v.strip())


def _items(key: str, value: Mapping[str, Any], task: Task) -> Iterator[tuple[str, Item]]:
    if task == "qa":
        yield "qa", Item(key=key, references=_sentences(value["answer"]), group=value["category"])
        return
    for field in CAPTION_FIELDS:
        yield field, Item(key=key, references=_sentences(value[field]), group=value["domain"])


def _pairs(path: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield place, key and value of all lines of a JSONL file of references."""
    text = _text(path)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            _refuse(where, "not a JSON object")
        for key, inner in value.items():
            yield where, key, inner


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PredictionError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start})", hint=f"give {_FORMS}"
        ) from None
    except OSError as error:
        raise PredictionError(
            f"{path}: cannot be read: {error.strerror or error}", hint="check the path and its permissions"
        ) from None


def read_texts(path: Path, known: set[str]) -> Texts:
    """Return a file of predictions.

    A key that comes again keeps its first text (a second try must not help); unknown keys count for nothing. Both are
    noted, and so are keys without a text.

    Raises:
        PredictionError: the file cannot be read, or is in none of the forms.
    """
    texts: dict[str, str] = {}
    notes: list[str] = []
    unknown = 0
    for where, key, text in _predicted(path):
        if key in texts:
            notes.append(f"{where}: {key!r} comes again; its first text counts")
        elif key not in known:
            unknown += 1
            if unknown <= 3:
                notes.append(f"{where}: {key!r} is not in the references and counts for nothing{nearest(key, known)}")
        elif not isinstance(text, str):
            raise PredictionError(f"{where}: {key!r} has no text but {str(text)[:40]!r}", hint=f"give {_FORMS}")
        else:
            texts[key] = text
    if unknown > 3:
        notes.append(f"{path}: {unknown} keys in all are not in the references")
    if missing := sorted(key for key in known if not texts.get(key, "").strip()):
        notes.append(f"{path}: {len(missing)} of {len(known)} have no text and score 0, {missing[0]!r} among them")
    return Texts(path=path, texts=texts, notes=tuple(notes))


def _predicted(path: Path) -> Iterator[tuple[str, str, Any]]:
    text = _text(path)
    ending = path.suffix.lower()
    if ending == ".csv" or (ending not in (".json", ".jsonl") and not text.lstrip().startswith("{")):
        yield from _csv(path, text)
        return
    try:
        values: Sequence[Any] = [json.loads(text)] if text.strip() else []
        places = [str(path)]
    except (ValueError, RecursionError):
        rows = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        places = [f"{path}:{n}" for n, _ in rows]
        values = [_line(where, line) for where, (_, line) in zip(places, rows, strict=True)]
    for where, value in zip(places, values, strict=False):
        if not isinstance(value, dict):
            raise PredictionError(f"{where}: not a JSON object", hint=f"give {_FORMS}")
        if set(value) == {"key", "text"}:
            yield where, str(value["key"]), value["text"]
            continue
        for key, inner in value.items():
            # MECAT's own examples wrap each text in a list.
            yield where, key, inner[0] if isinstance(inner, list) and len(inner) == 1 else inner


def _line(where: str, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise PredictionError(f"{where}: not JSON", hint=f"give {_FORMS}") from None


def _csv(path: Path, text: str) -> Iterator[tuple[str, str, Any]]:
    # MECAT's example has a space after the comma.
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if not row:
                continue
            if len(row) != 2:
                raise PredictionError(f"{where}: {len(row)} columns, expected 2", hint=f"give {_FORMS}")
            yield where, row[0], row[1]
    except csv.Error as error:
        raise PredictionError(f"{path}:{reader.line_num}: no CSV: {error}", hint=f"give {_FORMS}") from None
