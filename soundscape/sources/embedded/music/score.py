"""What a composer writes down: notes in beats, parts, a score; and the grids that patterns come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from soundscape.sources.embedded.music.theory import Chord, ChordSpan, Key, key, progression

#: Gives the random generator of a named decision within one piece.
Draw: TypeAlias = Callable[..., np.random.Generator]
#: Bar grids by name (of a phrase or a style), used in turn.
Rhythms: TypeAlias = Mapping[str, tuple[str, ...]]
#: Drum -> bar grid, or several used in turn.
Patterns: TypeAlias = Mapping[str, str | tuple[str, ...]]

#: Beats per mark of a pattern: sixteenths.
STEP = 0.25
#: Drum names by General MIDI percussion key.
DRUMS: dict[str, int] = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "tom_low": 41, "hat": 42, "tom_mid": 45, "open_hat": 46,
    "crash": 49, "tom_high": 50, "ride": 51, "tambourine": 54, "conga_mute": 62, "conga": 63,
    "conga_low": 64, "shaker": 70, "clave": 75, "brush": 80,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note: start and length in beats, MIDI pitch (or percussion key), velocity 0–1."""

    beat: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An instrument and what it plays.

    ``level`` is the loudness of the part's busy moments in the mix, in dB; ``send`` how much goes to the reverberation;
    ``jitter`` the spread of its timing in s, ``late`` its mean. ``drive`` saturates, ``cut`` is a low-pass in Hz,
    ``tremolo`` a rate in Hz, ``echo`` the level of a dotted-eighth echo.
    """

    voice: str
    notes: tuple[Note, ...]
    level: float
    send: float = 0.15
    jitter: float = 0.005
    late: float = 0.0
    drive: float = 0.0
    cut: float | None = None
    tremolo: float = 0.0
    echo: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Everything that is played.

    ``swing`` is the share of a pair of notes that the first one takes (0.5 straight, 0.67 triplets), ``swing_unit`` the
    length of the pair in beats. ``reverb`` is the RT60 of the room, ``tone`` the colour of the recording (``clean``,
    ``tape`` or ``warm``), ``ring`` the time in s that the last notes may take to die away.
    """

    tempo: float
    beats: float
    parts: tuple[Part, ...]
    swing: float = 0.5
    swing_unit: float = 1.0
    reverb: float = 1.2
    tone: str = "clean"
    ring: float = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece as its genre lists it.

    ``caption`` may hold ``{bpm}`` and ``{key}``. ``a``, ``a2``, ``b`` are the progressions of the phrases (see
    :mod:`.theory`), played A A' B A' unless ``form`` says otherwise; ``end`` is the last chord. ``lead``, ``comp``,
    ``bass`` and ``groove`` choose instruments and patterns within the genre.
    """

    tempo: int
    key: str
    caption: str
    a: str
    b: str
    a2: str = ""
    end: str = "I"
    form: str = "ACBC"
    beats_per_bar: int = 4
    swing: float = 0.5
    lead: str = ""
    comp: str = ""
    bass: str = ""
    groove: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A phrase: its letter (``A``, ``C`` for A', ``B``), first bar, number of bars, place in the form."""

    letter: str
    bar: int
    bars: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The plan of a piece: phrases, chords, and a last bar for the final chord."""

    key: Key
    beats_per_bar: int
    sections: tuple[Section, ...]
    chords: tuple[ChordSpan, ...]

    @property
    def bars(self) -> int:
        """The number of bars before the final one."""
        return self.sections[-1].bar + self.sections[-1].bars

    @property
    def end(self) -> float:
        """The beat at which the final chord starts."""
        return float(self.bars * self.beats_per_bar)

    @property
    def beats(self) -> float:
        """The length with the final bar."""
        return self.end + self.beats_per_bar

    def at(self, beat: float) -> Chord:
        """Return the chord that sounds at a beat."""
        return next(s.chord for s in reversed(self.chords) if s.start <= beat + 1e-6)

    def section(self, bar: int) -> Section:
        """Return the phrase to which a bar belongs; the final bar belongs to the last."""
        return next(s for s in reversed(self.sections) if s.bar <= bar)

    def last_of_phrase(self, bar: int) -> bool:
        """Whether the bar closes a phrase."""
        here = self.section(bar)
        return bar == here.bar + here.bars - 1


def outline(piece: Piece) -> Outline:
    """Return the plan of a piece."""
    in_key = key(piece.key)
    texts = {"A": piece.a, "B": piece.b, "C": piece.a2 or piece.a}
    sections: list[Section] = []
    chords: list[ChordSpan] = []
    bar = 0
    for index, letter in enumerate(piece.form):
        spans = progression(texts[letter], in_key, piece.beats_per_bar, float(bar * piece.beats_per_bar))
        bars = texts[letter].count("|") + 1
        sections.append(Section(letter=letter, bar=bar, bars=bars, index=index))
        chords.extend(spans)
        bar += bars
    chords.extend(progression(piece.end, in_key, piece.beats_per_bar, float(bar * piece.beats_per_bar)))
    return Outline(key=in_key, beats_per_bar=piece.beats_per_bar, sections=tuple(sections), chords=tuple(chords))


def grid(pattern: str) -> list[tuple[float, float, float]]:
    """Return ``(beat, length in beats, velocity)`` for each note of a pattern.

    A digit starts a note (9 loudest), ``-`` holds it, ``.`` is silence; spaces and bars are for the eye.
    """
    marks = [c for c in pattern if c not in " |"]
    out: list[tuple[float, float, float]] = []
    for i, c in enumerate(marks):
        if c.isdigit():
            held = 1
            while i + held < len(marks) and marks[i + held] == "-":
                held += 1
            out.append((i * STEP, held * STEP, int(c) / 9.0))
        elif c not in ".-":
            raise ValueError(f"pattern {pattern!r}: {c!r} is none of 1-9, '-' and '.'")
    return out


def shaped(notes: Iterable[Note], gain: Callable[[float], float]) -> tuple[Note, ...]:
    """Return the notes with velocities multiplied by a function of the beat, kept within 0.05–1."""
    return tuple(replace(n, velocity=min(1.0, max(0.05, n.velocity * gain(n.beat)))) for n in notes)
