"""Rock: driven guitars in fifths, picked bass, a hard kit."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Note, Outline, Part, Patterns, Piece, Rhythms, Score, outline
from soundscape.sources.embedded.music.theory import near

LABEL = "rock"

PIECES = (
    Piece(
        tempo=132, key="E minor", comp="power", bass="pick_bass", lead="rock_lead", groove="straight",
        a="i | i | bVI | bVII", b="bIII | bVII | iv | bVII", form="ACB", end="i",
        caption="Energetic rock at {bpm} BPM in {key}, distorted power chords, punchy drums and a singing guitar lead",
    ),
    Piece(
        tempo=150, key="A major", comp="power", bass="pick_bass", lead="", groove="punk",
        a="I | V | vi | IV", b="IV | V | I | vi", form="ACBC", end="I",
        caption="Fast, cheerful punk rock in {key} at {bpm} BPM, buzzing downstroke guitars over a galloping drum beat",
    ),
    Piece(
        tempo=92, key="G mixolydian", comp="clean", bass="finger_bass", lead="rock_lead", groove="ballad",
        a="I | bVII | IV | I", b="vi | IV | bVII | IV", form="AB", end="I",
        caption="Easy-going southern rock, {bpm} BPM in {key}, jangling clean guitar, tambourine and a bluesy lead",
    ),
    Piece(
        tempo=108, key="D minor", comp="chug", bass="pick_bass", lead="", groove="heavy",
        a="i | i | bVI | v", b="bII | i | bVI | bVII", form="ACB", end="i",
        caption="Heavy, menacing metal riff in {key}, palm-muted guitars chugging at {bpm} BPM under crashing cymbals",
    ),
    Piece(
        tempo=120, key="C major", comp="clean", bass="pick_bass", lead="organ", groove="straight",
        a="I | iii | IV | iv", b="vi | ii | IV | V", form="ACB", end="I",
        caption="Sunny sixties-style pop rock at {bpm} BPM in {key}, bright guitar strums beneath a wheezy organ tune",
    ),
    Piece(
        tempo=126, key="A minor", comp="power", bass="finger_bass", lead="rock_lead", groove="shuffle", swing=0.66,
        a="i7 | iv7 | i7 | V", b="iv7 | i7 | bVI | V7", form="ACB", end="i",
        caption="Swaggering blues-rock shuffle in {key}, {bpm} BPM, gritty guitars answering a wailing overdriven solo",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "straight": {
        "kick": ("9.....7.8.......", "9.....7.8.8....."),
        "snare": "....9.......9...",
        "hat": "7.5.7.5.7.5.7.5.",
    },
    "punk": {"kick": "9...8...9.8.....", "snare": "..9...9...9...9.", "open_hat": "7.5.7.5.7.5.7.5."},
    "ballad": {
        "kick": ("9.........8.....", "9......6..8....."),
        "snare": "....8.......8...",
        "hat": "7.4.6.4.7.4.6.4.",
        "tambourine": "....6.......6...",
    },
    "heavy": {
        "kick": ("9..98..89..98...", "9.99..8.9.99.888"),
        "snare": "........9.......",
        "crash": "6.......5.......",
        "hat": "....6.......6...",
    },
    "shuffle": {
        "kick": ("9.....7.8.....6.", "9.....7.8.7....."),
        "snare": "....9.......9...",
        "ride": "8...7.6.8...7.6.",
    },
}
_FILL: Patterns = {
    "snare": "....9...8.88....",
    "tom_high": "............8...",
    "tom_mid": ".............8..",
    "tom_low": "..............88",
}
_BASS: Rhythms = {
    "straight": ("R'R'RR'RR'RR'".replace("R", "R-"), "R-R-R-R-R-5-A-A-"),
    "punk": ("R-R-R-R-R-R-R-R-",),
    "ballad": ("R---..R-5---R---", "R---..R-O-5-A---"),
    "heavy": ("R..RR..RR..RR...", "R.RR..R.R.RR.RRR"),
    "shuffle": ("R---3---5---6---", "O---6---5---A---"),
}
_STRUMS: Rhythms = {"straight": ("8---..6-7-6-..6-",), "ballad": ("7---..5-..6-4-5-", "7---..5-6-..4-6-"), "heavy": ()}
_POWER: Rhythms = {
    "straight": ("9-------8---7---", "9-----8---8-7---"),
    "punk": ("9-8-9-8-9-8-9-8-",),
    "heavy": ("9..89..89..89...", "9.88..9.9.88.999"),
    "shuffle": ("9---..7-8-..7---", "8-..7---..8-7---"),
}
_TUNE: dict[str, Rhythms] = {
    "straight": {"A": ("7---6-7-8-----6-", "7-6-5-----......"), "B": ("8-8-8-7---8-----", "7---8---9-------")},
    "ballad": {"A": ("..6-7---6-7-5---", "6-----5-........"), "B": ("7-----6---7-8---", "6---5---........")},
    "shuffle": {"A": ("......6-8---7-6-", "8-----..7-5-...."), "B": ("9-----8-7---8-6-", "8---7---6-------")},
}


def _fifths(plan: Outline, patterns: tuple[str, ...], low: int) -> tuple[Note, ...]:
    """Root, fifth and octave of every chord, in parallel as a guitar hand moves them."""
    voiced = []
    for span in plan.chords:
        root = low + (span.chord.root - low) % 12
        voiced.append((root, near(span.chord.degree(5), root + 7), root + 12))
    return comping(plan, voiced, patterns, strum=0.012)


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=_FILL)
    bass = bass_line(plan, _BASS[piece.groove], low=33 if piece.groove != "heavy" else 26)
    parts = [
        Part(voice="kit:acoustic", notes=drums, level=-11.0, send=0.14, jitter=0.004),
        Part(voice=piece.bass, notes=bass, level=-15.5, send=0.03, jitter=0.004),
    ]
    if piece.comp == "clean":
        notes = comping(plan, voicings(plan, 52, 76, 4), _STRUMS[piece.groove], strum=0.025)
        parts.append(Part(voice="clean_guitar", notes=notes, level=-16.0, send=0.2, jitter=0.007))
    else:
        heavy = piece.comp == "chug"
        voice = "power_guitar"
        notes = _fifths(plan, _POWER[piece.groove], 38 if heavy else 40)
        parts.append(Part(voice=voice, notes=notes, level=-14.0, send=0.12, jitter=0.005, drive=6.0 if heavy else 3.5))
    if piece.lead:
        style = Style(rhythms=_TUNE[piece.groove], centre=72, span=9, leaps=0.35, colour="pentatonic")
        if piece.groove == "shuffle":
            style = Style(rhythms=_TUNE[piece.groove], centre=74, span=9, leaps=0.3, colour="blues")
        notes = tune(plan, style, draw("tune"))
        drive = 2.5 if piece.lead == "rock_lead" else 0.8
        parts.append(Part(voice=piece.lead, notes=notes, level=-15.5, send=0.3, jitter=0.008, drive=drive, echo=0.15))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), swing=piece.swing, reverb=1.1, ring=1.0)
