from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from soundscape import loudness
from soundscape.dataset.build import prepare
from soundscape.dataset.make import Maker, Scene
from soundscape.planning.specs import AudibilitySpec
from soundscape.sources.bank import Bank
from soundscape.truth import gate
from soundscape.truth.annotate import regions
from soundscape.truth.overlap import speech_overlap


@pytest.fixture(scope="module")
def maker(small_bank_folder: Any) -> Maker:
    recipe = {
        "name": "small", "duration": 10,
        "speech": {"speakers": 2, "turns": 3, "languages_per_scene": 2, "overlap": 0.1},
        "bursts": {"count": 1},
        "effects": {"count": 2, "loudness": "quiet"},
        "background": {"kind": "music", "snr_db": 8, "duck_db": -6},
        "room": {"probability": 0.5, "rt60": 0.3},
    }  # fmt: skip
    return prepare(recipe, banks=(str(small_bank_folder),))


@pytest.fixture(scope="module")
def scenes(maker: Maker) -> list[Scene]:
    return [maker.scene(i) for i in range(8)]


def test_rooms_and_dry_scenes_are_both_there(scenes: list[Scene]) -> None:
    assert {s.plan.room is None for s in scenes} == {True, False}


def test_every_event_has_the_level_it_was_asked_to_have(scenes: list[Scene]) -> None:
    for scene in scenes:
        master_db = loudness.gain_to_db(scene.rendering.master.gain)
        for planned, event in zip(scene.plan.events, scene.key.events, strict=True):
            assert event.level_lufs - master_db == pytest.approx(planned.level_lufs, abs=0.02)
            assert event.provenance.gain_db == pytest.approx(planned.gain_db + master_db, abs=0.01)


def test_active_regions_lie_in_the_active_span_and_touch_both_its_ends(scenes: list[Scene]) -> None:
    for scene in scenes:
        for event in scene.key.events:
            assert event.active_regions[0].start == event.start_time
            assert event.active_regions[-1].end == event.end_time
            assert event.placed.start <= event.start_time < event.end_time <= event.placed.end
            assert event.audible.start <= event.start_time + 0.001
            assert event.audible.end >= event.end_time - 0.001


def test_a_key_says_who_speaks_and_never_over_themselves(scenes: list[Scene]) -> None:
    for scene in scenes:
        people = [e for e in scene.key.events if e.speaker_id]
        assert scene.key.num_speakers == len({e.speaker_id for e in people})
        for a in people:
            for b in people:
                apart = a.end_time <= b.start_time or b.end_time <= a.start_time
                assert a is b or a.speaker_id != b.speaker_id or apart
        assert scene.key.speech_overlap == pytest.approx(speech_overlap(scene.key.events), abs=1e-4)
        assert scene.key.speech_overlap == pytest.approx(0.1, abs=0.002)


def test_words_lie_inside_their_event_in_order(scenes: list[Scene]) -> None:
    for scene in scenes:
        for event in scene.key.events:
            starts = [w.start for w in event.words]
            assert starts == sorted(starts)


def test_a_failing_event_is_raised_and_at_last_left_unscored(maker: Maker, small_bank: Bank) -> None:
    deaf = dataclasses.replace(maker.recipe, audibility=AudibilitySpec(min_glimpse=0.999, most_db=6.0, step_db=3.0))
    strict = prepare_with(maker, deaf)
    plain, raised = maker.scene(0), strict.scene(0)
    failed = [e for e in raised.key.events if not e.scored]
    assert failed
    for event in failed:
        assert "glimpse proportion" in str(event.unscored_reason)
        before = next(e for e in plain.plan.events if e.event_id == event.event_id)
        after = next(e for e in raised.plan.events if e.event_id == event.event_id)
        assert after.level_lufs == pytest.approx(before.level_lufs + 6.0, abs=0.01)


def prepare_with(maker: Maker, recipe: Any) -> Maker:
    other = Maker(maker.order, maker.banks)
    other.recipe = recipe
    return other


def test_marking_alone_leaves_the_plan_as_it_was(maker: Maker) -> None:
    spec = AudibilitySpec(min_glimpse=0.999, on_failure="unscored")
    marked = prepare_with(maker, dataclasses.replace(maker.recipe, audibility=spec)).scene(0)
    assert marked.plan.events == maker.scene(0).plan.events
    assert any(not e.scored for e in marked.key.events)


def test_an_snr_under_the_limit_is_a_reason(scenes: list[Scene]) -> None:
    event = dataclasses.replace(scenes[0].key.events[0], snr_db=-25.0, glimpse_proportion=0.5)
    assert gate.reason(event, AudibilitySpec()) == "SNR -25.0 dB under -20 dB"
    assert gate.reason(dataclasses.replace(event, snr_db=None), AudibilitySpec()) is None


def test_a_bed_is_active_throughout_and_an_effect_only_where_it_sounds(scenes: list[Scene], maker: Maker) -> None:
    plan = scenes[0].plan
    for event in plan.events:
        source = maker.banks.source(maker.banks.row(event.source_id))
        spans = regions(event, source)
        if event.role == "background":
            assert [(s.start, s.end) for s in spans] == [(0.0, plan.duration)]
        else:
            shift = event.placed.start - event.crop.start
            assert spans[0].start == pytest.approx(source.active_start + shift, abs=0.0011)
