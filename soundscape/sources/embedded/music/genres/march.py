"""Marches and fanfares: brass, parade drums, dotted rhythms."""

from __future__ import annotations

from soundscape.sources.embedded.music.arranging import bass_line, comping, drumming, sustained_chords, voicings
from soundscape.sources.embedded.music.melody import Style, harmonised, tune
from soundscape.sources.embedded.music.score import Draw, Part, Patterns, Piece, Rhythms, Score, outline

LABEL = "march"

PIECES = (
    Piece(
        tempo=116, key="B flat major", lead="trumpet", comp="horn", groove="parade", form="ACB",
        a="I | V7/5 | V7 | I", a2="I | IV | I/5 V7 | I", b="vi | ii | II7 | V7", end="I",
        caption="Proud military march in {key} at {bpm} BPM, bright trumpets, oom-pah tuba and rattling snare drums",
    ),
    Piece(
        tempo=92, key="D major", lead="trumpet", comp="brass_section", groove="fanfare", form="AB",
        a="I | I | IV V | I", b="bVI | bVII | IV V | V", end="I",
        caption="Majestic royal fanfare in {key}, massed brass proclaiming at {bpm} BPM with thunderous drum strokes",
    ),
    Piece(
        tempo=126, key="F major", lead="flute", comp="snare", groove="fife", form="ACB",
        a="I | I | V | I", a2="I | IV | V | I", b="IV | I | II7 | V", end="I",
        caption="Jaunty fife-and-drum tune in {key}, a shrill flute above crisp marching snares, {bpm} BPM",
    ),
    Piece(
        tempo=72, key="C minor", lead="horn", comp="brass_section", groove="funeral", form="A",
        a="i | i | iv | i | bVI iv | V7", b="i", end="i",
        caption="A grim funeral march in {key}, muffled drums tolling at {bpm} BPM beneath sombre low brass",
    ),
    Piece(
        tempo=120, key="E flat major", lead="clarinet", comp="horn", groove="parade", form="ACB",
        a="I | vi | ii | V7", a2="I | I7 | IV iv | I V7", b="iii | vi | II7 | V7", end="I",
        caption="Comical circus-band march in {key}, {bpm} BPM, perky clarinet prancing over tuba and bass drum",
    ),
    Piece(
        tempo=112, key="A minor", lead="trumpet", comp="strings", groove="epic", form="ACB",
        a="i | bVI | bIII | bVII", a2="i | bVI | iv | V", b="bVI | bVII | i | V", end="I",
        caption="Heroic battle march in {key}, {bpm} BPM, blazing trumpets over urgent strings and pounding war drums",
    ),
)  # fmt: skip

_GROOVES: dict[str, Patterns] = {
    "parade": {
        "kick": "8.......8.......",
        "snare": ("6..46.466..46.46", "6..46.466.446666"),
        "crash": ("5...............", "."),
    },
    "fanfare": {
        "kick": ("9...............", "9.......8......."),
        "tom_low": ("............6.66", "........7.7.7777"),
        "snare": ("............4444", "........55556666"),
    },
    "fife": {"kick": "7.......7.......", "snare": ("7.457.457.457555", "7.457.457.4.7...")},
    "funeral": {"kick": "8.......6.......", "snare": ("........4..44...", "........4.444...")},
    "epic": {
        "kick": ("9..7..7.9...8.8.", "9..7..7.9.8.8.88"),
        "tom_low": ("7..6..6.7...6.6.", "7..6..6.7.6.6.66"),
        "snare": ("....6.......6.44", "....6...5.5.6666"),
    },
}
_FILLS: dict[str, Patterns] = {
    "parade": {"snare": "6.666.666666678."},
    "fanfare": {"snare": "......4455667788", "crash": "...............5"},
    "fife": {"snare": "7.557.557575777."},
    "funeral": {"snare": "........33334455"},
    "epic": {"snare": "....6.6.55667788", "tom_mid": "..........6.6.6."},
}
_BASS: Rhythms = {
    "parade": ("R-......5-......", "R-..R-..5-..A-.."),
    "fanfare": ("R---------------",),
    "fife": (),
    "funeral": ("R-----..5-----..",),
    "epic": ("R-.R-.R-R-..R-R-",),
}
_COMP: Rhythms = {
    "parade": ("....6-......6-..",),
    "fanfare": ("8-----..7--.7---", "8---------------"),
    "epic": ("7.4.4.7.4.4.7.4.",),
}
_TUNE: dict[str, Rhythms] = {
    "parade": {
        "A": ("7---6-.57---6---", "5-.56-.57-----..", "7---8-.76---5---", "6-------......6-"),
        "B": ("8-------7-.67---", "6-------5-.56---"),
    },
    "fanfare": {"A": ("8--.8.888---....", "8--.8.889-------"), "B": ("8-----7-8-----9-", "8---7---8-------")},
    "fife": {
        "A": ("7-6-7-8-7---6-5-", "6-5-6-7-6-------", "7-6-7-8-9-8-7-6-", "7-6-5-6-7---...."),
        "B": ("8-.78-.76---7---", "8-7-6-5-6-------"),
    },
    "funeral": {"A": ("7-----.67-----..", "7-----.67---6---", "8-----.76-----..", "6-5-6-7-6-------")},
    "epic": {"A": ("8-----.78---9---", "8-----7-8-------"), "B": ("9---8---9-----8-", "7---8---9-------")},
}


def compose(piece: Piece, draw: Draw) -> Score:
    """Return the score of one piece."""
    plan = outline(piece)
    drums = drumming(
        plan,
        _GROOVES[piece.groove],
        draw("drums"),
        fill=_FILLS[piece.groove],
        crash=piece.groove not in ("funeral", "fife"),
    )
    level = -13.0 if piece.groove != "fife" else -12.0
    parts = [Part(voice="kit:parade", notes=drums, level=level, send=0.3, jitter=0.006)]
    if _BASS[piece.groove]:
        voice = "cello" if piece.groove == "epic" else "tuba"
        bass = bass_line(plan, _BASS[piece.groove], low=34)
        parts.append(Part(voice=voice, notes=bass, level=-15.5, send=0.25, jitter=0.010))
    if piece.groove == "funeral":
        notes = sustained_chords(plan, voicings(plan, 46, 67, 3), 0.5)
        parts.append(Part(voice=piece.comp, notes=notes, level=-17.5, send=0.4, jitter=0.015))
    elif piece.comp != "snare":
        chords = comping(plan, voicings(plan, 53, 74, 3), _COMP[piece.groove])
        voice = "staccato_strings" if piece.comp == "strings" else piece.comp
        parts.append(Part(voice=voice, notes=chords, level=-16.5, send=0.3, jitter=0.010))
    centre = {"horn": 58, "flute": 84, "clarinet": 76}.get(piece.lead, 70)
    notes = tune(plan, Style(rhythms=_TUNE[piece.groove], centre=centre, span=9, leaps=0.5), draw("tune"))
    parts.append(Part(voice=piece.lead, notes=notes, level=-13.0, send=0.35, jitter=0.008))
    if piece.lead in ("trumpet", "horn"):
        second = harmonised(plan, notes, 4)
        parts.append(Part(voice=piece.lead, notes=second, level=-16.5, send=0.35, jitter=0.012))
    return Score(tempo=piece.tempo, beats=plan.beats, parts=tuple(parts), reverb=1.9, ring=1.4)
