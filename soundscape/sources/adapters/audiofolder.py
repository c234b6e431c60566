"""Folders of recordings in the layout that ``datasets`` calls ``audiofolder``, read without it and without torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from soundscape.errors import UsageError
from soundscape.sources.adapters.candidate import FIELDS, LayoutError, Opened, Recording, Request
from soundscape.sources.adapters.fields import Rule
from soundscape.sources.adapters.mapping import AUDIO_SUFFIXES, Mapping
from soundscape.sources.adapters.tables import Record, any_table, at, folder_of, only_language, opened


def audiofolder(request: Request) -> Opened:
    """Open an ``audiofolder``: files with ``metadata.csv``, ``.jsonl`` or ``.parquet``, or a folder for each label.

    Columns of the metadata that are named like fields of a source are those fields; ``file_name`` is relative to the
    metadata. A folder's name is label and caption of what is in it. ``type`` is a column, or is asked for.
    """
    root = folder_of(request, "audiofolder", "recordings and metadata.csv, or a folder for each label")
    tables = sorted(path for suffix in ("csv", "jsonl", "parquet") for path in root.rglob(f"metadata.{suffix}"))
    rules = {name: Rule(columns=(name,)) for name in FIELDS}
    rules |= {"licence": Rule(columns=("licence", "license"), apply=("licence",))}
    rules["language"] = Rule(columns=("language",), apply=("language",), value=only_language(request))
    rules["type"] = Rule(columns=("type",), value=request.type)
    if not tables:
        if request.type is None:
            raise UsageError(f"{root}: has no metadata that tells types", hint="say what all are: --type sound_event")
        rules |= {
            name: Rule(columns=("label",), apply=(how,)) for name, how in (("label", "label"), ("caption", "words"))
        }
        rules["caption_origin"] = Rule(value="template")
    mapping = Mapping(dataset=root.name, format="parquet", audio="audio", key=Rule(columns=("file",)), fields=rules)
    if tables:
        return opened(mapping, root, {"all": lambda: (row for path in tables for row in _described(path, root))})
    return opened(mapping, root, {"all": lambda: _labelled(root)})


def _described(path: Path, root: Path) -> Iterator[tuple[Record, Recording]]:
    for row in any_table(path, ("file_name",)):
        name = row.get("file_name")
        if not isinstance(name, str) or not name:
            raise LayoutError(f"{path}: a row without 'file_name': {row}")
        file = path.parent / name
        if not file.resolve().is_relative_to(root.resolve()):
            raise LayoutError(f"{path}: {name!r} leaves the folder")
        yield {**row, "file": file.relative_to(root).as_posix()}, at(file)


def _labelled(root: Path) -> Iterator[tuple[Record, Recording]]:
    for file in sorted(path for path in root.rglob("*") if path.suffix.casefold()[1:] in AUDIO_SUFFIXES):
        relative = file.relative_to(root)
        if len(relative.parts) > 1 and not relative.parts[0].startswith("."):
            yield {"label": relative.parts[-2], "file": relative.as_posix()}, at(file)
