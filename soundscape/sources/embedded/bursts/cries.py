"""Cries of pain, fear and grief: sobs, wails, screams, whimpers, groans and grunts.

A scream is high, loud and rough: its amplitude flutters 30 to 150 times a second (Arnal and others 2015).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.bursts.take import Take, blast, joined, unsteady
from soundscape.sources.embedded.bursts.voice import Curve, Voice, utter
from soundscape.sources.embedded.dsp import Samples, clock


def _shudder(voice: Voice, rng: np.random.Generator, pulses: int, strength: float) -> tuple[Samples, float]:
    """Return a breath drawn in jerks, and how long it takes."""
    out = []
    at = 0.0
    for i in range(pulses):
        gulp = blast(voice, rng, 0.11, ((0, 0), (0.6, 1), (0.85, 0.8), (1, 0)), "I", wide=2.0, slope=-1.0)
        out.append((at, strength * (0.6 + 0.4 * i / pulses) * gulp))
        at += 0.12 * unsteady(rng, 0.1)
    return joined(*out), at


def sob(
    voice: Voice, rng: np.random.Generator, *, bouts: int = 2, notes: int = 4, pitch: float = 1.6,
    airy: float = 0.6, vowel: str = "V",
) -> Samples:  # fmt: skip
    """Return bouts of convulsive falling notes, four a second, with a shuddering breath drawn before each next one."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for bout in range(bouts):
        if bout > 0:
            drawn, length = _shudder(voice, rng, 3, 0.32)
            out.append((at, drawn))
            at += length + 0.03
        for i in range(notes):
            length = 0.25 * unsteady(rng, 0.08) * (1.35 if i == 0 else 1.0)
            top = pitch * (1.0 - 0.3 * i / notes) * unsteady(rng, 0.04)
            note = utter(
                voice, rng, length, shape=((0.0, "schwa"), (0.4, vowel), (1.0, "schwa")),
                rough=((0.0, 0.15), (1.0, 0.3)),
                pitch=((0.0, 0.95 * top), (0.25, top), (1.0, 0.74 * top)), tension=((0.0, 1.6),), vibrato=(0.02, 8.0),
                level=((0.0, 0.0), (0.25, 1.0), (0.55, 0.6), (0.85, 0.0), (1.0, 0.0)),
                breath=((0.0, airy), (0.3, 0.5 * airy), (0.7, airy), (1.0, 0.1 * airy)), mouth=((0.0, 0.85),),
            )  # fmt: skip
            out.append((at, (1.0 - 0.45 * i / notes) * note / float(np.max(np.abs(note)))))
            at += 0.93 * length
        at += 0.06
    return joined(*out)


def wail(voice: Voice, rng: np.random.Generator, *, length: float = 1.4, pitch: float = 2.0, sobs: int = 2) -> Samples:
    """Return a loud cry that breaks and falls, then sobs."""
    cry = utter(
        voice, rng, length, shape=((0.0, "V"), (0.2, "ae"), (0.7, "a"), (1.0, "schwa")),
        tension=((0.0, 0.7), (1.0, 1.3)),
        pitch=((0.0, 0.7 * pitch), (0.15, pitch), (0.35, 0.95 * pitch), (0.42, 1.12 * pitch), (1.0, 0.6 * pitch)),
        level=((0.0, 0.0), (0.1, 1.0), (0.6, 0.8), (1.0, 0.0)), breath=((0.0, 0.2), (0.8, 0.2), (1.0, 0.5)), lift=1.2,
        rough=((0.0, 0.1), (0.4, 0.45), (0.6, 0.15), (1.0, 0.5)), vibrato=(0.03, 6.5),
    )  # fmt: skip
    drawn, taken = _shudder(voice, rng, 3, 0.3)
    after = sob(voice, rng, bouts=1, notes=sobs, pitch=0.75 * pitch)
    top = float(np.max(np.abs(cry)))
    return joined((0.0, cry), (length + 0.02, drawn), (length + taken + 0.06, after), gain=(1.0 / top, 0.9, 0.5))


def scream(
    voice: Voice, rng: np.random.Generator, *, hertz: float, length: float = 1.2, rough: float = 0.35,
    vowel: str = "ae", contour: Curve = ((0.0, 0.6), (0.12, 1.0), (0.6, 1.05), (1.0, 0.7)),
    flutter: float = 70.0,
) -> Samples:  # fmt: skip
    """Return a scream at ``hertz``, with a flutter of amplitude of ``rough`` strength, ``flutter`` times a second."""
    y = utter(
        voice, rng, length, shape=((0.0, "schwa"), (0.12, vowel), (0.8, vowel), (1.0, "schwa")), tension=((0.0, 0.45),),
        pitch=[(at, f * hertz / voice.f0) for at, f in contour], lift=1.35, wide=1.2,
        level=((0.0, 0.0), (0.06, 0.8), (0.3, 1.0), (0.8, 0.85), (1.0, 0.0)), breath=((0.0, 0.3), (1.0, 0.4)),
        rough=((0.0, 0.5 * rough), (0.3, 0.5 * rough), (1.0, rough)), vibrato=(0.012, 7.0),
    )  # fmt: skip
    t = clock(len(y))
    wander = 1.0 + 0.1 * np.sin(2.0 * np.pi * 3.1 * t + 6.28 * float(rng.random()))
    y = y * (1.0 + rough * np.sin(2.0 * np.pi * flutter * np.cumsum(wander) / 24_000.0))
    # Overdriven, as the folds are: the loudest peaks are rounded off.
    return joined((0.0, np.asarray(np.tanh(1.6 * y / float(np.max(np.abs(y)))))))


