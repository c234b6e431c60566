"""``soundscape validate``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from soundscape.errors import DataError

_KINDS = "answer-key|prediction|recipe|plan|lock|source"
#: Up to so many findings are listed one by one; more are gathered in groups.
_LISTED = 20
_GROUPS_SHOWN = 40
_MEGABYTE = 1 << 20


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--kind", metavar=f"[{_KINDS}]", help="What the files are; told by name and content by default.")
@click.option("--strict", is_flag=True, help="Mend nothing in predictions: what a lenient reader repairs is a problem.")
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
def validate(files: tuple[str, ...], kind: str | None, strict: bool, as_json: bool) -> None:
    """Check answer keys, predictions, recipes, plans, locks and sources, or the folder of a whole build.

    Each problem is told with its file, line, clip and JSON pointer, what was found and what was expected. Many problems
    are gathered: how many of each sort, with the first three.
    """
    from soundscape.cli.output import progress
    from soundscape.validation import Finding
    from soundscape.validation import validate as check

    printer = _Json() if as_json else None
    listed: list[Finding] = []

    def each(finding: Finding) -> None:
        if printer is not None:
            printer.finding(finding)
        elif len(listed) <= _LISTED:
            listed.append(finding)

    with progress("checking", "MB") as advance:
        # What is not shown need not be counted: a large folder takes a while.
        bar = _in_megabytes(advance) if sys.stderr.isatty() else None
        found = check(files, kind=kind, strict=strict, each=each, progress=bar)
    if printer is not None:
        printer.end(found)
    else:
        _tell(found, listed, strict)
    if not found.ok:
        wrong = [file for file in found.files if file.problems]
        where = wrong[0].path if len(wrong) == 1 else f"{len(wrong)} of {len(found.files)} paths"
        raise DataError(
            f"{where}: {_count(found.problems, 'problem')}",
            hint=None if as_json or len(listed) <= _LISTED else "all of them: the same command with --json",
        )


def _in_megabytes(advance: Callable[[int, int], None]) -> Callable[[int, int], None]:
    return lambda done, total: advance(done // _MEGABYTE, max(1, total // _MEGABYTE))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


class _Json:
    """Prints one JSON object, finding by finding, so that a million of them take no memory."""

    def __init__(self) -> None:
        self._begun = False

    def finding(self, finding: Any) -> None:
        """Print a finding."""
        import msgspec

        click.echo(("," if self._begun else '{"findings":[\n') + msgspec.json.encode(finding, order="sorted").decode())
        self._begun = True

    def end(self, found: Any) -> None:
        """Print what closes the object: files, counts and the verdict."""
        import msgspec

        rest = {"files": found.files, "ok": found.ok, "problems": found.problems, "warnings": found.warnings}
        head = "]," if self._begun else '{"findings":[],'
        click.echo(head + msgspec.json.encode(rest, order="sorted").decode()[1:])


def _tell(found: Any, listed: list[Any], strict: bool) -> None:
    for file in found.files:
        counts = [_count(n, what) for n, what in ((file.problems, "problem"), (file.warnings, "warning")) if n]
        told = "" if file.told_by == "option" else f", told by its {file.told_by}"
        click.echo(f"{file.path}: {', '.join(counts) or 'valid'} ({file.kind}{told})")
    if len(listed) <= _LISTED:
        for finding in listed:
            click.echo(f"  {finding.severity}: {finding}")
    else:
        _tell_groups(found)
    if found.warnings and not strict and any(group.rule == "repair" for group in found.groups):
        click.echo("  repairs are made when answers are marked, and counted there; --strict tells the place of each")


def _tell_groups(found: Any) -> None:
    for group in found.groups[:_GROUPS_SHOWN]:
        expected = "" if group.rule == "repair" else "expected "
        click.echo(f"  {group.count:,} × {group.severity} ({group.kind}, {group.rule})  {group.pattern}")
        click.echo(f"      {expected}{group.about}")
        for finding in group.examples:
            where = finding.where + (f": {finding.pointer}" if finding.pointer not in ("", group.pattern) else "")
            click.echo(f"      {where}" + ("" if group.rule == "repair" else f": found {finding.found}"))
    rest = len(found.groups) - _GROUPS_SHOWN
    if rest > 0 or found.beyond:
        others = found.beyond + sum(group.count for group in found.groups[_GROUPS_SHOWN:])
        click.echo(f"  {others:,} more, of other sorts")
