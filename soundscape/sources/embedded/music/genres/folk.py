"""Folk guitar: fingerpicking and strumming, with a simple tune on top."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import arpeggio, bass_line, comping, drumming, voicings
from soundscape.sources.embedded.music.melody import Style, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "folk_guitar"

PIECES = (
    Piece(
        tempo=96, key="G major", comp="steel", groove="travis", lead="", form="AB",
        a="I | V/3 | vi | IV", b="IV | I/3 | ii7 | V", end="Iadd9",
        caption="Bright fingerpicked steel-string guitar in {key}, an open-hearted folk pattern rolling along at "
        "{bpm} BPM",
    ),
    Piece(
        tempo=84, key="D minor", comp="nylon", groove="arpeggio", lead="flute", form="AB",
        a="i | bVII | bVI | V7", b="iv | i | bVI | V7", end="i",
        caption="Melancholy folk ballad in {key}, {bpm} BPM, a lone wooden flute over slowly picked nylon strings",
    ),
    Piece(
        tempo=126, key="A major", comp="steel", groove="strum", lead="", form="ACB", bass="upright_bass",
        a="I | I | IV | V", a2="I | vi | IV V | I", b="vi | iii | IV | V", end="I",
        caption="Hearty campfire strumming in {key}, acoustic guitar and double bass bouncing forward at {bpm} BPM",
    ),
    Piece(
        tempo=112, key="E dorian", comp="steel", groove="jig", lead="violin", beats_per_bar=3, form="ACBC",
        a="i | bVII | i | IV", a2="i | bVII | i bVII | i", b="bIII | bVII | IV | bVII", end="i",
        caption="Rustic fiddle tune in {key}, three beats to the bar at {bpm} BPM, chased by ringing guitar chords",
    ),
    Piece(
        tempo=76, key="C major", comp="nylon", groove="travis", lead="glockenspiel", form="AB",
        a="Iadd9 | vi7 | IVmaj7 | Vsus4 V", b="ii7 | vi7 | IVmaj7 | V", end="Iadd9",
        caption="Gentle lullaby for nylon guitar and twinkling glockenspiel in {key}, rocking softly at {bpm} BPM",
    ),
    Piece(
        tempo=104, key="B minor", comp="steel", groove="stomp", lead="whistle_synth", form="AB", bass="upright_bass",
        a="i | bVI | bIII | bVII", b="iv | bVI | bVII | v", end="i",
        caption="Stomping indie-folk march in {key}, {bpm} BPM, whistled melody, strummed guitar and thumping foot "
        "drum",
    ),
)  # fmt: skip

_TUNE: dict[str, Rhythms] = {
    "arpeggio": {
        "A": ("7-----6-5---6---", "7---5-----......", "6-----7-8---6---", "5-------........"),
        "B": ("8-----7-6-------",),
    },
    "jig": {
        "A": ("7-6-5-7-6-5-", "6-7-8-6-----", "7-6-5-6-7-8-", "6-5-6-------"),
        "B": ("8---7-8-6-7-", "6-5-6---5---"),
    },
    "travis": {"A": ("6-----..5-----..", "..5---6---......"), "B": ("6---5---6-----..", "5-----......5---")},
    "stomp": {"A": ("7---6-7-8---7---", "6---5-----......"), "B": ("8---8-7-6---7---", "7-----6-5-------")},
}
_STRUMS: Rhythms = {
    "strum": ("8---6-5-..6-7-5-",),
    "jig": ("7---5-..6-4-", "7---5-..6---"),
    "stomp": ("8---..6-7---6-5-",),
}
_STOMP: Patterns = {
    "kick": "9...7...9...7...",
    "clap": "....6.......6...",
    "tambourine": "..4...4...4...4.",
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    voiced = voicings(plan, 50, 74, 4)
    if piece.groove in _STRUMS:
        notes = comping(plan, voiced, _STRUMS[piece.groove], strum=0.03)
    elif piece.groove == "travis":
        # The thumb alternates between bass and low voice, the fingers fill in between.
        notes = arpeggio(plan, voiced, (0, 3, 1, 4, 0, 2, 1, 3), step=0.5, held=2.5, bass=True)
    else:
        notes = arpeggio(plan, voiced, (0, 1, 2, 3, 4, 3, 2, 1), step=0.5, held=3.0, bass=True)
    parts = [Part(voice=piece.comp, notes=notes, level=-13.5, send=0.2, jitter=0.010)]
    if piece.bass:
        bass = bass_line(plan, ("R---....4---....", "R---....4---A---"), low=38)
        parts.append(Part(voice=piece.bass, notes=bass, level=-17.0, send=0.05, jitter=0.008))
    if piece.groove == "stomp":
        drums = drumming(plan, _STOMP, draw("drums"), crash=False)
        parts.append(Part(voice="kit:parade", notes=drums, level=-15.5, send=0.3, jitter=0.008))
    if piece.lead:
        centre = {"glockenspiel": 86, "flute": 76, "violin": 76}.get(piece.lead, 79)
        style = Style(rhythms=_TUNE[piece.groove], centre=centre, span=9, colour="pentatonic")
        if piece.lead == "violin":
            style = Style(rhythms=_TUNE[piece.groove], centre=centre, span=9)
        melody = tune(plan, style, draw("tune"))
        parts.append(Part(voice=piece.lead, notes=melody, level=-15.0, send=0.35, jitter=0.012))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), reverb=1.3, ring=1.6)
