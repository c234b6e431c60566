"""Keys, chords and voice leading.

Pitches are MIDI numbers (60 is middle C, A4 = 69 = 440 Hz), pitch classes run from 0 (C) to 11 (B). Chords are written
as roman numerals against the major scale of the tonic: ``ii7``, ``bVII``, ``V7b9``, ``IV/5`` (the fifth in the bass);
capitals are major, small letters minor. A progression separates bars with ``|`` and shares a bar evenly among its
chords: ``"i7 | iv7 bVII7 | bIIImaj7"``.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "flat": -1, "sharp": 1}
_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_MAJOR = (0, 4, 7)
_MINOR = (0, 3, 7)
#: Suffix -> intervals above the root; None takes the triad of the numeral's case and adds the second part.
_SUFFIXES: dict[str, tuple[tuple[int, ...] | None, tuple[int, ...]]] = {
    "": (None, ()),
    "5": ((0, 7), ()),
    "6": (None, (9,)),
    "69": (None, (9, 14)),
    "7": (None, (10,)),
    "maj7": (None, (11,)),
    "9": (None, (10, 14)),
    "maj9": (None, (11, 14)),
    "add9": (None, (14,)),
    "13": (None, (10, 14, 21)),
    "7b9": (None, (10, 13)),
    "7#9": (None, (10, 15)),
    "sus2": ((0, 2, 7), ()),
    "sus4": ((0, 5, 7), ()),
    "7sus": ((0, 5, 7, 10), ()),
    "9sus": ((0, 5, 7, 10, 14), ()),
    "o7": ((0, 3, 6, 9), ()),
    "h7": ((0, 3, 6, 10), ()),
}
_CHORD = re.compile(r"^([b#]?)(VII|III|VI|IV|II|V|I|vii|iii|vi|iv|ii|v|i)([^/]*)(?:/([357]))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A tonic and a mode."""

    name: str
    tonic: int
    mode: str

    @property
    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the scale, from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in SCALES[self.mode])

    @property
    def minor(self) -> bool:
        """Whether the scale has a minor third."""
        return SCALES[self.mode][2] == 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Chord:
    """A chord: pitch class of its root, intervals above it in semitones, pitch class of its bass note."""

    root: int
    intervals: tuple[int, ...]
    bass: int

    @property
    def classes(self) -> tuple[int, ...]:
        """The pitch classes, root first."""
        return tuple((self.root + i) % 12 for i in self.intervals)

    def degree(self, number: int) -> int:
        """Return the pitch class of the third, fifth or seventh (3, 5, 7), or the nearest tone that stands for it."""
        nearest = {3: 3.5, 5: 7.0, 7: 10.5}[number]
        return (self.root + min(self.intervals[1:], key=lambda i: abs(i - nearest))) % 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ChordSpan:
    """A chord that sounds from beat ``start`` for ``beats`` beats."""

    start: float
    beats: float
    chord: Chord


def key(name: str) -> Key:
    """Return the key called ``"A minor"``, ``"E flat major"``, ``"F sharp dorian"`` …; ValueError otherwise."""
    letter, *middle, mode = name.split()
    accidental = " ".join(middle)
    if letter not in _NATURALS or accidental not in _ACCIDENTALS or mode not in SCALES:
        raise ValueError(f"key {name!r}: expected a letter, flat or sharp, and one of {', '.join(SCALES)}")
    return Key(name=name, tonic=(_NATURALS[letter] + _ACCIDENTALS[accidental]) % 12, mode=mode)


def chord(symbol: str, in_key: Key) -> Chord:
    """Return the chord written as a roman numeral in a key; ValueError for a symbol that has no meaning here."""
    match = _CHORD.match(symbol)
    if match is None or match[3] not in _SUFFIXES:
        raise ValueError(f"chord {symbol!r}: expected a numeral and one of the suffixes {', '.join(_SUFFIXES)}")
    accidental, numeral, suffix, inversion = match.groups()
    base, added = _SUFFIXES[suffix]
    intervals = (base or (_MAJOR if numeral.isupper() else _MINOR)) + added
    root = (in_key.tonic + _DEGREES[numeral.upper()] + {"": 0, "b": -1, "#": 1}[accidental]) % 12
    plain = Chord(root=root, intervals=intervals, bass=root)
    return plain if inversion is None else Chord(root=root, intervals=intervals, bass=plain.degree(int(inversion)))


