"""``soundscape verify``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.errors import DataError, SoundscapeError

if TYPE_CHECKING:
    from soundscape.records import ScenePlan
    from soundscape.rendering.sources import SourceCache
    from soundscape.verification import Signals, Verification

#: Findings that are listed one by one.
_LISTED = 50
#: Fewer clips are not worth another process, which takes a second or two to start.
_CLIPS_A_JOB = 16


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR")
@click.option(
    "--bank", "banks", multiple=True,
    help="Bank of the build, by name or folder, where there are no stems; by the lock's names by default.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option("--json", "as_json", is_flag=True, help="Print what was measured and found as JSON.")
def verify(folder: Path, banks: tuple[str, ...], jobs: int | None, as_json: bool) -> None:
    """Measure a finished build once more: its files against its answer key."""
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset import lock as locks
    from soundscape.dataset import pool
    from soundscape.dataset.engines import default_jobs, engine
    from soundscape.verification import verify as measure

    lock = locks.read(folder)
    again, unable = None, ""
    if not lock.stems:
        again, unable = _again(banks or tuple(bank.name for bank in lock.banks), {b.name: b.digest for b in lock.banks})
    with progress("verifying", "clips") as advance:
        workers = engine("local", jobs=jobs or min(default_jobs(), 1 + lock.clip_count // _CLIPS_A_JOB))
        try:
            run = partial(pool.run, engine=workers)
            found = measure(folder, again=again, unable=unable, run=run, progress=advance)
        finally:
            workers.stop(now=True)
    if as_json:
        print_json(found)
    else:
        _tell(found)
    for finding in found.findings[:_LISTED] if not as_json else ():
        click.echo(str(finding), err=True)
    if not found.well:
        count = len(found.findings)
        raise DataError(
            f"{folder}: {count:,} finding{'s' if count > 1 else ''}",
            hint="all of them: the same command with --json" if count > _LISTED and not as_json else None,
        )


def _again(banks: tuple[str, ...], pinned: dict[str, str]) -> tuple[Again | None, str]:
    """Return what makes scenes again from the banks that a lock names, or why that cannot be."""
    from soundscape.cli.output import progress
    from soundscape.sources.bankset import BankSet, open_banks

    try:
        with progress("making the embedded bank", "sources") as advance:
            opened = open_banks(banks, progress=advance)
    except SoundscapeError as error:
        return None, error.message
    there = opened.digests if isinstance(opened, BankSet) else {opened.name: opened.digest}
    for name, digest in pinned.items():
        if there.get(name) != digest:
            return None, f"bank {name!r} is {there[name][:12]} here" if name in there else f"no bank {name!r}"
    return Again(banks), ""


@lru_cache(maxsize=1)
def _sources(banks: tuple[str, ...]) -> SourceCache:
    from soundscape.rendering.sources import SourceCache
    from soundscape.sources.bankset import open_banks

    return SourceCache(open_banks(banks))


@dataclass(frozen=True, slots=True)
class Again:
    """Makes the events of a clip again from its plan; can be sent to any process."""

    banks: tuple[str, ...]

    def __call__(self, plan: ScenePlan) -> Signals:
        """Return the events as they are in the finished clip; BankError or BuildError where that cannot be."""
        import numpy as np

        from soundscape.rendering.scene import render
        from soundscape.verification import Signals, Sound

        made = render(plan, _sources(self.banks))

        def finished(stems: tuple[Any, ...]) -> dict[str, Sound]:
            gain = made.master.gain
            return {s.event_id: Sound(offset=s.offset, samples=s.samples.astype(np.float64) * gain) for s in stems}

        stems = finished(made.stems)
        return Signals(stems=stems, direct={**stems, **finished(made.direct)})


def _tell(found: Verification) -> None:
    counts = found.counts
    click.echo(
        f"{found.folder}: {counts['clips']:,} clips, {found.seconds / 60:.1f} minutes, "
        f"{counts['events_measured']:,} of {counts['events']:,} events measured"
    )
    for notice in found.notices:
        click.echo(f"  notice: {notice}")
    if found.spreads:
        _tell_spreads(found)
    if found.well:
        click.echo("  nothing found")


def _tell_spreads(found: Verification) -> None:
    from soundscape.cli.output import print_table
    from soundscape.verification import TOLERANCES

    rows = []
    for figure, spread in found.spreads.items():
        sizes = [f"{v:.4g}" for v in (spread.median, spread.p95, spread.p99, spread.greatest)]
        rows.append((figure, spread.count, *sizes, str(TOLERANCES[figure]), f"{100 * (spread.within or 0):.2f} %"))
    print_table(("measured against stated", "n", "median", "95 %", "99 %", "most", "tolerance", "within"), rows)
