"""The scene while it is being planned: events with their sources, and what the foreground leaves free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from soundscape.planning.specs import MixSpec
from soundscape.records import EventType, GainPoint, MeasuredPlace, Position, Role, Source, Span, milliseconds

#: What is kept of a file before and after its active part (s).
PRE_ROLL, POST_ROLL = 0.01, 0.03
#: How far the windows reach out by which a sound is found to begin and to end: so much next to it is not faded (s).
REACH = 0.009


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event before it has its final id. Times in seconds; ``voice`` is the bank's speaker, if any."""

    type: EventType
    role: Role
    source: Source
    crop: Span
    placed: Span
    active: Span
    level_lufs: float
    gain_db: float
    fade_in: float
    fade_out: float
    loop_crossfade: float = 0.0
    gain_curve: tuple[GainPoint, ...] = ()
    voice: str | None = None
    position: Position | None = None
    response: MeasuredPlace | None = None


def whole(source: Source) -> Span:
    """Return the part of a file that is used when all of its sound is: its active part and a little around it."""
    return kept(source.active_start, source.active_end, Span(start=0.0, end=source.duration))


def active_length(source: Source) -> float:
    """Return how long a source sounds, first to last active frame, in seconds."""
    return milliseconds(source.active_end - source.active_start)


def kept(first: float, last: float, within: Span) -> Span:
    """Return the part of a file that is used for a sound active from ``first`` to ``last``, of what there is of it."""
    return Span(
        start=milliseconds(max(within.start, first - PRE_ROLL)), end=milliseconds(min(within.end, last + POST_ROLL))
    )


def edge(roll: float) -> float:
    """Return how much of a pre-roll or post-roll is faded, in seconds: what no window reaches that is active."""
    return milliseconds(max(0.0, roll - REACH))


def lay(
    source: Source,
    onset: float,
    level_lufs: float,
    *,
    type: EventType,
    crop: Span | None = None,
    voice: str | None = None,
    fade_out: float | None = None,
) -> Draft:
    """Return a foreground event whose sound starts at ``onset`` (s) with a level (LUFS, before the master gain)."""
    crop = crop or whole(source)
    first = max(source.active_start, crop.start)
    last = min(source.active_end, crop.end)
    begin = milliseconds(onset - (first - crop.start))
    return Draft(
        type=type,
        role="foreground",
        source=source,
        crop=crop,
        placed=Span(start=begin, end=milliseconds(begin + crop.duration)),
        active=Span(start=milliseconds(onset), end=milliseconds(onset + last - first)),
        level_lufs=round(level_lufs, 2),
        gain_db=round(level_lufs - source.level_lufs, 2),
        fade_in=edge(first - crop.start),
        fade_out=edge(crop.end - last) if fade_out is None else fade_out,
        voice=voice,
    )


def peak_fits(source: Source, level_lufs: float, mix: MixSpec) -> bool:
    """Tell whether a source at a level stays under the ceiling by itself, with a margin for what it is mixed with."""
    return source.peak_dbfs + level_lufs - source.level_lufs <= mix.true_peak_dbtp - mix.peak_margin_db


def polyphony(spans: Iterable[Span]) -> int:
    """Return the greatest number of spans that hold at one time."""
    edges = sorted(e for s in spans for e in ((s.start, 1), (s.end, -1)))
    count = most = 0
    for _, step in edges:
        count += step
        most = max(most, count)
    return most


def fits(span: Span, others: Iterable[Span], limit: int) -> bool:
    """Tell whether one more span keeps the polyphony within a limit."""
    near = [Span(start=max(o.start, span.start), end=min(o.end, span.end)) for o in others if touches(o, span)]
    return 1 + polyphony(near) <= limit


def touches(a: Span, b: Span) -> bool:
    """Tell whether two spans share any time."""
    return a.start < b.end and b.start < a.end
