"""Classical style: broken chords, string textures, dances in three."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import arpeggio, bass_line, comping, sustained_chords, voicings
from soundscape.sources.embedded.music.melody import Style, harmonised, tune
from soundscape.sources.embedded.music.score import Draw, Note, Outline, Part, Piece, Rhythms, Score, outline, shaped

LABEL = "classical"

PIECES = (
    Piece(
        tempo=88, key="C major", lead="", comp="piano", groove="prelude", form="AB",
        a="I | ii7/7 | V7/3 | I", b="vi/3 | II7/7 | V/3 | IVmaj7 V7", end="I",
        caption="Flowing solo piano prelude in {key} at {bpm} BPM, broken chords rising and falling, serene and poised",
    ),
    Piece(
        tempo=116, key="G minor", lead="violin", comp="staccato_strings", groove="allegro", form="ACB",
        a="i | V7/3 | i | iv V", a2="i | iv | i/5 V7 | i", b="bIII | bVII/3 | iv | V", end="i",
        caption="Dramatic string orchestra in {key}, {bpm} BPM, an anxious violin melody over bustling staccato "
        "accompaniment",
    ),
    Piece(
        tempo=126, key="D major", lead="piano", comp="piano", groove="waltz", beats_per_bar=3, form="ACBC",
        a="I | V7/5 | V7 | I", a2="I | vi | ii V7 | I", b="IV | I/3 | II7 | V7", end="I",
        caption="Graceful piano waltz in {key}, {bpm} BPM, a lilting melody above oom-pah-pah left-hand chords",
    ),
    Piece(
        tempo=66, key="A minor", lead="cello", comp="harp", groove="adagio", form="AB",
        a="i | iv | V7 | i", b="bVI iv | V7sus V7", end="i",
        caption="A mournful cello solo in {key}, slow at {bpm} BPM, accompanied only by gentle rising harp figures",
    ),
    Piece(
        tempo=112, key="F major", lead="flute", comp="nylon", groove="alberti", form="ACB",
        a="I | V7/3 | I | IV V", a2="I | IV | I/5 V7 | I", b="ii | V7 | I | II7 V", end="I",
        caption="Playful flute and guitar duet in {key}, classical in manner, dancing along neatly at {bpm} BPM",
    ),
    Piece(
        tempo=80, key="E flat major", lead="horn", comp="strings", groove="chorale", form="AB",
        a="I V/3 | vi iii | IV I/3 | ii7 V", b="vi iii | IV I | ii7 I/5 | V7sus V7", end="I",
        caption="Solemn chorale for noble French horn and full strings in {key}, broad and reverent at {bpm} BPM",
    ),
)  # fmt: skip

_TUNE: dict[str, Rhythms] = {
    "allegro": {
        "A": ("7---6-5-7-6-5---", "6-5-6-7-5-----..", "7---8-7-6---7---", "6-5-4-5-6-----.."),
        "B": ("8-----7-6---7---", "7-----6-5---6---"),
    },
    "waltz": {
        "A": ("7---6-7-6---", "5-------..6-", "7-6-5-6-7---", "6-------...."),
        "B": ("8-------7---", "6-------5---"),
    },
    "adagio": {"A": ("7-------6-5-6---", "7-----6-5-------"), "B": ("8-----7-6---7---", "6-5-6---5-------")},
    "alberti": {
        "A": ("7-5-6-7-8---6---", "6-7-6-5-6---....", "7-8-7-6-5-6-7-5-", "6---5---6-----.."),
        "B": ("7---7-6-5---6---", "6-5-6-7-6---5---"),
    },
    "chorale": {"A": ("7-------6-------", "6-------5---6---"), "B": ("7---6---7-------", "6-------5-------")},
}


def _swell(plan: Outline, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Louder towards the middle of each phrase and in B, softer into the end."""

    def gain(beat: float) -> float:
        bar = min(int(beat // plan.beats_per_bar), plan.bars - 1)
        section = plan.section(bar)
        place = (beat / plan.beats_per_bar - section.bar) / section.bars
        return (1.08 if section.letter == "B" else 0.95) * (0.8 + 0.8 * place * (1.0 - place))

    return shaped(notes, gain)


def _accompaniment(piece: Piece, plan: Outline) -> list[Part]:
    if piece.groove == "prelude":
        voiced = voicings(plan, 57, 79, 4)
        notes = arpeggio(plan, voiced, (0, 1, 2, 3, 4, 2, 3, 4), step=0.25, held=3.0, bass=True)
        return [Part(voice="piano", notes=_swell(plan, notes), level=-13.0, send=0.3, jitter=0.009)]
    if piece.groove == "allegro":
        notes = comping(plan, voicings(plan, 52, 74, 3), ("7.5.6.5.7.5.6.5.",))
        bass = bass_line(plan, ("R---3---5---R---", "R---R---5---A---"), low=36)
        return [
            Part(voice="staccato_strings", notes=_swell(plan, notes), level=-18.0, send=0.35, jitter=0.012),
            Part(voice="cello", notes=_swell(plan, bass), level=-17.0, send=0.3, jitter=0.01),
        ]
    if piece.groove == "waltz":
        chords = comping(plan, voicings(plan, 55, 72, 3), ("....6-..5-..",))
        bass = bass_line(plan, ("R---........", "5---........"), low=38)
        notes = tuple(sorted((*chords, *bass), key=lambda n: (n.beat, n.pitch)))
        return [Part(voice="piano", notes=_swell(plan, notes), level=-17.0, send=0.3, jitter=0.008)]
    if piece.groove == "adagio":
        notes = arpeggio(plan, voicings(plan, 52, 76, 3), (0, 1, 2, 3, 4, 5, 6, -1), step=0.5, held=4.0, bass=True)
        return [Part(voice="harp", notes=_swell(plan, notes), level=-17.0, send=0.4, jitter=0.014)]
    if piece.groove == "alberti":
        notes = arpeggio(plan, voicings(plan, 50, 67, 3), (0, 3, 2, 3, 1, 3, 2, 3), step=0.5, held=1.6, bass=True)
        return [Part(voice="nylon", notes=_swell(plan, notes), level=-16.0, send=0.3, jitter=0.01)]
    notes = sustained_chords(plan, voicings(plan, 50, 74, 4))
    bass = bass_line(plan, ("R-------R-------",), low=34)
    return [
        Part(voice="strings", notes=_swell(plan, notes), level=-15.0, send=0.45, jitter=0.015),
        Part(voice="cello", notes=_swell(plan, bass), level=-18.0, send=0.35, jitter=0.012),
    ]


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    parts = _accompaniment(piece, plan)
    if piece.lead:
        centre = {"cello": 57, "horn": 62, "piano": 78, "flute": 81, "violin": 76}[piece.lead]
        notes = tune(plan, Style(rhythms=_TUNE[piece.groove], centre=centre, span=9, leaps=0.25), draw("tune"))
        parts.append(Part(voice=piece.lead, notes=_swell(plan, notes), level=-13.5, send=0.4, jitter=0.012))
        if piece.groove == "chorale":
            second = harmonised(plan, notes, 5)
            parts.append(Part(voice="horn", notes=_swell(plan, second), level=-18.0, send=0.4, jitter=0.015))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), reverb=2.0, ring=1.6)
