"""Requested against achieved: every planned factor of a build, measured on its answer key.

Numbers: mean requested and achieved, mean and largest difference over the clips. Names: the share of clips of each.
Tolerances come from the recipe; a factor beyond its own is a finding.
"""

from __future__ import annotations

import math
import statistics
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from soundscape.records import AnswerKey, KeyEvent, ScenePlan, Span
from soundscape.truth.overlap import covered, speech_overlap


def _mean_level(events: Sequence[KeyEvent]) -> float:
    """Return the duration-weighted mean power of events, in LUFS."""
    time = sum(e.end_time - e.start_time for e in events)
    power = sum((e.end_time - e.start_time) * 10.0 ** (e.level_lufs / 10.0) for e in events)
    return 10.0 * math.log10(power / time)


def achieved(key: AnswerKey) -> dict[str, float | str]:
    """Return the factors of a clip as its key shows them."""
    speech = [e for e in key.events if e.type == "speech"]
    front = [e for e in key.events if e.role == "foreground"]
    beds = [e for e in key.events if e.role == "background"]
    kind = {"music": "music", "sound_event": "ambience"}.get(beds[0].type, beds[0].type) if beds else "silence"
    out: dict[str, float | str] = {
        "duration": key.duration,
        "background": kind,
        "foreground_events": float(len(front)),
    }
    if speech:
        talk = covered((Span(start=e.start_time, end=e.end_time) for e in speech), 1)
        out["turns"] = float(len(speech))
        out["speakers"] = float(len({e.speaker_id for e in speech}))
        out["speech_overlap"] = speech_overlap(key.events)
        out["speech_coverage"] = talk / key.duration
    if beds and front:
        out["background_snr_db"] = _mean_level(speech or front) - beds[0].level_lufs
    if key.scene.rt60_measured is not None:
        out["rt60"] = key.scene.rt60_measured
    return out


#: From so many clips on the mean of a factor is held against its tolerance: a few scenes may all be short of talk.
_MANY = 50


@dataclass(slots=True)
class _Numbers:
    requested: array[float] = field(default_factory=lambda: array("d"))
    achieved: array[float] = field(default_factory=lambda: array("d"))

    def summary(self, tolerance: float | None) -> dict[str, Any]:
        differences = [a - r for r, a in zip(self.requested, self.achieved, strict=True)]
        mean = statistics.fmean(differences)
        out = {
            "requested_mean": round(statistics.fmean(self.requested), 4),
            "achieved_mean": round(statistics.fmean(self.achieved), 4),
            "mean_absolute_difference": round(statistics.fmean(map(abs, differences)), 4),
            "greatest_absolute_difference": round(max(map(abs, differences)), 4),
            "clips": len(differences),
        }
        if tolerance is not None:
            out |= {"tolerance_of_mean": tolerance, "within": abs(mean) <= tolerance}
        return out


