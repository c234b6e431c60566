"""Who speaks: people whom nobody knows, and emotional speech on a track of its own."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest

from soundscape.errors import RecipeError
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import plan_scene
from soundscape.planning.specs import Recipe
from soundscape.records import ScenePlan, Source
from soundscape.sources.identity import is_unknown, perhaps_one
from tests.planning.fakes import LANGUAGES, FakeCatalogue


def said(plan: ScenePlan, catalogue: FakeCatalogue) -> list[Source]:
    """Return the sources of a scene's speech."""
    sources = {source.source_id: source for source in catalogue._rows}
    return [sources[event.source_id] for event in plan.events if event.type == "speech"]


def scenes(recipe: Recipe, catalogue: FakeCatalogue, count: int) -> list[list[Source]]:
    digest = recipes.digest(recipe)
    return [said(plan_scene(recipe, digest, catalogue, 1, i), catalogue) for i in range(count)]


def talk(**speech: Any) -> Recipe:
    return recipes.from_data({"name": "talk", "duration": 30, "speech": speech})


# ------------------------------------------------------------------------------------------------------ nobody knows


def test_who_may_be_one_person() -> None:
    assert perhaps_one("fleurs:unknown:de/1", "vox:unknown:de/2")
    assert perhaps_one("vox:28353", "vox:unknown:de/2")
    assert perhaps_one("unknown:de/1", "librivox-1")
    assert not perhaps_one("fleurs:unknown:de/1", "vox:28353")
    assert not perhaps_one("vox:28353", "vox:28354")


@pytest.mark.parametrize("name", ["soundscape_bench", "dense_multilingual", "cocktail_party"])
@pytest.mark.parametrize("known", [8, 6, 0])
def test_a_scene_has_one_unknown_voice_of_a_language_and_one_utterance_of_it(name: str, known: int) -> None:
    """Many unknown voices beside many, few and no known ones in every language."""
    catalogue = FakeCatalogue(per_language=known, unknown=dict.fromkeys(LANGUAGES, 40))
    recipe = recipes.load(name)
    digest = recipes.digest(recipe)
    planned, failures = 0, []
    for index in range(40):
        try:
            plan = plan_scene(recipe, digest, catalogue, 1, index)
        except RecipeError as error:
            failures.append(str(error))
            continue
        planned += 1
        spoken = said(plan, catalogue)
        unknown = [source for source in spoken if is_unknown(source.speaker)]
        assert len({source.language for source in unknown}) == len(unknown)
    # Without known voices, no second voice of a language can be had; with them, every scene can.
    told = ("voices that nobody knows, of which a scene has one at most", "attempts")
    assert all(any(text in failure for text in told) for failure in failures)
    assert planned == 40 if known else planned >= (15 if name == "soundscape_bench" else 0)


def test_nobody_knows_whom_is_heard_where_they_are_alone_in_their_language() -> None:
    catalogue = FakeCatalogue(["de"], per_language=2, unknown={"de": 60})
    once = scenes(talk(speakers=1, turns=1), catalogue, 60)
    unknown = [s.source_id for (s,) in once if is_unknown(s.speaker)]
    assert len(unknown) > 45
    assert len(set(unknown)) == len(unknown)
    # Whoever has more to say, or company in the language, is known.
    assert not any(is_unknown(s.speaker) for scene in scenes(talk(speakers=1, turns=3), catalogue, 20) for s in scene)
    assert not any(is_unknown(s.speaker) for scene in scenes(talk(speakers=2, turns=2), catalogue, 20) for s in scene)


def test_one_whom_nobody_knows_talks_with_those_who_are_known() -> None:
    catalogue = FakeCatalogue(["fr"], per_language=4, unknown={"de": 30})
    for scene in scenes(talk(speakers=2, turns=4, languages_per_scene=2, overlap=0.1), catalogue, 20):
        assert Counter(s.language for s in scene) == {"fr": 3, "de": 1}


def test_a_bank_without_unknown_voices_plans_as_ever() -> None:
    """One unknown recording in another language moves nothing in scenes that do not use it."""
    recipe = talk(speakers=2, turns=3, languages=["de", "fr"])
    plain, more = FakeCatalogue(), FakeCatalogue(unknown={"sw": 5})
    assert scenes(recipe, plain, 20) == scenes(recipe, more, 20)


