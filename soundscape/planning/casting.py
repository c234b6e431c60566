"""Who speaks, in which languages, and with which utterances.

Languages are dealt from seeded permutations of all of them: in every run of ``languages // slots`` scenes no language
comes twice. The n-th use of a language takes the n-th speaker of a seeded walk through its speakers, and the n-th use
of a speaker the next utterances of theirs, so a build repeats a recording only when it must. All of it is a function
of the scene index.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from soundscape.errors import RecipeError, nearest
from soundscape.planning.catalogue import Catalogue
from soundscape.planning.coverage import Draws, permutation, quantile, tour
from soundscape.planning.draft import active_length, peak_fits
from soundscape.planning.specs import Recipe, SpeechSpec
from soundscape.records import Source, milliseconds
from soundscape.sources.identity import is_unknown, perhaps_one

#: About how many turns a speaker has in one scene.
_TURNS_PER_USE = 4
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？؟।])\s*")
_SHORTEST_SENTENCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One speaker of a scene: the bank's name of them, their languages here, which use of them this is, their level.

    An ``emotional`` one says only what has its emotion told.
    """

    speaker: str
    languages: tuple[str, ...]
    use: int
    level_lufs: float
    emotional: bool = False


def scene_languages(spec: SpeechSpec, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the languages a recipe may draw from.

    Raises:
        RecipeError: the banks hold no speech, or not in a language that the recipe names.
    """
    have = catalogue.languages()
    if not have:
        raise RecipeError("the recipe asks for speech, and the banks hold none", hint="soundscape bank info NAME")
    if isinstance(spec.languages, str):
        return tuple(have)
    for language in spec.languages:
        if language not in have:
            raise RecipeError(
                f"/speech/languages: the banks hold no speech in {language!r}{nearest(language, have)}",
                hint=f"they hold {', '.join(have)}",
            )
    return tuple(sorted(spec.languages))


#: Scenes whose places in the language decks are added up together.
_BLOCK = 1024


@lru_cache(maxsize=64)
def _places(seed: int | str, spec: SpeechSpec, block: int) -> tuple[int, ...]:
    """Return where in the language decks each scene of a block begins: after all that the earlier ones take."""
    counts = [
        min(
            max(spec.languages_per_scene.integer(quantile(seed, "languages", i)), spec.languages_per_speaker),
            max(1, spec.speakers.integer(quantile(seed, "speakers", i))),
        )
        for i in range(block * _BLOCK, (block + 1) * _BLOCK)
    ]
    return tuple(itertools.accumulate(counts, initial=0))


def _deal(spec: SpeechSpec, draws: Draws, languages: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Yield all languages, each with how many times it was dealt before, from the scene's place in the decks on.

    Scenes take their languages one after another from shuffled decks of all of them, so that each is used equally
    often. Blocks of scenes have decks of their own: a scene needs to know those of its block only.
    """
    size = len(languages)
    block, at = divmod(draws.index, _BLOCK)
    places = _places(draws.seed, spec, block)
    decks_before = block * (_BLOCK * max(1, round(spec.languages_per_scene.high)) // size + 2)
    seen: set[str] = set()
    position = places[at]
    while len(seen) < size:
        deck, k = divmod(position, size)
        deck += decks_before
        language = languages[int(permutation(draws.seed, "languages", deck, size)[k])]
        if language not in seen:
            seen.add(language)
            yield language, deck
        position += 1


def cast(recipe: Recipe, catalogue: Catalogue, draws: Draws, count: int, *, once: bool = False) -> list[Voice]:
    """Return the ``count`` speakers of a scene, no two of whom are or may be one person.

    Args:
        recipe: what is asked.
        catalogue: the facts of the banks.
        draws: those of the scene.
        count: how many.
        once: each says one thing only.

    Raises:
        RecipeError: the banks have too few speakers or languages for what is asked.
    """
    spec = recipe.speech
    languages = scene_languages(spec, catalogue)
    each = spec.languages_per_speaker
    wanted = max(spec.languages_per_scene.integer(draws.factor("languages")), each)
    if wanted > len(languages):
        raise RecipeError(
            f"/speech: asks for {wanted} languages in a scene, and there are {len(languages)} to draw from"
        )
    deck = list(_deal(spec, draws, languages))
    dealt = deck[: min(wanted, count)]
    most_each = -(-round(spec.speakers.high) // max(1, round(spec.languages_per_scene.low)))
    voices: list[Voice] = []
    # Whom nobody knows says one thing, and bears no company: else those who are known come first.
    alone = once and count <= len(dealt) and not spec.emotional
    even = count - math.floor(count * spec.emotional + draws.factor("emotional")) if spec.emotional else count
    for k in range(even):
        heard = [d for d in deck if d[0] in {x for v in voices for x in v.languages}]
        own = _languages_of(catalogue, [*heard, *deck], dealt[k % len(dealt)], each, {v.speaker for v in voices})
        position = own[0][1] * most_each + k // len(dealt) + draws.attempt
        found = tuple(x for x, _ in own)
        voices.append(_find_voice(recipe, catalogue, draws, found, position, voices, alone=alone))
    for k in range(count - even):
        language, position = _emotional(recipe, catalogue, draws, k)
        voices.append(_find_voice(recipe, catalogue, draws, (language,), position, voices, emotional=True))
    return voices


def _emotional(recipe: Recipe, catalogue: Catalogue, draws: Draws, k: int) -> tuple[str, int]:
    """Return the language of a scene's k-th emotional speaker, from decks of their own, and a position for the tour."""
    spec = recipe.speech
    allowed = scene_languages(spec, catalogue)
    languages = [x for x in catalogue.languages(emotional=True) if x in allowed]
    if not languages:
        raise RecipeError(
            "/speech/emotional: the banks hold no speech whose emotion is told, in a language that may be drawn",
            hint="add such a bank, for example: soundscape bank add NAME --from crema_d",
        )
    slot = draws.index * max(1, math.ceil(spec.speakers.high * spec.emotional)) + k
    deck, place = divmod(slot, len(languages))
    language = languages[int(permutation(draws.seed, "emotional languages", deck, len(languages))[place])]
    return language, deck + draws.attempt


def _languages_of(
    catalogue: Catalogue, deck: list[tuple[str, int]], first: tuple[str, int], count: int, taken: set[str]
) -> list[tuple[str, int]]:
    """Return a speaker's languages: the one dealt, and the next in the deck that somebody still free speaks as well."""
    own = [first]
    if count == 1:
        return own
    speakers = set(catalogue.speakers(first[0])) - taken
    # Those that the scene has already come first, so that it holds no more languages than it must.
    for language in deck:
        if len(own) == count:
            break
        if language not in own and (shared := speakers.intersection(catalogue.speakers(language[0]))):
            own.append(language)
            speakers = shared
    if len(own) < count:
        raise RecipeError(
            f"/speech/languages_per_speaker: asks for {count}, and no speaker of {first[0]!r} in the banks has as many"
        )
    return own


@lru_cache(maxsize=256)
def _speakers_of(
    catalogue: Catalogue, languages: tuple[str, ...], emotional: bool
) -> tuple[Sequence[str], Sequence[str]]:
    """Return who speaks all of these languages, and those of them who are known; found once, as they may be many."""
    first, *others = (catalogue.speakers(x, emotional=True) if emotional else catalogue.speakers(x) for x in languages)
    everyone = sorted(set(first).intersection(*others)) if others else first
    known = [speaker for speaker in everyone if not is_unknown(speaker)]
    return everyone, everyone if len(known) == len(everyone) else known


def _find_voice(
    recipe: Recipe, catalogue: Catalogue, draws: Draws, languages: tuple[str, ...], position: int, taken: list[Voice],
    *, alone: bool = False, emotional: bool = False,
) -> Voice:  # fmt: skip
    everyone, known = _speakers_of(catalogue, languages, emotional)
    names = {v.speaker for v in taken}
    company = [v.speaker for v in taken if not set(v.languages).isdisjoint(languages)]
    pools = [everyone] if alone or known is everyone else [known, everyone]
    if any(map(is_unknown, company)):
        pools = [known]
    for speakers in pools:
        for k in tour(draws.seed, "speakers/" + "+".join(languages), position, len(speakers)):
            speaker = speakers[k]
            if speaker not in names and not any(perhaps_one(speaker, other) for other in company):
                level = recipe.reference_lufs + recipe.speech.level_db.number(draws.unit("speech", speaker, "level"))
                return Voice(
                    speaker=speaker, languages=languages, use=position // len(speakers), level_lufs=round(level, 2),
                    emotional=emotional,
                )  # fmt: skip
    unknown = len(everyone) - len(known)
    raise RecipeError(
        f"/speech/speakers: needs {len(taken) + 1} different speakers in one scene, and the banks have {len(known)} "
        f"of {' and '.join(languages)}"
        + (f", beside {unknown} voices that nobody knows, of which a scene has one at most" if unknown else ""),
        hint="ask for fewer speakers, more languages a scene, or add a bank",
    )


def sentences(source: Source) -> frozenset[str]:
    """Return the sentences of an utterance, by which it is told whether it says something again."""
    return _sentences(source.transcription or source.source_id)


@lru_cache(maxsize=4096)
def _sentences(text: str) -> frozenset[str]:
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    # What is shorter is an abbreviation, or a word that may well be said twice.
    return frozenset(part for part in parts if len(part) >= _SHORTEST_SENTENCE) or frozenset({text})


def utterances(
    recipe: Recipe, catalogue: Catalogue, draws: Draws, voice: Voice, language: str, used: set[str], most: float
) -> Iterator[Source]:
    """Yield a speaker's utterances in a language, in the order in which they are to be used.

    Skips those outside the recipe's duration or over ``most`` s, too peaky, or with a sentence in ``used``.
    """
    rows = (
        catalogue.pool(type="speech", language=language, speaker=voice.speaker, emotional=True)
        if voice.emotional
        else catalogue.pool(type="speech", language=language, speaker=voice.speaker)
    )
    shortest, longest = recipe.speech.duration
    # The next use of a speaker goes on where this one is likely to end; a new attempt shifts it by one.
    start = voice.use * _TURNS_PER_USE + draws.attempt
    for k in tour(draws.seed, f"utterances/{language}/{voice.speaker}", start, len(rows)):
        source = catalogue.source(rows[k])
        if not used.isdisjoint(sentences(source)) or not shortest <= active_length(source) <= min(longest, most):
            continue
        if peak_fits(source, voice.level_lufs, recipe.mix):
            yield source


def turn_count(recipe: Recipe, draws: Draws, duration: float) -> int | None:
    """Return how many turns a scene has: at most one in ``room_per_turn`` s; None where time says how much is said."""
    spec = recipe.speech
    if spec.turns is None:
        return None
    return min(spec.turns.integer(draws.factor("turns")), max(1, math.floor(duration / spec.room_per_turn)))


def talk_time(recipe: Recipe, draws: Draws, duration: float, overlap: float, lanes: int) -> float:
    """Return how many seconds are to be said in a scene, summed over speakers."""
    spec = recipe.speech
    if spec.coverage is not None:
        return milliseconds(spec.coverage.number(draws.factor("coverage")) * duration * (1.0 + overlap))
    # Less than chance would need: the scheduler can push talks together, and hardly apart.
    asked = overlap * (0.75 - 0.02 * min(draws.attempt, 20))
    return milliseconds(lanes * _busy_share(asked, lanes) * duration)


def _busy_share(overlap: float, lanes: int) -> float:
    """Return the share of time for which each of ``lanes`` independent talks must go on to give an overlap.

    With a share f the time with nobody is (1 − f)^L and with one speaker L·f·(1 − f)^(L−1); solved by bisection.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        f = 0.5 * (low + high)
        some = 1.0 - (1.0 - f) ** lanes
        several = some - lanes * f * (1.0 - f) ** (lanes - 1)
        low, high = (f, high) if several < overlap * some else (low, f)
    return 0.5 * (low + high)
