"""The sense of plans (rules in :mod:`soundscape.validation.rules`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from soundscape.records import PlannedEvent, ScenePlan
from soundscape.validation import timeline
from soundscape.validation.rules import TOLERANCE_S, Complaint


def sense(plan: ScenePlan) -> Iterator[Complaint]:
    """Yield what is wrong with a plan that agrees with its schema."""
    yield from timeline.clip_name(plan.clip_id, plan.recipe, re.escape(f"{plan.split}-{plan.scene_index:06d}"))
    yield from timeline.events(plan.events, plan.duration)
    sources: dict[str, int] = {}
    for index, event in enumerate(plan.events):
        at = f"/events/{index}"
        earlier = sources.setdefault(event.source_id, index)
        if earlier != index:
            yield Complaint(
                rule="source-twice",
                pointer=f"{at}/source_id",
                found=f"{event.source_id!r}, which /events/{earlier} plays",
                expected="a source that no other event of the scene plays",
            )
        yield from _crop(event, at)
        yield from _curve(event, at, plan.duration)
    yield from _room(plan)


def _crop(event: PlannedEvent, at: str) -> Iterator[Complaint]:
    crop, placed = event.crop, event.placed
    loops = event.loop_crossfade > 0.0
    if crop.start < 0.0 or crop.end <= crop.start:
        yield Complaint(
            rule="crop", pointer=f"{at}/crop", found=timeline.said(crop), expected="a span from 0 or later, with length"
        )
    elif abs(placed.duration - crop.duration) > 2 * TOLERANCE_S and not (loops and placed.duration > crop.duration):
        yield Complaint(
            rule="crop",
            pointer=f"{at}/crop",
            found=f"{timeline.said(crop)}, {crop.duration:.3f} s",
            expected=f"{placed.duration:.3f} s, the length of what is placed" + (", or less" if loops else ""),
        )
    if loops and event.loop_crossfade > 0.5 * crop.duration:
        yield Complaint(
            rule="fades",
            pointer=f"{at}/loop_crossfade",
            found=f"{event.loop_crossfade:g} s",
            expected=f"at most half of the crop, {0.5 * crop.duration:.3f} s",
        )
    for name in ("fade_in", "fade_out"):
        if getattr(event, name) > placed.duration + TOLERANCE_S:
            yield Complaint(
                rule="fades",
                pointer=f"{at}/{name}",
                found=f"{getattr(event, name):g} s",
                expected=f"at most the {placed.duration:.3f} s that are placed",
            )


def _curve(event: PlannedEvent, at: str, duration: float) -> Iterator[Complaint]:
    reached = 0.0
    for index, point in enumerate(event.gain_curve):
        if not reached <= point.time <= duration + TOLERANCE_S:
            yield Complaint(
                rule="gain-curve",
                pointer=f"{at}/gain_curve/{index}/time",
                found=f"{point.time:g}",
                expected=f"a time from {reached:g} to {duration:g}",
            )
        reached = max(reached, point.time)


def _room(plan: ScenePlan) -> Iterator[Complaint]:
    if plan.room is not None and not timeline.inside(plan.room.microphone, plan.room.dimensions):
        yield Complaint(
            rule="room",
            pointer="/room/microphone",
            found=str(list(plan.room.microphone)),
            expected=f"a place within {list(plan.room.dimensions)}",
        )
    for index, event in enumerate(plan.events):
        if event.position is None:
            continue
        if plan.room is None or not timeline.inside(event.position, plan.room.dimensions):
            yield Complaint(
                rule="room",
                pointer=f"/events/{index}/position",
                found=str(list(event.position)),
                expected="null in a dry scene" if plan.room is None else f"a place within {list(plan.room.dimensions)}",
            )
