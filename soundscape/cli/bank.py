"""``soundscape bank``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from soundscape.cli import bank_add
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
    """List, add, caption, inspect and verify banks of sounds."""


bank.add_command(bank_add.add)
bank.add_command(bank_add.datasets)


@bank.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_banks(as_json: bool) -> None:
    """List the banks that can be opened by name, and those that bank add --from has begun."""
    from soundscape.cli.output import print_json, print_table
    from soundscape.sources import places
    from soundscape.sources.adapters.partial import folder_of, unfinished
    from soundscape.sources.bank import bank_names

    rows = [_listed(name) for name in bank_names()]
    state = "unfinished: give the same bank add again"
    for name in unfinished():
        folder = folder_of(places.bank_folder(name))
        rows.append({"name": name, "sources": None, "rejected": None, "state": state, "folder": str(folder)})
    if as_json:
        print_json(rows)
    else:
        head = ("bank", "sources", "rejected", "state", "folder")
        print_table(head, [tuple("–" if row[k] is None else row[k] for k in ("name", *head[1:])) for row in rows])


def _listed(name: str) -> dict[str, Any]:
    """Return what is known of a bank without opening it: the embedded one is not made for a list."""
    from soundscape.sources import index, places

    if name == places.EMBEDDED:
        from soundscape.sources.embedded.place import folder as embedded

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
@click.option("--table", required=True, type=click.Path(path_type=Path), help="CSV, TSV, JSONL or Parquet.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def caption(name: str, table: Path, as_json: bool) -> None:
    """Give sources of the bank NAME captions, without touching a recording.

    The table has the columns key and caption and perhaps caption_origin (human where it is empty) and label. What was
    rejected only for want of a caption can be drawn afterwards.
    """
    from soundscape.cli.output import print_json
    from soundscape.sources.recaption import caption_bank

    done = caption_bank(name, table)
    if as_json:
        print_json(done)
        return
    click.echo(f"{name}: {done.captioned:,} sources were given a caption, of which {done.usable:,} can be drawn")
    click.echo(f"  {done.waiting:,} still need one; digest {done.info.digest}")


@bank.command()
@click.argument("name")
@click.option("--rejected", is_flag=True, help="List every rejected source instead, with all reasons.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(name: str, rejected: bool, as_json: bool) -> None:
    """Say what the bank NAME (or a bank's folder) holds: hours, languages, speakers, licences, what the gate found."""
    from soundscape.cli.output import print_json, print_table
    from soundscape.sources.summary import rejected_sources, summarise

    opened = _opened(name)
    if rejected:
        found = rejected_sources(opened)
        if as_json:
            print_json(found)
        else:
            print_table(("source", "type", "reasons", "found"), [(r.key, r.type, r.reasons, r.note) for r in found])
        return
    summary = summarise(opened)
    if as_json:
        print_json(summary)
        return
    click.echo(f"{summary.name}: {summary.count:,} sources, {summary.hours:.2f} hours, {summary.usable:,} can be drawn")
    click.echo(f"digest {summary.digest}, made by {summary.generator} {summary.generator_version}")
    click.echo(f"index in {summary.folder}, recordings in {summary.root}")
    for part, title in _PARTS.items():
        if shares := getattr(summary, part):
            click.echo()
            rows = [(s.value or "–", s.sources, f"{s.hours:.2f}", s.speakers) for s in shares]
            print_table((title, "sources", "hours", "speakers"), rows)
    if summary.policies:
        click.echo()
        print_table(
            ("--licences", "sources", "hours"), [(p.value, p.sources, f"{p.hours:.2f}") for p in summary.policies]
        )
    if summary.gate.faults:
        click.echo()
        print_table(("every reason to reject", "sources"), list(summary.gate.faults.items()))
    if spreads := summary.gate.spreads:
        click.echo()
        head = ("type", "measured", "sources", "5 %", "median", "95 %", "gate")
        print_table(head, [(s.type, s.figure, s.sources, *_percentiles(s), _limit(s)) for s in spreads])


def _percentiles(figure: Any) -> tuple[str, str, str]:
    return f"{figure.low:.6g}", f"{figure.median:.6g}", f"{figure.high:.6g}"


def _limit(figure: Any) -> str:
    """Return the gate's usual bounds of a figure."""
    least = "" if figure.least is None else f"≥ {figure.least:g}"
    most = "" if figure.most is None else f"≤ {figure.most:g}"
    return " ".join(part for part in (least, most) if part) or "–"


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
