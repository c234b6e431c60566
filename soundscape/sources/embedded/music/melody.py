"""Tunes: a rhythm, a contour and the chords decide where a line goes; phrases repeat, vary and close.

A line moves mostly by step, lands on chord tones where it is accented, turns back after a leap, follows an arch over
its phrase, and keeps to a range. A' keeps the tune of A and changes its ending so that it closes on the tonic chord.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from soundscape.sources.embedded.music.score import Note, Outline, Rhythms, Section, grid
from soundscape.sources.embedded.music.theory import Chord, near

_PENTATONIC = {True: (0, 3, 5, 7, 10), False: (0, 2, 4, 7, 9)}
_BLUES = {True: (0, 3, 5, 6, 7, 10), False: (0, 2, 3, 4, 7, 9)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a tune is made.

    ``rhythms`` maps a phrase letter to bar grids, used in turn (see :func:`.grid`; A' takes A's). ``centre`` and
    ``span`` bound the range in semitones; ``leaps`` is the taste for wide intervals (0–1); ``colour`` the notes
    between chord tones: ``scale``, ``pentatonic`` or ``blues``.
    """

    rhythms: Rhythms
    centre: int
    span: int = 9
    leaps: float = 0.25
    colour: str = "scale"


def _allowed(outline: Outline, chord: Chord, colour: str) -> tuple[int, ...]:
    """Return the pitch classes that pass between chord tones: the scale, less what rubs against an altered chord."""
    key = outline.key
    if colour == "scale":
        steps: tuple[int, ...] = key.scale
    else:
        table = _PENTATONIC if colour == "pentatonic" else _BLUES
        steps = tuple((key.tonic + s) % 12 for s in table[key.minor])
    foreign = [c for c in chord.classes if c not in key.scale]
    kept = tuple(p for p in steps if all((p - c) % 12 not in (1, 11) for c in foreign))
    return tuple(sorted(set(kept) | set(foreign)))


def _choose(
    rng: np.random.Generator, last: int, leap: int, target: float, classes: Sequence[int], style: Style, firm: bool
) -> int:
    """Draw the next pitch by the weight of its interval, its distance from the contour and what the last leap asks."""
    low, high = style.centre - style.span, style.centre + style.span
    options = [p for p in range(low, high + 1) if p % 12 in classes and abs(p - last) <= 12]
    if not options:
        return near(classes[0], style.centre)
    weights = []
    for p in options:
        move = p - last
        size = abs(move)
        if size == 0:
            w = 0.35 if firm else 0.18
        elif size <= 2:
            w = 1.0
        elif size <= 5:
            w = 0.25 + 0.6 * style.leaps
        else:
            w = 0.25 * style.leaps
        if abs(leap) > 4:
            w *= 3.0 if move * leap < 0 and size <= 4 else 0.35
        weights.append(w * float(np.exp(-(((p - target) / 5.0) ** 2))))
    total = np.cumsum(weights)
    return options[int(np.searchsorted(total, rng.random() * total[-1]))]


def _phrase(outline: Outline, section: Section, style: Style, rng: np.random.Generator, start: int) -> list[Note]:
    """Return a new tune over a section."""
    rhythms = style.rhythms.get(section.letter) or style.rhythms["A"]
    bpb = outline.beats_per_bar
    onsets: list[tuple[float, float, float]] = []
    for bar, text in zip(range(section.bars), itertools.cycle(rhythms)):
        at = (section.bar + bar) * bpb
        onsets.extend((at + beat, length, v) for beat, length, v in grid(text))
    notes: list[Note] = []
    last, leap = start, 0
    lift = 3.0 if section.letter == "B" else 0.0
    for index, (beat, length, velocity) in enumerate(onsets):
        place = index / max(1, len(onsets) - 1)
        target = style.centre - 2.0 + lift + 6.0 * float(np.sin(np.pi * min(1.0, place * 1.15)))
        chord = outline.at(beat)
        firm = beat % 1.0 == 0.0 or length >= 1.0 or index == len(onsets) - 1
        classes = chord.classes[:4] if firm else _allowed(outline, chord, style.colour)
        pitch = _choose(rng, last, leap, target, classes, style, firm)
        leap, last = pitch - last, pitch
        notes.append(Note(beat=beat, beats=length * 0.95, pitch=pitch, velocity=velocity))
    return notes


