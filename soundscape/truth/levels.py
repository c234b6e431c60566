"""Sets each event to its planned level, on the sound as it arrives.

The plan's first gains come from what the index knows of whole recordings. A crop, a room or a ducked bed measures
otherwise, so the gain is set once more on the rendered sound: then the level that was asked for is the level that is
there, to 0.01 dB.
"""

from __future__ import annotations

import math
from dataclasses import replace

from soundscape import loudness
from soundscape.records import ScenePlan
from soundscape.rendering.scene import Arrivals
from soundscape.truth.audibility import Listener


def levelled(plan: ScenePlan, arrived: Arrivals, listener: Listener, peak_margin_db: float) -> ScenePlan:
    """Return the plan with every ``gain_db`` such that the event has its ``level_lufs``.

    An event whose peak would then come nearer to the ceiling than half the margin stays lower; the key has its achieved
    level. (Half: planning kept the whole margin by the recording's own peak, which a room changes.)

    Args:
        plan: its gains are replaced.
        arrived: the sounds at unit gain.
        listener: has measured them.
        peak_margin_db: the recipe's ``mix.peak_margin_db``.
    """
    highest = plan.true_peak_dbtp - 0.5 * peak_margin_db
    events = []
    for event in plan.events:
        level = listener.level_lufs(event.event_id)
        peak = arrived.stems[event.event_id].peak
        gain = event.gain_db
        if math.isfinite(level) and peak > 0.0:
            gain = min(event.level_lufs - level, highest - loudness.gain_to_db(peak))
        events.append(replace(event, gain_db=round(gain, 2)))
    return replace(plan, events=tuple(events))
