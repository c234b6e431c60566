"""Bossa nova and samba: nylon guitar in syncopated chords, surdo-like bass, light percussion."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "bossa_nova"

PIECES = (
    Piece(
        tempo=128, key="F major", lead="flute", comp="nylon", groove="bossa", form="ACB",
        a="Imaj7 | II9 | ii7 | V7b9", a2="Imaj7 | II9 | ii7 V13 | I69", b="iv7 | bVII9 | iii7 | VI7b9", end="Imaj9",
        caption="Breezy bossa nova in {key} at {bpm} BPM, airy flute above syncopated nylon guitar and soft rim "
        "clicks",
    ),
    Piece(
        tempo=116, key="A minor", lead="saxophone", comp="nylon", groove="bossa", form="AC",
        a="i9 | iv9 | iih7 | V7b9", a2="i9 | bVI7 | iih7 V7b9 | i6", b="bVImaj7 | v7", end="i6",
        caption="Wistful bossa with a husky saxophone in {key}, {bpm} BPM, shaker whispering behind dark guitar "
        "chords",
    ),
    Piece(
        tempo=140, key="D major", lead="", comp="nylon", groove="samba", form="ACB",
        a="Imaj9 | vi9 | ii9 | V13", a2="iii7 | VI7b9 | ii9 | V13", b="IVmaj7 | bVII9 | iii7 | VI7", end="I69",
        caption="Lively guitar-led samba in {key} at {bpm} BPM, congas and shakers bubbling around bright chords",
    ),
    Piece(
        tempo=120, key="B flat major", lead="vibraphone", comp="nylon", groove="bossa", form="AC",
        a="Imaj7 | bIII7 | ii7 | bII7", a2="Imaj7 | VI7b9 | ii7 V7 | Imaj9", b="iv7 | bVII9", end="Imaj9",
        caption="Elegant lounge bossa in {key}, cool vibraphone phrases and ticking percussion swaying at {bpm} BPM",
    ),
    Piece(
        tempo=132, key="E minor", lead="piano", comp="nylon", groove="samba", form="ACB",
        a="i9 | IV9 | i9 | IV9", a2="i9 | IV9 | iih7 V7b9 | i9", b="bVImaj7 | bVII9 | i9 | i9", end="i9",
        caption="Latin jazz vamp in {key}, {bpm} BPM, sparkling piano lines tumbling over clave and congas",
    ),
    Piece(
        tempo=112, key="G major", lead="whistle_synth", comp="electric_piano", groove="bossa", form="AC",
        a="Imaj7 | iv6 | Imaj7 | iv6", a2="Imaj7 | #io7 | ii7 V7 | Imaj7", b="ii7 | V7", end="Imaj7",
        caption="Kitschy elevator bossa in {key}: whistled tune, electric piano and clicking rims, a mild {bpm} BPM",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "bossa": {
        "kick": "6.....6.6.....6.",
        "rim": ("6.....6.....6...", "..6...6....6...."),
        "hat": "4.3.4.3.4.3.4.3.",
        "shaker": "4343434343434343",
    },
    "samba": {
        "kick": "5.....7.8.....7.",
        "shaker": "6346634663466346",
        "clave": ("6..6...6........", "....6..6........"),
        "conga": ("....4.5.....4.55", "....4.5...4.4.55"),
        "conga_low": "6.......6.......",
        "conga_mute": "..3....3..3....3",
    },
}
_FILLS: dict[str, Patterns] = {"bossa": {"rim": "6..6..6..6..6.6."}, "samba": {"conga": "5.5.55.5.5.55555"}}
_COMP: Rhythms = {"bossa": ("7-..6-..7-6-..6-", "..7-..6-7-..6-.."), "samba": ("7.7-.6-.7.6-.7-.", "..7-.6-.7.6-.7-6")}
_TUNE: Rhythms = {
    "A": ("..6-7-6-------..", "5-6-7---6-5-6---", "..7-8-7---6-5-..", "6-------....5-6-"),
    "B": ("7-----6-7---8---", "7---6---5-----..", "..8-7-6-7---6---", "5-------........"),
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=_FILLS[piece.groove], crash=False)
    bass = bass_line(plan, ("R-----5'-5-----R'-", "R-----5'-5-----A-"), low=33)
    chords = comping(plan, voicings(plan, 52, 74, 4), _COMP[piece.groove], ahead=0.5, strum=0.012)
    parts = [
        Part(voice="kit:brushes", notes=drums, level=-17.0, send=0.15, jitter=0.006),
        Part(voice="upright_bass", notes=bass, level=-15.5, send=0.05, jitter=0.006),
        Part(voice=piece.comp, notes=chords, level=-14.5, send=0.2, jitter=0.008),
    ]
    if piece.lead:
        centre = {"saxophone": 66, "piano": 78}.get(piece.lead, 77)
        notes = tune(plan, Style(rhythms=_TUNE, centre=centre, span=9, leaps=0.3), draw("tune"))
        parts.append(Part(voice=piece.lead, notes=notes, level=-14.5, send=0.35, jitter=0.012, late=0.01))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), reverb=1.2, tone="warm", ring=1.2)
