"""The gate: which events a key may claim, and what is done about the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from soundscape.planning.specs import AudibilitySpec
from soundscape.records import AnswerKey, KeyEvent, ScenePlan


def reason(event: KeyEvent, spec: AudibilitySpec) -> str | None:
    """Return why an event cannot be claimed to be heard; None where it can."""
    if event.glimpse_proportion < spec.min_glimpse:
        return f"glimpse proportion {event.glimpse_proportion:.3f} under {spec.min_glimpse:g}"
    if event.snr_db is not None and event.snr_db < spec.min_snr_db:
        return f"SNR {event.snr_db:.1f} dB under {spec.min_snr_db:g} dB"
    return None


def failing(key: AnswerKey, spec: AudibilitySpec) -> list[str]:
    """Return the ids of the events that do not pass, in the key's order."""
    return [e.event_id for e in key.events if reason(e, spec) is not None]


def raised(plan: ScenePlan, event_ids: Iterable[str], step_db: float) -> ScenePlan:
    """Return the plan with some of its events louder by ``step_db``."""
    chosen = set(event_ids)
    events = tuple(
        replace(e, gain_db=round(e.gain_db + step_db, 2), level_lufs=round(e.level_lufs + step_db, 2))
        if e.event_id in chosen
        else e
        for e in plan.events
    )
    return replace(plan, events=events)


def marked(key: AnswerKey, spec: AudibilitySpec) -> AnswerKey:
    """Return the key with every event that does not pass marked as not scored, and why."""
    events = []
    for event in key.events:
        why = reason(event, spec)
        events.append(replace(event, scored=why is None, unscored_reason=why))
    return replace(key, events=tuple(events))
