"""What commands share that make held-out splits: options, and what is told of leakage and of the parts to publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from soundscape.errors import DataError

if TYPE_CHECKING:
    from soundscape.dataset.leakage import Leakage

F = TypeVar("F", bound=Callable[..., Any])

#: Lines of one sort that are listed one by one.
_LISTED = 20


def seed_options(command: F) -> F:
    """Add the options that tell the seed and the family of splits: ``splits``, ``seed`` and ``seed_file``."""
    for option in (
        click.option(
            "--splits", metavar="NAME=SHARE,…",
            help="Family of splits that share no speaker, piece, recording or room: train=8,dev=1,test=1.",
        ),
        click.option("--seed", type=int, help="Seed of all draws, public; 1 by default."),
        click.option(
            "--seed-file", type=click.Path(path_type=Path, dir_okay=False),
            help="File of a secret seed (or SOUNDSCAPE_SEED), which the lock commits to and never holds.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def part_options(command: F) -> F:
    """Add the options for what is done when a build is finished: ``public`` and ``against``."""
    for option in (
        click.option(
            "--public", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
            help="Copy what may be published into this folder: clips, no answers.",
        ),
        click.option(
            "--against", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR",
            help="Tell what the build shares with another: speakers, recordings, near-duplicates, rooms.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def finish(
    folder: Path, banks: Sequence[str], public: Path | None, against: Path | None, *, quiet: bool = False
) -> None:
    """Do what was asked for after a build, and tell of it; errors as those of the library."""
    if public is not None:
        from soundscape.dataset.public import separate

        made = separate(folder, public)
        if not quiet:
            click.echo(f"{public}: {len(made.public)} files that tell no answer; the rest of {folder} is the key")
    if against is not None:
        compare_with(folder, against, banks, quiet=quiet)


def tell_split(banks: Any, splits: dict[str, float], split: str) -> None:
    """Print how much of the banks a split has, and what it lacks."""
    from soundscape.dataset.splits import table

    found = table(banks, splits)
    speech = [counts[split] for stratum, counts in found.items() if stratum.startswith("speech ")]
    spread = f", {min(speech)} to {max(speech)} speakers a language" if speech else ""
    click.echo(f"  split {split} of {', '.join(splits)}: sources of its own{spread}")
    if lacking := [stratum for stratum, counts in found.items() if not counts[split]]:
        click.echo(f"  it has none of: {', '.join(lacking)}")


def compare_with(
    folder: Path, other: Path, banks: Sequence[str], *, as_json: bool = False, quiet: bool = False
) -> None:
    """Print what two builds share.

    Raises:
        DataError: they share what splits should not.
    """
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset.leakage import leakage

    with progress("listening", "recordings") as advance:
        found = leakage(folder, other, banks=banks, progress=advance)
    if as_json:
        print_json({"clean": found.clean, "leakage": found})
    elif not quiet:
        _tell_leakage(found, other)
    if not found.clean:
        sources = found.groups or found.recordings or found.near
        raise DataError(
            f"{folder} and {other} share {_amounts(found)}",
            hint="build both with the same --splits, such as --splits train=8,dev=1,test=1"
            if sources
            else "give the recipe ranges of rooms to draw from: room/length, room/width, room/height, room/rt60",
        )


def _parts(found: Leakage) -> list[tuple[str, Sequence[str]]]:
    near = [f"{n.a} ~ {n.b} ({n.seconds:g} s, {n.errors:.0%} of bits differ)" for n in found.near]
    return [
        ("speakers, pieces or recordings", found.groups),
        ("pairs of equal samples", [f"{a} = {b}" for a, b in found.recordings]),
        ("pairs that sound the same", near),
        ("rooms", found.rooms),
    ]


def _amounts(found: Leakage) -> str:
    return ", ".join(f"{len(shared)} {name}" for name, shared in _parts(found) if shared)


def _tell_leakage(found: Leakage, other: Path) -> None:
    one, theirs = found.sources
    click.echo(f"against {other}: {one} and {theirs} sources used, {found.drawable} groups that both could draw")
    for name, shared in _parts(found):
        click.echo(f"  {name} in both: {len(shared)}")
        for line in shared[:_LISTED]:
            click.echo(f"    {line}")
        if len(shared) > _LISTED:
            click.echo(f"    and {len(shared) - _LISTED} more")
    click.echo(f"  sentences in both: {found.texts} (spoken by others; not held to be a leak)")
