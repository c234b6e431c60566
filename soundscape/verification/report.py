"""Requested against achieved once more: ``report.json`` worked out from plans and key, and what is beyond tolerance.

Only figures that are known here are compared; the report may hold others beside them.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from soundscape.records import AnswerKey, KeyEvent, ScenePlan
from soundscape.verification import overlap
from soundscape.verification.documents import Build
from soundscape.verification.findings import TOLERANCES, Notes

_NAME = "report.json"
#: From so many clips on, languages are expected to be even.
_MANY_CLIPS = 100
_BEDS = {"music": "music", "sound_event": "ambience"}
#: Factors that every clip must meet exactly.
_EXACT = ("duration", "background", "speakers", "foreground_events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a clip adds to the report."""

    clip: str
    duration: float
    attempt: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    asked: tuple[float | None, float]
    requested: dict[str, float | str]
    achieved: dict[str, float | str]
    levels: tuple[tuple[float, float], ...]
    types: tuple[str, ...]
    sources: tuple[str, ...]
    utterances: tuple[str, ...]
    spoken_ms: dict[str, int] = field(default_factory=dict)
    unscored: tuple[str, ...] = ()


def facts(key: AnswerKey, plan: ScenePlan) -> Facts:
    """Return what a clip adds to the report, by its key and plan."""
    planned = {e.event_id: e for e in plan.events}
    pairs = [(e, planned[e.event_id]) for e in key.events if e.event_id in planned]
    return Facts(
        clip=key.clip_id,
        duration=key.duration,
        attempt=plan.attempt,
        loudness_lufs=key.loudness_lufs,
        true_peak_dbtp=key.true_peak_dbtp,
        asked=(plan.loudness_lufs, plan.true_peak_dbtp),
        requested=dict(plan.factors),
        achieved=achieved(key),
        levels=tuple((p.level_lufs, e.level_lufs - e.provenance.gain_db + p.gain_db) for e, p in pairs),
        types=tuple(e.type for e in key.events),
        sources=tuple(e.provenance.source_id for e in key.events),
        utterances=tuple(e.language for e in key.events if e.language),
        spoken_ms=dict(overlap.language_seconds(key.events)),
        unscored=tuple(e.unscored_reason or "unknown" for e in key.events if not e.scored),
    )


def achieved(key: AnswerKey) -> dict[str, float | str]:
    """Return the factors of a clip as its key has them."""
    speech = overlap.speech(key.events)
    front = [e for e in key.events if e.role == "foreground"]
    bed = next((e for e in key.events if e.role == "background"), None)
    found: dict[str, float | str] = {
        "duration": key.duration,
        "foreground_events": float(len(front)),
        "background": "silence" if bed is None else _BEDS.get(bed.type, bed.type),
    }
    if key.scene.rt60_measured is not None:
        found["rt60"] = key.scene.rt60_measured
    if bed is not None and front:
        found["background_snr_db"] = _mean_level(speech or front) - bed.level_lufs
    if speech:
        count = overlap.occupancy(speech, key.duration)
        talk = overlap.seconds(count, 1)
        found["speakers"] = float(len({e.speaker_id for e in speech}))
        found["speech_coverage"] = talk / key.duration
        found["speech_overlap"] = overlap.seconds(count, 2) / talk if talk else 0.0
    return found


def _mean_level(events: Iterable[KeyEvent]) -> float:
    """Return the level of the mean power of events, each for as long as it lasts."""
    lasting = [(e.end_time - e.start_time, 10.0 ** (0.1 * e.level_lufs)) for e in events]
    return 10.0 * math.log10(math.fsum(t * p for t, p in lasting) / math.fsum(t for t, _ in lasting))


def check_report(build: Build, clips: Sequence[Facts], notes: Notes) -> None:
    """Note where the report is not what the clips give, and factors that miss what was requested."""
    path = build.folder / _NAME
    tolerance = build.lock.recipe.get("tolerance", {})
    if path.is_file() and len(clips) == len(build.clips):
        try:
            stated = msgspec.json.decode(path.read_bytes())
        except msgspec.DecodeError as error:
            notes.add("json", str(error), "JSON (RFC 8259)", file=_NAME)
        else:
            asked = _members(stated, "languages").get("asked", 0)
            _compare(worked_out(clips, asked if isinstance(asked, int) else 0), stated, "", notes)
            for name, factor in _members(stated, "factors").items():
                if isinstance(factor, dict) and factor.get("within") is False:
                    notes.add(f"factor {name}", "beyond tolerance", "within", file=_NAME)
    for clip in clips:
        for name in _EXACT:
            if name in clip.requested:
                own = Notes(clip.clip, notes.findings)
                own.same(f"achieved {name}", clip.achieved.get(name), clip.requested[name])
    pairs = _pairs(clips, "speech_overlap")
    if pairs:
        miss = statistics.fmean(got - asked for asked, got in pairs)
        if abs(miss) > tolerance.get("overlap", math.inf):
            notes.add("achieved speech_overlap", f"{miss:+.4f} in the mean", f"within {tolerance['overlap']:g}")
    uneven = _languages(clips)["greatest_relative_difference"]
    if len(clips) >= _MANY_CLIPS and uneven > tolerance.get("languages", math.inf):
        notes.add("achieved languages", f"{uneven:.3f} from even shares", f"within {tolerance['languages']:g}")


