"""Finding the shards of a declared data set, on the hub or in a copy on disk, and opening a stream for each part."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from soundscape.errors import EnvironmentFault, UsageError, nearest
from soundscape.sources.adapters.candidate import LayoutError, Opened, Request
from soundscape.sources.adapters.hub import HubStream, resolved_revision
from soundscape.sources.adapters.mapping import Mapping

_SUFFIXES = {"parquet": (".parquet",), "webdataset": (".tar", ".tar.gz", ".tgz")}
_SPLITS = ("train", "test", "validation", "valid", "val", "dev", "eval")
_SHOWN = 5


def open_shards(mapping: Mapping, request: Request) -> Opened:
    """Open a declared data set.

    Raises:
        UsageError: it has no such language.
        LayoutError: the copy on disk has no such shards.
        EnvironmentFault: the hub cannot be reached or refuses.
    """
    if request.split is not None:
        mapping = dataclasses.replace(mapping, split=request.split)
    if request.languages and mapping.fields["type"].value not in (None, "speech"):
        raise UsageError(f"{mapping.dataset} holds no speech", hint="leave out --languages")
    languages = wanted_languages(mapping.dataset, request.languages, tuple(mapping.configs))
    notes = (mapping.note,) if mapping.note else ()
    if request.path is not None:
        streams = _on_disk(mapping, request.path, languages)
        return Opened(dataset=mapping.dataset, streams=streams, notes=notes)
    mapping, revision = _found_on_hub(mapping, request.revision)
    streams = tuple(
        HubStream(language or "all", mapping, language=language, files=None, revision=revision)
        for language in languages or (None,)
    )
    return Opened(dataset=mapping.dataset, streams=streams, revision=revision, notes=notes)


def wanted_languages(dataset: str, asked: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """Return the languages to read: those asked for, or all that a data set has; none where it has no such parts.

    Raises:
        UsageError: one is asked for that is not there.
    """
    for language in asked:
        if there and language not in there:
            raise UsageError(
                f"{dataset} has no part in {language!r}{nearest(language, there)}", hint=f"it has {', '.join(there)}"
            )
    return tuple(asked) if asked and there else tuple(there)


def _found_on_hub(mapping: Mapping, revision: str | None) -> tuple[Mapping, str]:
    """Return a mapping under the spelling of its name that the hub knows, and the commit that is read."""
    for name in mapping.also:
        try:
            return mapping, resolved_revision(mapping.dataset, revision)
        except EnvironmentFault as error:
            if "not found" not in error.message:
                raise
            mapping = dataclasses.replace(mapping, dataset=name)
    return mapping, resolved_revision(mapping.dataset, revision)


def _on_disk(mapping: Mapping, path: Path, languages: Sequence[str]) -> tuple[HubStream, ...]:
    files = shards_beneath(mapping, path)
    parts: list[tuple[str | None, list[Path]]] = []
    for language in languages:
        named = [file for file in files if _names(file, path, mapping.configs[language])]
        if named:
            parts.append((language, named))
        elif len(languages) == 1 and not any(
            _names(file, path, config) for file in files for config in mapping.configs.values()
        ):
            # One language of a copy whose folders do not tell languages apart: it holds that language.
            parts.append((language, files))
    if languages and not parts and mapping.format == "webdataset":
        # The records tell the language themselves.
        parts = [(None, files)]
    missing = [language for language in languages if language not in {named for named, _ in parts}]
    if languages and missing and parts != [(None, files)]:
        words = ", ".join(mapping.configs[language] for language in missing)
        raise LayoutError(
            f"{path}: no {mapping.format} shards of {', '.join(missing)}; expected {words} in the name of a folder, or "
            f"at the beginning of a file's; found {_listed(files, path)}",
            hint="leave the language out of --languages, or point --path at the folder that holds it",
        )
    return tuple(
        HubStream(language or "all", mapping, language=language, files=found, revision=None)
        for language, found in parts or [(None, files)]
    )


def shards_beneath(mapping: Mapping, path: Path) -> list[Path]:
    """Return the shards of a copy on disk, in the order of their paths.

    Args:
        mapping: says the format, and which folders and split are meant.
        path: a folder, or one shard.

    Raises:
        LayoutError: there is none.
    """
    suffixes = _SUFFIXES[mapping.format]
    if path.is_file():
        files = [path] if path.name.endswith(suffixes) else []
    else:
        there = (file for file in path.rglob("*") if file.name.endswith(suffixes) and file.is_file())
        files = sorted(f for f in there if not any(p.startswith(".") for p in f.relative_to(path).parts))
    if not files:
        state = "is not there" if not path.exists() else "holds none"
        raise LayoutError(f"{path} {state}; expected {mapping.dataset} as {' or '.join(suffixes)} shards, at any depth")
    if mapping.part and (within := [file for file in files if mapping.part in _folders(file, path)]):
        files = within
    if mapping.not_part:
        files = [file for file in files if mapping.not_part not in _folders(file, path)]
    if mapping.format == "parquet":
        files = _of_split(files, path, mapping.split)
    if not files:
        raise LayoutError(f"{path}: no shards of the part {mapping.part or mapping.split!r} of {mapping.dataset}")
    return files


def _of_split(files: list[Path], root: Path, split: str) -> list[Path]:
    of_split = [file for file in files if _names(file, root, split)]
    if of_split or any(_names(file, root, name) for file in files for name in _SPLITS):
        if not of_split:
            raise LayoutError(
                f"{root}: no shards of the split {split!r}; found {_listed(files, root)}",
                hint="name one: --data-split NAME",
            )
        return of_split
    return files


def _folders(file: Path, root: Path) -> tuple[str, ...]:
    if file == root:
        return (root.parent.name,)
    return (root.name, *file.relative_to(root).parts[:-1])


def _names(file: Path, root: Path, word: str) -> bool:
    """Return whether a folder of a file is a word, or its name begins with it."""
    folded = word.casefold()
    name = file.name.casefold()
    begins = name.startswith(folded) and not name[len(folded) :][:1].isalnum()
    return begins or folded in (folder.casefold() for folder in _folders(file, root))


def _listed(files: Iterable[Path], root: Path) -> str:
    names = [file.name if file == root else file.relative_to(root).as_posix() for file in files]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
