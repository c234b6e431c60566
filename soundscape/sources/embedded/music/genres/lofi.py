"""Lo-fi hip hop: tired keys, behind-the-beat drums, worn tape."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "lofi_hip_hop"

PIECES = (
    Piece(
        tempo=78, key="A minor", swing=0.58, lead="", comp="electric_piano", bass="sub_bass", groove="boom_bap",
        a="i9 | iv9", a2="i9 | bVImaj7 v7", b="bVImaj7 | bIIImaj7", end="i9",
        caption="A laid-back lo-fi hip-hop loop at {bpm} BPM in {key}, dusty electric piano chords over soft boom-bap "
        "drums",
    ),
    Piece(
        tempo=84, key="E flat major", swing=0.60, lead="vibraphone", comp="felt_piano", bass="upright_bass",
        groove="lazy", a="ii9 | V13", a2="ii9 V13 | Imaj9", b="vi9 | iv6 bVII9", end="Imaj9",
        caption="Mellow lo-fi beat, {bpm} BPM in {key}: a vibraphone muses over muffled piano, double bass and vinyl "
        "crackle",
    ),
    Piece(
        tempo=72, key="D dorian", swing=0.56, lead="flute", comp="electric_piano", bass="sub_bass", groove="half",
        form="ABC", a="i9 | IV9", a2="i9 | bVIImaj7 i9", b="bVIImaj7 | v9", end="i9",
        caption="Sleepy lo-fi study music in {key} with a breathy flute drifting over wobbling keys, {bpm} BPM",
    ),
    Piece(
        tempo=88, key="F minor", swing=0.62, lead="muted_trumpet", comp="electric_piano", bass="upright_bass",
        groove="boom_bap", a="i9 | bVImaj7 V7b9", a2="i9 | iv9 i7", b="iv9 | bVII13 bIIImaj7", end="i9",
        caption="Smoky lo-fi hip hop at {bpm} BPM in {key}, a muted trumpet sighing over warm chords and a swung, "
        "crackling beat",
    ),
    Piece(
        tempo=80, key="G major", swing=0.57, lead="music_box", comp="nylon", bass="sub_bass", groove="lazy",
        a="Imaj7 | iii7", a2="Imaj7 | IVmaj7 V7sus", b="IVmaj7 | iv6", end="Imaj7",
        caption="Nostalgic lo-fi groove with nylon guitar and a tiny music box, unhurried at {bpm} BPM in {key}",
    ),
    Piece(
        tempo=92, key="C sharp minor", swing=0.60, lead="whistle_synth", comp="felt_piano", bass="sub_bass",
        groove="half", a="bVImaj7 | i7", a2="bVImaj7 | bVII6 i7", b="iv7 | v7 bVImaj7", end="i7",
        caption="Rainy-day lo-fi instrumental in {key}, {bpm} BPM, felt piano under a lonely whistling synth and dull "
        "thudding drums",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "boom_bap": {
        "kick": ("9.....7...8.....", "9.....7..6.8...."),
        "snare": ("....8.......8..3", "....8..2....8..."),
        "hat": "6.4.6.4.6.4.6.43",
    },
    "lazy": {
        "kick": ("9......58.......", "9......5..8..6.."),
        "snare": "....7.......7...",
        "hat": "5.3.5.335.3.5.3.",
        "rim": "..........3....3",
    },
    "half": {
        "kick": ("9.........7.....", "9..6......8....."),
        "snare": "........8.......",
        "hat": "5.5.5.4.5.5.5.43",
        "shaker": "4.2.4.2.4.2.4.2.",
    },
}
_FILL: Patterns = {"snare": "....8..3..4.8.56", "open_hat": "..............5."}
_CHORDS: Rhythms = {
    "boom_bap": ("7------...4-----", "6------...5---3-"),
    "lazy": ("7---------......", "..5-------..4---"),
    "half": ("7--------------.",),
}
_TUNE: Rhythms = {"A": ("....6-4-5--4----", "......5-6---4---"), "B": ("..5-6---7-5-6---", "....6-5-4-------")}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    chords = comping(plan, voicings(plan, 52, 76), _CHORDS[piece.groove], strum=0.04, ahead=0.5)
    bass = bass_line(plan, ("R-----.R'..5-----", "R-----.R'..5--A--"), low=33)
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=_FILL, crash=False)
    parts = [
        Part(voice=piece.comp, notes=chords, level=-16.0, send=0.25, late=0.008, jitter=0.008, tremolo=3.1),
        Part(voice=piece.bass, notes=bass, level=-15.0, send=0.02, late=0.006),
        Part(voice="kit:dusty", notes=drums, level=-12.5, send=0.08, late=0.010, jitter=0.004),
    ]
    if piece.lead:
        style = Style(rhythms=_TUNE, centre=74, span=9, colour="pentatonic")
        notes = tune(plan, style, draw("tune"))
        parts.append(Part(voice=piece.lead, notes=notes, level=-17.0, send=0.45, late=0.015, jitter=0.01, echo=0.2))
    return Score(
        tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), swing=piece.swing, swing_unit=0.5, reverb=1.4,
        tone="tape", ring=0.8,
    )  # fmt: skip
