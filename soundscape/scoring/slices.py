"""A score by what the key knows of each event and clip, and against the level at which sounds were heard.

Goal: where a system wins or loses. Event factors split true events; clip factors split clips, and with them every
column. Bins are half-open ``[low, high)``; an event or clip whose key lacks the figure is in the bin ``none`` (dry
scenes have no RT60 and no distance).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from soundscape.errors import DataError, UsageError, nearest
from soundscape.records import AnswerKey, KeyEvent
from soundscape.scoring.clip import EventMark
from soundscape.scoring.score import ScoreTable
from soundscape.scoring.tally import pool

#: Lower bounds of the bins of each factor that is a number, in the factor's unit; None keeps every value apart.
BINS: dict[str, tuple[float, ...] | None] = {
    "snr_db": (-math.inf, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0),
    "glimpse_proportion": (0.0, 0.1, 0.25, 0.5, 0.75),
    "distance_m": (0.0, 1.0, 2.0, 4.0),
    "event_duration": (0.0, 0.5, 1.0, 3.0, 10.0, 30.0),
    "overlap": (0.0, 0.001, 0.1, 0.25, 0.5),
    "rt60": (0.0, 0.3, 0.6, 1.0),
    "clip_duration": (0.0, 10.0, 30.0, 60.0),
    "speakers": None,
}
#: The bins of the view against SNR: 3 dB wide, named by their centre.
PSYCHOMETRIC_STEP_DB = 3.0
_RANGE_DB = 30.0
_Z95 = 1.959963984540054

EVENT_FACTORS: dict[str, Callable[[KeyEvent], str | float | None]] = {
    "type": lambda e: e.type,
    "language": lambda e: e.language if e.type == "speech" else None,
    "snr_db": lambda e: e.snr_db,
    "glimpse_proportion": lambda e: e.glimpse_proportion,
    "distance_m": lambda e: e.distance_m,
    "event_duration": lambda e: e.end_time - e.start_time,
}
CLIP_FACTORS: dict[str, Callable[[AnswerKey], str | float | None]] = {
    "overlap": lambda k: k.speech_overlap,
    "rt60": lambda k: k.scene.rt60_measured,
    "speakers": lambda k: k.num_speakers,
    "clip_duration": lambda k: k.duration,
}
FACTORS = (*EVENT_FACTORS, *CLIP_FACTORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One bin of one factor: how many true events and clips lie in it, and what was scored there.

    Event factors give means over true events (``detected`` is the share with an assigned guess, ``score`` the mean of
    IoU · content · speaker; ``wer``, ``cosine`` and ``spk_acc`` are over the detected). Clip factors give every
    column. A value is None where nothing in the bin counts towards it.
    """

    factor: str
    bin: str
    events: int
    clips: int
    values: dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PsychometricPoint:
    """Detection and content at one level of SNR, for one type of event.

    ``detection`` is the share of events with an assigned guess at an IoU of at least ``iou``, with its 95 % Wilson
    interval; ``content`` is the mean content of those detected, None where none is.
    """

    type: str
    snr_db: float
    events: int
    detection: float
    low: float
    high: float
    content: float | None


def slices(table: ScoreTable, keys: Iterable[AnswerKey], factors: Iterable[str] = FACTORS) -> tuple[Slice, ...]:
    """Return a score by factor and bin.

    Args:
        table: a score with its events, as :func:`soundscape.scoring.score.score` returns it.
        keys: the answer keys it was marked against.
        factors: any of :data:`FACTORS`.

    Raises:
        UsageError: a factor is unknown.
        DataError: the table holds no events, or a clip that the keys do not.
    """
    wanted = list(factors)
    for name in wanted:
        if name not in FACTORS:
            raise UsageError(
                f"there is no factor {name!r}{nearest(name, FACTORS)}", hint=f"known factors: {', '.join(FACTORS)}"
            )
    by_id = {key.clip_id: key for key in keys}
    marked = _marked_events(table, by_id)
    out: list[Slice] = []
    for name in wanted:
        out += _event_slices(name, marked) if name in EVENT_FACTORS else _clip_slices(name, table, by_id)
    return tuple(out)


