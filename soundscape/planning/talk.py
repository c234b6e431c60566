"""The speech of a scene: turns chosen, put in order and laid on the time line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from soundscape.planning.casting import Voice, cast, sentences, talk_time, turn_count, utterances
from soundscape.planning.catalogue import Catalogue
from soundscape.planning.conversation import Turn, Unschedulable, chain, crowd
from soundscape.planning.coverage import Draws
from soundscape.planning.draft import Draft, active_length, lay, polyphony
from soundscape.planning.specs import Recipe
from soundscape.records import Source
from soundscape.sources.identity import is_unknown

#: How many utterances that are too long to end with are passed over for a shorter one.
_TRIES_AT_END = 4
#: How many equal shares of the time a single turn may take.
_MOST_SHARES = 1.4
#: How often the next turn goes to whoever has said least.
_FAIRNESS = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An utterance given to a speaker."""

    voice: Voice
    source: Source

    @property
    def turn(self) -> Turn:
        """What the scheduler needs to know of it."""
        return Turn(speaker=self.voice.speaker, length=round(active_length(self.source) * 1000))


class _Supply:
    """The next utterance of each speaker, alternating between their languages."""

    def __init__(self, recipe: Recipe, catalogue: Catalogue, draws: Draws, most: float) -> None:
        self.used: set[str] = set()
        self._most = most
        self._place = (recipe, catalogue, draws)
        self._streams: dict[tuple[str, str], Iterator[Source]] = {}
        self._count: dict[str, int] = {}

    def next(self, voice: Voice) -> Line | None:
        """Return the speaker's next line; None when the banks hold no more."""
        for step in range(len(voice.languages)):
            language = voice.languages[(self._count.get(voice.speaker, 0) + step) % len(voice.languages)]
            key = (voice.speaker, language)
            if key not in self._streams:
                self._streams[key] = utterances(*self._place, voice, language, self.used, self._most)
            source = next(self._streams[key], None)
            if source is not None:
                self.used.update(sentences(source))
                self._count[voice.speaker] = self._count.get(voice.speaker, 0) + 1 + step
                return Line(voice=voice, source=source)
        return None


def _next(voices: list[Voice], last: Voice | None, spoken: dict[str, float], rng: np.random.Generator) -> Voice:
    """Return who speaks next: whoever has not yet, else anyone but the last, more often who said least."""
    others = [v for v in voices if v is not last] or voices
    least = min(spoken[v.speaker] for v in others)
    if least == 0.0 or rng.random() < _FAIRNESS:
        others = [v for v in others if spoken[v.speaker] == least]
    return others[int(rng.integers(len(others)))]


def _lines(voices: list[Voice], supply: _Supply, draws: Draws, turns: int | None, seconds: float | None) -> list[Line]:
    """Return the lines of one conversation: a number of turns, or as near as can be to some seconds of speech."""
    rng = draws.stream("speech", "order", voices[0].speaker)
    spoken = dict.fromkeys((v.speaker for v in voices), 0.0)
    able = list(voices)
    lines: list[Line] = []
    over = 0
    # Once all but one have nothing left to say, it is no conversation any more; those whom nobody knows have said all
    # they have after one utterance, and the other goes on.
    least = 1 if any(is_unknown(v.speaker) for v in voices) else min(2, len(voices))
    while len(able) >= least and over <= _TRIES_AT_END and (turns is None or len(lines) < turns):
        voice = _next(able, lines[-1].voice if lines else None, spoken, rng)
        line = supply.next(voice)
        if line is None:
            able.remove(voice)
            continue
        length = active_length(line.source)
        if seconds is not None and sum(spoken.values()) + 0.5 * length > seconds:
            over += 1  # too long for what is left to say: a shorter one may follow
            continue
        lines.append(line)
        spoken[voice.speaker] += length
    silent = [v.speaker for v in voices if spoken[v.speaker] == 0.0]
    if silent and (turns is None or turns >= len(voices)):
        raise Unschedulable(f"no utterance of {', '.join(silent)} is short enough for the scene")
    total = sum(spoken.values())
    enough = len(lines) == turns if turns is not None else total >= 0.75 * (seconds or 0.0)
    if not enough:
        raise Unschedulable(
            f"the banks have only {len(lines)} fitting utterances ({total:.0f} s) of "
            f"{', '.join(v.speaker for v in voices)} in {', '.join(sorted({x for v in voices for x in v.languages}))}"
        )
    return lines


def turns_asked(recipe: Recipe, draws: Draws, duration: float) -> int | None:
    """Return how many turns the recipe asks of a scene; None where it does not count them."""
    return turn_count(recipe, draws, duration) if recipe.speech.speakers.high > 0 else None


def speech(recipe: Recipe, catalogue: Catalogue, draws: Draws, duration: float, overlap: float) -> list[Draft]:
    """Return the speech events of a scene, in no particular order.

    Raises:
        Unschedulable: this attempt's utterances do not meet the request.
        RecipeError: no attempt can: languages or speakers are missing.
    """
    spec = recipe.speech
    available = duration - 2 * recipe.limits.margin
    turns = turn_count(recipe, draws, duration)
    count = spec.speakers.integer(draws.factor("speakers"))
    if turns is not None:
        count = min(count, turns)
    if count == 0:
        return []
    if count == 1:
        overlap = 0.0  # one voice cannot overlap itself: nothing is asked of it
    lane_count = max(1, min(spec.lanes.integer(draws.factor("lanes")), count))
    seconds = None if turns is not None else talk_time(recipe, draws, duration, overlap, lane_count)
    voices = cast(recipe, catalogue, draws, count, once=turns is not None and turns <= count)
    # So much must fit into the scene: no turn may take much more than its part.
    each = available / max(1, -(-(turns or 0) // lane_count)) if seconds is None else seconds / count
    longest = min(max(_MOST_SHARES * each, 2.0 * spec.duration[0]), available)
    supply = _Supply(recipe, catalogue, draws, longest)
    rng = draws.stream("speech", "schedule")
    lanes: list[list[Line]] = []
    for k in range(lane_count):
        share = None if turns is None else len(range(k, turns, lane_count))
        talk = None if seconds is None else seconds / lane_count
        lanes.append(_lines(voices[k::lane_count], supply, draws, share, talk))
    if lane_count == 1:
        gaps = [round(1000 * spec.gap.number(draws.unit("speech", k, "gap"))) for k in range(len(lanes[0]) - 1)]
        starts = [chain([x.turn for x in lanes[0]], overlap, round(available * 1000), gaps, rng)]
    else:
        starts = crowd([[x.turn for x in lane] for lane in lanes], overlap, round(available * 1000), rng)
    laid = [
        lay(x.source, at / 1000 + recipe.limits.margin, x.voice.level_lufs, type="speech", voice=x.voice.speaker)
        for lane, times in zip(lanes, starts, strict=True)
        for x, at in zip(lane, times, strict=True)
    ]
    at_once = polyphony(d.active for d in laid)
    if at_once > recipe.limits.polyphony:
        raise Unschedulable(
            f"{at_once} voices at once are more than limits.polyphony allows ({recipe.limits.polyphony})"
        )
    return laid
