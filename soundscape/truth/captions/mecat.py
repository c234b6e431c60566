"""The six captions of MECAT, three strings each: short, long, speech, music, sound, environment.

Equal in meaning within a field, different in order and words; where a kind of sound is absent its field says so. A
short caption has at most 15 words, any other at most :data:`LONGEST`.
"""

from __future__ import annotations

from collections.abc import Sequence

from soundscape.truth.captions import clauses
from soundscape.truth.captions.clauses import Wordings
from soundscape.truth.captions.facts import SHORT_DESCRIPTION, Facts, describe
from soundscape.truth.captions.wording import Wording, counted, headline, number, sentence, words

FIELDS = ("short", "long", "speech", "music", "sound", "environment")
STRINGS = 3
#: The most words of a caption; of a short one as MECAT has it.
LONGEST, LONGEST_SHORT = 180, 15
_ORDERS = ((0, 1, 2, 3, 4), (2, 3, 0, 1, 4), (4, 0, 1, 3, 2))


def captions(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return the six fields of a clip, three strings each."""
    wording = Wording(facts.key.plan_digest)
    makers = {
        "short": short,
        "long": long,
        "speech": speech,
        "music": music,
        "sound": sound,
        "environment": environment,
    }
    return {name: tuple(make(facts, wording, style) for style in range(STRINGS)) for name, make in makers.items()}


def short(facts: Facts, wording: Wording, style: int) -> str:
    """Return one line of at most 15 words: who speaks, whether there is music, the loudest sound."""
    if not facts.events:
        return sentence(wording.pick(clauses.NOTHING, style, "short"))
    parts = [p for p in (_short_speech(facts, wording, style), _short_music(facts, wording, style)) if p]
    if style == 1:
        parts.reverse()
    told = _loudest(facts, LONGEST_SHORT - sum(words(p) for p in parts))
    if told:
        if not parts:
            told = wording.pick((told, f"heard: {told}", f"the sound of this: {told}"), style, "short", "sound")
        parts = [told, *parts] if style == 2 else [*parts, told]
    return sentence("; ".join(p for p in parts if p))


def _loudest(facts: Facts, most: int) -> str:
    """Return the loudest sound that has a short description, or how many sounds there are; without sounds, music."""
    for events in (facts.sounds, facts.beds, facts.music):
        for event in sorted(events, key=lambda e: (-e.level_lufs, e.event_id)):
            if told := headline(describe(event), min(most, SHORT_DESCRIPTION)):
                return told
    count = len(facts.sounds)
    told = counted(count, "sound", "sounds") if count else "ambient sound" if facts.beds else ""
    return told if words(told) <= most else ""


def _short_speech(facts: Facts, wording: Wording, style: int) -> str | None:
    if not facts.speech:
        return None
    named = clauses.languages(facts.languages, most=3)
    inside = f" in {named}" if named else ""
    voices = facts.voices
    if voices is None:
        return wording.pick((f"speech{inside}", f"talk{inside}", f"spoken words{inside}"), style, "short", "speech")
    if len(voices) == 1:
        who = voices[0].article
        return wording.pick((f"{who} speaking{inside}", f"{who} talks{inside}", f"{who}, talking{inside}"), style,
                            "short", "speech")  # fmt: skip
    count = number(len(voices))
    options = (f"{count} people speaking{inside}", f"{count} voices{inside}", f"{count} speakers talking{inside}")
    return wording.pick(options, style, "short", "speech")


def _short_music(facts: Facts, wording: Wording, style: int) -> str | None:
    if not facts.music:
        return None
    if all(e.role == "background" for e in facts.music):
        return wording.pick(("background music", "music underneath", "music behind"), style, "short", "music")
    return wording.pick(("music", "music plays", "some music"), style, "short", "music")


def long(facts: Facts, wording: Wording, style: int) -> str:
    """Return the whole scene: who speaks and how they share the time, music, the loudest sounds, what lies beneath."""
    if not facts.events:
        told = wording.pick(clauses.NOTHING, style, "long")
        return sentence(f"{told}; {wording.pick(clauses.room(facts), style, 'long', 'room')}")
    parts: list[Wordings | None] = [
        clauses.speakers(facts) if facts.speech else None,
        clauses.conversation(facts),
        clauses.sounds(facts.sounds),
        clauses.music(facts),
        clauses.beds(facts),
    ]
    said = [None if p is None else wording.pick(p, style, "long", i) for i, p in enumerate(parts)]
    # What the voices do is said together with who they are.
    if said[0] and said[1]:
        said[0], said[1] = f"{said[0]}; {said[1]}", None
    return " ".join(sentence(text) for text in (said[i] for i in _ORDERS[style % len(_ORDERS)]) if text)


def speech(facts: Facts, wording: Wording, style: int) -> str:
    """Return who speaks, in what manner, and how they share the time; or that no one does."""
    if not facts.speech:
        return sentence(wording.pick(clauses.NO_SPEECH, style, "speech"))
    voices = facts.voices
    said: list[str] = []
    if voices is not None and len(voices) <= 3:
        told = "; ".join(clauses.turn(v) for v in voices)
        options = (told, f"heard speaking: {told}", f"the speech comes from {told}")
        said.append(sentence(wording.pick(options, style, "speech", "turns")))
    else:
        said.append(sentence(wording.pick(clauses.speakers(facts), style, "speech", "voices")))
    more = [clauses.conversation(facts), clauses.switching(facts)]
    said += [sentence(wording.pick(m, style, "speech", i)) for i, m in enumerate(more) if m is not None]
    return " ".join(said if style != 2 else [*said[1:], said[0]])


def music(facts: Facts, wording: Wording, style: int) -> str:
    """Return what the music is like; or that there is none."""
    found = clauses.music(facts, most=3)
    return sentence(wording.pick(clauses.NO_MUSIC if found is None else found, style, "music"))


def sound(facts: Facts, wording: Wording, style: int) -> str:
    """Return which other sounds there are, in front and beneath; or that there are none."""
    found = [clauses.sounds(facts.sounds, most=5), clauses.beds(facts)]
    said = [sentence(wording.pick(f, style, "sound", i)) for i, f in enumerate(found) if f is not None]
    if not said:
        return sentence(wording.pick(clauses.NO_SOUND, style, "sound"))
    return " ".join(reversed(said) if style == 1 else said)


def environment(facts: Facts, wording: Wording, style: int) -> str:
    """Return what the place and the recording sound like, whatever happens in it."""
    parts: Sequence[Wordings | None] = (
        clauses.room(facts), clauses.clarity(facts), clauses.level(facts), clauses.backdrop(facts),
    )  # fmt: skip
    said = [wording.pick(p, style, "environment", i) for i, p in enumerate(parts) if p is not None]
    if style == 1:
        said.reverse()
    return " ".join(sentence(s) for s in ("; ".join(said[:2]), "; ".join(said[2:])) if s)
