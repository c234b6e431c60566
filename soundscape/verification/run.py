"""Verification of a whole build: its files, then every clip by itself, then what the clips give together."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeAlias

from soundscape.errors import BankError, BuildError
from soundscape.verification import agreement, folder, report
from soundscape.verification.clip import check_clip, stated_level
from soundscape.verification.documents import Build, open_build, read_key, read_plan
from soundscape.verification.events import Measured, check_events, in_room, read_signals
from soundscape.verification.findings import TOLERANCES, Finding, Notes, Spread
from soundscape.verification.report import Facts
from soundscape.verification.signals import Again

#: Told of progress: clips checked, clips in all.
Progress: TypeAlias = Callable[[int, int], None]

_calls = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked and what was found.

    ``counts`` holds clips, events, and events whose onset, offset and level were measured; ``seconds`` the audio that
    was decoded; ``spreads`` the differences between measured and stated figures; ``notices`` what could not be checked.
    """

    folder: str
    findings: tuple[Finding, ...]
    notices: tuple[str, ...]
    counts: dict[str, int]
    seconds: float
    spreads: dict[str, Spread]

    @property
    def well(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of one clip."""

    clip: str
    findings: list[Finding]
    seconds: float
    duration: float | None
    events: int
    measured: Measured
    facts: Facts | None
    notice: str | None


class Mapper(Protocol):
    """Applies a function to indices, here or in workers, and yields the results in any order."""

    def __call__(self, work: Callable[[int], _Outcome], indices: Iterable[int], /) -> Iterator[_Outcome]:
        """Yield a result for every index."""
        ...


@lru_cache(maxsize=2)
def _opened(path: Path, call: int) -> Build:
    """Return a build, once for each call of :func:`verify` and process."""
    return open_build(path)[0]


@dataclass(frozen=True, slots=True)
class _Work:
    """Checks one clip by its index; can be sent to any process."""

    path: Path
    call: int
    again: Again | None

    def __call__(self, index: int) -> _Outcome:
        return _check(_opened(self.path, self.call), index, self.again)


def _check(build: Build, index: int, again: Again | None) -> _Outcome:
    clip = build.clips[index]
    notes = Notes(clip)
    key, planned = read_key(build, clip, notes), read_plan(build, clip, notes)
    if key is None:
        return _Outcome(
            clip=clip, findings=notes.findings, seconds=0.0, duration=None, events=0, measured=Measured(), facts=None,
            notice=None,
        )  # fmt: skip
    agreement.key_and_lock(key, build.lock, notes)
    agreement.key_alone(key, build.lock.recipe.get("audibility", {}), notes)
    plan = None
    if planned is not None:
        plan, digest = planned
        agreement.plan_and_lock(plan, index, build.lock, notes)
        agreement.key_and_plan(key, plan, digest, notes)
    heard = check_clip(build, key, plan, notes)
    measured = Measured()
    if heard is not None:
        measured.add("loudness_lufs", heard.loudness_lufs - stated_level(key.loudness_lufs))
        measured.add("true_peak_dbtp", heard.true_peak_dbtp - stated_level(key.true_peak_dbtp))
    signals, notice, roomy = None, None, in_room(key, plan)
    if build.lock.stems:
        signals = read_signals(build, key, roomy, notes)
    elif again is not None and plan is not None:
        try:
            signals = again(plan)
        except (BankError, BuildError) as error:
            notice = error.message
    if signals is not None and set(signals.stems) >= {e.event_id for e in key.events}:
        check_events(key, signals, roomy, heard, measured, notes)
    return _Outcome(
        clip=clip,
        findings=notes.findings,
        seconds=0.0 if heard is None else len(heard.mono) / heard.sample_rate,
        duration=key.duration,
        events=len(key.events),
        measured=measured,
        facts=None if plan is None else report.facts(key, plan),
        notice=notice,
    )


def verify(
    path: Path,
    *,
    again: Again | None = None,
    unable: str = "",
    run: Mapper = map,
    progress: Progress | None = None,
) -> Verification:
    """Measure a finished build once more, from its files and its answer key.

    Args:
        path: the build's folder.
        again: makes a clip's events again from its plan; used where the build has no stems. Sent to the workers.
        unable: why there is no ``again``, for the notice.
        run: applies a function to indices and gives the results in any order; ``map``, or workers.
        progress: told after every clip.

    Raises:
        BuildError: there is no finished build here.
    """
    build, notes = open_build(path)
    folder.check_files(build, notes)
    work = _Work(path, next(_calls), again)
    outcomes: dict[str, _Outcome] = {}
    for done, outcome in enumerate(run(work, range(len(build.clips))), 1):
        outcomes[outcome.clip] = outcome
        if progress is not None:
            progress(done, len(build.clips))
    ordered = [outcomes[clip] for clip in build.clips]
    folder.check_metadata(build, {o.clip: o.duration for o in ordered if o.duration is not None}, notes)
    report.check_report(build, [o.facts for o in ordered if o.facts is not None], notes)
    return Verification(
        folder=str(path),
        findings=(*notes.findings, *(finding for o in ordered for finding in o.findings)),
        notices=_notices(build, ordered, again, unable),
        counts={
            "clips": len(ordered),
            "events": sum(o.events for o in ordered),
            "events_measured": sum(o.measured.events for o in ordered),
            "foreground_events_measured": sum(o.measured.foreground for o in ordered),
        },
        seconds=round(sum(o.seconds for o in ordered), 3),
        spreads=_spreads(ordered),
    )


def _notices(build: Build, outcomes: list[_Outcome], again: Again | None, unable: str) -> tuple[str, ...]:
    """Return what could not be checked, and what to do about it."""
    if build.lock.stems:
        return ()
    if again is None:
        why = f" ({unable})" if unable else ""
        return (
            f"onset, offset and level of the events were not measured: the build has no stems, and its banks are not "
            f"at hand{why}; name them with --bank, or build with --stems",
        )
    reasons = Counter(o.notice for o in outcomes if o.notice is not None)
    return tuple(f"the events of {n} clips were not measured: {reason}" for reason, n in reasons.items())


def _spreads(outcomes: list[_Outcome]) -> dict[str, Spread]:
    gathered: dict[str, list[float]] = {}
    for outcome in outcomes:
        for figure, differences in outcome.measured.differences.items():
            gathered.setdefault(figure, []).extend(differences)
    return {figure: Spread.of(found, TOLERANCES[figure].width) for figure, found in sorted(gathered.items())}
