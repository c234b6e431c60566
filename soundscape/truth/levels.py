"""Sets each event to its planned level, on the sound as it arrives.

The plan's first gains come from what the index knows of whole recordings. A crop, a room or a ducked bed measures
otherwise, so the gain is set once more on the rendered sound: then the level that was asked for is the level that is
there, to 0.01 dB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape import loudness
from soundscape.records import ScenePlan, Span, samples
from soundscape.rendering.scene import Arrivals

Weighted: TypeAlias = NDArray[np.float64]


def weighted(arrived: Arrivals, sample_rate: int, spans: Mapping[str, Sequence[Span]]) -> dict[str, Weighted]:
    """Return each sound at unit gain after K-weighting, from its beginning to its last active sample, by id.

    The weighting is linear: levels at any gain follow from it, and no gain makes it necessary again.
    """
    out = {}
    for name, stem in arrived.stems.items():
        last = samples(max(s.end for s in spans[name]), sample_rate) - stem.offset
        out[name] = loudness.k_weighted(stem.samples[: max(last, 0)], sample_rate)
    return out


def levelled(
    plan: ScenePlan,
    arrived: Arrivals,
    weighted: Mapping[str, Weighted],
    spans: Mapping[str, Sequence[Span]],
    peak_margin_db: float,
) -> ScenePlan:
    """Return the plan with every ``gain_db`` such that the event has its ``level_lufs``.

    An event whose peak would then come nearer to the ceiling than half the margin stays lower; the key has its achieved
    level. (Half: planning kept the whole margin by the recording's own peak, which a room changes.)

    Args:
        plan: its gains are replaced.
        arrived: the sounds at unit gain.
        weighted: the same after K-weighting.
        spans: each event's active spans in seconds of the scene, by id.
        peak_margin_db: the recipe's ``mix.peak_margin_db``.
    """
    highest = plan.true_peak_dbtp - 0.5 * peak_margin_db
    events = []
    for event in plan.events:
        stem = arrived.stems[event.event_id]
        start = stem.offset / plan.sample_rate
        own = [Span(start=s.start - start, end=s.end - start) for s in spans[event.event_id]]
        level = loudness.weighted_level(weighted[event.event_id], plan.sample_rate, own)
        peak = float(np.max(np.abs(stem.samples), initial=0.0))
        gain = event.gain_db
        if math.isfinite(level) and peak > 0.0:
            gain = min(event.level_lufs - level, highest - loudness.gain_to_db(peak))
        events.append(replace(event, gain_db=round(gain, 2)))
    return replace(plan, events=tuple(events))
