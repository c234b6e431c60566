"""The accompaniment: chords by grid, arpeggios, bass lines, drum patterns with fills."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from soundscape.sources.embedded.music.score import DRUMS, STEP, Note, Outline, Patterns, Section, grid
from soundscape.sources.embedded.music.theory import Chord, lead_voices, near


def voicings(outline: Outline, low: int, high: int, voices: int = 4) -> tuple[tuple[int, ...], ...]:
    """Return a led voicing for every chord of the piece."""
    return lead_voices([s.chord for s in outline.chords], low, high, voices)


def _index(outline: Outline, beat: float) -> int:
    return max(i for i, s in enumerate(outline.chords) if s.start <= beat + 1e-6)


def sustained_chords(outline: Outline, voiced: Sequence[tuple[int, ...]], velocity: float = 0.6) -> tuple[Note, ...]:
    """Return each chord held for its whole length; tones common to neighbouring chords are tied over."""
    out: list[Note] = []
    sounding: dict[int, Note] = {}
    for span, pitches in zip(outline.chords, voiced, strict=True):
        out.extend(note for pitch, note in sounding.items() if pitch not in pitches)
        sounding = {
            p: Note(
                beat=sounding[p].beat if p in sounding else span.start,
                beats=span.start + span.beats - (sounding[p].beat if p in sounding else span.start),
                pitch=p,
                velocity=velocity,
            )
            for p in pitches
        }
    out.extend(sounding.values())
    return tuple(sorted(out, key=lambda n: (n.beat, n.pitch)))


def comping(
    outline: Outline,
    voiced: Sequence[tuple[int, ...]],
    patterns: Sequence[str],
    *,
    strum: float = 0.0,
    ahead: float = 0.0,
    close: bool = True,
) -> tuple[Note, ...]:
    """Return chords struck by bar grids, used in turn.

    ``strum`` spreads a chord from its lowest note by so many beats a string, upwards on off-beats; chords struck within
    ``ahead`` beats of the next chord take that one already. ``close`` adds the final chord.
    """
    out: list[Note] = []
    grids = [grid(p) for p in patterns]
    bpb = outline.beats_per_bar
    for bar, strokes in zip(range(outline.bars), itertools.cycle(grids)):
        for offset, length, velocity in strokes:
            beat = bar * bpb + offset
            pitches = voiced[_index(outline, min(beat + ahead, outline.end))]
            ordered = pitches if offset % 1.0 == 0.0 else pitches[::-1]
            for i, pitch in enumerate(ordered):
                out.append(Note(beat=beat + i * strum, beats=length, pitch=pitch, velocity=velocity))
    if close:
        out.extend(
            Note(beat=outline.end + i * max(strum, 0.02), beats=bpb * 0.9, pitch=p, velocity=0.65)
            for i, p in enumerate(voiced[-1])
        )
    return tuple(out)


def arpeggio(
    outline: Outline,
    voiced: Sequence[tuple[int, ...]],
    order: Sequence[int],
    *,
    step: float = 0.5,
    held: float = 1.0,
    accents: Sequence[float] = (0.75, 0.5, 0.6, 0.5),
    bass: bool = False,
) -> tuple[Note, ...]:
    """Return the chords broken: ``order`` gives the voice for each step (−1 rests, past the top is an octave up).

    ``held`` is the length of a note in steps. With ``bass`` voice 0 is the chord's bass note under the voicing.
    """
    out: list[Note] = []
    bpb = outline.beats_per_bar
    for bar in range(outline.bars):
        for i in range(round(bpb / step)):
            which = order[i % len(order)]
            if which < 0:
                continue
            beat = bar * bpb + i * step
            index = _index(outline, beat)
            tones = voiced[index]
            if bass:
                tones = (near(outline.chords[index].chord.bass, tones[0] - 9), *tones)
            octave, place = divmod(which, len(tones))
            velocity = accents[i % len(accents)]
            out.append(Note(beat=beat, beats=step * held, pitch=tones[place] + 12 * octave, velocity=velocity))
    last = voiced[-1]
    if bass:
        last = (near(outline.chords[-1].chord.bass, last[0] - 9), *last)
    out.extend(
        Note(beat=outline.end + 0.06 * i, beats=bpb * 0.95 - 0.06 * i, pitch=p, velocity=0.6)
        for i, p in enumerate(last)
    )
    return tuple(out)


def _step_towards(outline: Outline, here: int, goal: int) -> int:
    """Return a pitch that leads into ``goal``: a scale step below or above it, a semitone where the scale has none."""
    side = 1 if here > goal else -1
    return next((p for p in (goal + 2 * side, goal + side) if p % 12 in outline.key.scale), goal + side)


def _bass_pitch(outline: Outline, letter: str, beat: float, end: float, low: int) -> int:
    chord = outline.at(beat)
    root = low + (chord.bass - low) % 12
    if letter == "R":
        return root
    if letter == "O":
        return root + 12
    if letter in "357":
        return near(chord.degree(int(letter)), root + {"3": 4, "5": 7, "7": 10}[letter])
    if letter == "4":  # the fifth below, as in alternating bass
        return near(chord.degree(5), root - 5)
    if letter == "6":
        return root + 9
    if letter == "A":
        following = low + (outline.at(min(end, outline.end)).bass - low) % 12
        return _step_towards(outline, root, following)
    raise ValueError(f"bass pattern: {letter!r} is none of R O 3 4 5 6 7 A - . and '")


def bass_line(outline: Outline, patterns: Sequence[str], *, low: int = 36) -> tuple[Note, ...]:
    """Return a bass from bar patterns of degrees, used in turn.

    ``R`` bass note of the chord, ``O`` its octave, ``3 5 7`` chord tones above, ``4`` the fifth below, ``6`` the sixth,
    ``A`` a step into the next bar's bass; ``-`` holds, ``.`` rests, ``'`` after a letter makes it soft. ``low`` is
    the lowest root.
    """
    out: list[Note] = []
    bpb = outline.beats_per_bar
    for bar, text in zip(range(outline.bars), itertools.cycle(patterns)):
        marks: list[tuple[str, bool]] = []
        for c in text.replace(" ", "").replace("|", ""):
            if c == "'":
                marks[-1] = (marks[-1][0], True)
            else:
                marks.append((c, False))
        for i, (letter, soft) in enumerate(marks):
            if letter in "-.":
                continue
            held = next((j for j in range(i + 1, len(marks)) if marks[j][0] != "-"), len(marks)) - i
            beat = bar * bpb + i * STEP
            pitch = _bass_pitch(outline, letter, beat, float((bar + 1) * bpb), low)
            velocity = 0.45 if soft else 0.85 if i == 0 else 0.7
            out.append(Note(beat=beat, beats=held * STEP * 0.95, pitch=pitch, velocity=velocity))
    root = low + (outline.chords[-1].chord.bass - low) % 12
    out.append(Note(beat=outline.end, beats=bpb * 0.9, pitch=root, velocity=0.8))
    return tuple(out)


def walking_bass(outline: Outline, rng: np.random.Generator, *, low: int = 33, two: str = "") -> tuple[Note, ...]:
    """Return a jazz bass in quarter notes: root on each change, chord tones between, a semitone into the next.

    Phrases named in ``two`` are played in half notes instead.
    """
    out: list[Note] = []
    here = low + (outline.chords[0].chord.bass - low) % 12
    for span, following in itertools.pairwise(outline.chords):
        half = outline.section(int(span.start // outline.beats_per_bar)).letter in two
        step = 2.0 if half and span.beats >= 4.0 else 1.0
        here = _within(near(span.chord.bass, here), low)
        goal = _within(near(following.chord.bass, here), low)
        count = int(span.beats / step)
        for i in range(count):
            if i == 0:
                pitch = here
            elif i == count - 1 and step == 1.0:
                pitch = goal + int(rng.choice([-1, 1]))
            else:
                pitch = _walk(span.chord, here, goal, rng)
            here = pitch
            beat = span.start + i * step
            velocity = 0.8 if i % 2 == 0 else 0.72
            out.append(Note(beat=beat, beats=step * 0.92, pitch=pitch, velocity=velocity))
            if step == 1.0 and rng.random() < 0.07:
                out.append(Note(beat=beat + 0.5, beats=0.35, pitch=pitch, velocity=0.4))
    last = outline.chords[-1]
    out.append(Note(beat=last.start, beats=last.beats * 0.9, pitch=low + (last.chord.bass - low) % 12, velocity=0.8))
    return tuple(out)


def _within(pitch: int, low: int) -> int:
    """Bring a bass note into the octave and a half above ``low``."""
    while pitch < low:
        pitch += 12
    while pitch > low + 19:
        pitch -= 12
    return pitch


def _walk(chord: Chord, here: int, goal: int, rng: np.random.Generator) -> int:
    options = [p for p in range(here - 5, here + 6) if p % 12 in chord.classes and p != here and p >= 28]
    weights = np.array([np.exp(-0.25 * abs(p - here) - 0.12 * abs(p - goal)) for p in options])
    total = np.cumsum(weights)
    return options[int(np.searchsorted(total, rng.random() * total[-1]))]


def drumming(
    outline: Outline,
    patterns: Patterns,
    rng: np.random.Generator,
    *,
    fill: Patterns | None = None,
    crash: bool = True,
) -> tuple[Note, ...]:
    """Return a drum part.

    Args:
        outline: the piece.
        patterns: drum -> bar grid, or several used in turn.
        rng: draws small accents.
        fill: drum -> grid that replaces the bar at the end of a phrase for the drums that it names, and adds others.
        crash: whether phrases after the first, and the end, open with a cymbal.
    """
    out: list[Note] = []
    bpb = outline.beats_per_bar
    for bar in range(outline.bars):
        section = outline.section(bar)
        filling = fill if fill and outline.last_of_phrase(bar) else {}
        for name in sorted({*patterns, *filling}):
            text = filling.get(name) if name in filling else patterns.get(name, "")
            if isinstance(text, tuple):
                text = text[bar % len(text)]
            for beat, _, velocity in grid(text or ""):
                out.append(_stroke(bar * bpb + beat, name, velocity, rng))
        if crash and _opens(section, bar):
            out.append(_stroke(float(bar * bpb), "crash", 0.7, rng))
    out.append(_stroke(outline.end, "kick", 0.8, rng))
    if crash:
        out.append(_stroke(outline.end, "crash", 0.75, rng))
    return tuple(out)


def _opens(section: Section, bar: int) -> bool:
    return section.index > 0 and bar == section.bar


def _stroke(beat: float, name: str, velocity: float, rng: np.random.Generator) -> Note:
    accent = velocity * float(np.exp(0.08 * np.clip(rng.standard_normal(), -2.0, 2.0)))
    return Note(beat=beat, beats=0.25, pitch=DRUMS[name], velocity=min(1.0, max(0.08, accent)))