def psychometric(table: ScoreTable, keys: Iterable[AnswerKey], *, iou: float = 0.5) -> tuple[PsychometricPoint, ...]:
    """Return detection and content against SNR, by type, in bins of 3 dB; SNR beyond ±30 dB joins the outermost bin.

    Args:
        table: a score with its events.
        keys: the answer keys it was marked against.
        iou: how well timing must agree for an event to count as detected.

    Raises:
        DataError: the table holds no events, or a clip that the keys do not.
    """
    groups: dict[tuple[str, float], list[EventMark]] = {}
    for event, mark, _ in _marked_events(table, {key.clip_id: key for key in keys}):
        if event.snr_db is not None:
            level = min(max(event.snr_db, -_RANGE_DB), _RANGE_DB)
            centre = PSYCHOMETRIC_STEP_DB * math.floor(level / PSYCHOMETRIC_STEP_DB + 0.5)
            groups.setdefault((event.type, centre), []).append(mark)
    return tuple(_point(kind, centre, marks, iou) for (kind, centre), marks in sorted(groups.items()))


def _point(kind: str, centre: float, marks: list[EventMark], iou: float) -> PsychometricPoint:
    detected = [m.match.content for m in marks if m.match and m.match.iou >= iou]
    low, high = wilson(len(detected), len(marks))
    return PsychometricPoint(
        type=kind,
        snr_db=centre,
        events=len(marks),
        detection=len(detected) / len(marks),
        low=low,
        high=high,
        content=_mean(detected),
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share (Wilson 1927); trials must be positive."""
    share, z2 = successes / trials, _Z95 * _Z95
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    # The bounds of none and of all are exactly 0 and 1; rounding must not put the share itself outside.
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == trials else centre + half)


def bin_of(factor: str, value: str | float | None) -> tuple[float, str]:
    """Return where a value's bin stands in order, and its name."""
    if value is None:
        return math.inf, "none"
    if isinstance(value, str):
        return 0.0, value
    bounds = BINS[factor]
    if bounds is None:
        return value, f"{value:g}"
    i = max((n for n, low in enumerate(bounds) if value >= low), default=0)
    low, high = bounds[i], bounds[i + 1] if i + 1 < len(bounds) else math.inf
    if low == -math.inf:
        return low, f"<{high:g}"
    return low, f"≥{low:g}" if high == math.inf else f"{low:g}…{high:g}"


def _marked_events(table: ScoreTable, keys: Mapping[str, AnswerKey]) -> list[tuple[KeyEvent, EventMark, str]]:
    out: list[tuple[KeyEvent, EventMark, str]] = []
    for clip in table.clips:
        if clip.clip_id not in keys:
            raise DataError(
                f"the answer keys lack clip {clip.clip_id!r}", hint="give the keys that it was marked against"
            )
        if clip.tally.total("true") and not clip.events:
            raise DataError(
                f"the score of {table.system!r} holds no events, as is the case when it was read from a file",
                hint="mark the predictions again to see slices",
            )
        events = {e.event_id: e for e in keys[clip.clip_id].events}
        out += [(events[mark.event.event_id], mark, clip.clip_id) for mark in clip.events]
    return out


def _event_slices(name: str, marked: list[tuple[KeyEvent, EventMark, str]]) -> list[Slice]:
    groups: dict[tuple[float, str], list[tuple[EventMark, str]]] = {}
    for event, mark, clip in marked:
        if name == "language" and event.type != "speech":
            continue
        groups.setdefault(bin_of(name, EVENT_FACTORS[name](event)), []).append((mark, clip))
    return [
        Slice(
            factor=name,
            bin=label,
            events=len(group),
            clips=len({clip for _, clip in group}),
            values=_event_values([mark for mark, _ in group]),
        )
        for (_, label), group in sorted(groups.items())
    ]


def _event_values(marks: list[EventMark]) -> dict[str, float | None]:
    matches = [m.match for m in marks if m.match]
    return {
        "reward": _mean([m.iou * m.content for m in marks]),
        "strict_reward": _mean([m.strict_iou * m.strict_content for m in marks]),
        "iou": _mean([m.iou for m in marks]),
        "detected": len(matches) / len(marks),
        "score": _mean([m.match.score if m.match else 0.0 for m in marks]),
        "wer": _mean([m.wer for m in matches if m.wer is not None]),
        "cosine": _mean([m.cosine for m in matches if m.cosine is not None]),
        "spk_acc": _mean([float(m.right_speaker) for m in matches if m.right_speaker is not None]),
    }


def _clip_slices(name: str, table: ScoreTable, keys: Mapping[str, AnswerKey]) -> list[Slice]:
    groups: dict[tuple[float, str], list[int]] = {}
    for number, clip in enumerate(table.clips):
        groups.setdefault(bin_of(name, CLIP_FACTORS[name](keys[clip.clip_id])), []).append(number)
    out = []
    for (_, label), group in sorted(groups.items()):
        tally = pool(table.clips[n].tally for n in group)
        events = round(tally.total("true"))
        out.append(Slice(factor=name, bin=label, events=events, clips=len(group), values=tally.columns()))
    return out


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
