"""Techno and its neighbours: four on the floor, sixteenth-note lines, off-beat hats."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import arpeggio, bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Note, Outline, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "techno"

PIECES = (
    Piece(
        tempo=128, key="A minor", bass="synth_bass", comp="pluck_synth", lead="", groove="driving",
        a="i7 | i7 | bVI | bVII", b="iv7 | bVI | i7 | v7", form="ACB", end="i",
        caption="Driving techno at {bpm} BPM in {key}: pounding kick, rolling synth bass and a plucked arpeggio",
    ),
    Piece(
        tempo=132, key="F phrygian", bass="acid_bass", comp="", lead="acid", groove="acid",
        a="i | i | i | bII", b="i | bII | i | bvii7", form="ACB", end="i",
        caption="Squelching acid line twisting through hypnotic {bpm} BPM techno in {key}, dry claps and hissing hats",
    ),
    Piece(
        tempo=124, key="C minor", bass="sub_bass", comp="organ", lead="", groove="house",
        a="i9 | iv9 | i9 | bVII9", b="bVImaj7 | v7 | iv9 | v7", form="ACB", end="i9",
        caption="Deep house groove in {key} with short organ stabs, round sub bass and claps, steady at {bpm} BPM",
    ),
    Piece(
        tempo=138, key="E minor", bass="synth_bass", comp="strings", lead="lead_synth", groove="trance",
        a="i | bVI | bIII | bVII", b="iv | bVI | i | bVII", form="ACB", end="i",
        caption="Euphoric trance anthem, {bpm} BPM in {key}, a soaring saw lead over off-beat bass and wide string "
        "chords",
    ),
    Piece(
        tempo=120, key="D minor", bass="rubber_bass", comp="pluck_synth", lead="bell", groove="minimal",
        a="i | i | iv | i", b="bVI | bVI | iv | v", form="ACB", end="i",
        caption="Sparse minimal techno in {key}, {bpm} BPM, clicking rim shots, a rubbery bass and eerie bell motifs",
    ),
    Piece(
        tempo=172, key="G minor", bass="sub_bass", comp="pad", lead="square_lead", groove="breaks",
        a="i9 | i9 | bVImaj7 | bVImaj7", b="iv9 | iv9 | bIIImaj7 | v7", form="ACBC", end="i9",
        caption="Restless drum and bass at {bpm} BPM in {key}, chopped breakbeats racing beneath a moody, floating pad",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "driving": {
        "kick": "9...9...9...9...",
        "open_hat": "..7...7...7...7.",
        "clap": "....7.......7...",
        "hat": "5.4.5.4.5.4.5.44",
        "shaker": "3232323232323232",
    },
    "acid": {
        "kick": "9...9...9...9...",
        "clap": "....8.......8...",
        "hat": "..7...7...7..57.",
        "rim": "...4..4.......4.",
    },
    "house": {
        "kick": "9...9...9...9...",
        "clap": "....7.......7...",
        "open_hat": "..6...6...6...6.",
        "shaker": "5243524352435243",
        "conga": "......4..5....4.",
    },
    "trance": {
        "kick": "9...9...9...9...",
        "snare": "....6.......6...",
        "open_hat": "..8...8...8...8.",
        "hat": "4444444444444444",
    },
    "minimal": {
        "kick": "9...9...9...9...",
        "rim": ("...6..4...6.....", "...6..4...6..5.."),
        "hat": "..5...5...5...5.",
        "shaker": "....4.......4..3",
    },
    "breaks": {
        "kick": ("9.........8.....", "9.........8..7.."),
        "snare": ("....9..4.4..9...", "....9..4.4....9."),
        "hat": "6.5.6.5.6.5.6.5.",
        "ride": "5...5...5...5...",
    },
}
_FILL: Patterns = {"snare": "4.4.5.5.6.6.7788", "open_hat": "..7...7........."}
_BASS: Rhythms = {
    "driving": ("..R'R..RR..RR'..RR'",),
    "acid": (),
    "house": ("R--..R'..O-..R'..",),
    "trance": ("..R-..R-..R-..O-",),
    "minimal": ("R..R'..O..R'..7.R'.", "R..R'..O..3...R'."),
    "breaks": ("R-----..R'-....A-", "R-------..5-...."),
}
_TUNE: dict[str, Rhythms] = {
    "lead_synth": {
        "A": ("7--7--7-6--6--5-", "7--7--7-6-------"),
        "B": ("8-----7-----6---", "7-----6-----5---"),
    },
    "bell": {"A": ("......6.....5...", "..6............."), "B": ("6.....5.....6...",)},
    "square_lead": {
        "A": ("7-----6-----5---", "................"),
        "B": ("6---5---6-------", "....5-----------"),
    },
}


def _acid(plan: Outline, draw: Draw) -> tuple[Note, ...]:
    """A one-bar riff of sixteenths: accents, octave jumps, a minor second for colour; varied in B."""
    rng = draw("acid")
    out: list[Note] = []
    riffs = {}
    for letter in ("A", "B"):
        steps = [int(rng.choice([0, 0, 0, 12, 1, 3, 7, -2, 10])) for _ in range(16)]
        gates = [bool(rng.random() < 0.8) for _ in range(16)]
        accents = [0.95 if rng.random() < 0.35 else 0.5 for _ in range(16)]
        riffs[letter] = (steps, [True, *gates[1:]], [0.95, *accents[1:]])
    for bar in range(plan.bars):
        steps, gates, accents = riffs["B" if plan.section(bar).letter == "B" else "A"]
        for i in range(16):
            if gates[i]:
                beat = bar * 4.0 + i * 0.25
                root = 36 + (plan.at(beat).bass - 36) % 12
                out.append(Note(beat=beat, beats=0.22, pitch=root + (steps[i] if i else 0), velocity=accents[i]))
    out.append(Note(beat=plan.end, beats=2.0, pitch=36 + (plan.key.tonic - 36) % 12, velocity=0.9))
    return tuple(out)


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=_FILL)
    parts = [Part(voice="kit:machine", notes=drums, level=-10.5, send=0.04, jitter=0.0)]
    if piece.groove == "acid":
        parts.append(Part(voice="acid_bass", notes=_acid(plan, draw), level=-13.0, send=0.12, jitter=0.0, drive=0.8))
    else:
        bass = bass_line(plan, _BASS[piece.groove], low=33)
        parts.append(Part(voice=piece.bass, notes=bass, level=-13.5, send=0.02, jitter=0.0))
    voiced = voicings(plan, 55, 79)
    if piece.comp == "pluck_synth":
        order = (0, 2, 1, 3, 2, 4, 1, 3) if piece.groove == "driving" else (0, -1, 3, -1, -1, 2, -1, 1)
        notes = arpeggio(plan, voiced, order, step=0.25, held=0.9)
        parts.append(Part(voice=piece.comp, notes=notes, level=-17.0, send=0.3, jitter=0.0, echo=0.35))
    elif piece.comp == "organ":
        notes = comping(plan, voiced, ("..8.....7.....6.", "..8..6.....7...."))
        parts.append(Part(voice=piece.comp, notes=notes, level=-17.0, send=0.3, jitter=0.002, cut=2600.0))
    elif piece.comp:
        notes = comping(plan, voiced, ("7---------------",))
        parts.append(Part(voice=piece.comp, notes=notes, level=-18.5, send=0.4, jitter=0.0))
    if piece.lead in _TUNE:
        style = Style(rhythms=_TUNE[piece.lead], centre=76, span=9)
        notes = tune(plan, style, draw("tune"))
        parts.append(Part(voice=piece.lead, notes=notes, level=-16.5, send=0.4, jitter=0.0, echo=0.3))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), reverb=1.6, ring=0.9)
