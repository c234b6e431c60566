"""``soundscape bank``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from soundscape.errors import BankError

_SHOWN = 10
_PARTS = {
    "types": "type",
    "languages": "language of speech",
    "licences": "licence",
    "datasets": "data set",
    "caption_origins": "captions by",
    "rejected": "rejected for",
}


@click.group()
def bank() -> None:
    """List, add, inspect and verify banks of sounds."""


@bank.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_banks(as_json: bool) -> None:
    """List the banks that can be opened by name."""
    from soundscape.cli.output import print_json, print_table
    from soundscape.sources.bank import bank_names

    rows = [_listed(name) for name in bank_names()]
    if as_json:
        print_json(rows)
    else:
        head = ("bank", "sources", "rejected", "state", "folder")
        print_table(head, [tuple("–" if row[k] is None else row[k] for k in ("name", *head[1:])) for row in rows])


def _listed(name: str) -> dict[str, Any]:
    """Return what is known of a bank without opening it: the embedded one is not made for a list."""
    from soundscape.sources import index, places

    if name == places.EMBEDDED:
        from soundscape.sources.embedded.build import folder as embedded

        folder = embedded()
    else:
        folder = places.bank_folder(name)
    row = {"name": name, "sources": None, "rejected": None, "state": "ready", "folder": str(folder)}
    if name == places.EMBEDDED and not (folder / index.INFO_FILE).is_file():
        return {**row, "state": "made at first use"}
    try:
        info = index.read_info(folder)
    except BankError as error:
        return {**row, "state": f"damaged: {error.message}"}
    return {**row, "sources": info.count, "rejected": info.rejected}


@bank.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--table", required=True, type=click.Path(path_type=Path), help="CSV, TSV, JSONL or Parquet.")
@click.option("--replace", is_flag=True, help="Take the place of a bank of that name.")
@click.option("--strict", is_flag=True, help="Make no bank if any recording is rejected.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(name: str, folder: Path, table: Path, replace: bool, strict: bool, jobs: int | None, as_json: bool) -> None:
    """Make a bank NAME of the recordings in FOLDER that a table describes.

    The recordings stay where they are. Those that cannot be used are listed as rejected, with the reason, and never
    drawn. The table has the columns path and type and, as far as they apply, caption, transcription, language, speaker,
    emotion, licence, attribution and more; soundscape.sources.table describes them.
    """
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset.engines import default_jobs
    from soundscape.sources.add import add_bank

    with progress("indexing", "recordings") as advance:
        added = add_bank(
            name, folder, table, replace=replace, strict=strict, jobs=jobs or default_jobs(), progress=advance
        )
    if as_json:
        print_json({"folder": str(added.folder), "info": added.info, "rejections": added.rejections})
        return
    info = added.info
    click.echo(f"{name}: {info.count - info.rejected:,} of {info.count:,} recordings can be drawn ({added.folder})")
    for reason, count in sorted(Counter(r.reason for r in added.rejections).items()):
        first = [r for r in added.rejections if r.reason == reason][:3]
        click.echo(f"  rejected, {reason}: {count:,}")
        for rejection in first:
            click.echo(f"    {rejection.key}: {rejection.note}")
        if count > len(first):
            click.echo(f"    … and {count - len(first):,} more")
    click.echo(f"  more: soundscape bank info {name}")


@bank.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(name: str, as_json: bool) -> None:
    """Say what the bank NAME (or a bank's folder) holds: hours, languages, speakers, licences, what was rejected."""
    from soundscape.cli.output import print_json, print_table
    from soundscape.sources.summary import summarise

    summary = summarise(_opened(name))
    if as_json:
        print_json(summary)
        return
    click.echo(f"{summary.name}: {summary.count:,} sources, {summary.hours:.2f} hours, {summary.usable:,} can be drawn")
    click.echo(f"digest {summary.digest}, made by {summary.generator} {summary.generator_version}")
    click.echo(f"index in {summary.folder}, recordings in {summary.root}")
    for part, title in _PARTS.items():
        shares = getattr(summary, part)
        if shares:
            click.echo()
            rows = [(s.value or "–", s.sources, f"{s.hours:.2f}", s.speakers) for s in shares]
            print_table((title, "sources", "hours", "speakers"), rows)


@bank.command()
@click.argument("name")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(name: str, jobs: int | None, as_json: bool) -> None:
    """Decode every recording of the bank NAME (or a bank's folder) again, and compare it with the index."""
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset.engines import default_jobs
    from soundscape.sources.verify import verify_bank

    opened = _opened(name)
    with progress("verifying", "recordings") as advance:
        found = verify_bank(opened, jobs=jobs or default_jobs(), progress=advance)
    if as_json:
        print_json(
            {
                "bank": found.bank,
                "count": found.count,
                "digest": found.digest,
                "findings": found.findings,
                "ok": found.ok,
            }
        )
    else:
        _tell_findings(found.findings)
        click.echo(f"{found.bank}: {found.count:,} sources verified, digest {found.digest}")
    if not found.ok:
        harmful = {kind: count for kind, count in found.counts.items() if kind != "extra"}
        raise BankError(
            f"bank {found.bank!r} is not what was indexed: "
            + ", ".join(f"{count:,} {kind}" for kind, count in harmful.items()),
            hint=_remedy(opened),
        )


def _remedy(opened: Any) -> str:
    from soundscape.sources import places

    if opened.name == places.EMBEDDED:
        return f"delete {opened.folder}, and it is made again; what differs then too, this machine makes differently"
    return f"restore the recordings, or accept them as they are: soundscape bank add {opened.name} … --replace"


def _tell_findings(findings: Sequence[Any]) -> None:
    for finding in findings[:_SHOWN]:
        click.echo(str(finding))
    if len(findings) > _SHOWN:
        click.echo(f"… and {len(findings) - _SHOWN:,} more; --json prints all")


def _opened(name: str) -> Any:
    from soundscape.cli.output import progress
    from soundscape.sources.bank import open_bank

    # Opening the embedded bank for the first time makes it.
    with progress("making the embedded bank", "sources") as advance:
        return open_bank(name, progress=advance)
