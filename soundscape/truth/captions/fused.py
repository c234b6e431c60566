"""Cues by modality, one fused caption without a spoken word, and what stays open to the ear alone (FusionAudio).

**No words are quoted.** A description or a manner that shares four words in a row with something that is said in the
clip (or all of an utterance of two or three words; of scripts without spaces, four characters) is replaced by its
kind; whatever stands in quotation marks is taken out as everywhere.

**Ambiguities** are statements of what cannot be decided by ear, by these rules alone:

* ``confusable``: a description names a sound of a family whose members are mistaken for one another (``_FAMILIES``);
* ``masked``: at least half of an event's cells lie under the rest of the mix (masked share ≥ 0.5);
* ``voices``: two voices of the same gender overlap for half a second or more;
* ``distance``: the reverberation time is 0.6 s or more and somebody or something stands in the room;
* ``source of music``: music without a place in a scene that has a room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from soundscape.records import AnswerKey, KeyEvent
from soundscape.truth.captions import clauses
from soundscape.truth.captions.clauses import Wordings
from soundscape.truth.captions.facts import Facts, describe, facts_of, shared
from soundscape.truth.captions.wording import Wording, listed, sentence

MASKED, SAME_VOICES, REVERBERANT = 0.5, 0.5, 0.6

#: Sounds that are mistaken for one another by ear: what each is called, and the words by which a description names it.
_FAMILIES: tuple[dict[str, str], ...] = (
    {"rain": r"rain\w*|drizzl\w*", "frying": r"fry\w*|frie[sd]", "applause": r"applau\w*|clapping",
     "a waterfall": r"waterfall\w*", "radio static": r"static"},
    {"thunder": r"thunder\w*", "an explosion": r"explo\w+", "heavy furniture being moved": r"furniture",
     "a passing lorry": r"lorr\w+|trucks?"},
    {"a gunshot": r"gun\w*|shots?", "a firework": r"firework\w*|firecracker\w*", "a slammed door": r"slam\w*",
     "a bursting balloon": r"balloons?"},
    {"footsteps": r"footstep\w*|footfall\w*", "knocking": r"knock\w*|pounds?", "hoofbeats": r"hoof\w*|hooves"},
    {"an engine": r"engines?|motors?", "a chainsaw": r"chainsaws?", "a lawn mower": r"mowers?",
     "a propeller": r"propellers?|helicopters?|rotors?"},
    {"a baby's cry": r"bab(?:y|ies)|infants?", "a cat": r"cats?|meow\w*|miaow\w*"},
    {"a bird": r"birds?|sparrows?|tweet\w*", "a cricket": r"crickets?", "a squeaky hinge": r"hinges?|creak\w*",
     "a smoke alarm": r"smoke"},
    {"wind": r"winds?|gales?", "surf": r"surf|waves?", "distant traffic": r"traffic"},
    {"a cough": r"cough\w*", "a dog's bark": r"dogs?"},
    {"keys": r"keys?|keyring", "coins": r"coins?", "a small chain": r"chains?"},
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NEGATION = re.compile(r"\b(?:no|not|without|never|neither|nor)\b(?:\W+\w+){0,3}\W*$", re.IGNORECASE)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguity:
    """What cannot be decided by ear: the rule that found it, the statement, and the events concerned."""

    rule: str
    statement: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """Cues of each modality that is there, the fused caption, and the ambiguities."""

    cues: dict[str, tuple[str, ...]]
    caption: str
    ambiguities: tuple[Ambiguity, ...]


def fused(key: AnswerKey) -> Fused:
    """Return what FusionAudio has of a clip."""
    facts = facts_of(without_words(key))
    cues: dict[str, tuple[str, ...]] = {}
    if facts.speech:
        told = [clauses.turn(v) for v in facts.voices] if facts.voices is not None else [clauses.speakers(facts)[0]]
        cues["speech"] = tuple(told)
    if facts.music:
        cues["music"] = tuple(describe(e) for e in facts.music)
    if facts.sounds or facts.beds:
        cues["sound"] = tuple(describe(e) for e in (*facts.sounds, *facts.beds))
    return Fused(cues=cues, caption=_caption(facts), ambiguities=tuple(ambiguities(facts)))


def _caption(facts: Facts) -> str:
    """Return one caption of all modalities: the scene, then how it sounds."""
    wording = Wording(facts.key.plan_digest)
    if not facts.events:
        return sentence(wording.pick(clauses.NOTHING, 0, "fused"))
    speech: Wordings | None = None
    if facts.voices is not None and len(facts.voices) == 1:
        speech = (clauses.turn(facts.voices[0]), f"heard is {clauses.turn(facts.voices[0])}")
    elif facts.speech:
        speech = clauses.speakers(facts)
    parts = (
        speech,
        clauses.conversation(facts),
        clauses.music(facts),
        clauses.sounds(facts.sounds),
        clauses.beds(facts),
    )
    said = [None if p is None else wording.pick(p, 0, "fused", i) for i, p in enumerate(parts)]
    if said[0] and said[1]:
        said[0], said[1] = f"{said[0]}, and {said[1]}", None
    endings = (("room", clauses.room(facts)), ("clarity", clauses.clarity(facts)))
    ending = [wording.pick(options, 0, "fused", name) for name, options in endings if options is not None]
    return " ".join(sentence(text) for text in (*said, "; ".join(ending)) if text)


def without_words(key: AnswerKey) -> AnswerKey:
    """Return a key whose descriptions and manners quote nothing that is said in the clip."""
    spoken = [e.transcription for e in key.events if e.transcription] + [e.lyrics for e in key.events if e.lyrics]

    def safe(text: str | None) -> str | None:
        return None if text and any(quotes(text, words) for words in spoken) else text

    events = tuple(
        replace(e, description=safe(e.description), emotion=safe(e.emotion), speaking_style=safe(e.speaking_style))
        for e in key.events
    )
    return replace(key, events=events)


def quotes(text: str, spoken: str) -> bool:
    """Tell whether a text repeats what is said: four words in a row, a short utterance whole, or four characters."""
    said = [w.casefold() for w in _WORD.findall(spoken)]
    own = [w.casefold() for w in _WORD.findall(text)]
    size = min(4, len(said))
    if size >= 2 and _windows(said, size) & _windows(own, size):
        return True
    runs = "".join(_UNSPACED.findall(spoken))
    return any(runs[i : i + 4] in text for i in range(len(runs) - 3))


def _windows(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def ambiguities(facts: Facts) -> Iterator[Ambiguity]:
    """Yield what stays open to the ear alone, by the rules of this module."""
    for event in (*facts.sounds, *facts.beds):
        yield from _confusable(event)
    for event in facts.events:
        if event.masked_share >= MASKED:
            what = "part of the speech" if event.type == "speech" else describe(event)
            yield Ambiguity(
                rule="masked",
                statement=sentence(f"mostly covered by other sounds, so that it may be missed or misheard: {what}"),
                events=(event.event_id,),
            )
    yield from _same_voices(facts)
    if facts.rt60 is not None and facts.rt60 >= REVERBERANT and any(e.distance_m is not None for e in facts.events):
        statement = "Whether a source is far away or only strongly reverberant cannot be told by ear."
        yield Ambiguity(rule="distance", statement=statement, events=())
    if facts.rt60 is not None:
        for event in (e for e in facts.music if e.distance_m is None):
            statement = "Whether the music plays in the room or was laid over the recording cannot be told by ear."
            yield Ambiguity(rule="source of music", statement=statement, events=(event.event_id,))


def _confusable(event: KeyEvent) -> Iterator[Ambiguity]:
    told = describe(event)
    for family in _FAMILIES:
        named = [name for name, pattern in family.items() if _names(pattern, told)]
        others = [name for name in family if name not in named]
        if named and others:
            yield Ambiguity(
                rule="confusable",
                statement=sentence(f"by ear alone, this could be taken for {_either(others)}: {told}"),
                events=(event.event_id,),
            )


def _names(pattern: str, told: str) -> bool:
    """Tell whether a description names a sound, and not only its absence within the four words before."""
    found = re.finditer(rf"\b(?:{pattern})\b", told, re.IGNORECASE)
    return any(not _NEGATION.search(told[: match.start()]) for match in found)


def _either(parts: list[str]) -> str:
    return listed(parts).replace(" and ", " or ") if len(parts) > 1 else parts[0]


def _same_voices(facts: Facts) -> Iterator[Ambiguity]:
    for gender in ("female", "male"):
        own = [e for e in facts.speech if e.gender == gender]
        pairs = [(a, b) for i, a in enumerate(own) for b in own[i + 1 :] if a.speaker_id != b.speaker_id]
        found = [e.event_id for pair in pairs if shared(*pair) >= SAME_VOICES for e in pair]
        if found:
            statement = f"Where {gender} voices overlap, which of them says what is hard to tell by ear."
            yield Ambiguity(rule="voices", statement=statement, events=tuple(dict.fromkeys(found)))
