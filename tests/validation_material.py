"""Valid documents made of records, to be broken in tests."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from soundscape import schema
from soundscape.records import (
    AnswerKey,
    EventType,
    GainPoint,
    KeyEvent,
    PlannedEvent,
    Provenance,
    RoomPlan,
    SceneFacts,
    ScenePlan,
    Source,
    Span,
    Word,
)

Json = dict[str, Any]
DIGEST = "0123456789abcdef" * 4


def _provenance(name: str) -> Provenance:
    return Provenance(
        source_id=f"mine:{name}", dataset="mine", key=name, licence="CC0-1.0", attribution="us",
        caption_origin="human", gain_db=-3.0,
    )  # fmt: skip


def _event(number: int, type: EventType, start: float, end: float, **more: Any) -> KeyEvent:
    fields: dict[str, Any] = {
        "event_id": f"e{number:02d}", "type": type, "start_time": start, "end_time": end, "role": "foreground",
        "placed": Span(start=max(0.0, start - 0.02), end=min(10.0, end + 0.08)),
        "audible": Span(start=start, end=min(10.0, end + 0.05)),
        "active_regions": (Span(start=start, end=(start + end) / 2), Span(start=(start + end) / 2 + 0.1, end=end)),
        "level_lufs": -23.0, "snr_db": 6.0, "glimpse_proportion": 0.7, "masked_share": 0.1, "distance_m": 1.5,
        "provenance": _provenance(f"s{number}"),
    }  # fmt: skip
    return KeyEvent(**(fields | more))


def answer_key(index: int = 0) -> AnswerKey:
    """A clip of 10 s in a room: two people who overlap for a second of seven, a gasp, a knock, a bed of music."""
    events = (
        _event(0, "speech", 1.0, 4.0, transcription="guten Tag", speaker_id="S1", language="de", emotion="calm",
               words=(Word(word="guten", start=1.0, end=2.0), Word(word="Tag", start=2.0, end=4.0))),
        _event(1, "speech", 3.0, 8.0, transcription="hello", speaker_id="S2", language="en"),
        _event(2, "vocal_burst", 4.5, 5.0, vocal_burst="gasp", description="a short gasp", speaker_id="S1"),
        _event(3, "sound_event", 6.0, 7.0, description="a knock on wood", loudness="moderate"),
        _event(4, "music", 0.0, 10.0, description="a slow waltz", loudness="quiet", role="background",
               distance_m=None, scored=False, unscored_reason="glimpse proportion 0.05 under 0.1"),
    )  # fmt: skip
    return AnswerKey(
        schema_version=schema.SCHEMA_VERSION, clip_id=f"small-test-{index:06d}", duration=10.0, num_speakers=2,
        languages=("de", "en"), events=events, recipe="small", seed=1, seed_commitment=None, plan_digest=DIGEST,
        scene=SceneFacts(dimensions=(5.0, 4.0, 3.0), rt60_requested=0.4, rt60_measured=0.41, microphone=(1.0, 1.0, 1)),
        pcm_sha256=DIGEST, sample_rate=24000, channels=1, loudness_lufs=-23.0, true_peak_dbtp=-1.2,
        speech_overlap=0.1429, factors={"speech_overlap": 0.15, "background": "music"},
    )  # fmt: skip


def plan(index: int = 0) -> ScenePlan:
    """A scene of 10 s with two spoken turns and a bed that loops."""

    def turn(number: int, speaker: str, start: float) -> PlannedEvent:
        return PlannedEvent(
            event_id=f"e{number:02d}", role="foreground", type="speech", source_id=f"mine:s{number}", pcm_sha256=DIGEST,
            crop=Span(start=0.1, end=2.2), placed=Span(start=start - 0.02, end=start + 2.08), start_time=start,
            end_time=start + 2.0, gain_db=-3.0, level_lufs=-23.0, fade_in=0.02, fade_out=0.08,
            position=(2.0, 2.0, 1.5), speaker_id=speaker,
        )  # fmt: skip

    bed = PlannedEvent(
        event_id="e02", role="background", type="music", source_id="mine:bed", pcm_sha256=DIGEST,
        crop=Span(start=0.0, end=6.0), placed=Span(start=0.0, end=10.0), start_time=0.0, end_time=10.0, gain_db=-9.0,
        level_lufs=-33.0, fade_in=1.0, fade_out=1.0, loop_crossfade=0.5,
        gain_curve=(GainPoint(time=1.0, gain=1.0), GainPoint(time=1.25, gain=0.5)),
    )  # fmt: skip
    return ScenePlan(
        schema_version=schema.SCHEMA_VERSION, protocol_version=1, clip_id=f"small-test-{index:06d}", recipe="small",
        recipe_digest=DIGEST, split="test", scene_index=index, duration=10.0, sample_rate=24000, loudness_lufs=-23.0,
        true_peak_dbtp=-1.0, events=(turn(0, "S1", 1.0), turn(1, "S2", 2.5), bed), factors={"duration": 10.0},
        room=RoomPlan(dimensions=(5.0, 4.0, 3.0), rt60=0.4, microphone=(1.0, 1.0, 1.0), tail_seed=7),
    )  # fmt: skip


def source(number: int = 0) -> Source:
    """A spoken sentence of two seconds."""
    return Source(
        source_id=f"mine:s{number}", bank="mine", key=f"s{number}", path=f"speech/s{number}.wav", type="speech",
        caption=None, group="anna", transcription="guten Tag", language="de", speaker="anna", dataset="mine",
        licence="CC0-1.0", attribution="us", sample_rate=16000, channels=1, frames=32000, duration=2.0,
        active_start=0.1, active_end=1.9, active_regions=(Span(start=0.1, end=1.0), Span(start=1.2, end=1.9)),
        level_lufs=-23.0, rms_dbfs=-22.0, peak_dbfs=-6.0, clipped_share=0.0, bandwidth_hz=7600.0, dc_offset=0.0,
        noise_floor_dbfs=-70.0, snr_db=40.0, silence_share=0.2, pcm_sha256=DIGEST,
    )  # fmt: skip


def data(record: object) -> Json:
    """A record as plain JSON, free to be changed."""
    plain: Json = copy.deepcopy(schema.to_builtins(record))
    return plain


def prediction(clip: str) -> Json:
    """A faultless answer to a clip."""
    return {
        "clip_id": clip,
        "events": [
            {"type": "speech", "start_time": 1.0, "end_time": 4.0, "transcription": "guten Tag", "speaker_id": "A",
             "language": "de", "emotion": None, "gender": "female"},
            {"type": "sound_event", "start_time": 6.0, "end_time": 7, "description": "a knock", "loudness": "loud"},
        ],
    }  # fmt: skip


def write_lines(path: Path, values: Iterable[object]) -> Path:
    """Write JSONL; bytes go in as they are."""
    encoded = (value if isinstance(value, bytes) else json.dumps(value).encode() for value in values)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in encoded))
    return path


def dry(key: AnswerKey) -> AnswerKey:
    """A key without its room."""
    return replace(key, scene=SceneFacts(), events=tuple(replace(e, distance_m=None) for e in key.events))
