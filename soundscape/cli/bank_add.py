"""``soundscape bank add`` and ``soundscape bank datasets``: banks of one's own recordings, and of data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from soundscape.errors import BankError, EnvironmentFault, UsageError

_SHOWN = 3
#: What shells give a command that Ctrl-C has ended: 128 and the number of SIGINT.
_INTERRUPTED = 130
#: The options that mean nothing without ``--from``.
_OF_A_DATA_SET = {
    "languages": "--languages", "hours": "--hours", "per_language": "--per-language", "per_speaker": "--per-speaker",
    "path": "--path", "data_split": "--data-split", "revision": "--revision", "mapping": "--mapping", "type_": "--type",
    "licence": "--licence", "no_gate": "--no-gate", "restart": "--restart",
}  # fmt: skip


@click.command()
@click.argument("name")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--table", type=click.Path(path_type=Path), help="CSV, TSV, JSONL or Parquet: what is in FOLDER.")
@click.option("--strict", is_flag=True, help="With --table: make no bank if any recording is rejected.")
@click.option("--from", "dataset", metavar="DATASET", help="A data set; soundscape bank datasets lists those known.")
@click.option("--languages", metavar="de,fr", help="Take only these languages.")
@click.option("--hours", type=float, help="So many hours in all, shared evenly among the languages.")
@click.option("--per-language", type=int, metavar="N", help="At most so many recordings of each language.")
@click.option("--per-speaker", type=int, metavar="N", help="At most so many recordings of each speaker.")
@click.option("--path", type=click.Path(path_type=Path), help="A copy of the data set on disk; else the hub is asked.")
@click.option("--data-split", metavar="SPLIT", help="Which split of the data set; train, or its own main one.")
@click.option("--revision", help="Commit, tag or branch of the data set on the hub.")
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML that declares a data set which is not known.")
@click.option("--type", "type_", help="What the recordings are, where the data does not say: speech, music, …")
@click.option("--licence", metavar="SPDX", help="Licence where the data set states none; you answer for it.")
@click.option("--no-gate", is_flag=True, help="Reject only what cannot be decoded or lacks its annotation.")
@click.option("--restart", is_flag=True, help="Throw away what an unfinished run has taken.")
@click.option("--replace", is_flag=True, help="Take the place of a bank of that name.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(name: str, folder: Path | None, table: Path | None, dataset: str | None, as_json: bool, **options: Any) -> None:
    """Make a bank NAME of recordings: your own, or those of a data set.

    \b
    soundscape bank add NAME FOLDER --table FILE
    soundscape bank add NAME --from DATASET --languages de,fr --hours 2

    Your own stay in FOLDER. The table has the columns path and type and, as far as they apply, caption, transcription,
    language, speaker, emotion, licence, attribution and more; soundscape.sources.table describes them.

    Of a data set as much is taken as is asked for, from the hub or from a copy on disk (--path), and passed through the
    quality gate. A run that was stopped goes on when the same command is given again.

    What cannot be used is listed as rejected, with the reason, and never drawn.
    """
    mapping = options["mapping"]
    if dataset is None and mapping is None:
        if wrong := [
            option for key, option in _OF_A_DATA_SET.items() if not (options[key] is None or options[key] is False)
        ]:
            raise UsageError(
                f"{', '.join(wrong)}: means nothing without --from DATASET", hint="soundscape bank datasets lists them"
            )
        if folder is None or table is None:
            lacking = "--table FILE" if folder is not None else "FOLDER" if table is not None else "what to add"
            raise UsageError(
                f"bank add {name}: {lacking} is missing",
                hint=f"bank add {name} FOLDER --table FILE, or bank add {name} --from DATASET",
            )
        _add_table(name, folder, table, options, as_json)
        return
    if folder is not None or table is not None:
        raise UsageError(
            f"bank add {name}: {'--table' if folder is None else f'the folder {folder}'} does not go with --from",
            hint=f"a copy of the data set on disk is named by --path {folder or 'FOLDER'}",
        )
    if options["strict"]:
        raise UsageError("--strict goes with --table alone", hint="every data set has some that are rejected")
    _add_data_set(name, dataset or mapping.stem, options, as_json)


def _add_table(name: str, folder: Path, table: Path, options: dict[str, Any], as_json: bool) -> None:
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset.engines import default_jobs
    from soundscape.sources.add import add_bank

    jobs = options["jobs"] or default_jobs()
    with progress("indexing", "recordings") as advance:
        added = add_bank(
            name, folder, table, replace=options["replace"], strict=options["strict"], jobs=jobs, progress=advance
        )
    if as_json:
        print_json({"folder": str(added.folder), "info": added.info, "rejections": added.rejections})
        return
    _tell_bank(name, added)
    click.echo(f"  more: soundscape bank info {name}")


def _add_data_set(name: str, dataset: str, options: dict[str, Any], as_json: bool) -> None:
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset.engines import default_jobs
    from soundscape.sources.adapters.take import TakeOptions, add_from
    from soundscape.sources.quality import Gate

    asked = TakeOptions(
        languages=_languages(options["languages"]), hours=options["hours"], per_language=options["per_language"],
        per_speaker=options["per_speaker"], path=options["path"], split=options["data_split"],
        revision=options["revision"], mapping=options["mapping"], type=options["type_"], licence=options["licence"],
        gate=None if options["no_gate"] else Gate(),
    )  # fmt: skip
    again = "run the same command again to go on, or with --restart to begin anew"
    if options["restart"]:
        again = "run the same command again without --restart to go on"
    done = [0]
    try:
        with progress(f"taking {dataset}", "s" if asked.hours is not None else "recordings") as advance:

            def told(reached: int, wanted: int) -> None:
                done[0] = reached
                advance(reached, wanted)

            taken = add_from(
                name, dataset, asked, replace=options["replace"], restart=options["restart"],
                jobs=options["jobs"] or default_jobs(), progress=told,
            )  # fmt: skip
    except KeyboardInterrupt:
        unit = "s" if asked.hours is not None else "recordings"
        click.echo(f"stopped after {done[0]:,} {unit} of {dataset}, which are kept; {again}", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except (EnvironmentFault, BankError) as fault:
        if not done[0] or "kept" in (fault.hint or ""):
            raise
        hint = f"{fault.hint}\n  {again}" if fault.hint else again
        raise type(fault)(fault.message, hint=hint) from None
    if as_json:
        told_json = {k: getattr(taken, k) for k in ("info", "rejections", "hours", "short", "notes")}
        print_json({"folder": str(taken.folder), **told_json})
        return
    _tell_bank(name, taken)
    _tell_taken(taken)
    click.echo(f"  more: soundscape bank info {name}")


def _languages(text: str | None) -> tuple[str, ...]:
    """Return the languages of a list such as ``de,fr``."""
    if text is None:
        return ()
    found = [part.strip().lower() for part in text.split(",")]
    wrong = [part for part in found if not (part.isascii() and part.isalpha() and 2 <= len(part) <= 3)]
    if wrong or len(set(found)) < len(found):
        raise UsageError(
            f"--languages {text!r}: {f'{wrong[0]!r} is no code' if wrong else 'names one twice'}",
            hint="ISO 639 codes, parted by commas: --languages de,fr",
        )
    return tuple(found)


def _tell_bank(name: str, made: Any) -> None:
    """Say how many recordings can be drawn, and why the others cannot, with examples of each reason."""
    info = made.info
    click.echo(f"{name}: {info.count - info.rejected:,} of {info.count:,} recordings can be drawn ({made.folder})")
    _tell_rejections(made.rejections)


def _tell_rejections(rejections: Sequence[Any]) -> None:
    for reason, count in sorted(Counter(r.reason for r in rejections).items()):
        click.echo(f"  rejected, {reason}: {count:,}")
        for rejection in [r for r in rejections if r.reason == reason][:_SHOWN]:
            click.echo(f"    {rejection.key}: {rejection.note}")
        if count > _SHOWN:
            click.echo(f"    … and {count - _SHOWN:,} more")


def _tell_taken(taken: Any) -> None:
    """Say how much was taken of each language, what fell short, and what is to be known of terms."""
    hours = ", ".join(f"{language} {value:.4g}" for language, value in taken.hours.items())
    click.echo(f"  hours: {hours}")
    if taken.short:
        whom = ", ".join(taken.short)
        click.echo(f"  less than was asked for, and no more is there: {whom}")
    for note in taken.notes:
        click.echo(f"  terms: {note}")


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def datasets(name: str | None, as_json: bool) -> None:
    """List the data sets that bank add --from knows; all about one with NAME."""
    from soundscape.cli.output import print_json, print_table
    from soundscape.sources.adapters.registry import known, lookup

    if name is not None:
        found = lookup(name)
        if as_json:
            print_json(found)
        else:
            _tell_data_set(found)
        return
    everything = known()
    if as_json:
        print_json(everything)
        return
    rows = [(d.name, ", ".join(d.types), _few(d.languages), d.licence, d.where, d.holds) for d in everything]
    print_table(("data set", "types", "languages", "licence", "from", "holds"), rows)
    click.echo(
        "\nhub: streamed, or from a copy on disk with --path; gated: its terms are to be accepted at the hub first"
    )
    click.echo("all about one: soundscape bank datasets NAME; any other one by a mapping file: --mapping FILE.yaml")


def _few(languages: Sequence[str]) -> str:
    return " ".join(languages) if len(languages) <= 8 else f"{len(languages)}"


def _tell_data_set(found: Any) -> None:
    click.echo(f"{found.name}: {found.holds} ({found.dataset})")
    click.echo(f"  types: {', '.join(found.types)}")
    if found.languages:
        click.echo(f"  languages: {' '.join(found.languages)}")
    click.echo(f"  licence: {found.licence}")
    click.echo(f"  from: {found.where}")
    click.echo(f"  layout: {found.layout}")
    if found.note:
        click.echo(f"  terms: {found.note}")
    amount = "" if found.where == "disk" else " --hours 1"
    where = " --path FOLDER" if found.where == "disk" else ""
    few = f" --languages {','.join(found.languages[:2])}" if found.languages else ""
    click.echo(f"  take it: soundscape bank add NAME --from {found.name}{few}{amount}{where}")
