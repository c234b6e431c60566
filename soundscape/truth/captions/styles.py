"""Three captions of a scene and of each event, of one meaning in three styles, each with a confidence (ACAVCaps).

* ``plain``: who speaks, then music, sounds and what lies beneath, in whole sentences;
* ``narrative``: everything in the order of its onset;
* ``report``: headings with their entries.

The confidence is the share of what is told that a listener can check by ear: the mean over the events told of
1 − masked share, 1 where nothing is told. It is measured, and says nothing about a model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from soundscape.records import KeyEvent
from soundscape.truth.captions import clauses
from soundscape.truth.captions.facts import Facts, Voice, describe, manner, most_prominent
from soundscape.truth.captions.languages import language_name
from soundscape.truth.captions.wording import Wording, counted, number, sentence

STYLES = ("plain", "narrative", "report")
_MOST_VOICES, _MOST_SOUNDS, _MOST_MUSIC, _MOST_BEDS = 4, 3, 2, 2
_FIRST = ("first", "to begin with", "at the outset")
_NEXT = ("then", "next", "after that")


@dataclass(frozen=True, slots=True, kw_only=True)
class Styled:
    """A caption, its style, and how much of what it tells can be checked by ear, 0…1."""

    style: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One thing told: its heading, its words as an item and as a clause, its onset and the events behind it."""

    heading: str
    text: str
    clause: str
    onset: float
    events: tuple[KeyEvent, ...]


def scene_captions(facts: Facts) -> tuple[Styled, ...]:
    """Return the three captions of a scene."""
    wording = Wording(facts.key.plan_digest)
    entries = _entries(facts)
    extra = clauses.conversation(facts)
    confidence = confidence_of([e for entry in entries for e in entry.events])
    texts = (_plain, _narrative, _report)
    return tuple(
        Styled(
            style=style,
            text=make(entries, wording, None if extra is None else wording.pick(extra, i, "styles", "conversation"))
            if entries
            else sentence(wording.pick(clauses.NOTHING, i, "styles", "nothing")),
            confidence=confidence,
        )
        for i, (style, make) in enumerate(zip(STYLES, texts, strict=True))
    )


def event_captions(event: KeyEvent) -> tuple[Styled, ...]:
    """Return the three captions of an event."""
    confidence = confidence_of([event])
    texts = _spoken(event) if event.type == "speech" else _sounding(event)
    return tuple(
        Styled(style=style, text=sentence(text), confidence=confidence)
        for style, text in zip(STYLES, texts, strict=True)
    )


def confidence_of(events: Sequence[KeyEvent]) -> float:
    """Return the mean over events of 1 − masked share, to three decimals; 1 of none."""
    return round(sum(1.0 - e.masked_share for e in events) / len(events), 3) if events else 1.0


def _spoken(event: KeyEvent) -> tuple[str, str, str]:
    language = language_name(event.language) if event.language else ""
    how = manner(event)
    return (
        f"somebody speaks{f' {language}' if language else ''}{f', {how}' if how else ''}",
        f"{f'in {language}, ' if language else ''}somebody is heard speaking{f': {how}' if how else ''}",
        f"speech{f'; language: {language}' if language else ''}{f'; manner: {how}' if how else ''}",
    )


def _sounding(event: KeyEvent) -> tuple[str, str, str]:
    told = describe(event)
    kind = {"music": "music", "vocal_burst": "vocal sound", "sound_event": "sound"}[event.type]
    return told, f"this is heard: {told}", f"{kind}: {told}"


def _voice(voice: Voice) -> _Entry:
    own = f" {clauses.languages(voice.languages)}" if voice.languages else ""
    who = voice.article
    return _entry("voices", f"{who} speaking{own}", f"{who} speaks{own}", voice.turns)


def _entries(facts: Facts) -> list[_Entry]:
    entries = []
    if facts.voices is not None and 0 < len(facts.voices) <= _MOST_VOICES:
        entries += [_voice(v) for v in facts.voices]
    elif facts.speech:
        entries.append(_entry("voices", clauses.speakers(facts)[0], clauses.speakers(facts)[0], facts.speech))
    for heading, opening, events, most in (
        ("music", "there is music: ", facts.music, _MOST_MUSIC),
        ("sounds", "", facts.sounds, _MOST_SOUNDS),
        ("background", "in the background, ", facts.beds, _MOST_BEDS),
    ):
        told = most_prominent(events, most)
        entries += [_entry(heading, describe(e), f"{opening}{describe(e)}", (e,)) for e in told]
        if len(events) > len(told):
            # How many are left untold is said, so that nothing reads as complete that is not.
            rest = _rest(heading, len(events) - len(told))
            entries.append(_Entry(heading=heading, text=rest, clause=rest, onset=math.inf, events=()))
    return entries


def _rest(heading: str, count: int) -> str:
    """Return what is said of events that are not told one by one."""
    noun = {"music": "passage of music", "sounds": "sound", "background": "sound in the background"}[heading]
    first, _, more = noun.partition(" ")
    return counted(count, f"quieter {noun}", f"quieter {first}s{' ' if more else ''}{more}")


def _entry(heading: str, text: str, clause: str, events: Sequence[KeyEvent]) -> _Entry:
    onset = min(e.start_time for e in events)
    return _Entry(heading=heading, text=text, clause=clause, onset=onset, events=tuple(events))


def _by_heading(entries: Sequence[_Entry]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for entry in entries:
        out.setdefault(entry.heading, []).append(entry.text)
    return out


def _plain(entries: Sequence[_Entry], wording: Wording, extra: str | None) -> str:
    openings = {
        "voices": ("there is talk by", "to be heard speaking:", "talk is heard from"),
        "music": ("the music is", "music plays:", "there is music:"),
        "sounds": ("sounds in order of onset:", "heard in turn:", "the sounds are these, in order:"),
        "background": ("underneath,", "in the background,", "behind it all,"),
    }
    out = []
    for heading, texts in _by_heading(entries).items():
        whole = "people speak" in texts[0] and heading == "voices"
        opening = "" if whole else f"{wording.pick(openings[heading], 0, 'styles', heading)} "
        told = "; ".join(texts)
        out.append(sentence(f"{opening}{told}{f'; {extra}' if heading == 'voices' and extra else ''}"))
    return " ".join(out)


def _narrative(entries: Sequence[_Entry], wording: Wording, extra: str | None) -> str:
    out = []
    for place, entry in enumerate(sorted(entries, key=lambda e: e.onset)):
        joint = ("besides",) if math.isinf(entry.onset) else _NEXT if place else _FIRST
        out.append(f"{wording.pick(joint, place, 'styles', 'joint')}, {entry.clause}")
    return " ".join(sentence(text) for text in (*out, *((extra,) if extra else ())))


def _report(entries: Sequence[_Entry], wording: Wording, extra: str | None) -> str:
    parts = []
    for heading, texts in _by_heading(entries).items():
        count = f" ({number(len(texts))})" if heading == "voices" and len(texts) > 1 else ""
        parts.append(sentence(f"{heading}{count}: {'; '.join(texts)}"))
        if heading == "voices" and extra:
            parts.append(sentence(f"overlap: {extra}"))
    return " ".join(parts)
