"""What key, plan and lock say of one clip: that they say the same, and that what they say adds up."""

from __future__ import annotations

import itertools
import math
from typing import Any

from soundscape.dataset.lock import Lock
from soundscape.records import AnswerKey, KeyEvent, PlannedEvent, ScenePlan
from soundscape.verification import overlap
from soundscape.verification.findings import Notes

_PLANNED = ("type", "role", "start_time", "end_time", "placed", "speaker_id")


def key_and_lock(key: AnswerKey, lock: Lock, notes: Notes) -> None:
    """Note where a clip's key and the lock differ."""
    notes.same("pcm_sha256", key.pcm_sha256, lock.clips.get(key.clip_id))
    notes.same("seed", key.seed, lock.seed)
    notes.same("seed_commitment", key.seed_commitment, lock.seed_commitment)
    notes.same("recipe", key.recipe, lock.recipe["name"])


def plan_and_lock(plan: ScenePlan, index: int, lock: Lock, notes: Notes) -> None:
    """Note where a clip's plan and the lock differ."""
    mix: dict[str, Any] = lock.recipe.get("mix", {})
    file = f"plans/{lock.split}.jsonl"
    for figure, found, expected in (
        ("recipe", plan.recipe, lock.recipe["name"]),
        ("recipe_digest", plan.recipe_digest, lock.recipe_digest),
        ("split", plan.split, lock.split),
        ("scene_index", plan.scene_index, index),
        ("loudness_lufs", plan.loudness_lufs, mix.get("loudness_lufs", plan.loudness_lufs)),
        ("true_peak_dbtp", plan.true_peak_dbtp, mix.get("true_peak_dbtp", plan.true_peak_dbtp)),
    ):
        notes.same(figure, found, expected, file=file)


def key_and_plan(key: AnswerKey, plan: ScenePlan, digest: str, notes: Notes) -> None:
    """Note where a clip's key and its plan differ; ``digest`` is that of the plan's own line."""
    notes.same("plan_digest", key.plan_digest, digest)
    for name in ("recipe", "duration", "sample_rate"):
        notes.same(name, getattr(key, name), getattr(plan, name))
    for name in sorted(set(key.factors) | set(plan.factors)):
        notes.same(f"factor {name}", key.factors.get(name), plan.factors.get(name))
    room, scene = plan.room, key.scene
    asked = (room.dimensions, room.microphone, room.rt60) if room else (None, None, None)
    stated = (scene.dimensions, scene.microphone, scene.rt60_requested)
    for figure, found, expected in zip(("dimensions", "microphone", "rt60_requested"), stated, asked, strict=True):
        notes.same(f"scene {figure}", _text(found), _text(expected))
    planned = {e.event_id: e for e in plan.events}
    for event_id in planned.keys() - {e.event_id for e in key.events}:
        notes.add("event", None, f"{planned[event_id].type}, as planned", event=event_id)
    for event in key.events:
        if event.event_id not in planned:
            notes.add("event", event.type, None, event=event.event_id)
        else:
            _event(event, planned[event.event_id], plan, notes)
    _gains(key, planned, notes)


def _text(value: Any) -> str | float | None:
    return value if value is None or isinstance(value, int | float | str) else str(value)


def _event(event: KeyEvent, planned: PlannedEvent, plan: ScenePlan, notes: Notes) -> None:
    for name in _PLANNED:
        notes.same(name, _text(getattr(event, name)), _text(getattr(planned, name)), event=event.event_id)
    notes.same("source_id", event.provenance.source_id, planned.source_id, event=event.event_id)
    away = None
    if plan.room is not None and planned.position is not None:
        away = math.dist(planned.position, plan.room.microphone)
    if event.distance_m is None or away is None:
        notes.same("distance_m", event.distance_m, away, event=event.event_id)
    else:
        notes.near("distance_m", event.distance_m, away, event=event.event_id)


def _gains(key: AnswerKey, planned: dict[str, PlannedEvent], notes: Notes) -> None:
    """Note events whose gain over the planned one is not that of the others: the master gain is one for all."""
    over = {e.event_id: e.provenance.gain_db - planned[e.event_id].gain_db for e in key.events if e.event_id in planned}
    if not over:
        return
    master = sorted(over.values())[len(over) // 2]
    for event_id, gain in over.items():
        notes.near("gain_db", planned[event_id].gain_db + gain, planned[event_id].gain_db + master, event=event_id)


def key_alone(key: AnswerKey, gate: dict[str, Any], notes: Notes) -> None:
    """Note what does not add up within a key; ``gate`` is the recipe's ``audibility``."""
    ids = [e.event_id for e in key.events]
    for event_id in sorted({i for i in ids if ids.count(i) > 1}):
        notes.add("event_id", ids.count(event_id), 1, event=event_id)
    for event in key.events:
        _span(event, key.duration, notes)
        _scored(event, gate, notes)
    for one, other, shared in overlap.own_overlap(key.events):
        notes.add(
            "speaker overlap", f"{shared:.3f} s of {one.speaker_id} with {one.event_id}", None, event=other.event_id
        )
    speech = overlap.speech(key.events)
    notes.same("num_speakers", key.num_speakers, len({e.speaker_id for e in key.events if e.speaker_id}))
    spoken = sorted({e.language for e in speech if e.language})
    notes.same("languages", " ".join(key.languages), " ".join(spoken))
    count = overlap.occupancy(speech, key.duration)
    talk = overlap.seconds(count, 1)
    notes.near("speech_overlap", key.speech_overlap, overlap.seconds(count, 2) / talk if talk else 0.0)


def _span(event: KeyEvent, duration: float, notes: Notes) -> None:
    """Note spans of an event that do not lie in one another as they must, to a millisecond and a half."""
    slack, regions = 0.0015, event.active_regions
    order = [0.0, event.start_time, *(t for r in regions for t in (r.start, r.end)), event.end_time, duration]
    if any(b < a - slack for a, b in itertools.pairwise(order)) or not event.start_time < event.end_time:
        notes.add("active span", f"{event.start_time:g} to {event.end_time:g} s", "in order", event=event.event_id)
    outer = [regions[0].start, regions[-1].end] if regions else []
    if not regions or abs(outer[0] - event.start_time) > slack or abs(outer[1] - event.end_time) > slack:
        notes.add("active_regions", str(outer), f"{event.start_time:g} to {event.end_time:g} s", event=event.event_id)
    for name, span in (("placed", event.placed), ("audible", event.audible)):
        if span.start > event.start_time + slack or span.end < event.end_time - slack:
            notes.add(name, f"{span.start:g} to {span.end:g} s", "holds the active span", event=event.event_id)


def _scored(event: KeyEvent, gate: dict[str, Any], notes: Notes) -> None:
    """Note events that are marked although they do not pass the recipe's gate, or left out although they do."""
    heard = event.glimpse_proportion >= gate.get("min_glimpse", 0.0) and (
        event.snr_db is None or event.snr_db >= gate.get("min_snr_db", -math.inf)
    )
    notes.same("scored", event.scored, heard, event=event.event_id)
    if event.scored != (event.unscored_reason is None):
        notes.add("unscored_reason", event.unscored_reason, "a reason where not scored", event=event.event_id)
