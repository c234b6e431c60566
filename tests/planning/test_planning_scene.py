from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape import schema
from soundscape.errors import RecipeError
from soundscape.planning import recipe as recipes
from soundscape.planning.draft import polyphony
from soundscape.planning.scene import plan_scene
from soundscape.planning.specs import Recipe
from soundscape.records import ScenePlan, Span

GOLDEN = Path(__file__).with_name("golden_plans.json")


def plans(recipe: Recipe, catalogue: Any, count: int, seed: int = 1) -> list[ScenePlan]:
    digest = recipes.digest(recipe)
    return [plan_scene(recipe, digest, catalogue, seed, i) for i in range(count)]


@pytest.mark.parametrize("name", recipes.names())
def test_every_shipped_recipe_plans_two_hundred_scenes(name: str, catalogue: Any) -> None:
    recipe = recipes.load(name)
    for plan in plans(recipe, catalogue, 200):
        front = [e for e in plan.events if e.role == "foreground"]
        spans = [Span(start=e.start_time, end=e.end_time) for e in front]
        assert polyphony(spans) <= recipe.limits.polyphony + (recipe.music.count.high > 0)
        assert [e.start_time for e in front] == sorted(e.start_time for e in front)
        for event in front:
            assert recipe.limits.margin - 0.001 <= event.start_time < event.end_time
            assert event.end_time <= plan.duration - recipe.limits.margin + 0.001
        sources = Counter(e.source_id for e in plan.events)
        assert max(sources.values(), default=1) == 1
        mine = [e for e in front if e.speaker_id]
        for a, b in itertools.combinations(mine, 2):
            assert a.speaker_id != b.speaker_id or a.end_time <= b.start_time or b.end_time <= a.start_time


@pytest.mark.parametrize("name", recipes.names())
def test_plans_are_byte_for_byte_those_that_were_committed(name: str, catalogue: Any) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = [schema.digest(p) for p in plans(recipes.load(name), catalogue, 5)]
    assert found == golden[name], "plans changed: raise PROTOCOL_VERSION, then python tests/planning/update_golden.py"


def test_a_plan_is_valid_against_its_schema(catalogue: Any) -> None:
    for name in recipes.names():
        for plan in plans(recipes.load(name), catalogue, 3):
            assert schema.problems("plan", schema.to_builtins(plan)) == []


def test_a_scene_depends_on_seed_and_index_alone(catalogue: Any) -> None:
    recipe = recipes.load("dense_multilingual")
    forward = plans(recipe, catalogue, 6)
    backward = [plan_scene(recipe, recipes.digest(recipe), catalogue, 1, i) for i in reversed(range(6))]
    assert forward == backward[::-1]
    assert plans(recipe, catalogue, 3, seed=2) != forward[:3]


def test_a_layer_more_leaves_the_draws_of_the_others(catalogue: Any) -> None:
    base = recipes.read("dense_multilingual")
    without = recipes.from_data({**base, "bursts": {"count": 0}, "effects": {"count": 0}})
    for rich, plain in zip(plans(recipes.from_data(base), catalogue, 10), plans(without, catalogue, 10), strict=True):
        if rich.attempt == plain.attempt:
            speech = [
                [(e.source_id, e.start_time, e.gain_db) for e in p.events if e.type == "speech"] for p in (rich, plain)
            ]
            assert speech[0] == speech[1]


def test_overlap_and_languages_of_two_hundred_scenes(catalogue: Any) -> None:
    seconds: Counter[str] = Counter()
    errors = []
    for plan in plans(recipes.load("dense_multilingual"), catalogue, 200):
        speech = [e for e in plan.events if e.type == "speech"]
        edges = sorted(x for e in speech for x in ((e.start_time, 1), (e.end_time, -1)))
        some = several = last = 0.0
        count = 0
        for time, step in edges:
            some += (time - last) * (count >= 1)
            several += (time - last) * (count >= 2)
            count, last = count + step, time
        errors.append(several / some - float(plan.factors["speech_overlap"]))
        for e in speech:
            seconds[e.source_id.split("/")[1]] += e.end_time - e.start_time  # type: ignore[assignment]
    assert max(map(abs, errors)) < 0.003
    even = sum(seconds.values()) / len(seconds)
    assert len(seconds) >= 8
    assert max(abs(s / even - 1) for s in seconds.values()) < 0.3


def test_sources_are_spread_over_the_scenes(catalogue: Any) -> None:
    used = Counter(e.source_id for p in plans(recipes.load("dense_multilingual"), catalogue, 200) for e in p.events)
    speech = {k: n for k, n in used.items() if "speech/" in k}
    assert max(speech.values()) <= 3 * sum(speech.values()) / 1120 + 3


def test_a_recipe_that_nothing_can_serve_says_which_limit_and_after_how_many_attempts(catalogue: Any) -> None:
    recipe = recipes.from_data({
        "name": "tight", "duration": 6, "limits": {"polyphony": 1, "attempts": 5},
        "speech": {"speakers": 1, "turns": 1, "duration": [4, 5]}, "effects": {"count": 9},
    })  # fmt: skip
    with pytest.raises(RecipeError, match=r"'tight', scene 0: no schedule in 5 attempts: no effect"):
        plans(recipe, catalogue, 1)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(0.0, 0.3),
    st.integers(2, 4),
    st.integers(1, 3),
    st.integers(0, 4),
    st.floats(15, 50),
)
def test_any_sensible_recipe_gives_a_plan_that_keeps_its_promises(
    catalogue: Any, index: int, overlap: float, speakers: int, languages: int, effects: int, duration: float
) -> None:
    recipe = recipes.from_data({
        "name": "any", "duration": duration,
        "speech": {"speakers": speakers, "coverage": 0.6, "overlap": overlap, "languages_per_scene": languages},
        "effects": {"count": effects},
    })  # fmt: skip
    try:
        plan = plan_scene(recipe, "0" * 64, catalogue, 1, index)
    except RecipeError as error:
        assert "attempts" in str(error) or "speakers" in str(error)  # noqa: PT017
        return
    assert sum(e.type == "sound_event" for e in plan.events) == effects
    assert len({e.speaker_id for e in plan.events if e.type == "speech"}) == speakers
    assert all(e.pcm_sha256 and e.crop.end > e.crop.start for e in plan.events)
