"""Funk and soul: sixteenth-note bass, scratching guitar, clipped keys and brass."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, harmonised, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "funk"

PIECES = (
    Piece(
        tempo=104, key="E dorian", swing=0.54, bass="slap_bass", comp="muted_guitar", lead="brass_section",
        groove="tight", form="ACB", a="i9 | i9", a2="i9 | i9 IV9", b="IV9 | bVII9", end="i9",
        caption="Tight, strutting funk in {key} at {bpm} BPM, slap bass popping under scratchy guitar and brass stabs",
    ),
    Piece(
        tempo=112, key="A minor", bass="finger_bass", comp="clean_guitar", lead="strings", groove="disco", form="ACB",
        a="i9 | IV9 | i9 | IV9", a2="bVImaj7 | v7 | i9 | i9", b="iv9 | bVII9 | bIIImaj7 | V7", end="i9",
        caption="Glittering disco-funk at {bpm} BPM in {key}, octave bass, chicken-scratch guitar and sweeping strings",
    ),
    Piece(
        tempo=96, key="G mixolydian", swing=0.56, bass="finger_bass", comp="organ", lead="saxophone", groove="soul",
        form="ACB", a="I9 | IV9", a2="I9 | bVII IV", b="vi7 | ii7 V7sus", end="I9",
        caption="Greasy soul-jazz organ groove in {key}, {bpm} BPM, a growling saxophone strolling over a fat backbeat",
    ),
    Piece(
        tempo=100, key="D minor", bass="synth_bass", comp="electric_piano", lead="lead_synth", groove="tight",
        form="ACB", a="i7 | bVI7 v7", a2="i7 | bVII i7", b="iv7 | bVI7 V7#9", end="i7",
        caption="Eighties electro-funk in {key}, {bpm} BPM: squelchy synth bass, clipped keys, a cheeky synthesiser "
        "hook",
    ),
    Piece(
        tempo=92, key="C dorian", swing=0.55, bass="rubber_bass", comp="muted_guitar", lead="flute", groove="soul",
        form="ACB", a="i9 | i9 IV9", a2="i9 | bVII9 i9", b="bIIImaj7 | IV9", end="i9",
        caption="Smooth cop-show funk at {bpm} BPM in {key}, fluttering flute, muted guitar and congas on the prowl",
    ),
    Piece(
        tempo=118, key="F major", bass="slap_bass", comp="clean_guitar", lead="trumpet", groove="disco", form="ACB",
        a="Imaj7 | vi9 | ii9 | V9sus", a2="IVmaj7 | iii7 | ii9 | V9sus", b="bVImaj7 | bVII9 | Imaj7 | Imaj7",
        end="Imaj9",
        caption="Party-ready funk in {key}, bright trumpet riffs and bouncing bass over handclaps at {bpm} BPM",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "tight": {"kick": ("9..5..8...7..5..", "9..5..8..67....."), "snare": "....9..3.3..9..3", "hat": "7464746474647464"},
    "disco": {
        "kick": "9...9...9...9...",
        "snare": "....7.......7...",
        "clap": "....6.......6...",
        "open_hat": "..7...7...7...7.",
        "hat": "5.4.5.4.5.4.5.4.",
        "tambourine": "4343434343434343",
    },
    "soul": {
        "kick": ("9.....6.8..6....", "9..6....8.6....."),
        "snare": "....9....3..9...",
        "hat": "6.5.6.5.6.5.6.53",
        "conga": ("..4...5...4..5.5", "..4...5..54...5."),
        "conga_low": "....4.......4...",
    },
}
_FILL: Patterns = {"snare": "....9..35.5.9.88", "tom_mid": "...........7....", "tom_low": ".............7.."}
_BASS: Rhythms = {
    "tight": ("R-.R'..O.R'.7.R'5-", "R-.R'..O.3.5.R'A-"),
    "disco": ("R'-O-R'-O-R'-O-R'-O-", "R'-O-R'-O-R'-O-A-O-"),
    "soul": ("R--R'..5-O-.7-5-.", "R--R'..3-5--R'-A-"),
}
_COMP: Rhythms = {
    "muted_guitar": ("7.5.8..57.5.8.53", "7.5.8..57..68.5."),
    "clean_guitar": ("..8...8.5.8...85", "..8...8.5.8..58."),
    "organ": ("7--.....6-..7---", "7--.....6-5-...."),
    "electric_piano": ("7-...6-...7-..5.", "7-...6-...7-6-.."),
}
_TUNE: dict[str, Rhythms] = {
    "brass_section": {"A": ("7.......8.8.....", "......7-8-....7."), "B": ("8-----7-8.......", "7.7.8-----......")},
    "strings": {"A": ("6-------7-------", "6-5-6-7-8-------"), "B": ("8-------7-------", "7-6-5-6-7-------")},
    "other": {
        "A": ("..6-7-.6-7..6-5-", "..7-6-5-6-....5-", "7.7-8-7-..6-5-..", "6---....5-6-...."),
        "B": ("8---7-6-8---....", "7-8-7-6-5-------"),
    },
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    kit = "machine" if piece.bass == "synth_bass" else "acoustic"
    drums = drumming(plan, _GROOVES[piece.groove], draw("drums"), fill=_FILL)
    bass = bass_line(plan, _BASS[piece.groove], low=28 if piece.groove != "disco" else 33)
    chords = comping(plan, voicings(plan, 55, 79, 4), _COMP[piece.comp], strum=0.01)
    parts = [
        Part(voice="kit:" + kit, notes=drums, level=-11.5, send=0.08, jitter=0.003),
        Part(voice=piece.bass, notes=bass, level=-14.0, send=0.03, jitter=0.004),
        Part(voice=piece.comp, notes=chords, level=-18.0, send=0.12, jitter=0.005),
    ]
    rhythms = _TUNE.get(piece.lead, _TUNE["other"])
    centre = {"brass_section": 67, "strings": 77, "saxophone": 65}.get(piece.lead, 74)
    colour = "scale" if piece.lead in ("strings", "trumpet") else "pentatonic"
    notes = tune(plan, Style(rhythms=rhythms, centre=centre, span=8, leaps=0.35, colour=colour), draw("tune"))
    if piece.lead == "brass_section":
        notes = (*notes, *harmonised(plan, notes, 4), *harmonised(plan, notes, 8))
    parts.append(Part(voice=piece.lead, notes=notes, level=-15.0, send=0.25, jitter=0.008))
    return Score(
        tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), swing=piece.swing, swing_unit=0.5, reverb=0.9, ring=0.9
    )
