"""``soundscape verify``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.errors import DataError, SoundscapeError

if TYPE_CHECKING:
    from soundscape.dataset.lock import Lock
    from soundscape.dataset.make import Maker
    from soundscape.records import ScenePlan
    from soundscape.verification import Signals, Verification

#: Findings that are listed one by one.
_LISTED = 50
#: Fewer clips are not worth another process, which takes a second or two to start.
_CLIPS_A_JOB = 16
#: The name under which a lock pins the measured room responses, which are no bank.
_RESPONSES = "room responses"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR")
@click.option(
    "--bank", "banks", multiple=True,
    help="Bank of the build, by name or folder, where there are no stems; by the lock's names by default.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option("--json", "as_json", is_flag=True, help="Print what was measured and found as JSON.")
def verify(folder: Path, banks: tuple[str, ...], jobs: int | None, as_json: bool) -> None:
    """Measure a finished build again and compare it with its answer key.

    Onset, offset and level of the events come from the stems where the build has them, and otherwise from the scenes
    made again, for which its banks are needed.
    """
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset import lock as locks
    from soundscape.dataset import pool
    from soundscape.dataset.engines import default_jobs, engine
    from soundscape.verification import verify as measure

    lock = locks.read(folder)
    again, unable = (None, "") if lock.stems else _again(lock, banks)
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
    if not found.well:
        for finding in found.findings[:_LISTED] if not as_json else ():
            click.echo(str(finding), err=True)
        count = len(found.findings)
        raise DataError(
            f"{folder}: {count:,} finding{'s' if count > 1 else ''}",
            hint="all of them: the same command with --json" if count > _LISTED and not as_json else None,
        )


def _again(lock: Lock, banks: tuple[str, ...]) -> tuple[Again | None, str]:
    """Return what makes a lock's scenes again from banks by name or folder, or why that cannot be."""
    import msgspec

    from soundscape.cli.output import progress
    from soundscape.dataset.make import Order
    from soundscape.sources.bankset import open_banks

    pinned = {bank.name: bank.digest for bank in lock.banks}
    given = banks or tuple(name for name in pinned if name != _RESPONSES)
    # Plans are there already, so no seed is needed; a secret one may stay where it is.
    order = Order(recipe=lock.recipe, banks=given, seed=lock.seed or 0, split=lock.split, splits=lock.splits)
    again = Again(msgspec.json.encode(order).decode())
    try:
        with progress("making the embedded bank", "sources") as advance:
            open_banks(given, progress=advance)
        there = _maker(again.order).digests
    except SoundscapeError as error:
        return None, error.message
    for name, digest in pinned.items():
        if there.get(name) != digest:
            return None, f"{name!r} is another here than the lock names" if name in there else f"no bank {name!r}"
    return again, ""


@lru_cache(maxsize=1)
def _maker(order: str) -> Maker:
    """Return the maker of an order, which keeps banks open and decoded sources at hand from clip to clip."""
    import msgspec

    from soundscape.dataset.make import Maker, Order

    return Maker(msgspec.json.decode(order, type=Order))


@dataclass(frozen=True, slots=True)
class Again:
    """Makes the events of a clip again from its plan; can be sent to any process. ``order`` is JSON."""

    order: str

    def __call__(self, plan: ScenePlan) -> Signals:
        """Return the events as they are in the finished clip; BankError or BuildError where that cannot be."""
        import numpy as np

        from soundscape.verification import Signals, Sound

        made = _maker(self.order).again(plan).rendering

        def finished(stems: tuple[Any, ...]) -> dict[str, Sound]:
            gain = made.master.gain
            return {s.event_id: Sound(offset=s.offset, samples=s.scaled.astype(np.float64) * gain) for s in stems}

        stems = finished(made.stems)
        return Signals(stems=stems, direct={**stems, **finished(made.direct)})


def _tell(found: Verification) -> None:
    from soundscape.cli.output import print_table
    from soundscape.verification import TOLERANCES

    counts = found.counts
    click.echo(
        f"{found.folder}: {counts['clips']:,} clips, {found.seconds / 60:.1f} minutes, "
        f"{counts['events_measured']:,} of {counts['events']:,} events measured"
    )
    for notice in found.notices:
        click.echo(f"  notice: {notice}")
    rows = []
    for figure, spread in found.spreads.items():
        sizes = [f"{v:.4g}" for v in (spread.median, spread.p95, spread.p99, spread.greatest)]
        rows.append((figure, spread.count, *sizes, str(TOLERANCES[figure]), f"{100 * spread.within:.2f} %"))
    if rows:
        print_table(("measured against stated", "n", "median", "95 %", "99 %", "most", "tolerance", "within"), rows)
    if found.well:
        click.echo("  nothing found")
