"""Laughter: bouts of short voiced or breathy notes, four to six a second, falling in pitch and strength.

Figures after Bachorowski, Smoski and Owren (2001): notes of 70–120 ms, F0 well above speech (means near 280 Hz for men
and 400 Hz for women), notes that arch and fall, and breath between them.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.bursts.take import Take, blast, joined, unsteady
from soundscape.sources.embedded.bursts.voice import Voice, utter
from soundscape.sources.embedded.dsp import Samples

#: How much longer the last gap between notes is than the first.
_SLOWING = 0.1


def laugh(
    voice: Voice,
    rng: np.random.Generator,
    *,
    notes: int,
    rate: float,
    pitch: float,
    vowel: str = "a",
    fall: float = 0.75,
    voiced: float = 1.0,
    airy: float = 0.5,
    mouth: float = 1.0,
    effort: float = 1.0,
    gasp: bool = False,
) -> Samples:
    """Return one bout.

    Args:
        voice: whose.
        rng: draws the unevenness of timing and pitch.
        notes: how many.
        rate: notes a second at the start.
        pitch: F0 of the first note as a factor on the voice's own.
        vowel: colour of the notes.
        fall: pitch and strength of the last note against the first, about.
        voiced: strength of voice against breath.
        airy: strength of the breath between notes.
        mouth: 1 open, 0 closed.
        effort: raises the first formant and presses the voice.
        gasp: whether it ends with a drawn breath.
    """
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for i in range(notes):
        place = i / max(1, notes - 1)
        gap = (1.0 + _SLOWING * place) / rate * unsteady(rng, 0.05)
        length = gap * 1.04
        top = pitch * fall**place * unsteady(rng, 0.04)
        strength = (1.0 if i else 0.85) * (0.35 + 0.65 * (1.0 - place) ** 0.7)
        note = utter(
            voice, rng, length, shape=((0.0, "schwa"), (0.45, vowel), (1.0, "schwa")),
            pitch=((0.0, 0.92 * top), (0.45, top), (0.8, 0.84 * top), (1.0, 0.8 * top)),
            level=((0.0, 0.0), (0.34, 0.0), (0.46, voiced), (0.66, 0.85 * voiced), (0.82, 0.0), (1.0, 0.0)),
            breath=((0.0, 0.25 * airy), (0.25, airy), (0.42, 0.5 * airy), (0.7, 0.25 * airy), (1.0, 0.2 * airy)),
            tension=((0.0, 1.8), (0.45, 1.15 / effort), (1.0, 2.2)), mouth=((0.0, mouth),), lift=0.85 + 0.2 * effort,
            rough=((0.0, 0.05), (1.0, 0.1 * effort)),
        )  # fmt: skip
        out.append((at, strength * note))
        at += gap
    if gasp:
        breath = blast(voice, rng, 0.34, ((0, 0), (0.7, 1), (0.9, 0.6), (1, 0)), "ae")
        out.append((at + 0.02, 0.25 * float(np.max(np.abs(out[0][1]))) * breath))
    return joined(*out)


def snicker(voice: Voice, rng: np.random.Generator, *, notes: int, rate: float) -> Samples:
    """Return a suppressed laugh: puffs of air through the nose, hardly any voice."""
    out = []
    at = 0.0
    for i in range(notes):
        strength = (1.0 - 0.6 * i / notes) * unsteady(rng, 0.1)
        puffed = blast(voice, rng, 0.13, ((0, 0), (0.15, 1), (0.5, 0.35), (1, 0)), "I", wide=3.0)
        hum = utter(
            voice, rng, 0.12, shape=((0.0, "m"),), pitch=((0.0, 1.9), (1.0, 1.5)), mouth=((0.0, 0.0),),
            level=((0.0, 0.0), (0.25, 0.5), (1.0, 0.0)), tension=((0.0, 1.8),),
        )  # fmt: skip
        out += [(at, strength * puffed), (at + 0.015, 0.3 * strength * hum)]
        at += (1.0 + 0.12 * i / notes) / rate
    return joined(*out)


_chuckle = partial(laugh, vowel="V", voiced=0.8, airy=0.35, effort=0.8)
_giggle = partial(laugh, vowel="I", voiced=0.8, airy=0.55, effort=0.85)
_belly = partial(laugh, vowel="a", airy=0.6, effort=1.25, gasp=True)

KINDS: dict[str, tuple[Take, ...]] = {
    "chuckle": (
        Take(
            label="chuckle", speaker="spk02", make=partial(_chuckle, notes=4, rate=4.3, pitch=1.45),
            caption="a man with a deep, dark voice chuckles softly, four slow notes", feeling="quietly amused, warm",
        ),
        Take(
            label="chuckle", speaker="spk06", make=partial(_chuckle, notes=3, rate=4.8, pitch=1.6, mouth=0.25),
            caption="a short, closed-mouth chuckle from a man, three muffled pulses", feeling="mildly amused, reserved",
        ),
        Take(
            label="chuckle", speaker="spk15", make=partial(_chuckle, notes=5, rate=4.6, pitch=1.55, vowel="schwa"),
            caption="a low-voiced woman lets out a warm, unhurried chuckle", feeling="relaxed amusement",
        ),
        Take(
            label="chuckle", speaker="spk08", make=partial(_chuckle, notes=6, rate=5.0, pitch=1.5),
            caption="a middle-aged man chuckles to himself in a nasal voice, dying away",
            feeling="self-satisfied amusement",
        ),
        Take(
            label="chuckle", speaker="spk16", make=partial(_chuckle, notes=4, rate=4.4, pitch=1.4, airy=0.6),
            caption="an older woman gives a husky little chuckle with plenty of breath",
            feeling="fond, gentle amusement",
        ),
    ),
    "giggle": (
        Take(
            label="giggle", speaker="spk22", make=partial(_giggle, notes=7, rate=5.8, pitch=1.75),
            caption="a teenage girl giggles rapidly, high and light", feeling="excited and playful",
        ),
        Take(
            label="giggle", speaker="spk24", make=partial(_giggle, notes=6, rate=5.5, pitch=1.6, fall=0.85),
            caption="a small child giggles with delight, tiny piping notes", feeling="pure childish delight",
        ),
        Take(
            label="giggle", speaker="spk14", make=partial(_giggle, notes=9, rate=6.0, pitch=1.8, gasp=True),
            caption="a long, sparkling giggle from a young woman, ending in a drawn breath",
            feeling="giddy, helplessly amused",
        ),
        Take(
            label="giggle", speaker="spk18", make=partial(_giggle, notes=4, rate=5.4, pitch=1.7, airy=0.9, voiced=0.6),
            caption="a breathy, bashful giggle from a young woman, four quick notes", feeling="shy amusement",
        ),
    ),
    "belly_laugh": (
        Take(
            label="belly_laugh", speaker="spk10", make=partial(_belly, notes=8, rate=4.4, pitch=2.3),
            caption="a man with a booming bass voice roars with laughter, then gulps air",
            feeling="uproarious hilarity",
        ),
        Take(
            label="belly_laugh", speaker="spk12", make=partial(_belly, notes=10, rate=4.9, pitch=2.1),
            caption="a man laughs out loud at length, open and ringing, and runs out of breath",
            feeling="hearty, unrestrained amusement",
        ),
        Take(
            label="belly_laugh", speaker="spk21", make=partial(_belly, notes=9, rate=5.1, pitch=2.0),
            caption="a woman bursts into loud, cutting laughter and catches her breath", feeling="wildly amused",
        ),
        Take(
            label="belly_laugh", speaker="spk23", make=partial(_belly, notes=7, rate=4.6, pitch=1.9),
            caption="a smoky-voiced woman laughs heartily from the chest, slowing down", feeling="hearty mirth",
        ),
        Take(
            label="belly_laugh", speaker="spk03", make=partial(_belly, notes=11, rate=5.3, pitch=2.0, fall=0.85),
            caption="a young man cracks up, a rapid bright ha-ha-ha that goes on and on", feeling="in hysterics",
        ),
    ),
    "snicker": (
        Take(
            label="snicker", speaker="spk11", make=partial(snicker, notes=5, rate=5.6),
            caption="a teenage boy snickers through his nose, trying not to laugh",
            feeling="mischievous, stifled mirth",
        ),
        Take(
            label="snicker", speaker="spk20", make=partial(snicker, notes=4, rate=5.0),
            caption="a woman snorts quietly with suppressed laughter, puffs of air through the nose",
            feeling="mocking amusement, held back",
        ),
        Take(
            label="snicker", speaker="spk07", make=partial(snicker, notes=3, rate=4.6),
            caption="a man gives a brief nasal snicker, three little puffs", feeling="sly and slightly contemptuous",
        ),
    ),
}  # fmt: skip