def _moved(outline: Outline, notes: Sequence[Note], beats: float, style: Style) -> list[Note]:
    """Return a tune taken to another place, with accented notes fitted to the chords that they now meet."""
    out: list[Note] = []
    for note in notes:
        beat = note.beat + beats
        chord = outline.at(beat)
        fits = note.pitch % 12 in chord.classes
        firm = beat % 1.0 == 0.0 or note.beats >= 0.9
        classes = chord.classes[:4] if firm else _allowed(outline, chord, style.colour)
        if fits or note.pitch % 12 in classes:
            pitch = note.pitch
        else:
            pitch = min((near(c, note.pitch) for c in classes), key=lambda p: (abs(p - note.pitch), p))
        out.append(replace(note, beat=beat, pitch=pitch))
    return out


def _closed(outline: Outline, section: Section, notes: Sequence[Note], final: bool) -> list[Note]:
    """Return a phrase whose last bar steps down to a tone of the tonic chord, long when it is the final one."""
    if not notes:
        return []
    bpb = outline.beats_per_bar
    last_bar = (section.bar + section.bars - 1) * bpb
    head = [n for n in notes if n.beat < last_bar + bpb / 2]
    if not head:
        return list(notes)
    here = head[-1].pitch
    if final:
        tonic = outline.chords[-1].chord
        goal = near(tonic.root, here - 1)
        approach = near(outline.key.scale[1], goal + 1)
        beat = last_bar + bpb - 1.0
        if head[-1].beat < beat:
            head[-1] = replace(head[-1], beats=min(head[-1].beats, beat - head[-1].beat))
            head.append(Note(beat=beat, beats=0.95, pitch=approach, velocity=0.7))
        head.append(Note(beat=outline.end, beats=bpb * 0.9, pitch=goal, velocity=0.75))
        return head
    beat = last_bar + bpb / 2
    chord = outline.at(beat)
    goal = min((near(c, here - 1) for c in chord.classes[:3]), key=lambda p: (abs(p - here), p))
    head.append(Note(beat=beat, beats=bpb / 2 - 0.25, pitch=goal, velocity=0.7))
    return head


def tune(outline: Outline, style: Style, rng: np.random.Generator) -> tuple[Note, ...]:
    """Return the melody of a piece: A, A' (C in the form), B.

    The draws are spent on A and B alone, so that the phrases agree.
    """
    made: dict[str, tuple[Section, list[Note]]] = {}
    out: list[Note] = []
    for section in outline.sections:
        source = {"C": "A"}.get(section.letter, section.letter)
        if source not in made:
            original = replace(section, letter=source)
            made[source] = (section, _phrase(outline, original, style, rng, style.centre))
        first, notes = made[source]
        beats = float((section.bar - first.bar) * outline.beats_per_bar)
        here = _moved(outline, notes, beats, style)
        if section.letter == "C" or section is outline.sections[-1]:
            here = _closed(outline, section, here, section is outline.sections[-1])
        out.extend(here)
    return tuple(out)


def harmonised(outline: Outline, notes: Sequence[Note], below: int = 4) -> tuple[Note, ...]:
    """Return a second voice: under each note the chord tone nearest to ``below`` semitones down."""
    out = []
    for note in notes:
        chord = outline.at(note.beat)
        options = [near(c, note.pitch - below) for c in chord.classes[:4]]
        pitch = min((p for p in options if p < note.pitch), key=lambda p: abs(p - (note.pitch - below)), default=None)
        if pitch is not None:
            out.append(replace(note, pitch=pitch, velocity=0.8 * note.velocity))
    return tuple(out)