# --------------------------------------------------------------------------------------------------------- emotional


def test_emotional_speech_has_its_share_and_languages_stay_even_beside_it() -> None:
    catalogue = FakeCatalogue(emotional={"en": 40, "de": 40})
    recipe = recipes.from_data({
        "name": "two_tracks", "duration": 30, "tolerance": {"languages": 8},
        "speech": {"speakers": 2, "turns": 2, "emotional": 0.5},
    })  # fmt: skip
    spoken = [source for scene in scenes(recipe, catalogue, 280) for source in scene]
    felt = [source for source in spoken if source.emotion]
    # Half of the speakers of every scene are emotional, and a few of the others happen to be.
    assert 280 <= len(felt) <= 330
    actors = Counter(source.language for source in felt)
    assert abs(actors["en"] - actors["de"]) <= 30
    even = Counter(source.language for source in spoken) - Counter({"en": 140, "de": 140})
    assert set(even) == set(LANGUAGES)
    assert max(even.values()) <= 2 * min(even.values())
    assert max(Counter(source.source_id for source in felt).values()) <= 12


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75, 1.0])
def test_the_share_is_met_over_scenes_of_one_speaker(share: float) -> None:
    catalogue = FakeCatalogue(["fr", "it"], emotional={"en": 40})
    recipe = recipes.from_data({
        "name": "one", "duration": 20, "tolerance": {"languages": 8},
        "speech": {"speakers": 1, "turns": 1, "emotional": share, "languages": ["fr", "it", "en"]},
    })  # fmt: skip
    spoken = [source for scene in scenes(recipe, catalogue, 240) for source in scene]
    # A third of the even track is English too, and there all English is emotional.
    expected = 240 * (share + (1 - share) / 3)
    assert sum(source.emotion is not None for source in spoken) == pytest.approx(expected, abs=8)


def test_emotional_speech_that_is_not_there() -> None:
    recipe = recipes.from_data({
        "name": "none", "duration": 20, "tolerance": {"languages": 8},
        "speech": {"speakers": 1, "turns": 1, "emotional": 1.0},
    })  # fmt: skip
    with pytest.raises(RecipeError, match="/speech/emotional: the banks hold no speech whose emotion is told"):
        scenes(recipe, FakeCatalogue(), 1)


def test_recipes_with_the_later_options_and_without() -> None:
    plain = recipes.load("dense_multilingual")
    assert (plain.licences, plain.speech.emotional) == ("any", 0.0)
    # A recipe that does not use them has the digest that it always had.
    assert "licences" not in recipes.to_data(plain)
    assert "emotional" not in recipes.to_data(plain)["speech"]
    data = recipes.read("dense_multilingual")
    used = recipes.from_data({**data, "licences": "research", "speech": {**data["speech"], "emotional": 0.25}})
    assert recipes.from_data(recipes.to_data(used)) == used
    assert recipes.digest(used) != recipes.digest(plain)
    with pytest.raises(RecipeError, match=r"/licences"):
        recipes.from_data({**data, "licences": "free"})
    with pytest.raises(RecipeError, match=r"/tolerance/languages: found 0.3, .* expected more than 0.5"):
        recipes.from_data({**data, "speech": {**data["speech"], "emotional": 0.5}})


# ---------------------------------------------------------------------------------------------------- nothing twice


def test_no_sentence_comes_twice_in_a_scene_not_even_among_others() -> None:
    catalogue = FakeCatalogue(languages=("de",), per_language=3, utterances=12)
    stock = [f"Satz Nummer {n} steht hier." for n in range(12)]
    # Every recording holds two sentences, each of which other recordings hold as well.
    for n, source in enumerate(s for s in catalogue._rows if s.type == "speech"):
        both = f"{stock[n % 12]} {stock[(5 * n + 1) % 12]}"
        catalogue._rows[catalogue._rows.index(source)] = dataclasses.replace(source, transcription=both)
    for lines in scenes(talk(speakers=2, turns=3, languages_per_scene=1), catalogue, 40):
        told = Counter(sentence for line in lines for sentence in set((line.transcription or "").split(". ")))
        assert len(lines) >= 2
        assert max(Counter(s.rstrip(".") for s in told.elements()).values()) == 1
