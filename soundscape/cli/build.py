"""``soundscape plan`` and ``soundscape build``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from soundscape.cli.held_out import finish, part_options, seed_options, tell_split
from soundscape.cli.output import print_json, progress
from soundscape.errors import DataError, EnvironmentFault, UsageError

F = TypeVar("F", bound=Callable[..., Any])

#: What shells give a command that Ctrl-C has ended: 128 and the number of SIGINT.
_INTERRUPTED = 130


def _scene_options(command: F) -> F:
    for option in (
        click.option("--split", default="test", show_default=True, help="Name of the split."),
        click.option(
            "--bank", "banks", multiple=True, default=("embedded",), show_default=True,
            help="Bank to draw from, by name or folder; may be given several times.",
        ),
        click.option("--clips", type=click.IntRange(1), help="How many clips; the recipe says by default."),
        click.option(
            "--licences", metavar="any|research|commercial",
            help="Draw only sources whose licence allows this use; the recipe says by default.",
        ),
        click.option("--recipe", required=True, help="A shipped recipe by name, or a YAML file."),
    ):  # fmt: skip
        command = option(command)
    return seed_options(command)


def _prepare(
    recipe: str, banks: tuple[str, ...], split: str, splits: str | None, seed: int | None, seed_file: Path | None,
    licences: str | None,
) -> Any:  # fmt: skip
    from soundscape.dataset import secret
    from soundscape.dataset.build import prepare
    from soundscape.dataset.splits import parse
    from soundscape.sources.bankset import open_banks

    chosen = secret.choose(seed, seed_file)
    family = None if splits is None else parse(splits)
    # Opening the embedded bank for the first time makes it, which is worth a bar of its own.
    with progress("making the embedded bank", "sources") as advance:
        open_banks(banks, progress=advance)
    used = 1 if chosen is None else chosen
    return prepare(recipe, banks=banks, seed=used, split=split, splits=family, licences=licences)


@click.command()
@_scene_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A JSONL file; stdout by default.")
def plan(recipe: str, clips: int | None, out: Path | None, **options: Any) -> None:
    """Decide scenes without rendering them: one plan a line, as JSON."""
    from soundscape import schema
    from soundscape.dataset.build import plans
    from soundscape.files import writing

    maker = _prepare(recipe, **options)
    lines = (schema.encode(p) + b"\n" for p in plans(maker, clips or maker.recipe.clips))
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line)
    else:
        with writing(out) as file:
            file.writelines(lines)


@click.command()
@_scene_options
@click.option("--out", help="Folder of the build, or a URL such as s3://bucket/prefix; <recipe>-<split> by default.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option(
    "--engine",
    default="local",
    show_default=True,
    metavar="local|dask",
    help="Who does the work: processes on this machine, or a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786; a local one by default.")
@click.option(
    "--layout",
    default="folder",
    show_default=True,
    metavar="folder|webdataset|parquet",
    help="A file a clip, tar shards, or Parquet with the audio in it.",
)
@click.option(
    "--audio", type=click.Choice(["flac", "wav", "ogg", "mp3"]), default="flac", show_default=True, help="Audio format."
)
@click.option("--stems", is_flag=True, help="Write every event's stem as well, as 24-bit FLAC.")
@part_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def build(
    recipe: str, clips: int | None, banks: tuple[str, ...], split: str, splits: str | None, seed: int | None,
    seed_file: Path | None, licences: str | None, out: str | None, public: Path | None, against: Path | None,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Make soundscapes with their answer key. Run again on the same folder to go on after an interruption."""
    from soundscape.dataset.engines import default_jobs, warm_up

    if options["engine"] == "local" and (options["jobs"] or default_jobs()) > 1 and clips != 1:
        warm_up()
    from soundscape.dataset.build import build as make

    if out is not None and "://" in out and (public or against):
        raise UsageError(f"--out {out}: --public and --against need a folder", hint="give a folder, copy it afterwards")
    maker = _prepare(recipe, banks, split, splits, seed, seed_file, licences)
    place = out or f"{maker.recipe.name}-{split}"
    again = f"run the same command again to go on with {place}"
    began = time.monotonic()
    done, made = [0, clips or maker.recipe.clips], [0.0]

    def speed() -> str:
        return f"{made[0] / max(time.monotonic() - began, 1e-6):.0f} × real time"

    try:
        with progress("building", "clips", speed) as advance:

            def told(finished: int, total: int, seconds: float) -> None:
                done[:], made[0] = (finished, total), seconds
                advance(finished, total)

            result = make(maker, place, clips=clips, progress=told, **options)
    except KeyboardInterrupt:
        click.echo(f"stopped after {done[0]} of {done[1]} clips; {again}", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except EnvironmentFault as fault:
        hint = f"{fault.hint}; then {again}" if fault.hint else again
        raise EnvironmentFault(fault.message, hint=hint) from None
    if as_json:
        print_json(result.report)
    else:
        _tell(result, time.monotonic() - began)
        if maker.order.splits is not None:
            tell_split(maker.banks, maker.order.splits, split)
    if public or against:
        finish(Path(place), banks, public, against, quiet=as_json)
    if result.findings:
        raise DataError(
            f"{place}: requested and achieved differ beyond the recipe's tolerance:\n  " + "\n  ".join(result.findings),
            hint="the clips are kept; report.json has every figure",
        )


def _tell(result: Any, elapsed: float) -> None:
    report = result.report
    events = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in report["events"].items())
    speed = report["hours"] * 3600 / elapsed if result.made == result.clips and elapsed > 0 else None
    click.echo(f"{result.folder}: {result.clips} clips, {report['hours'] * 60:.1f} minutes, {events}")
    if result.made == 0:
        click.echo("  nothing to do: this build was complete")
    elif speed is not None:
        click.echo(f"  made in {elapsed:.1f} s, {speed:.0f} × real time")
    unscored = sum(report["unscored"].values())
    if unscored:
        click.echo(f"  {unscored} events cannot be heard well enough and are not scored")
    click.echo("  audio in data/, what is in it in answer_key/, asked against achieved in report.json")
