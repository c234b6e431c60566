"""Reggae, ska and dub: chords on the off-beat, a heavy bass, the drop on three."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, harmonised, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "reggae"

PIECES = (
    Piece(
        tempo=76, key="A minor", comp="clean_guitar", lead="melodica", groove="one_drop", form="ABC", swing=0.58,
        a="i | iv", a2="i | v i", b="bVI | bVII", end="i",
        caption="Laid-back roots reggae in {key} at {bpm} BPM, offbeat guitar skank, deep bass and a plaintive "
        "melodica",
    ),
    Piece(
        tempo=84, key="G major", comp="clean_guitar", lead="organ", groove="one_drop", form="ACB", swing=0.56,
        a="I | IV", a2="I | V IV", b="vi | ii V", end="I",
        caption="Sunny reggae groove, {bpm} BPM in {key}, bubbling organ and choppy guitar over a loping bass line",
    ),
    Piece(
        tempo=156, key="C major", comp="clean_guitar", lead="brass_section", groove="ska", form="ACBC",
        a="I | vi | ii | V", a2="I | vi | IV V | I", b="IV | I | II7 | V7", end="I",
        caption="Bouncy ska at {bpm} BPM in {key}, upstroke guitars, walking bass and a cheerful horn section",
    ),
    Piece(
        tempo=72, key="E minor", comp="organ", lead="", groove="dub", form="ABA",
        a="i | i", b="bVII | i", end="i",
        caption="Spacious dub in {key}, {bpm} BPM: cavernous echoes on organ chops, rimshots and a massive slow bass",
    ),
    Piece(
        tempo=92, key="D major", comp="clean_guitar", lead="trumpet", groove="steppers", form="AB",
        a="I | iii | IV | V", b="vi | iii | IV | V", end="I",
        caption="Uplifting steppers reggae in {key}, kick on every beat at {bpm} BPM beneath a noble trumpet tune",
    ),
    Piece(
        tempo=80, key="F sharp minor", comp="electric_piano", lead="flute", groove="one_drop", form="ACB", swing=0.57,
        a="i7 | iv7", a2="i7 | v7 i7", b="bVImaj7 | bVII", end="i7",
        caption="Mellow lovers' rock in {key}, {bpm} BPM, tremulous electric piano offbeats and a floating flute",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "one_drop": {
        "kick": "........9.......",
        "rim": ("........8......4", "........8...4..."),
        "hat": "5.3.6.3.5.3.6.34",
    },
    "ska": {"kick": "8.......8.......", "snare": "....8.......8...", "hat": "4.6.4.6.4.6.4.6."},
    "dub": {"kick": "........9.......", "rim": ("........8.......", "........8.....5."), "hat": "4.3.5.3.4.3.5.3."},
    "steppers": {
        "kick": "9...8...9...8...",
        "snare": "........8.......",
        "hat": "5.4.6.4.5.4.6.4.",
        "shaker": "3232323232323232",
    },
}
_FILL: Patterns = {"snare": "6..6..6.....8.66", "tom_high": ".........6.6...."}
_BASS: Rhythms = {
    "one_drop": ("R---..R-3-5-..5-", "..R-R---5-3-R---"),
    "ska": ("R---3---5---6---", "R---3---5---A---"),
    "dub": ("R---R---..5-3-R-", "......R-R---7-5-"),
    "steppers": ("R--R--5-3---R-..", "R--R--5-7---5-A-"),
}
_SKANK = {
    "one_drop": "....7.......7.4.",
    "ska": "..7...7...7...7.",
    "dub": "....7.......7...",
    "steppers": "..6...6...6...6.",
}
_TUNE: dict[str, Rhythms] = {
    "one_drop": {"A": ("....6-7-8---7-6-", "..7-6-5-----...."), "B": ("8-----7-6-7-....", "6---5-6-7-------")},
    "ska": {
        "A": ("7.7-8---7.6-5---", "6.6-7---........", "8.8-9---8.7-6---", "7-----6-7-------"),
        "B": ("9---8---7---8---", "7---6---7-------"),
    },
    "steppers": {"A": ("7-----8-7-6-....", "6---5---6-------"), "B": ("8-----9-8---7---", "7---6---7-------")},
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    fill = None if piece.groove == "dub" else _FILL
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=fill, crash=piece.groove in ("ska", "steppers"))
    bass = bass_line(plan, _BASS[piece.groove], low=33 if piece.groove == "ska" else 28)
    skank = comping(plan, voicings(plan, 57, 79, 3), (_SKANK[piece.groove],), strum=0.008)
    echo = 0.75 if piece.groove == "dub" else 0.0
    voice = "finger_bass" if piece.groove == "ska" else "sub_bass"
    parts = [
        Part(voice="kit:acoustic", notes=drums, level=-14.0, send=0.5 if echo else 0.15, jitter=0.005, echo=0.3 * echo),
        Part(voice=voice, notes=bass, level=-12.0, send=0.02, jitter=0.005, late=0.006),
        Part(voice=piece.comp, notes=skank, level=-15.0, send=0.2 + 0.4 * echo, jitter=0.006, echo=echo, tremolo=
             4.0 if piece.comp == "electric_piano" else 0.0),
    ]  # fmt: skip
    if piece.groove == "one_drop":
        # The organ's bubble: short notes around the skank.
        bubble = comping(plan, voicings(plan, 55, 74, 3), ("..4.5.4...4.5.4.",), close=False)
        parts.append(Part(voice="bubble_organ", notes=bubble, level=-21.0, send=0.15, jitter=0.005))
    if piece.lead:
        centre = {"brass_section": 68, "organ": 74}.get(piece.lead, 75)
        notes = tune(plan, Style(rhythms=_TUNE[piece.groove], centre=centre, span=9, colour="pentatonic"), draw("tune"))
        if piece.lead == "brass_section":
            notes = (*notes, *harmonised(plan, notes, 4))
        parts.append(Part(voice=piece.lead, notes=notes, level=-15.0, send=0.3, jitter=0.010, late=0.01, echo=0.15))
    return Score(
        tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), swing=piece.swing, swing_unit=0.5,
        reverb=2.2 if echo else 1.1, ring=1.6 if echo else 0.9,
    )  # fmt: skip