def whimper(voice: Voice, rng: np.random.Generator, *, notes: int = 3, pitch: float = 1.7) -> Samples:
    """Return small, high, falling notes with nearly closed lips."""
    out = []
    at = 0.0
    for i in range(notes):
        length = 0.3 * unsteady(rng, 0.12)
        top = pitch * (1.0 - 0.08 * i) * unsteady(rng, 0.03)
        note = utter(
            voice, rng, length, shape=((0.0, "m"), (0.4, "I"), (1.0, "m")), mouth=((0.0, 0.1), (0.4, 0.5), (1.0, 0.1)),
            pitch=((0.0, 0.9 * top), (0.3, top), (1.0, 0.75 * top)), tension=((0.0, 1.7),), vibrato=(0.03, 9.0),
            level=((0.0, 0.0), (0.25, 1.0), (0.7, 0.6), (1.0, 0.0)), breath=((0.0, 0.25), (1.0, 0.2)),
        )  # fmt: skip
        out.append((at, (1.0 - 0.2 * i / notes) * note / float(np.max(np.abs(note)))))
        at += length + 0.1 * unsteady(rng, 0.3)
    return joined(*out)


def groan(
    voice: Voice, rng: np.random.Generator, *, length: float = 1.2, pitch: float = 1.0, fall: float = 0.7,
    creak: float = 0.5, vowel: str = "er", strain: float = 1.0,
) -> Samples:  # fmt: skip
    """Return a long low tone that sinks to ``fall`` and breaks into creak; ``strain`` presses the voice."""
    return utter(
        voice, rng, length, shape=((0.0, "schwa"), (0.2, vowel), (0.8, vowel), (1.0, "m")),
        tension=((0.0, 1.3 / strain),),
        pitch=((0.0, 0.9 * pitch), (0.2, pitch), (1.0, fall * pitch)), mouth=((0.0, 1.0), (0.85, 1.0), (1.0, 0.3)),
        level=((0.0, 0.0), (0.12, 1.0), (0.6, 0.8), (1.0, 0.0)), breath=((0.0, 0.3), (0.3, 0.1), (1.0, 0.25)),
        rough=((0.0, 0.1), (0.5, 0.5 * creak), (1.0, creak)), wide=1.2,
    )  # fmt: skip


