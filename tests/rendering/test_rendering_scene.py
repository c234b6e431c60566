from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from soundscape.planning.recipe import digest as recipe_digest
from soundscape.planning.recipe import from_data
from soundscape.planning.scene import plan_scene
from soundscape.records import RoomPlan, ScenePlan, samples
from soundscape.rendering import scene
from soundscape.rendering.sources import SourceCache
from soundscape.sources.bank import Bank


@pytest.fixture(scope="module")
def plan(small_bank: Bank) -> ScenePlan:
    recipe = from_data({
        "name": "clicks", "duration": 10,
        "speech": {"speakers": 2, "turns": 3, "languages_per_scene": 2},
        "effects": {"count": 2, "loudness": "quiet"},
        "room": {"probability": 1, "rt60": 0.4},
    })  # fmt: skip
    return plan_scene(recipe, recipe_digest(recipe), small_bank, 1, 0)


def click(source_id: str, pcm_sha256: str, rate: int) -> np.ndarray:
    """A source that is silent but for one sample, 0.4 s into the file."""
    x = np.zeros(5 * rate, dtype=np.float32)
    x[round(0.4 * rate)] = 1.0
    return x


def test_the_direct_sound_arrives_at_its_planned_sample(plan: ScenePlan) -> None:
    arrived = scene.arrivals(plan, click)
    assert len(arrived.responses) == len(plan.events)
    for event in plan.events:
        stem = arrived.stems[event.event_id]
        planned = samples(event.placed.start + 0.4 - event.crop.start, plan.sample_rate)
        response = arrived.responses[event.event_id]
        first = stem.offset + int(np.flatnonzero(np.abs(stem.samples) > 0.5 * response.pink_gain)[0])
        assert abs(first - planned) <= 1, event.event_id


def test_nothing_sounds_before_the_direct_sound(plan: ScenePlan) -> None:
    for stem in scene.arrivals(plan, click).stems.values():
        first = int(np.argmax(np.abs(stem.samples) > 1e-3))
        assert np.abs(stem.samples[:first]).max(initial=0.0) < 1e-6


def test_events_at_one_place_share_a_response_and_others_do_not(plan: ScenePlan) -> None:
    arrived = scene.arrivals(plan, click)
    places = {e.event_id: e.position for e in plan.events}
    for a in places:
        for b in places:
            assert (arrived.responses[a] is arrived.responses[b]) == (places[a] == places[b])


def test_a_dry_scene_is_its_sources(plan: ScenePlan) -> None:
    dry = dataclasses.replace(plan, room=None)
    arrived = scene.arrivals(dry, click)
    assert arrived.responses == {}
    assert all(np.count_nonzero(s.samples) <= 1 for s in arrived.stems.values())


def test_convolution_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(5)
    x, h = rng.standard_normal(700).astype(np.float32), rng.standard_normal(90).astype(np.float32)
    np.testing.assert_allclose(scene.convolve(x, h), np.convolve(x, h), atol=2e-5)


def test_rendering_is_a_function_of_the_plan(plan: ScenePlan, small_bank: Bank) -> None:
    first = scene.render(plan, SourceCache(small_bank))
    again = scene.render(plan, SourceCache(small_bank))
    np.testing.assert_array_equal(first.master.pcm, again.master.pcm)
    assert isinstance(plan.room, RoomPlan)
    other = dataclasses.replace(plan, room=dataclasses.replace(plan.room, tail_seed=plan.room.tail_seed + 1))
    assert not np.array_equal(first.master.pcm, scene.render(other, SourceCache(small_bank)).master.pcm)


def test_gains_change_without_anything_being_convolved_again(plan: ScenePlan, small_bank: Bank) -> None:
    arrived = scene.arrivals(plan, SourceCache(small_bank))
    louder = dataclasses.replace(
        plan, events=tuple(dataclasses.replace(e, gain_db=e.gain_db + 3.0) for e in plan.events)
    )
    via_arrived = scene.mixed(louder, arrived).master.pcm
    np.testing.assert_array_equal(via_arrived, scene.render(louder, SourceCache(small_bank)).master.pcm)


def test_a_small_cache_loads_again_and_gives_the_same(plan: ScenePlan, small_bank: Bank) -> None:
    tiny, roomy = SourceCache(small_bank, most_bytes=1), SourceCache(small_bank)
    np.testing.assert_array_equal(scene.render(plan, tiny).master.pcm, scene.render(plan, roomy).master.pcm)