def progression(text: str, in_key: Key, beats_per_bar: float, start: float = 0.0) -> tuple[ChordSpan, ...]:
    """Return the chords of ``text`` (see the module) laid out from beat ``start``."""
    spans: list[ChordSpan] = []
    for index, bar in enumerate(text.split("|")):
        symbols = bar.split()
        each = beats_per_bar / len(symbols)
        for place, symbol in enumerate(symbols):
            beat = start + index * beats_per_bar + place * each
            spans.append(ChordSpan(start=beat, beats=each, chord=chord(symbol, in_key)))
    return tuple(spans)


def near(pitch_class: int, pitch: float) -> int:
    """Return the pitch of a class that lies nearest to ``pitch``."""
    return round((pitch - pitch_class) / 12.0) * 12 + pitch_class


def _tones(of: Chord, voices: int) -> tuple[int, ...]:
    """Choose the pitch classes for so many voices: the fifth goes first, then the root; missing voices double it."""
    intervals = list(of.intervals)
    for spare in (7, 0, 14):
        if len(intervals) > voices and spare in intervals:
            intervals.remove(spare)
    doubled = itertools.cycle((0, 7))
    while len(intervals) < voices:
        intervals.append(next(doubled))
    return tuple((of.root + i) % 12 for i in intervals[:voices])


@functools.lru_cache(maxsize=4096)
def _voicings(tones: tuple[int, ...], low: int, high: int) -> tuple[tuple[int, ...], ...]:
    """Return every spread of the tones in the register without unisons, mud in the bass or holes."""
    places = [[p for p in range(low, high + 1) if p % 12 == t] for t in tones]
    found = set()
    for pitches in itertools.product(*places):
        v = tuple(sorted(pitches))
        gaps = [b - a for a, b in itertools.pairwise(v)]
        if all(1 <= g <= 12 and (g >= 4 or a >= 50) for a, g in zip(v, gaps, strict=False)) and v[-1] - v[0] <= 21:
            found.add(v)
    return tuple(sorted(found))


def _motion(before: tuple[int, ...], after: tuple[int, ...], centre: float) -> float:
    """Rate a move between voicings: total distance, drift from the centre, parallel fifths and octaves, clusters."""
    cost = float(sum(abs(a - b) for a, b in zip(before, after, strict=True)))
    cost += 0.7 * abs(sum(after) / len(after) - centre)
    cost += 1.5 * sum(b - a == 1 for a, b in itertools.pairwise(after))
    for i, j in itertools.combinations(range(len(after)), 2):
        interval = (after[j] - after[i]) % 12
        moved = after[i] - before[i]
        if moved != 0 and interval in (0, 7) and after[j] - before[j] == moved:
            cost += 2.0
    return cost


def lead_voices(chords: Sequence[Chord], low: int, high: int, voices: int = 4) -> tuple[tuple[int, ...], ...]:
    """Return one voicing per chord, each the smallest sensible move from the one before.

    Args:
        chords: the chords in order.
        low: lowest pitch allowed.
        high: highest pitch allowed; the register must span two octaves or so.
        voices: how many notes sound together; the fifth and the root are left out first.
    """
    centre = (low + high) / 2.0
    # The first voicing is rated against a close position around the centre of the register.
    last = tuple(round(centre + 4.0 * (i - (voices - 1) / 2.0)) for i in range(voices))
    out: list[tuple[int, ...]] = []
    for one in chords:
        choices = _voicings(_tones(one, voices), low, high)
        if not choices:
            raise ValueError(f"no voicing of {one} with {voices} voices between {low} and {high}")
        here = last
        last = min(choices, key=lambda v: (_motion(here, v, centre), v))
        out.append(last)
    return tuple(out)
