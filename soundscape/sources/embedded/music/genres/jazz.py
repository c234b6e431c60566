"""Jazz: small groups in swing, with walking bass and brushes or ride cymbal."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import comping, drumming, voicings, walking_bass
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "jazz_swing"

PIECES = (
    Piece(
        tempo=140, key="F major", swing=0.66, lead="piano", comp="piano", groove="ride",
        a="Imaj7 | vi7 | ii7 | V7", a2="Imaj7 | VI7b9 | ii7 V13 | I69", b="IVmaj7 | iv7 bVII9 | iii7 VI7b9 | ii7 V7",
        end="I69",
        caption="Light-footed jazz piano trio swinging at {bpm} BPM in {key}, walking double bass and crisp ride "
        "cymbal",
    ),
    Piece(
        tempo=112, key="B flat major", swing=0.67, lead="saxophone", comp="piano", groove="brushes",
        a="Imaj7 | I7 | IVmaj7 | iv7", a2="iii7 VI7b9 | ii7 V13 | I69 | I69", b="iii7 | VI7 | ii7 | V7", form="ABC",
        end="Imaj9",
        caption="A warm tenor saxophone croons over brushed drums and piano, relaxed jazz swing in {key} at {bpm} BPM",
    ),
    Piece(
        tempo=172, key="C minor", swing=0.62, lead="muted_trumpet", comp="piano", groove="ride",
        a="i7 | ii7 V7b9 | i7 | iv7", a2="i7 | bVI7 V7#9 | i6 | i6", b="iv7 | bVII7 | bIIImaj7 | iih7 V7b9", end="i69",
        caption="Brisk hard-bop quartet in {key}, {bpm} BPM, muted trumpet darting over restless bass and splashing "
        "ride",
    ),
    Piece(
        tempo=92, key="E flat major", swing=0.67, lead="vibraphone", comp="", groove="brushes", form="AC",
        a="Imaj9 | IV13 | iii7 | VI7b9", a2="ii9 | V13 | I69 | I69", b="ii7 | bII7 | Imaj7 | iv6", end="Imaj9",
        caption="Late-night vibraphone trio, slow swing in {key} at {bpm} BPM, shimmering tremolo above soft brushes",
    ),
    Piece(
        tempo=126, key="G major", swing=0.66, lead="clarinet", comp="nylon", groove="brushes", form="ABC",
        a="I6 | I6 | II7 | II7", a2="ii7 | V7 | I6 | I6", b="IV6 | #ivo7 | I6/5 VI7 | II7 V7", end="I6",
        caption="Old-fashioned hot-club swing in {key}, {bpm} BPM, chirpy clarinet over chunking acoustic guitar "
        "strokes",
    ),
    Piece(
        tempo=152, key="D dorian", swing=0.64, lead="flute", comp="organ", groove="ride",
        a="i7 | IV9 | i7 | IV9", a2="i7 | IV9 | i7 | i7", b="bvii7 | bIII9 | iih7 | V7#9", end="i69",
        caption="Cool modal jazz at {bpm} BPM in {key}, a nimble flute riding murmuring organ chords and ticking "
        "cymbals",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "ride": {
        "ride": "6...8.5.6...8.5.",
        "hat": "....6.......6...",
        "kick": "3...3...3...3...",
        "snare": ("..............3.", "......3...3.....", "..........4.....", "..3...........3."),
    },
    "brushes": {
        "brush": "6...8...6...8...",
        "snare": ("4.....3.4.....3.", "4...3.3.4.....3."),
        "hat": "....5.......5...",
        "kick": "2...2...2...2...",
    },
}
_FILLS: dict[str, Patterns] = {
    "ride": {"snare": "..5...6.5.6.7...", "tom_mid": "..............6.", "tom_low": "............6..."},
    "brushes": {"snare": "4...5.4.5.4.5.6."},
}
_COMP: Rhythms = {
    "piano": ("6-..........5-..", "..5-......6-....", "......5-......4-", "5---......5-...."),
    "nylon": ("6...8...6...8...",),
    "organ": ("5-----------....", "......5-----..4-"),
}
_TUNE: Rhythms = {
    "A": ("..6-7-6-..5-6---", "7-6-5-6-5---..5-", "6-..7-6-7-8-6-5-", "6-----....5-6-.."),
    "B": ("7---6-7-8---6---", "..7-6-5-6-7-5-..", "8-7-6-7-..6-5-6-", "7-----5-........"),
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    kit = "brushes" if piece.groove == "brushes" else "acoustic"
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=_FILLS[piece.groove], crash=False)
    bass = walking_bass(plan, draw("bass"), two="A" if piece.tempo < 115 else "")
    centre = {"flute": 79, "saxophone": 66, "piano": 76}.get(piece.lead, 72)
    notes = tune(plan, Style(rhythms=_TUNE, centre=centre, span=10, leaps=0.35), draw("tune"))
    parts = [
        Part(voice="kit:" + kit, notes=drums, level=-17.0, send=0.12, jitter=0.006),
        Part(voice="upright_bass", notes=bass, level=-15.5, send=0.06, jitter=0.008),
        Part(voice=piece.lead, notes=notes, level=-14.0, send=0.25, jitter=0.012, late=0.012),
    ]
    if piece.comp:
        voiced = voicings(plan, 50, 70 if piece.lead == "piano" else 74, 4)
        chords = comping(plan, voiced, _COMP[piece.comp], ahead=0.5, strum=0.015 if piece.comp == "nylon" else 0.0)
        parts.append(Part(voice=piece.comp, notes=chords, level=-19.0, send=0.18, jitter=0.008))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), swing=piece.swing, reverb=1.0, ring=1.2)
