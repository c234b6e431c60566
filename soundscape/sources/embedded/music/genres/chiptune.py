"""Chiptune: pulse waves, a stepped triangle, noise drums, arpeggios faster than a hand."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import arpeggio, bass_line, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, harmonised, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "chiptune"

PIECES = (
    Piece(
        tempo=150, key="C major", lead="chip_lead", groove="hero", form="ACBC",
        a="I | V/3 | vi | IV", b="ii | V | iii | vi", a2="I | V/3 | IV V | I", end="I",
        caption="Upbeat eight-bit chiptune in {key} at {bpm} BPM, a heroic pulse-wave melody over skittering arpeggios",
    ),
    Piece(
        tempo=168, key="A minor", lead="chip_thin", groove="chase", form="ACBC",
        a="i | i | bVI | bVII", b="iv | bVII | bIII | V", end="i",
        caption="Frantic video-game chase music, {bpm} BPM in {key}, thin square leads above galloping triangle bass",
    ),
    Piece(
        tempo=116, key="F major", lead="chip_square", groove="town", form="ACB", swing=0.6,
        a="Imaj7 | vi7 | ii7 | V7", b="IVmaj7 | iii7 | ii7 | V7", end="Imaj7",
        caption="Cosy retro-game village theme in {key}, bouncing square waves and soft noise drums at {bpm} BPM",
    ),
    Piece(
        tempo=132, key="D phrygian", lead="chip_lead", groove="dungeon", form="ACB",
        a="i | bII | i | bvii", b="bIII | bII | iv | bII", end="i",
        caption="Creepy eight-bit dungeon loop in {key}, {bpm} BPM, crawling minor arpeggios over a hollow "
        "triangle bass",
    ),
    Piece(
        tempo=140, key="E flat major", lead="chip_lead", groove="waltz", beats_per_bar=3, form="ACBC",
        a="I | vi | ii | V", b="IV | I/3 | ii | V", a2="I | vi | ii V | I", end="I",
        caption="Whirling chiptune waltz in {key} at {bpm} BPM, toy-like bleeps spinning around a simple bass",
    ),
    Piece(
        tempo=160, key="G mixolydian", lead="chip_square", groove="hero", form="ACBC",
        a="I | bVII | IV | I", b="vi | bVII | IV | V", end="I",
        caption="Triumphant arcade victory music, {bpm} BPM, bleeping harmonised squares and crunchy noise snare in "
        "{key}",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "hero": {"kick": ("9.....8.9.......", "9.....8.9...8..."), "snare": "....8.......8...", "hat": "6.4.6.4.6.4.6.4."},
    "chase": {"kick": "9..99..99..99..9", "snare": "....8.......8.5.", "hat": "5555555555555555"},
    "town": {"kick": "7.......7.......", "snare": "....5.......5...", "hat": "4.3.4.3.4.3.4.3."},
    "dungeon": {"kick": "9.......8.......", "snare": "........6.......", "hat": "4...4...4...4.4."},
    "waltz": {"kick": "8...........", "snare": "....5...5...", "hat": "5.3.5.3.5.3."},
}
_FILLS: dict[str, Patterns] = {
    "waltz": {"snare": "....5.5.6.7."},
    "other": {"snare": "....8...7.7.8888", "tom_mid": "........6......."},
}
_BASS: Rhythms = {
    "hero": ("R-R-O-R-R-R-O-A-",),
    "chase": ("R.RRO.RRR.RRO.RR",),
    "town": ("R---5---R---5---", "R---5---R-3-A---"),
    "dungeon": ("R-----R-......R-", "R-----R-..5-R---"),
    "waltz": ("R---........", "5---........"),
}
_TUNE: dict[str, Rhythms] = {
    "hero": {
        "A": ("7-6-7-8-----7-6-", "7---6-5-6-......", "7-8-9---8-7-6---", "7-------........"),
        "B": ("8---8---7-6-7---", "6---7-8-9-------"),
    },
    "chase": {"A": ("8.8-7.8-9.8-7-6-", "8.8-7.6-7-......"), "B": ("9---8---7---8---", "8-8-7-8-9-------")},
    "town": {"A": ("7---6-7-5---6---", "6-7-8-7-6-......"), "B": ("8---7-6-7-------", "6---5-6-7-......")},
    "dungeon": {"A": ("6-----7---6-....", "..5-6-----......"), "B": ("7---6---5-------", "6-----7-........")},
    "waltz": {
        "A": ("7---6-7-8---", "7-6-5-------", "6-7-8---7-6-", "7---------.."),
        "B": ("8-----7-6---", "7-----6-...."),
    },
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    fill = _FILLS["waltz" if piece.beats_per_bar == 3 else "other"]
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=fill, crash=piece.groove != "town")
    bass = bass_line(plan, _BASS[piece.groove], low=36)
    voiced = voicings(plan, 60, 79, 3)
    order = (0, 1, 2, 3) if piece.groove != "dungeon" else (0, 2, 1, 2, 3, 2, 1, 2)
    broken = arpeggio(plan, voiced, order, step=0.25, held=0.9, accents=(0.7, 0.6, 0.6, 0.6))
    notes = tune(plan, Style(rhythms=_TUNE[piece.groove], centre=79, span=9, leaps=0.4), draw("tune"))
    if piece.groove == "hero":
        notes = (*notes, *harmonised(plan, notes, 4)) if piece.lead == "chip_square" else notes
    parts = (
        Part(voice="kit:chip", notes=drums, level=-15.0, send=0.0, jitter=0.0),
        Part(voice="chip_bass", notes=bass, level=-14.0, send=0.0, jitter=0.0),
        Part(voice="chip_thin", notes=broken, level=-20.0, send=0.03, jitter=0.0),
        Part(voice=piece.lead, notes=notes, level=-15.0, send=0.05, jitter=0.0, echo=0.2),
    )
    return Score(tempo=piece.tempo, beats=plan.beats, parts=parts, swing=piece.swing, reverb=0.5, ring=0.5)