class Report:
    """Gathers a build clip by clip, in a few hundred bytes a clip; :meth:`summary` is ``report.json``."""

    def __init__(
        self,
        tolerances: dict[str, float],
        language_tolerance: float,
        *,
        relative: float | None = None,
        languages: int = 0,
    ) -> None:
        """Begin a report.

        Args:
            tolerances: of the mean of named factors, absolute.
            language_tolerance: of each language's share of the speech, relative to an even one.
            relative: of the mean of all other factors, from 50 clips on: relative, and ten times as many dB for levels;
                None for none.
            languages: how many there should be; those that occur, where these are more.
        """
        self._tolerances = tolerances
        self._language_tolerance = language_tolerance
        self._relative = relative
        self._expected_languages = languages
        self._numbers: dict[str, _Numbers] = {}
        self._names: dict[str, Counter[tuple[str, str]]] = {}
        self._levels = _Numbers()
        self._languages: Counter[str] = Counter()
        self._language_seconds: dict[str, float] = {}
        self._types: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._unscored: Counter[str] = Counter()
        self._clips = 0
        self._loudness = array("d")
        self._peaks = array("d")
        self._held_down: list[str] = []
        self._asked: tuple[float | None, float] = (None, 0.0)
        self._retries = 0
        self._seconds = 0.0

    def add(self, plan: ScenePlan, key: AnswerKey) -> None:
        """Add one clip."""
        found = achieved(key)
        for name, requested in plan.factors.items():
            value = found.get(name)
            if isinstance(requested, str):
                self._names.setdefault(name, Counter())[(requested, str(value))] += 1
            elif isinstance(value, int | float):
                numbers = self._numbers.setdefault(name, _Numbers())
                numbers.requested.append(requested)
                numbers.achieved.append(value)
        gains = {e.event_id: e for e in plan.events}
        for event in key.events:
            self._types[event.type] += 1
            self._sources[event.provenance.source_id] += 1
            if event.language:
                self._languages[event.language] += 1
                spoken = self._language_seconds.get(event.language, 0.0)
                self._language_seconds[event.language] = spoken + event.end_time - event.start_time
            if not event.scored:
                self._unscored[event.unscored_reason or "unknown"] += 1
            planned = gains[event.event_id]
            self._levels.requested.append(planned.level_lufs)
            self._levels.achieved.append(event.level_lufs - (event.provenance.gain_db - planned.gain_db))
        self._clips += 1
        self._asked = target, _ = (plan.loudness_lufs, plan.true_peak_dbtp)
        if key.loudness_lufs is not None:
            self._loudness.append(key.loudness_lufs)
        if key.true_peak_dbtp is not None:
            self._peaks.append(key.true_peak_dbtp)
        if target is not None and (key.loudness_lufs is None or abs(key.loudness_lufs - target) > 0.1):
            self._held_down.append(key.clip_id)
        self._retries += plan.attempt
        self._seconds += key.duration

    def summary(self) -> dict[str, Any]:
        """Return the whole report as plain JSON values."""
        factors: dict[str, Any] = {
            name: numbers.summary(self._tolerance(name, numbers)) for name, numbers in sorted(self._numbers.items())
        }
        for name, pairs in sorted(self._names.items()):
            factors[name] = self._shares(pairs)
        if self._levels.requested:
            factors["event_level_lufs"] = self._levels.summary(self._tolerance("event_level_lufs", self._levels))
        total = sum(self._language_seconds.values())
        asked = max(len(self._languages), self._expected_languages if self._languages else 0)
        even = 1.0 / max(1, asked)
        shares = {name: round(t / total, 4) for name, t in sorted(self._language_seconds.items())}
        worst = max((abs(share / even - 1.0) for share in shares.values()), default=0.0)
        if len(shares) < asked:
            worst = max(worst, 1.0)  # one of them does not occur at all
        return {
            "clips": self._clips,
            "hours": round(self._seconds / 3600, 4),
            "events": dict(sorted(self._types.items())),
            "factors": factors,
            "languages": {
                "asked": asked,
                "even_share": round(even, 4),
                "share_of_speech_time": shares,
                "utterances": dict(sorted(self._languages.items())),
                "greatest_relative_difference": round(worst, 4),
                "tolerance": self._language_tolerance,
                "within": worst <= self._language_tolerance,
            },
            "mastering": self._mastering(),
            "sources": {
                "distinct": len(self._sources),
                "used": sum(self._sources.values()),
                "most_uses_of_one": max(self._sources.values(), default=0),
            },
            "unscored": dict(sorted(self._unscored.items())),
            "scenes_drawn_again": self._retries,
        }

    def _tolerance(self, name: str, numbers: _Numbers) -> float | None:
        if name in self._tolerances or self._relative is None or self._clips < _MANY:
            return self._tolerances.get(name)
        if name.endswith(("_db", "_lufs")):
            return round(10.0 * self._relative, 4)
        return round(self._relative * abs(statistics.fmean(numbers.requested)), 4)

    @staticmethod
    def _shares(pairs: Counter[tuple[str, str]]) -> dict[str, Any]:
        total = sum(pairs.values())
        asked: Counter[str] = Counter()
        got: Counter[str] = Counter()
        for (requested, value), n in pairs.items():
            asked[requested] += n
            got[value] += n
        return {
            "requested_share": {k: round(n / total, 4) for k, n in sorted(asked.items())},
            "achieved_share": {k: round(n / total, 4) for k, n in sorted(got.items())},
            "within": all(requested == value for requested, value in pairs),
        }

    def _mastering(self) -> dict[str, Any]:
        target, ceiling = self._asked
        known, peaks = self._loudness, self._peaks
        return {
            "requested_loudness_lufs": target,
            "achieved_loudness_lufs": [round(min(known), 2), round(max(known), 2)] if known else None,
            "ceiling_dbtp": ceiling,
            "greatest_true_peak_dbtp": round(max(peaks), 2) if peaks else None,
            "held_down_by_the_ceiling": list(self._held_down),
        }


def findings(summary: dict[str, Any]) -> list[str]:
    """Return what lies beyond the recipe's tolerances, one line each."""
    out = []
    held = summary["mastering"]["held_down_by_the_ceiling"]
    if held:
        out.append(f"loudness: {len(held)} clips miss the recipe's by more than 0.1 LU, {held[0]} the first of them")
    for name, factor in summary["factors"].items():
        if factor.get("within") is False:
            if "requested_mean" in factor:
                asked, got, tolerance = (factor[k] for k in ("requested_mean", "achieved_mean", "tolerance_of_mean"))
                out.append(f"{name}: requested {asked:g}, achieved {got:g} (tolerance {tolerance:g})")
            else:
                out.append(f"{name}: requested {factor['requested_share']}, achieved {factor['achieved_share']}")
    languages = summary["languages"]
    # Even shares are a matter of many clips: a handful of scenes cannot hold every language.
    if not languages["within"] and summary["clips"] >= 100:
        out.append(
            f"languages: one differs from an even share by {languages['greatest_relative_difference']:.0%} "
            f"(tolerance {languages['tolerance']:.0%})"
        )
    return out
