from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape.dataset.build import prepare
from soundscape.errors import BankError, RecipeError
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
    tiny, roomy = SourceCache(small_bank, most_bytes=1, passing_bytes=1), SourceCache(small_bank)
    np.testing.assert_array_equal(scene.render(plan, tiny).master.pcm, scene.render(plan, roomy).master.pcm)


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    """Two rooms of five measured responses each: a click 3 ms into the file, then a decay of 0.3 or 0.6 s."""
    rng = np.random.default_rng(9)
    for room, rt60 in (("booth", 0.3), ("hall", 0.6)):
        (tmp_path / room).mkdir()
        for k in range(5):
            n = round(1.5 * rt60 * 48_000)
            h = 0.05 * rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / 48_000 / rt60)
            h[0] = 1.0
            h = np.concatenate([np.zeros(144), 0.5 * h, np.zeros(2400)])
            soundfile.write(tmp_path / room / f"{k}.wav", h, 48_000, subtype="FLOAT")
    return tmp_path


MEASURED: dict[str, Any] = {
    "name": "measured", "duration": 10, "speech": {"speakers": 2, "turns": 3}, "effects": {"count": 1},
    "background": {"kind": "ambience"},
}  # fmt: skip


def test_measured_responses_take_the_place_of_a_simulated_room(responses: Path, small_bank_folder: Path) -> None:
    maker = prepare(
        {**MEASURED, "room": {"probability": 1, "responses": str(responses)}}, banks=(str(small_bank_folder),)
    )
    rooms = set()
    for index in range(6):
        made = maker.scene(index)
        front = [e for e in made.plan.events if e.role == "foreground"]
        places = {e.speaker_id or e.event_id: e.response for e in front}
        paths = [p.path for p in places.values() if p]
        assert len(set(paths)) == len(places)
        (room,) = {p.split("/")[0] for p in paths}
        rooms.add(room)
        assert made.plan.room is None
        assert all(e.response is None for e in made.plan.events if e.role == "background")
        expected = 0.3 if room == "booth" else 0.6
        assert made.key.scene.rt60_measured == pytest.approx(expected, rel=0.1)
        assert maker.again(made.plan).key.pcm_sha256 == made.key.pcm_sha256
    assert rooms == {"booth", "hall"}
    assert "room responses" in maker.digests


def test_a_changed_response_is_noticed(responses: Path, small_bank_folder: Path) -> None:
    recipe = {**MEASURED, "room": {"probability": 1, "responses": str(responses)}}
    plan = prepare(recipe, banks=(str(small_bank_folder),)).plan(0)
    used = next(e.response for e in plan.events if e.response)
    x, rate = soundfile.read(responses / used.path)
    soundfile.write(responses / used.path, 0.9 * x, rate, subtype="FLOAT")
    with pytest.raises(BankError, match=used.path):
        prepare(recipe, banks=(str(small_bank_folder),)).again(plan)


def test_too_few_responses_for_a_scene_are_named(responses: Path, small_bank_folder: Path) -> None:
    recipe = {
        **MEASURED,
        "effects": {"count": 8},
        "limits": {"polyphony": 9},
        "room": {"probability": 1, "responses": str(responses)},
    }
    with pytest.raises(RecipeError, match=r"no room has more than 5 measured responses"):
        prepare(recipe, banks=(str(small_bank_folder),)).plan(0)