def worked_out(clips: Sequence[Facts], asked: int = 0) -> dict[str, Any]:
    """Return the figures of the report; ``asked`` is the number of languages that there should be."""
    factors: dict[str, Any] = {}
    for name in sorted({name for clip in clips for name in clip.requested}):
        if any(isinstance(clip.requested.get(name), str) for clip in clips):
            factors[name] = {
                "requested_share": _shares(str(c.requested[name]) for c in clips if name in c.requested),
                "achieved_share": _shares(str(c.achieved.get(name)) for c in clips if name in c.requested),
            }
        elif pairs := _pairs(clips, name):
            factors[name] = _numbers(pairs)
    if levels := [pair for clip in clips for pair in clip.levels]:
        factors["event_level_lufs"] = _numbers(levels)
    sources = Counter(s for clip in clips for s in clip.sources)
    return {
        "clips": len(clips),
        "hours": math.fsum(c.duration for c in clips) / 3600.0,
        "events": dict(Counter(t for clip in clips for t in clip.types)),
        "factors": factors,
        "languages": _languages(clips, asked),
        "mastering": _mastering(clips),
        "sources": {
            "distinct": len(sources),
            "used": sources.total(),
            "most_uses_of_one": max(sources.values(), default=0),
        },
        "unscored": dict(Counter(r for clip in clips for r in clip.unscored)),
        "scenes_drawn_again": sum(c.attempt for c in clips),
    }


def _pairs(clips: Sequence[Facts], name: str) -> list[tuple[float, float]]:
    """Return requested and achieved values of a numeric factor, of the clips that have both."""
    found = ((c.requested.get(name), c.achieved.get(name)) for c in clips)
    return [(a, b) for a, b in found if isinstance(a, int | float) and isinstance(b, int | float)]


def _numbers(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    misses = [abs(got - asked) for asked, got in pairs]
    return {
        "requested_mean": statistics.fmean(asked for asked, _ in pairs),
        "achieved_mean": statistics.fmean(got for _, got in pairs),
        "mean_absolute_difference": statistics.fmean(misses),
        "greatest_absolute_difference": max(misses),
        "clips": len(pairs),
    }


def _shares(names: Iterable[str]) -> dict[str, float]:
    counts = Counter(names)
    return {name: n / counts.total() for name, n in counts.items()}


def _languages(clips: Sequence[Facts], asked: int = 0) -> dict[str, Any]:
    spoken: Counter[str] = Counter()
    for clip in clips:
        spoken.update(clip.spoken_ms)
    # Stated with four decimals, and how uneven they are is worked out from what is stated.
    shares = {name: round(ms / spoken.total(), 4) for name, ms in spoken.items()}
    count = max(len(shares), asked if shares else 0)
    uneven = max((abs(s * count - 1.0) for s in shares.values()), default=0.0)
    return {
        "share_of_speech_time": shares,
        "utterances": dict(Counter(u for clip in clips for u in clip.utterances)),
        "greatest_relative_difference": max(uneven, 1.0) if len(shares) < count else uneven,
    }


def _mastering(clips: Sequence[Facts]) -> dict[str, Any]:
    loud = [c.loudness_lufs for c in clips if c.loudness_lufs is not None]
    peaks = [c.true_peak_dbtp for c in clips if c.true_peak_dbtp is not None]
    return {
        "achieved_loudness_lufs": [min(loud), max(loud)] if loud else None,
        "greatest_true_peak_dbtp": max(peaks) if peaks else None,
        "requested_loudness_lufs": clips[-1].asked[0] if clips else None,
        "ceiling_dbtp": clips[-1].asked[1] if clips else None,
    }


def _members(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _compare(mine: Any, stated: Any, pointer: str, notes: Notes) -> None:
    """Note where a value differs from the one worked out, figure by figure."""
    if isinstance(mine, dict) and isinstance(stated, dict):
        for name in mine:
            _compare(mine[name], stated.get(name), f"{pointer}/{name}", notes)
        if not all(isinstance(v, dict) for v in mine.values()) and pointer not in ("", "/languages", "/mastering"):
            for name in sorted(set(stated) - set(mine) - {"tolerance_of_mean", "within"}):
                notes.add(f"report {pointer}/{name}", str(stated[name]), None, file=_NAME)
    elif isinstance(mine, list) and isinstance(stated, list) and len(mine) == len(stated):
        for index, (one, other) in enumerate(zip(mine, stated, strict=True)):
            _compare(one, other, f"{pointer}/{index}", notes)
    elif isinstance(mine, float) and isinstance(stated, int | float) and not isinstance(stated, bool):
        if abs(mine - stated) > TOLERANCES["report"].width:
            notes.add(f"report {pointer}", stated, round(mine, 4), file=_NAME)
    elif mine != stated:
        notes.add(f"report {pointer}", str(stated), str(mine), file=_NAME)
