"""Answer keys of invented clips, in which every word of content can be told from the words of the grammar."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from soundscape.records import AGES, GENDERS, AnswerKey, KeyEvent, Provenance, SceneFacts, Span

LANGUAGES = {"de": "German", "fr": "French", "ja": "Japanese", "sw": "Swahili", "th": "Thai", "yue": "Cantonese"}


def event(number: int, kind: str, start: float, end: float, **fields: Any) -> KeyEvent:
    """Return an event; what it is not given has a plain value."""
    own: dict[str, Any] = {
        "event_id": f"e{number:02d}", "type": kind, "start_time": start, "end_time": end, "role": "foreground",
        "placed": Span(start=start, end=end), "audible": Span(start=start, end=end),
        "active_regions": (Span(start=start, end=end),), "level_lufs": -25.0, "snr_db": 5.0,
        "glimpse_proportion": 0.8, "masked_share": 0.1, "provenance": provenance(number),
    }  # fmt: skip
    return KeyEvent(**{**own, **fields})


def provenance(number: int) -> Provenance:
    return Provenance(
        source_id=f"b:{number}", dataset="d", key=str(number), licence="CC0-1.0", attribution="a",
        caption_origin="human", gain_db=0.0,
    )  # fmt: skip


def key(*events: KeyEvent, duration: float = 30.0, name: str = "t-test-000000", **fields: Any) -> AnswerKey:
    """Return an answer key with these events."""
    own: dict[str, Any] = {
        "schema_version": "1.0", "clip_id": name, "duration": duration,
        "num_speakers": len({e.speaker_id for e in events if e.speaker_id}),
        "languages": tuple(sorted({e.language for e in events if e.language})), "events": events,
        "scene": SceneFacts(), "recipe": "t", "seed": 1, "seed_commitment": None, "plan_digest": "0" * 64,
        "pcm_sha256": "0" * 64, "sample_rate": 24_000, "channels": 1, "loudness_lufs": -26.0, "true_peak_dbtp": -3.0,
        "speech_overlap": 0.0,
    }  # fmt: skip
    return AnswerKey(**{**own, **fields})


@st.composite
def keys(draw: st.DrawFn) -> AnswerKey:
    """Any clip: up to ten events of all types, some unscored, with invented words of their own in every text."""
    duration = draw(st.floats(5.0, 60.0))
    events = [_event(draw, number, duration) for number in range(draw(st.integers(0, 10)))]
    rooms = st.one_of(
        st.just(SceneFacts()),
        st.builds(
            SceneFacts,
            dimensions=st.tuples(st.floats(2, 20), st.floats(2, 20), st.floats(2, 6)),
            rt60_measured=st.floats(0.1, 2.0),
        ),
    )
    return key(
        *events, duration=duration, scene=draw(rooms), loudness_lufs=draw(st.none() | st.floats(-60, -5)),
        true_peak_dbtp=draw(st.none() | st.floats(-40, 0)), plan_digest=draw(st.sampled_from("abcd")) * 64,
    )  # fmt: skip


def _event(draw: st.DrawFn, number: int, duration: float) -> KeyEvent:
    kind = draw(st.sampled_from(["speech", "speech", "speech", "vocal_burst", "sound_event", "sound_event", "music"]))
    start = draw(st.floats(0.0, duration - 1.0))
    end = draw(st.floats(start + 0.1, duration))
    fields: dict[str, Any] = {
        "scored": draw(st.integers(0, 4)) > 0, "level_lufs": draw(st.floats(-50, -10)),
        "snr_db": draw(st.none() | st.floats(-20, 40)), "masked_share": draw(st.floats(0, 1)),
        "distance_m": draw(st.none() | st.floats(0.3, 8)),
    }  # fmt: skip
    if kind == "speech":
        fields |= {
            "speaker_id": draw(st.sampled_from([*(f"S{n}" for n in range(1, 8)), None][: draw(st.integers(1, 8))])),
            "language": draw(st.none() | st.sampled_from(sorted(LANGUAGES))),
            "transcription": " ".join(f"zq{number}x{i}" for i in range(draw(st.integers(1, 8)))),
            "emotion": draw(st.none() | st.just(phrase(draw, number))),
            "gender": draw(st.none() | st.sampled_from(GENDERS)), "age": draw(st.none() | st.sampled_from(AGES)),
        }  # fmt: skip
    else:
        fields["description"] = phrase(draw, number)
        if kind == "vocal_burst":
            fields["vocal_burst"] = f"glorp{number}"
            fields["description"] = draw(st.none() | st.just(fields["description"]))
        if kind != "vocal_burst" and draw(st.booleans()):
            fields["role"] = "background"
            start, end = draw(st.sampled_from([(0.0, duration), (start, end)]))
    return event(number, kind, start, end, **fields)


def phrase(draw: st.DrawFn, number: int) -> str:
    """Return an invented description of 2 to 30 words that all bear the event's number."""
    words = [f"blorf{number}w{i}" for i in range(draw(st.integers(2, 30)))]
    for i in range(3, len(words), 4):
        words[i] += draw(st.sampled_from([",", ";", "", "."])) if i + 1 < len(words) else ""
    return " ".join(words)
