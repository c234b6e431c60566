"""One event as samples: crop, loop, fades, gain. Everything is a field of the plan; nothing is drawn or decided here.

Ramps use only additions, multiplications and square roots, which every processor rounds alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import BuildError
from soundscape.records import GainPoint, PlannedEvent, samples
from soundscape.sources.audio import Stored, as_floats

Mono: TypeAlias = NDArray[np.float32]


def crop(source: Stored, event: PlannedEvent, sample_rate: int) -> Mono:
    """Return a copy of the used part of a source that is already at the scene's sample rate, ``(n,)``.

    Raises:
        BuildError: the plan asks for more than the source holds (by more than a millisecond).
    """
    start = samples(event.crop.start, sample_rate)
    stop = samples(event.crop.end, sample_rate)
    if stop > len(source) + sample_rate // 1000 + 1:
        raise BuildError(
            f"event {event.event_id}: the plan uses {event.source_id} up to {event.crop.end} s, "
            f"and it lasts {len(source) / sample_rate:.3f} s",
            hint="the bank is not the one that the plan was made from",
        )
    part = source[start:stop]
    return as_floats(part) if part.dtype == np.int16 else part.astype(np.float32)


def loop(part: Mono, length: int, overlap: int) -> Mono:
    """Return a part repeated to ``length`` samples, each seam an equal-power crossfade of ``overlap`` samples."""
    if len(part) >= length:
        return part[:length]
    overlap = min(overlap, len(part) // 2)
    ramp = np.sqrt((np.arange(overlap, dtype=np.float32) + np.float32(0.5)) / np.float32(max(overlap, 1)))
    inner = part.copy()
    inner[:overlap] *= ramp
    inner[len(part) - overlap :] *= ramp[::-1]
    period = len(part) - overlap
    out = np.zeros(length + len(part), dtype=np.float32)
    for start in range(0, length, period):
        out[start : start + len(part)] += inner
    out[:overlap] = part[:overlap]
    return out[:length]


def fade(part: Mono, fade_in: int, fade_out: int) -> None:
    """Give a part smooth edges (3t² − 2t³) of so many samples, in place."""
    for width, edge in ((min(fade_in, len(part)), slice(None)), (min(fade_out, len(part)), slice(None, None, -1))):
        if width > 0:
            t = (np.arange(width, dtype=np.float32) + np.float32(0.5)) / np.float32(width)
            part[edge][:width] *= t * t * (np.float32(3.0) - np.float32(2.0) * t)


def curve(points: Sequence[GainPoint], length: int, start: int, sample_rate: int) -> Mono:
    """Return a gain curve over ``length`` samples from sample ``start`` of the scene: straight lines of amplitude."""
    out = np.full(length, points[0].gain, dtype=np.float32)
    corners = [(samples(p.time, sample_rate) - start, p.gain) for p in points]
    for (a, low), (b, high) in itertools.pairwise(corners):
        first, last = max(a, 0), min(b, length)
        if last > first:
            slope = (high - low) / (b - a)
            out[first:last] = low + slope * np.arange(first - a, last - a)
    out[max(corners[-1][0], 0) :] = points[-1].gain
    return out


def dry(source: Stored, event: PlannedEvent, sample_rate: int) -> Mono:
    """Return an event as it leaves its place, before room and gain: ``(placed duration,)``, its curve applied."""
    part = crop(source, event, sample_rate)
    start = samples(event.placed.start, sample_rate)
    length = samples(event.placed.end, sample_rate) - start
    if length > len(part) and event.role == "background":
        part = loop(part, length, samples(event.loop_crossfade, sample_rate))
    part = part[:length]
    fade(part, samples(event.fade_in, sample_rate), samples(event.fade_out, sample_rate))
    if event.gain_curve:
        part *= curve(event.gain_curve, len(part), start, sample_rate)
    return part
