"""Ambient: slow clouds of sound without a beat."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import arpeggio, bass_line, sustained_chords, voicings
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Part, Piece, Rhythms, Score, outline

LABEL = "ambient"

PIECES = (
    Piece(
        tempo=88, key="D major", comp="pad", lead="", bass="sub_bass", groove="still", form="AB",
        a="Imaj9 | Imaj9 | IVmaj9 | vi9", b="IVmaj9 | ii9 | Imaj9 | V9sus", end="Imaj9",
        caption="A slow, glowing ambient pad in {key}, soft chords melting into each other without any beat",
    ),
    Piece(
        tempo=92, key="A minor", comp="airy_pad", lead="bell", bass="sub_bass", groove="bells", form="AB",
        a="i9 | bVImaj7 | i9 | iv9", b="bVImaj7 | bIIImaj7 | iv9 | v7", end="i9",
        caption="Dark, misty ambient music in {key}: distant bells toll sparsely above a breathy, droning synthesiser",
    ),
    Piece(
        tempo=84, key="F lydian", comp="choir", lead="", bass="pad", groove="still", form="AB",
        a="Imaj7 | II/3 | Imaj7 | iii7", b="vi7 | II | iii7 | Imaj7", end="Imaj7",
        caption="Wordless synthetic choir holding weightless chords in {key}, a calm, cathedral-like ambient drift",
    ),
    Piece(
        tempo=96, key="E minor", comp="pad", lead="harp", bass="sub_bass", groove="ripple", form="AB",
        a="i9 | bVImaj7 | bIIIadd9 | bVIIsus2", b="iv9 | bVImaj7 | i9 | bVII", end="iadd9",
        caption="Dreamy ambient piece in {key} where slow harp ripples sparkle over a deep, warm synthesiser bed",
    ),
    Piece(
        tempo=90, key="B flat major", comp="strings", lead="felt_piano", bass="pad", groove="notes", form="AB",
        a="Iadd9 | iii7 | IVmaj9 | IVmaj9", b="vi7 | iii7 | IVmaj9 | V9sus", end="Iadd9",
        caption="Tender cinematic ambience in {key}, single felt-piano notes falling into hushed, sustained strings",
    ),
    Piece(
        tempo=86, key="C phrygian", comp="airy_pad", lead="", bass="cello", groove="drone", form="AB",
        a="i | bII | i | bvii7", b="bIImaj7 | i | bvii7 | i5", end="i5",
        caption="An ominous drone in {key}, low bowed strings and icy synth layers creeping forward, tense and "
        "beatless",
    ),
)  # fmt: skip

_TUNE: dict[str, Rhythms] = {
    "bells": {"A": ("7---------------", "......5---------"), "B": ("....6-----------", "5-------4-------")},
    "notes": {"A": ("..6-----5-------", "....5-------4---"), "B": ("6-----5-----4---", "..5-------------")},
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    low = 48 if piece.comp != "choir" else 52
    voiced = voicings(plan, low, low + 25, 4)
    roots = bass_line(plan, ("R---------------",), low=33)
    parts = [
        Part(voice=piece.comp, notes=sustained_chords(plan, voiced), level=-14.0, send=0.6, jitter=0.03),
        Part(voice=piece.bass, notes=roots, level=-18.0, send=0.15, jitter=0.03),
    ]
    if piece.groove == "ripple":
        order = (0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, -1, -1, -1, -1)
        notes = arpeggio(plan, voiced, order, step=0.25, held=6.0)
        parts.append(Part(voice=piece.lead, notes=notes, level=-18.0, send=0.6, jitter=0.012, echo=0.35))
    elif piece.lead:
        style = Style(rhythms=_TUNE[piece.groove], centre=74, span=10, leaps=0.6, colour="pentatonic")
        notes = tune(plan, style, draw("tune"))
        parts.append(Part(voice=piece.lead, notes=notes, level=-19.0, send=0.8, jitter=0.03, echo=0.4))
    elif piece.groove == "drone":
        wind = tuple(voicings(plan, 72, 96, 2))
        parts.append(Part(voice="choir", notes=sustained_chords(plan, wind, 0.4), level=-22.0, send=0.9, jitter=0.05))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), reverb=2.8, tone="warm", ring=1.6)
