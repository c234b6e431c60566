"""A rendered scene to its answer key: what is where, as measured on the stems.

Times come from the plan, which laid the source's measured active regions; levels, SNR, audibility and loudness labels
from the samples that were made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from soundscape import loudness, schema
from soundscape.records import (
    AnswerKey,
    KeyEvent,
    PlannedEvent,
    Provenance,
    SceneFacts,
    Source,
    Span,
    Word,
    milliseconds,
)
from soundscape.rendering.scene import Rendering
from soundscape.truth.audibility import Audibility
from soundscape.truth.overlap import speech_overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the key says of the build that a clip belongs to: the seed, or the commitment to a secret one."""

    seed: int | None
    seed_commitment: str | None


def regions(event: PlannedEvent, source: Source) -> tuple[Span, ...]:
    """Return when an event is active in the scene: the source's active regions, moved and cut to what is used.

    A bed is active throughout its span.
    """
    if event.role == "background":
        return (Span(start=event.start_time, end=event.end_time),)
    shift = event.placed.start - event.crop.start
    out = []
    for region in source.active_regions:
        start = max(milliseconds(region.start + shift), event.start_time)
        end = min(milliseconds(region.end + shift), event.end_time)
        if end > start:
            out.append(Span(start=start, end=end))
    return tuple(out) or (Span(start=event.start_time, end=event.end_time),)


def _words(event: PlannedEvent, source: Source) -> tuple[Word, ...]:
    """Return the words with their times in the scene, cut to what was laid."""
    shift = event.placed.start - event.crop.start
    first, last = event.placed.start, event.placed.end
    times = [(w.word, max(w.start + shift, first), min(w.end + shift, last)) for w in source.words]
    return tuple(
        Word(word=word, start=milliseconds(start), end=milliseconds(end)) for word, start, end in times if end > start
    )


def _figure(value: float, digits: int = 2) -> float | None:
    return round(value, digits) if math.isfinite(value) else None


def _event(planned: PlannedEvent, source: Source, heard: Audibility, rendering: Rendering) -> KeyEvent:
    gain_db = loudness.gain_to_db(rendering.master.gain)
    room = rendering.plan.room
    away = None if room is None or planned.position is None else math.dist(planned.position, room.microphone)
    sounding = planned.type in ("sound_event", "music")
    return KeyEvent(
        event_id=planned.event_id,
        type=planned.type,
        start_time=planned.start_time,
        end_time=planned.end_time,
        transcription=source.transcription,
        speaker_id=planned.speaker_id,
        language=source.language,
        emotion=source.emotion,
        emotion_label=source.emotion_label,
        age=source.age,
        gender=source.gender,
        voice_timbre=source.voice_timbre,
        speaking_style=source.speaking_style,
        accent=source.accent,
        speaking_rate=source.speaking_rate,
        vocal_burst=source.label if planned.type == "vocal_burst" else None,
        description=source.caption if planned.type != "speech" else None,
        lyrics=source.lyrics,
        loudness=loudness.label(heard.rms_dbfs + gain_db) if sounding else None,
        role=planned.role,
        placed=planned.placed,
        audible=heard.audible,
        active_regions=regions(planned, source),
        level_lufs=round(heard.level_lufs + gain_db, 2),
        snr_db=None if heard.snr_db is None else _figure(heard.snr_db),
        glimpse_proportion=round(heard.glimpse_proportion, 4),
        masked_share=round(heard.masked_share, 4),
        distance_m=None if away is None else round(away, 2),
        words=_words(planned, source) if planned.type == "speech" else (),
        provenance=Provenance(
            source_id=source.source_id,
            dataset=source.dataset,
            key=source.key,
            licence=source.licence,
            attribution=source.attribution,
            caption_origin=source.caption_origin,
            gain_db=round(planned.gain_db + gain_db, 2),
        ),
    )


def _scene(rendering: Rendering) -> SceneFacts:
    room = rendering.plan.room
    if room is None and not rendering.responses:
        return SceneFacts()
    measured = [r.facts.rt60 for r in rendering.responses.values() if r.facts.rt60 is not None]
    return SceneFacts(
        dimensions=room.dimensions if room else None,
        rt60_requested=room.rt60 if room else None,
        rt60_measured=round(sum(measured) / len(measured), 3) if measured else None,
        microphone=room.microphone if room else None,
    )


def annotate(
    rendering: Rendering,
    heard: Mapping[str, Audibility],
    sources: Mapping[str, Source],
    pcm_sha256: str,
    origin: Origin,
) -> AnswerKey:
    """Return the answer key of a rendered scene.

    Args:
        rendering: the scene as it was made.
        heard: what can be heard of each event before the master gain, by id.
        sources: the sources that its plan uses, by id.
        pcm_sha256: the digest of the written samples.
        origin: the seed, or its commitment.
    """
    plan = rendering.plan
    events = tuple(_event(e, sources[e.source_id], heard[e.event_id], rendering) for e in plan.events)
    speech = [e for e in events if e.type == "speech"]
    voices = {e.speaker_id for e in events if e.speaker_id is not None}
    return AnswerKey(
        schema_version=schema.SCHEMA_VERSION,
        clip_id=plan.clip_id,
        duration=plan.duration,
        num_speakers=len(voices),
        languages=tuple(sorted({e.language for e in speech if e.language})),
        events=events,
        scene=_scene(rendering),
        recipe=plan.recipe,
        seed=origin.seed,
        seed_commitment=origin.seed_commitment,
        plan_digest=schema.digest(plan),
        pcm_sha256=pcm_sha256,
        sample_rate=plan.sample_rate,
        channels=1,
        loudness_lufs=_figure(rendering.master.loudness_lufs),
        true_peak_dbtp=_figure(rendering.master.true_peak_dbtp),
        speech_overlap=round(speech_overlap(speech), 4),
        factors=plan.factors,
    )
