"""Validation of files and folders: what they hold is guessed or given, everything wrong with them is told."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from soundscape.dataset import lock as locks
from soundscape.errors import UsageError
from soundscape.validation import build, documents, kinds, prediction, recipe
from soundscape.validation.documents import Tick
from soundscape.validation.findings import Finding, Group, Summary
from soundscape.validation.kinds import Guess
from soundscape.validation.lines import lines, parse
from soundscape.validation.places import Place

#: Told how many bytes are read, and how many there are.
Progress: TypeAlias = Callable[[int, int], None]

_JSON_LINES = (".jsonl", ".ndjson")
_BYTES_PER_STEP = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a path came to: its kind (``build`` for a build's folder), by what that was told, and how much was found."""

    path: str
    kind: str
    told_by: str
    problems: int
    warnings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validation found, path by path and gathered in groups; ``beyond`` counts what fitted into no group."""

    files: tuple[Checked, ...]
    groups: tuple[Group, ...]
    problems: int
    warnings: int
    beyond: int

    @property
    def ok(self) -> bool:
        """Whether nothing but warnings was found."""
        return self.problems == 0


def validate(
    paths: str | Path | Iterable[str | Path],
    *,
    kind: str | None = None,
    strict: bool = False,
    each: Callable[[Finding], None] | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Check answer keys, predictions, recipes, plans, locks, sources and whole builds.

    Memory does not grow with the size of a JSONL file, nor with the number of findings.

    Args:
        paths: files; the folder of a build, which is checked with all that is in it; the folder of a bank; or a folder
            of answers, ``<clip_id>.json`` or ``<clip_id>.txt``.
        kind: one of :data:`soundscape.validation.kinds.KINDS`; guessed by name and content where it is None.
        strict: predictions are not mended: what the lenient reader would repair is a problem.
        each: told of every finding as it comes up.
        progress: told of the bytes read.

    Raises:
        UsageError: a path that is not there or cannot be read, an unknown kind, or one that cannot be told.
        BankError: a bank's folder whose index cannot be read.
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    kinds.checked(kind)
    guesses = [(path, kinds.guess(_readable(path), kind)) for path in given]
    summary, files = Summary(), []
    tick = _ticker(given, progress)
    for path, guess in guesses:
        problems, warnings = summary.problems, summary.warnings
        for finding in _findings(path, guess, strict, tick):
            summary.add(finding)
            if each is not None:
                each(finding)
        files.append(
            Checked(
                path=str(path),
                kind=guess.kind,
                told_by=guess.by,
                problems=summary.problems - problems,
                warnings=summary.warnings - warnings,
            )
        )
    return Validation(
        files=tuple(files),
        groups=summary.groups(),
        problems=summary.problems,
        warnings=summary.warnings,
        beyond=summary.beyond,
    )


def _readable(path: Path) -> Path:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        elif path.exists() and not path.is_file():
            raise UsageError(
                f"{path}: neither a file nor a folder", hint="files are read more than once: store it first"
            )
        else:
            path.open("rb").close()
    except FileNotFoundError:
        raise UsageError(
            f"{path}: no such file or folder{_near(path)}", hint="see: soundscape validate --help"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from None
    return path


def _near(path: Path) -> str:
    """Return which of the names beside a missing path is nearest to it."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    found = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {str(path.parent / found[0])!r}?" if found else ""


def _ticker(paths: list[Path], progress: Progress | None) -> Tick:
    """Return what counts bytes, and tells of them a megabyte at a time."""
    if progress is None:
        return lambda count: None
    total = sum(file.stat().st_size for path in paths for file in _files(path))
    done = told = 0

    def tick(count: int) -> None:
        nonlocal done, told
        done += count
        if done - told >= _BYTES_PER_STEP:
            told = done
            progress(min(done, total), total)

    return tick


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.suffix in (".jsonl", ".json", ".txt") and file.is_file())
    else:
        yield path


def _findings(path: Path, guess: Guess, strict: bool, tick: Tick) -> Iterator[Finding]:
    if guess.kind == "build":
        return build.check(path, tick)
    if guess.kind == "recipe":
        place = Place(str(path), "recipe")
        return (place.fault(fault) for fault in recipe.faults(path))
    if guess.kind == "prediction":
        if path.is_dir():
            return prediction.in_folder(path, strict, tick)
        return (prediction.alone if prediction.is_one_answer(path) else prediction.by_line)(path, strict, tick)
    if path.is_dir():
        return documents.in_bank(path) if guess.kind == "source" else _part(path, guess.kind, tick)
    return _document(path, guess.kind, tick)


def _part(folder: Path, kind: str, tick: Tick) -> Iterator[Finding]:
    """Yield what is wrong with the documents of one kind in a build's folder."""
    if kind == "lock":
        yield from _document(_readable(folder / locks.NAME), kind, tick)
        return
    within = folder / {"answer-key": "answer_key", "plan": "plans"}[kind]
    for file in sorted(_readable(within).glob("*.jsonl")):
        yield from _document(file, kind, tick)


def _document(path: Path, kind: str, tick: Tick) -> Iterator[Finding]:
    """Yield what is wrong with a file of documents, one a line or one in all."""
    if kind == "lock" or not (path.suffix.lower() in _JSON_LINES or _first_line_is_whole(path)):
        found, _ = documents.whole(path, kind, tick)
        yield from found
    else:
        yield from documents.by_line(path, kind, tick)


def _first_line_is_whole(path: Path) -> bool:
    first = next(lines(path), None)
    return first is not None and not parse(first.data)[1]