def grunt(
    voice: Voice,
    rng: np.random.Generator,
    *,
    length: float = 0.3,
    pitch: float = 1.15,
    open_end: float = 0.6,
    times: int = 1,
) -> Samples:
    """Return a short pressed tone and the breath that follows it: effort."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for _ in range(times):
        tone = utter(
            voice, rng, length, shape=((0.0, "er"), (1.0, "V")), mouth=((0.0, 0.35), (1.0, 0.7)), tension=((0.0, 0.5),),
            pitch=((0.0, 0.85 * pitch), (0.3, pitch), (1.0, 0.9 * pitch)), rough=((0.0, 0.45), (1.0, 0.6)), lift=1.1,
            level=((0.0, 0.0), (0.1, 1.0), (0.75, 0.8), (1.0, 0.0)), breath=((0.0, 0.2), (1.0, 0.4)),
        )  # fmt: skip
        air = blast(voice, rng, 0.24, ((0, 0), (0.1, 1), (0.5, 0.35), (1, 0)), "V", wide=1.8)
        out += [(at, tone / float(np.max(np.abs(tone)))), (at + 0.93 * length, open_end * 0.5 * air)]
        at += length + 0.5
    return joined(*out)


KINDS: dict[str, tuple[Take, ...]] = {
    "sob": (
        Take(
            label="gentle_sob", speaker="spk18", make=partial(sob, bouts=2, notes=3, pitch=1.45, airy=0.9),
            caption="a young woman sobs quietly, breathy falling notes and a shaky breath",
            feeling="gentle, private grief",
        ),
        Take(
            label="gentle_sob", speaker="spk17", make=partial(sob, bouts=2, notes=3, pitch=1.3, airy=0.7),
            caption="a very old woman weeps softly in a thin, trembling voice", feeling="sorrowful and frail",
        ),
        Take(
            label="sob", speaker="spk14", make=partial(sob, bouts=3, notes=3, pitch=1.8, airy=0.5),
            caption="a young woman cries hard, three bouts of sobs between shuddering breaths", feeling="heartbroken",
        ),
        Take(
            label="sob", speaker="spk09", make=partial(sob, bouts=2, notes=4, pitch=1.9, airy=0.8),
            caption="a young man breaks down sobbing, airy and choked", feeling="overwhelmed by grief",
        ),
        Take(
            label="wail", speaker="spk24", make=partial(wail, length=1.3, pitch=1.7, sobs=3),
            caption="a small child wails loudly and goes on sobbing", feeling="inconsolable distress",
        ),
        Take(
            label="wail", speaker="spk23", make=partial(wail, length=1.6, pitch=2.2),
            caption="a deep-voiced woman lets out a breaking wail and two sobs", feeling="despair",
        ),
    ),
    "scream": (
        Take(
            label="scream", speaker="spk14", make=partial(scream, hertz=1050.0, length=1.3, rough=0.4),
            caption="a young woman screams at the top of her voice, piercing and rough", feeling="sheer terror",
        ),
        Take(
            label="scream", speaker="spk03",
            make=partial(scream, hertz=620.0, length=1.1, rough=0.5, vowel="a", flutter=55.0),
            caption="a young man screams, hoarse and cracking", feeling="panicked fear",
        ),
        Take(
            label="scream", speaker="spk22",
            make=partial(scream, hertz=1250.0, length=0.7, rough=0.2, vowel="i",
                         contour=((0.0, 0.7), (0.2, 1.0), (0.7, 1.0), (1.0, 0.85))),
            caption="a teenage girl lets out a short, shrill shriek", feeling="startled fright",
        ),
        Take(
            label="scream", speaker="spk12",
            make=partial(scream, hertz=480.0, length=1.7, rough=0.55, vowel="a", flutter=45.0,
                         contour=((0.0, 0.7), (0.15, 1.0), (0.5, 0.95), (1.0, 0.6))),
            caption="a man roars in agony, long and ragged, sinking at the end", feeling="intense pain and rage",
        ),
        Take(
            label="scream", speaker="spk24",
            make=partial(scream, hertz=1350.0, length=0.9, rough=0.15, vowel="i",
                         contour=((0.0, 0.6), (0.25, 1.0), (0.75, 1.1), (1.0, 1.0))),
            caption="a small child squeals, very high and nearly whistling", feeling="wild excitement",
        ),
    ),
    "whimper": (
        Take(
            label="whimper", speaker="spk24", make=partial(whimper, notes=3, pitch=1.5),
            caption="a frightened child whimpers, three little falling cries", feeling="scared and pleading",
        ),
        Take(
            label="whimper", speaker="spk18", make=partial(whimper, notes=2, pitch=1.7),
            caption="a young woman whimpers twice behind closed lips", feeling="anxious and hurt",
        ),
        Take(
            label="whimper", speaker="spk11", make=partial(whimper, notes=4, pitch=2.0),
            caption="a teenage boy whines faintly, four small high notes", feeling="miserable, in pain",
        ),
    ),
    "groan": (
        Take(
            label="groan", speaker="spk02", make=partial(groan, length=1.4, pitch=1.1, fall=0.65),
            caption="a deep male voice groans, sinking into a dark creak", feeling="weary displeasure",
        ),
        Take(
            label="groan", speaker="spk06", make=partial(groan, length=0.9, pitch=1.3, fall=0.7, creak=0.25, vowel="u"),
            caption="a muffled, drawn-out groan from a man", feeling="dejected, reluctant",
        ),
        Take(
            label="groan", speaker="spk16",
            make=partial(groan, length=1.1, pitch=1.15, fall=0.75, vowel="V", creak=0.5),
            caption="an older woman groans hoarsely, as if getting up from a chair", feeling="aching and stiff",
        ),
        Take(
            label="groan", speaker="spk01", make=partial(groan, length=1.6, pitch=1.5, fall=0.6, strain=1.7, vowel="a"),
            caption="a man groans in pain, pressed and slowly falling", feeling="suffering",
        ),
        Take(
            label="groan", speaker="spk22", make=partial(groan, length=1.0, pitch=1.25, fall=0.6, vowel="V", creak=0.4),
            caption="a teenage girl groans theatrically, sliding all the way down", feeling="annoyed and bored",
        ),
    ),
    "grunt": (
        Take(
            label="grunt", speaker="spk10", make=partial(grunt, length=0.34, pitch=1.2),
            caption="a heavy man grunts with effort and lets his breath go", feeling="straining, lifting something",
        ),
        Take(
            label="grunt", speaker="spk21", make=partial(grunt, length=0.26, pitch=1.3, times=2),
            caption="a woman grunts twice, hard and forceful, like a tennis player", feeling="aggressive exertion",
        ),
        Take(
            label="grunt", speaker="spk04", make=partial(grunt, length=0.22, pitch=0.95, open_end=0.2),
            caption="an older man gives a short, gravelly grunt", feeling="grudging acknowledgement",
        ),
        Take(
            label="grunt", speaker="spk07", make=partial(grunt, length=0.3, pitch=1.35, open_end=1.0),
            caption="a reedy-voiced man grunts as if punched, air rushing out", feeling="winded",
        ),
    ),
}  # fmt: skip
