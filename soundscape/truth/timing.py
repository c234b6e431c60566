"""Sets each event to the time in which it is active at the scene's sample rate.

Planning lays what the index knows of a recording, measured at the recording's own rate. At another rate it may be
active for longer or shorter: what lies above half the scene's rate is gone, and with it a hissing beginning or the
strongest moment, from which the threshold is counted. So the active part is told once more on the samples that are
used: of what was planned to be active, what is so from first to last, with as much kept around it as planning keeps.
Nothing moves in time.

A piece of music that planning cuts short ends in a fade; where that takes it under the threshold, it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from soundscape.activity import active_regions
from soundscape.planning.draft import POST_ROLL, edge, kept
from soundscape.records import PlannedEvent, ScenePlan, Source, Span, milliseconds
from soundscape.rendering.events import dry
from soundscape.rendering.scene import Load


def settled(plan: ScenePlan, sources: Mapping[str, Source], heard: Mapping[str, Source], load: Load) -> ScenePlan:
    """Return the plan with every foreground event's active span, and what is kept around it, as at the scene's rate.

    Args:
        plan: as first drawn.
        sources: its sources by id, as indexed.
        heard: the same with their activity at the plan's sample rate
            (:attr:`soundscape.rendering.sources.SourceCache.heard`).
        load: gives their samples.
    """
    events = []
    for event in plan.events:
        source, own = sources[event.source_id], heard[event.source_id]
        if event.role == "foreground":
            cut = event.crop.end < milliseconds(min(source.duration, source.active_end + POST_ROLL))
            if cut or own is not source:
                found = _sounding(event, load, plan.sample_rate)
                event = _trimmed(event, _within(found, event, own) or found, cut)
        events.append(event)
    return replace(plan, events=tuple(events))


def _within(span: Span, event: PlannedEvent, heard: Source) -> Span | None:
    """Return from when to when, within a span of the scene, an event's source is active; None where that is nowhere."""
    shift = event.placed.start - event.crop.start
    inside = [r for r in heard.active_regions if r.end + shift > span.start and r.start + shift < span.end]
    if not inside:
        return None
    start, end = max(span.start, inside[0].start + shift), min(span.end, inside[-1].end + shift)
    return Span(start=milliseconds(start), end=milliseconds(end))


def _sounding(event: PlannedEvent, load: Load, sample_rate: int) -> Span:
    """Return from when to when of its active span an event is active by itself, cut and faded, at any level."""
    part = dry(load(event.source_id, event.pcm_sha256, sample_rate), event, sample_rate)
    peak = float(np.max(np.abs(part), initial=0.0))
    found = active_regions(part / peak, sample_rate) if peak > 0.0 else ()
    start = max([event.start_time, *(milliseconds(event.placed.start + r.start) for r in found[:1])])
    end = min([event.end_time, *(milliseconds(event.placed.start + r.end) for r in found[-1:])])
    return Span(start=start, end=end) if end > start else Span(start=event.start_time, end=event.end_time)


def _trimmed(event: PlannedEvent, active: Span, cut: bool) -> PlannedEvent:
    """Return an event that is active in that span, with as much of its source around it as planning keeps."""
    shift = event.placed.start - event.crop.start
    crop = kept(active.start - shift, active.end - shift, event.crop)
    if cut:
        crop = Span(start=crop.start, end=event.crop.end)
    placed = Span(start=milliseconds(crop.start + shift), end=milliseconds(crop.end + shift))
    return replace(
        event,
        crop=crop,
        placed=placed,
        start_time=active.start,
        end_time=active.end,
        fade_in=edge(active.start - placed.start),
        fade_out=min(event.fade_out, placed.duration) if cut else edge(placed.end - active.end),
    )
