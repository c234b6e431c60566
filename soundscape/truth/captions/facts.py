"""What may be said of a clip: its scored events, sorted by what they are, and a few figures drawn from them."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from soundscape.records import AnswerKey, KeyEvent
from soundscape.truth.captions.languages import language_name
from soundscape.truth.captions.wording import counted, described
from soundscape.truth.overlap import speech_overlap

#: The most words of one description inside a caption, and in a short one.
LONGEST_DESCRIPTION = 18
SHORT_DESCRIPTION = 8
#: Overlap of voices or events shorter than this (s) is nobody's business.
SHORTEST_OVERLAP = 0.2
#: Share of a clip from which on a sound lies under it throughout.
THROUGHOUT = 0.9

_DECADES = {
    "young_adult_20s": "twenties", "adult_30s": "thirties", "adult_40s": "forties", "middle_aged_50s": "fifties",
    "senior_60s": "sixties",
}  # fmt: skip
_ADULTS = {"male": ("man", "men", "his"), "female": ("woman", "women", "her")}
_UNKNOWN = ("voice", "voices")
_CHILDREN = {"male": ("boy", "boys"), "female": ("girl", "girls")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Somebody who speaks: what to call them, in which languages (by name), and their turns in order of onset."""

    one: str
    many: str
    languages: tuple[str, ...]
    turns: tuple[KeyEvent, ...]

    @property
    def article(self) -> str:
        """The noun with its article."""
        return counted(1, self.one, self.many)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What may be said of a clip. All events are scored ones, in order of onset.

    ``sounds`` are the sound events and vocal bursts in front, ``beds`` the sounds that lie under the scene.
    ``voices`` is None where a speech event names no speaker: their number is then not known. ``overlap`` is the share
    of talking time in which two voices or more speak.
    """

    key: AnswerKey
    speech: tuple[KeyEvent, ...]
    voices: tuple[Voice, ...] | None
    music: tuple[KeyEvent, ...]
    sounds: tuple[KeyEvent, ...]
    beds: tuple[KeyEvent, ...]
    languages: tuple[str, ...]
    overlap: float

    @property
    def domain(self) -> str:
        """The three letters of MECAT: S, M and A where speech, music and other sounds are there, else 0."""
        return "".join(
            letter if there else "0"
            for letter, there in (("S", self.speech), ("M", self.music), ("A", self.sounds or self.beds))
        )

    @property
    def modalities(self) -> tuple[str, ...]:
        """Which of speech, music and sound are there."""
        return tuple(
            name for name, letter in zip(("speech", "music", "sound"), self.domain, strict=True) if letter != "0"
        )

    @property
    def events(self) -> tuple[KeyEvent, ...]:
        """All scored events."""
        return in_order((*self.speech, *self.music, *self.sounds, *self.beds))

    @property
    def rt60(self) -> float | None:
        """The measured reverberation time in s; None in a dry scene."""
        return self.key.scene.rt60_measured

    @property
    def snr(self) -> float | None:
        """The median SNR in dB of what stands in front; None where nothing does or nothing else is heard."""
        ratios = [e.snr_db for e in (*self.speech, *self.sounds) if e.role == "foreground" and e.snr_db is not None]
        return statistics.median(ratios) if ratios else None


def facts_of(key: AnswerKey) -> Facts:
    """Return what may be said of a clip."""
    scored = in_order([e for e in key.events if e.scored])
    speech = tuple(e for e in scored if e.type == "speech")
    others = [e for e in scored if e.type in ("sound_event", "vocal_burst")]
    named = {language_name(e.language) for e in speech if e.language}
    return Facts(
        key=key,
        speech=speech,
        voices=_voices(speech),
        music=tuple(e for e in scored if e.type == "music"),
        sounds=tuple(e for e in others if e.role == "foreground"),
        beds=tuple(e for e in others if e.role == "background"),
        languages=tuple(sorted(named)),
        overlap=speech_overlap(speech),
    )


def in_order(events: Sequence[KeyEvent]) -> tuple[KeyEvent, ...]:
    """Return events by onset, then end, then id."""
    return tuple(sorted(events, key=lambda e: (e.start_time, e.end_time, e.event_id)))


def most_prominent(events: Sequence[KeyEvent], most: int) -> tuple[KeyEvent, ...]:
    """Return the loudest few of some events, in order of onset."""
    return in_order(sorted(events, key=lambda e: (-e.level_lufs, e.event_id))[:most])


def shared(a: KeyEvent, b: KeyEvent) -> float:
    """Return for how long (s) two events overlap."""
    return max(0.0, min(a.end_time, b.end_time) - max(a.start_time, b.start_time))


def throughout(event: KeyEvent, duration: float) -> bool:
    """Tell whether an event lasts from about the beginning to about the end of a clip."""
    return event.end_time - event.start_time >= THROUGHOUT * duration


def describe(event: KeyEvent, most: int = LONGEST_DESCRIPTION) -> str:
    """Return the description of an event that is not speech, as it can stand inside a sentence."""
    text = described(event.description or "", most)
    if text:
        return text
    label = described(event.vocal_burst or "", most)
    return counted(1, label, label) if label else "music" if event.type == "music" else "a sound"


def manner(event: KeyEvent, most: int = LONGEST_DESCRIPTION) -> str:
    """Return how an utterance is said, by its emotion or else its style; empty where neither is known."""
    return described(event.emotion or event.speaking_style or "", most)


def groups(voices: Sequence[Voice]) -> str:
    """Return voices by what to call them: ``two women in their twenties and a man``; empty where nothing is known."""
    if not voices or (all(v.one == _UNKNOWN[0] for v in voices) and len(voices) > 1):
        return ""
    if len({v.one for v in voices}) > 4:
        plain = [_noun(_common([e.gender for v in [voice] for e in v.turns]), None) for voice in voices]
        counts = Counter(plain)
    else:
        counts = Counter((v.one, v.many) for v in voices)
    parts = [counted(n, one, many) for (one, many), n in counts.items()]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _voices(speech: Sequence[KeyEvent]) -> tuple[Voice, ...] | None:
    by_name: dict[str, list[KeyEvent]] = {}
    for event in speech:
        if event.speaker_id is None:
            return None
        by_name.setdefault(event.speaker_id, []).append(event)
    return tuple(_voice(turns) for turns in by_name.values())


def _voice(turns: list[KeyEvent]) -> Voice:
    one, many = _noun(_common([e.gender for e in turns]), _common([e.age for e in turns]))
    languages = dict.fromkeys(language_name(e.language) for e in turns if e.language)
    return Voice(one=one, many=many, languages=tuple(languages), turns=tuple(turns))


def _common(values: Sequence[str | None]) -> str | None:
    """Return the value that all have; None where they differ or do not say."""
    return values[0] if len(set(values)) == 1 else None


def _noun(gender: str | None, age: str | None) -> tuple[str, str]:
    """Return what to call a speaker, for one and for many."""
    one, many, own = _ADULTS.get(gender or "", ("person", "people", "their"))
    if age in _DECADES:
        return f"{one} in {own} {_DECADES[age]}", f"{many} in their {_DECADES[age]}"
    if age == "elderly_70s_plus":
        return f"elderly {one}", f"elderly {many}"
    if age == "teenager":
        young = _CHILDREN.get(gender or "")
        return (f"teenage {young[0]}", f"teenage {young[1]}") if young else ("teenager", "teenagers")
    if age == "child":
        return _CHILDREN.get(gender or "", ("child", "children"))
    if age == "toddler":
        return "toddler", "toddlers"
    if age == "baby":
        return "baby", "babies"
    return (one, many) if gender in _ADULTS else _UNKNOWN
