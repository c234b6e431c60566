"""What the commands share: JSON for machines, tables for people, a progress bar on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from soundscape.errors import EnvironmentFault


def print_json(value: object) -> None:
    """Print a value as indented JSON with sorted keys on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode())


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a plain table on stdout; numbers to the right."""
    cells = [[str(c) for c in row] for row in rows]
    widths = [max([len(h), *(len(r[i]) for r in cells)]) for i, h in enumerate(head)]
    right = [bool(rows) and all(isinstance(r[i], int | float) for r in rows) for i in range(len(head))]

    def line(values: Sequence[str]) -> str:
        parts = [v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True)]
        return "  ".join(parts).rstrip()

    click.echo(line(head))
    for row in cells:
        click.echo(line(row))


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; what is no regular file, such as a pipe or a device, is written in place."""
    from soundscape.files import write_bytes

    try:
        # What a link leads to is replaced, never the link itself.
        target = path if path.exists() and not path.is_file() else path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, data)
    except OSError as error:
        raise EnvironmentFault(
            f"{path} cannot be written: {error.strerror or error}", hint="choose another place for the file"
        ) from None


Advance = Callable[[int, int], None]


@contextlib.contextmanager
def progress(label: str, unit: str = "", note: Callable[[], str] | None = None) -> Iterator[Advance]:
    """Show a bar on stderr while work goes on, where stderr is a terminal; yields ``advance(done, total)``.

    A total of 0 is one that is not known.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, note="")

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None, note=note() if note else "")

        yield advance
