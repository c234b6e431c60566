from __future__ import annotations

import pytest

from soundscape.randomness import stream
from soundscape.records import KeyEvent, Provenance, Span
from soundscape.truth import overlap as truth
from soundscape.verification import overlap
from tests.reference import overlap as reference


def event(number: int, start: float, end: float, speaker: str) -> KeyEvent:
    span = Span(start=start, end=end)
    return KeyEvent(
        event_id=f"e{number:02d}", type="speech", start_time=start, end_time=end, speaker_id=speaker, language="en",
        role="foreground", placed=span, audible=span, active_regions=(span,), level_lufs=-23.0, snr_db=None,
        glimpse_proportion=1.0, masked_share=0.0,
        provenance=Provenance(
            source_id="b:k", dataset="b", key="k", licence="CC0-1.0", attribution="", caption_origin="human",
            gain_db=0.0,
        ),
    )  # fmt: skip


def talk(seed: int) -> list[KeyEvent]:
    rng = stream(seed, "overlap")
    out = []
    for k in range(int(rng.integers(0, 9))):
        start = int(rng.integers(0, 6000))
        out.append(event(k, start / 1000.0, (start + int(rng.integers(1, 3000))) / 1000.0, f"S{rng.integers(1, 4)}"))
    return out


@pytest.mark.parametrize("seed", range(12))
def test_three_ways_of_measuring_overlap_agree(seed: int) -> None:
    events = talk(seed)
    spans = [(e.start_time, e.end_time) for e in events]
    count = overlap.occupancy(events, 9.0)
    for depth in (1, 2, 3):
        expected = reference.covered(spans, depth)
        assert overlap.seconds(count, depth) == pytest.approx(expected, abs=1e-9)
        found = truth.covered((Span(start=a, end=b) for a, b in spans), depth)
        assert found == pytest.approx(expected, abs=1e-9)
    assert truth.speech_overlap(events) == pytest.approx(reference.overlap(spans), abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_nobody_talks_over_themselves_unseen(seed: int) -> None:
    events = talk(seed)
    expected = {
        frozenset((a.event_id, b.event_id)): shared
        for i, a in enumerate(events)
        for b in events[i + 1 :]
        if a.speaker_id == b.speaker_id
        and (shared := reference.shared((a.start_time, a.end_time), (b.start_time, b.end_time))) > 0.0
    }
    found = {frozenset((a.event_id, b.event_id)): shared for a, b, shared in overlap.own_overlap(events)}
    assert found == pytest.approx(expected, abs=1e-9)


def test_events_that_touch_do_not_overlap() -> None:
    events = [event(0, 0.0, 1.0, "S1"), event(1, 1.0, 2.0, "S1")]
    assert overlap.own_overlap(events) == []
    assert overlap.seconds(overlap.occupancy(events, 2.0), 2) == 0.0
    assert overlap.seconds(overlap.occupancy(events, 2.0), 1) == 2.0


def test_silence_has_no_overlap() -> None:
    assert overlap.seconds(overlap.occupancy([], 3.0), 1) == 0.0
    assert reference.overlap([]) == truth.speech_overlap([]) == 0.0


def test_languages_are_timed_to_the_millisecond() -> None:
    assert overlap.language_seconds([event(0, 0.1, 1.25, "S1"), event(1, 2.0, 2.5, "S2")]) == {"en": 1650}
