"""Tones and small calls without words: hums, ooh, wow, aww, ugh, cheers, raspberries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from soundscape.sources.embedded.bursts.take import Take, blast, hiss, joined, trill
from soundscape.sources.embedded.bursts.voice import Curve, Shape, Voice, utter
from soundscape.sources.embedded.dsp import Samples, band, curve, seconds

_SWELL: Curve = ((0.0, 0.0), (0.12, 1.0), (0.7, 0.8), (1.0, 0.0))


def call(
    voice: Voice, rng: np.random.Generator, *, length: float, shape: Shape, pitch: Curve,
    tension: float = 1.0, airy: float = 0.05, lift: float = 1.0, vibrato: float = 0.0,
) -> Samples:  # fmt: skip
    """Return one tone of the open mouth."""
    return utter(
        voice, rng, length, shape=shape, pitch=pitch, level=_SWELL, tension=((0.0, tension),), lift=lift,
        breath=((0.0, airy), (1.0, 2.0 * airy)), vibrato=(vibrato, 5.5),
    )  # fmt: skip


def hum(
    voice: Voice, rng: np.random.Generator, *, notes: Sequence[tuple[float, float, Curve]], airy: float = 0.0
) -> Samples:
    """Return closed-mouth tones: ``(start in s, length in s, pitch)`` each, with breath through the nose between."""
    out: list[tuple[float, Samples]] = []
    for i, (at, length, pitch) in enumerate(notes):
        tone = utter(
            voice, rng, length, shape=((0.0, "m"), (1.0, "m")), mouth=((0.0, 0.0),), pitch=pitch, tension=((0.0, 1.1),),
            level=((0.0, 0.0), (min(0.3, 0.04 / length), 1.0), (0.7, 0.85), (1.0, 0.0)), breath=((0.0, 0.04),),
        )  # fmt: skip
        out.append((at, tone / float(np.max(np.abs(tone)))))
        if airy > 0.0 and i > 0:
            puffed = blast(voice, rng, 0.09, ((0, 0), (0.5, 1), (1, 0)), "I", wide=3.0)
            out.append((at - 0.06, airy * puffed))
    return joined(*out)


def humming(voice: Voice, rng: np.random.Generator, *, tune: Sequence[tuple[float, float]], pitch: float) -> Samples:
    """Return a hummed tune: ``(semitones above the first note, length in s)``, sung in one breath."""
    total = sum(length for _, length in tune)
    points: list[tuple[float, float]] = []
    level: list[tuple[float, float]] = [(0.0, 0.0)]
    at = 0.0
    for step, length in tune:
        f = pitch * 2.0 ** (step / 12.0)
        # The voice slides to the note within 50 ms and sits on it.
        points += [((at + 0.05) / total, f), ((at + length - 0.01) / total, f)]
        level += [((at + 0.01) / total, 0.55), ((at + 0.06) / total, 1.0), ((at + length - 0.03) / total, 0.8)]
        at += length
    level[-1] = (1.0, 0.0)
    return utter(
        voice, rng, total, shape=((0.0, "m"), (1.0, "m")), mouth=((0.0, 0.0),), pitch=points, level=level,
        tension=((0.0, 1.2),), breath=((0.0, 0.03),), vibrato=(0.008, 5.2),
    )  # fmt: skip


def ugh(
    voice: Voice,
    rng: np.random.Generator,
    *,
    length: float = 0.45,
    pitch: float = 1.1,
    vowel: str = "V",
    throat: float = 0.6,
) -> Samples:
    """Return a falling tone of disgust that ends in the throat: voice, then a scrape of air."""
    tone = utter(
        voice, rng, length, shape=((0.0, "schwa"), (0.3, vowel), (1.0, "u")), tension=((0.0, 0.85),),
        pitch=((0.0, pitch), (0.25, 1.08 * pitch), (1.0, 0.72 * pitch)), rough=((0.0, 0.15), (1.0, 0.55)),
        level=((0.0, 0.0), (0.1, 1.0), (0.75, 0.8), (1.0, 0.0)), breath=((0.0, 0.1), (1.0, 0.3)),
    )  # fmt: skip
    scrape = blast(voice, rng, 0.16, ((0, 0), (0.15, 1), (0.5, 0.5), (1, 0)), "O", wide=1.6)
    scrape = scrape * trill(rng, len(scrape), 27.0, 0.5)
    return joined((0.0, tone), (0.94 * length, scrape), gain=(1.0 / float(np.max(np.abs(tone))), 0.4 * throat))


def cheer(voice: Voice, rng: np.random.Generator, *, calls: Sequence[tuple[float, float, Shape, Curve]]) -> Samples:
    """Return shouts of joy: ``(start, length, shape, pitch)`` each, bright and strong."""
    out = []
    for at, length, shape, pitch in calls:
        tone = call(
            voice, rng, length=length, shape=shape, pitch=pitch, tension=0.6, airy=0.12, lift=1.15, vibrato=0.006
        )
        out.append((at, tone / float(np.max(np.abs(tone)))))
    return joined(*out)


def raspberry(voice: Voice, rng: np.random.Generator, *, length: float = 0.8, rate: float = 24.0) -> Samples:
    """Return air that sets the tongue between the lips flapping ``rate`` times a second."""
    n = seconds(length)
    flaps = trill(rng, n, rate * (voice.tract**0.5), 0.98) ** 1.3
    air = hiss(rng, length, 140.0, 5200.0, ((0, 0), (0.06, 1), (0.75, 0.85), (1, 0)))
    thump = band(flaps - np.mean(flaps), 70.0, 420.0) * curve(n, ((0, 0), (0.05, 1), (0.8, 0.8), (1, 0)))
    return joined((0.0, 0.35 * air * flaps), (0.0, 0.6 * thump / float(np.max(np.abs(thump)))))


_WOO: Shape = ((0.0, "u"), (1.0, "u"))
_WOW: Shape = ((0.0, "u"), (0.2, "u"), (0.5, "a"), (0.65, "a"), (1.0, "u"))
_TUNE = ((0, 0.34), (4, 0.34), (7, 0.34), (9, 0.34), (7, 0.7), (4, 0.34), (0, 0.7))
_LULLABY = ((0, 0.5), (0, 0.25), (3, 0.9), (0, 0.5), (0, 0.25), (3, 0.9))

KINDS: dict[str, tuple[Take, ...]] = {
    "hum": (
        Take(
            label="hum_of_agreement", speaker="spk01", make=partial(
                hum, notes=((0.0, 0.2, ((0.0, 1.0), (1.0, 0.92))), (0.28, 0.28, ((0.0, 1.0), (1.0, 1.25)))), airy=0.25),
            caption="a man hums mm-hmm with closed lips, the second note rising", feeling="agreeing, attentive",
        ),
        Take(
            label="hum_of_agreement", speaker="spk15", make=partial(
                hum, notes=((0.0, 0.22, ((0.0, 0.9), (1.0, 0.88))), (0.3, 0.3, ((0.0, 1.15), (1.0, 1.3)))), airy=0.2),
            caption="a low, warm mm-hmm from a woman, encouraging", feeling="kindly affirmative",
        ),
        Take(
            label="hum_of_disagreement", speaker="spk20", make=partial(
                hum, notes=((0.0, 0.2, ((0.0, 1.3), (1.0, 1.25))), (0.3, 0.3, ((0.0, 1.0), (1.0, 0.82))))),
            caption="a woman hums a clipped mm-mm, the second note lower", feeling="refusing, doubtful",
        ),
        Take(
            label="thoughtful_hum", speaker="spk02", make=partial(
                hum, notes=((0.0, 0.9, ((0.0, 1.05), (0.4, 0.95), (1.0, 0.82))),)),
            caption="a man with a deep voice hums one long, pondering hmm", feeling="thoughtful, undecided",
        ),
        Take(
            label="questioning_hum", speaker="spk13", make=partial(
                hum, notes=((0.0, 0.42, ((0.0, 1.0), (0.4, 1.05), (1.0, 1.65))),)),
            caption="a woman's short hmm that rises like a question", feeling="puzzled, curious",
        ),
        Take(
            label="humming", speaker="spk19", make=partial(humming, tune=_TUNE, pitch=1.05),
            caption="a woman hums a cheerful little tune, up the chord and down again",
            feeling="content, absent-minded",
        ),
        Take(
            label="humming", speaker="spk12", make=partial(humming, tune=_LULLABY, pitch=1.0),
            caption="a man hums a slow lullaby phrase twice, resonant", feeling="tender and soothing",
        ),
    ),
    "ooh": (
        Take(
            label="ooh", speaker="spk14", make=partial(
                call, length=0.75, shape=_WOO, pitch=((0.0, 1.2), (0.4, 1.75), (1.0, 1.15)), airy=0.1),
            caption="a young woman coos ooh, rising and falling in one sweep", feeling="impressed and delighted",
        ),
        Take(
            label="ooh", speaker="spk11", make=partial(
                call, length=0.9, shape=_WOO, pitch=((0.0, 1.0), (0.3, 1.25), (0.6, 1.6), (1.0, 1.9))),
            caption="a teenage boy says a long teasing ooh that climbs", feeling="teasing, gleeful",
        ),
        Take(
            label="ooh", speaker="spk09", make=partial(
                call, length=0.5, shape=_WOO, pitch=((0.0, 1.3), (1.0, 0.85)), airy=0.2),
            caption="a soft-voiced young man murmurs a brief, falling ooh", feeling="sympathetic wince",
        ),
        Take(
            label="ooh", speaker="spk17", make=partial(
                call, length=1.0, shape=_WOO, pitch=((0.0, 1.1), (0.35, 1.4), (1.0, 0.95)), vibrato=0.02),
            caption="a quavering, drawn-out ooh from a very old woman", feeling="marvelling",
        ),
    ),
    "wow": (
        Take(
            label="wow", speaker="spk03", make=partial(
                call, length=0.7, shape=_WOW, pitch=((0.0, 1.1), (0.45, 1.7), (1.0, 0.95)), lift=1.1, tension=0.8),
            caption="a young man exclaims wow, bright and wide", feeling="amazed",
        ),
        Take(
            label="wow", speaker="spk19", make=partial(
                call, length=1.0, shape=_WOW, pitch=((0.0, 0.95), (0.4, 1.2), (1.0, 0.75)), airy=0.2, tension=1.3),
            caption="a woman breathes a slow, hushed wow", feeling="quiet awe",
        ),
        Take(
            label="wow", speaker="spk24", make=partial(
                call, length=0.8, shape=_WOW, pitch=((0.0, 1.0), (0.5, 1.6), (1.0, 1.1)), tension=0.9),
            caption="a small child calls out wow in a high voice", feeling="thrilled wonder",
        ),
    ),
    "aww": (
        Take(
            label="aww", speaker="spk18", make=partial(
                call, length=1.1, shape=((0.0, "O"), (0.8, "O"), (1.0, "u")), airy=0.15,
                pitch=((0.0, 1.35), (0.25, 1.55), (1.0, 0.95))),
            caption="a young woman sighs aww, soft and sliding downwards", feeling="touched, affectionate",
        ),
        Take(
            label="aww", speaker="spk23", make=partial(
                call, length=0.9, shape=((0.0, "O"), (1.0, "O")), airy=0.1,
                pitch=((0.0, 1.3), (0.2, 1.35), (1.0, 0.8))),
            caption="a deep, smoky-voiced woman says aww, falling with pity", feeling="compassionate",
        ),
        Take(
            label="aww", speaker="spk22", make=partial(
                call, length=1.2, shape=((0.0, "O"), (0.85, "O"), (1.0, "u")),
                pitch=((0.0, 1.1), (0.3, 1.45), (0.6, 1.2), (1.0, 0.8))),
            caption="a teenage girl's long, disappointed aww, up and then down", feeling="let down",
        ),
    ),
    "ugh": (
        Take(
            label="ugh", speaker="spk13", make=partial(ugh, length=0.5, pitch=1.15),
            caption="a woman says ugh, falling into the throat", feeling="disgusted",
        ),
        Take(
            label="ugh", speaker="spk07", make=partial(ugh, length=0.35, pitch=1.2, throat=1.0),
            caption="a man spits out a short, scraping ugh", feeling="strong revulsion",
        ),
        Take(
            label="ugh", speaker="spk05", make=partial(ugh, length=0.6, pitch=1.0, throat=0.4),
            caption="a very old man mutters a shaky, disapproving ugh", feeling="grumpy distaste",
        ),
        Take(
            label="ugh", speaker="spk11", make=partial(ugh, length=0.75, pitch=1.3, throat=0.8),
            caption="a teenage boy drags out an exasperated ugh", feeling="fed up",
        ),
    ),
    "cheer": (
        Take(
            label="cheer", speaker="spk12", make=partial(cheer, calls=(
                (0.0, 0.3, _WOO, ((0.0, 1.5), (1.0, 1.9))), (0.36, 0.75, _WOO, ((0.0, 2.2), (0.3, 2.5), (1.0, 1.7))))),
            caption="a man whoops woo-hoo, ringing, the second note higher", feeling="jubilant",
        ),
        Take(
            label="cheer", speaker="spk22", make=partial(cheer, calls=(
                (0.0, 0.8, ((0.0, "i"), (0.15, "e"), (0.7, "e"), (1.0, "I")), ((0.0, 1.5), (0.3, 2.0), (1.0, 1.4))),)),
            caption="a teenage girl cries yay, bright and drawn out", feeling="overjoyed",
        ),
        Take(
            label="cheer", speaker="spk24", make=partial(cheer, calls=(
                (0.0, 0.35, ((0.0, "i"), (0.2, "e"), (1.0, "I")), ((0.0, 1.4), (1.0, 1.7))),
                (0.45, 0.6, ((0.0, "i"), (0.2, "e"), (1.0, "I")), ((0.0, 1.5), (0.4, 1.9), (1.0, 1.5))))),
            caption="a small child cheers yay twice, the second time longer", feeling="bursting with joy",
        ),
        Take(
            label="cheer", speaker="spk03", make=partial(cheer, calls=(
                (0.0, 1.0, _WOO, ((0.0, 1.4), (0.15, 2.4), (0.7, 2.6), (1.0, 2.0))),)),
            caption="one long, high woo from a young man, like at a concert", feeling="wild enthusiasm",
        ),
    ),
    "raspberry": (
        Take(
            label="raspberry", speaker="spk24", make=partial(raspberry, length=0.9, rate=23.0),
            caption="a child blows a long, wet raspberry", feeling="cheeky",
        ),
        Take(
            label="raspberry", speaker="spk06", make=partial(raspberry, length=0.5, rate=22.0),
            caption="a man blows a short raspberry with fluttering lips", feeling="dismissive, jokey",
        ),
    ),
}  # fmt: skip
