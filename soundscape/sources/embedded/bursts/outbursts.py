"""Coughs, cleared throats, sneezes and hiccups: air that breaks out, or in, against a closed glottis.

A cough has three phases (Korpáš, Sadloňová and Vrabec 1996): an explosive burst, a noisy middle, and often a short
voiced end.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.bursts.take import Take, blast, hiss, joined, trill, unsteady
from soundscape.sources.embedded.bursts.voice import Voice, utter
from soundscape.sources.embedded.dsp import Samples, band


def _one_cough(voice: Voice, rng: np.random.Generator, length: float, voiced: float, wet: float) -> Samples:
    air = blast(voice, rng, length, ((0, 0), (0.025, 1), (0.16, 0.42), (0.5, 0.22), (1, 0)), "V", wide=1.8, low=180.0)
    if wet > 0.0:
        air = air * trill(rng, len(air), 31.0, wet)
    start = utter(
        voice, rng, 0.07, shape=((0.0, "V"), (1.0, "V")), pitch=((0.0, 2.1), (1.0, 1.5)), tension=((0.0, 0.5),),
        level=((0.0, 0.0), (0.12, 1.0), (0.5, 0.5), (1.0, 0.0)), rough=((0.0, 0.8),), breath=((0.0, 0.6),), lift=1.2,
    )  # fmt: skip
    end = utter(
        voice, rng, 0.6 * length, shape=((0.0, "V"), (1.0, "schwa")), pitch=((0.0, 1.55), (1.0, 0.95)),
        level=((0.0, 0.0), (0.3, 1.0), (0.6, 0.8), (1.0, 0.0)), breath=((0.0, 0.5), (1.0, 0.2)),
        rough=((0.0, 0.55 + 0.3 * wet),), tension=((0.0, 1.2),),
    )  # fmt: skip
    top = float(np.max(np.abs(start)))
    return joined((0.0, air), (0.0, start), (0.34 * length, end), gain=(1.0, 0.55 / top, 0.32 * voiced / top))


def cough(
    voice: Voice, rng: np.random.Generator, *, times: int = 1, gap: float = 0.36, length: float = 0.30,
    voiced: float = 1.0, wet: float = 0.0,
) -> Samples:  # fmt: skip
    """Return coughs ``gap`` seconds apart; ``wet`` makes them rattle, ``voiced`` is the strength of their end."""
    out, gains, at = [], [], 0.0
    for i in range(times):
        out.append((at, _one_cough(voice, rng, length * unsteady(rng, 0.08), voiced, wet)))
        gains.append((1.0 - 0.35 * i / times) * unsteady(rng, 0.08))
        at += gap * unsteady(rng, 0.06)
    return joined(*out, gain=gains)


def _rasp(voice: Voice, rng: np.random.Generator, length: float, pitch: float) -> Samples:
    """Scrape the throat: the folds pressed and fluttering in a strong stream of air."""
    y = utter(
        voice, rng, length, shape=((0.0, "er"), (0.6, "er"), (1.0, "schwa")), wide=1.3,
        pitch=((0.0, pitch), (0.5, 0.92 * pitch), (1.0, 0.8 * pitch)), tension=((0.0, 0.6),), rough=((0.0, 0.9),),
        level=((0.0, 0.0), (0.12, 1.0), (0.8, 0.8), (1.0, 0.0)), breath=((0.0, 0.9), (1.0, 0.7)),
    )  # fmt: skip
    return y * trill(rng, len(y), 29.0, 0.65)


def ahem(
    voice: Voice, rng: np.random.Generator, *, times: int = 1, length: float = 0.3, hum: float = 0.0,
    pitch: float = 0.95, gap: float = 0.16,
) -> Samples:  # fmt: skip
    """Return a cleared throat: rasps, then with ``hum`` > 0 a closed-mouth "hem" of so many seconds."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for i in range(times):
        start = blast(voice, rng, 0.06, ((0, 0), (0.1, 1), (1, 0)), "schwa", wide=1.6)
        out += [(at, 0.35 * start), (at + 0.01, _rasp(voice, rng, length * (1.0 - 0.15 * i), pitch))]
        at += length + gap
    if hum > 0.0:
        close = utter(
            voice, rng, hum, shape=((0.0, "e"), (0.3, "m"), (1.0, "m")), mouth=((0.0, 1.0), (0.25, 0.6), (0.4, 0.0)),
            pitch=((0.0, 1.15 * pitch), (0.4, 1.1 * pitch), (1.0, 0.9 * pitch)), tension=((0.0, 0.9),),
            level=((0.0, 0.0), (0.1, 1.0), (0.7, 0.8), (1.0, 0.0)), breath=((0.0, 0.5), (0.25, 0.05), (1.0, 0.0)),
        )  # fmt: skip
        out.append((at - gap + 0.05, close))
    return joined(*out)


def sneeze(
    voice: Voice, rng: np.random.Generator, *, intakes: int = 1, loud: float = 1.0, vowel: str = "u",
    stifled: bool = False, tail: float = 0.28,
) -> Samples:  # fmt: skip
    """Return drawn breaths, a held moment, and the burst: a hiss at the teeth and a voiced end on ``vowel``."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for i in range(intakes):
        length = 0.26 + 0.1 * (i == intakes - 1)
        rise = 1.25 + 0.2 * i
        out.append((at, 0.3 * blast(voice, rng, length, ((0, 0), (0.7, 1), (1, 0.2)), "ae")))
        drawn = utter(
            voice, rng, length, shape=((0.0, "schwa"), (1.0, "a")), pitch=((0.0, rise), (1.0, 1.35 * rise)),
            level=((0.0, 0.0), (0.3, 0.5), (0.8, 0.8), (1.0, 0.0)), tension=((0.0, 1.9),), breath=((0.0, 0.3),),
        )  # fmt: skip
        out.append((at, 0.28 * drawn / float(np.max(np.abs(drawn)))))
        at += length + (0.10 if i < intakes - 1 else 0.14)
    if stifled:
        squeak = hiss(rng, 0.09, 1500.0 * voice.tract, 6500.0, ((0, 0), (0.08, 1), (0.5, 0.3), (1, 0)))
        nose = utter(
            voice, rng, 0.16, shape=((0.0, "m"),), mouth=((0.0, 0.0),), pitch=((0.0, 2.4), (1.0, 1.5)),
            level=((0.0, 0.0), (0.15, 1.0), (1.0, 0.0)), tension=((0.0, 0.7),),
        )  # fmt: skip
        return joined(*out, (at, squeak), (at + 0.02, nose), gain=[1.0] * len(out) + [0.9, 0.6])
    teeth = hiss(rng, 0.24, 1700.0 * voice.tract, 8500.0, ((0, 0), (0.03, 1), (0.35, 0.7), (1, 0)))
    air = blast(voice, rng, 0.26, ((0, 0), (0.04, 1), (0.4, 0.5), (1, 0)), "I", wide=1.8)
    end = utter(
        voice, rng, tail, shape=((0.0, "I"), (0.4, vowel), (1.0, vowel)), pitch=((0.0, 2.0), (1.0, 1.0)),
        level=((0.0, 0.0), (0.15, 1.0), (0.5, 0.7), (1.0, 0.0)), breath=((0.0, 0.8), (1.0, 0.1)),
        tension=((0.0, 0.8),), rough=((0.0, 0.3),), lift=1.1,
    )  # fmt: skip
    top = float(np.max(np.abs(end)))
    return joined(
        *out, (at, teeth), (at, air), (at + 0.12, end), gain=[1.0] * len(out) + [0.30 * loud, loud, 0.75 * loud / top]
    )  # fmt: skip


def hiccup(
    voice: Voice, rng: np.random.Generator, *, times: int = 1, gap: float = 0.8, pitch: float = 1.9,
    squeak: float = 1.0, after: float = 0.0,
) -> Samples:  # fmt: skip
    """Return short voiced gulps of air that the closing glottis cuts off; ``after`` adds a breath let go."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for _ in range(times):
        top = pitch * unsteady(rng, 0.06)
        gulp = utter(
            voice, rng, 0.13, shape=((0.0, "schwa"), (0.5, "I"), (1.0, "e")), rough=((0.0, 0.25),), lift=1.15,
            pitch=((0.0, 0.7 * top), (0.35, top), (1.0, 1.25 * top)), tension=((0.0, 1.1), (1.0, 0.6)),
            level=((0.0, 0.0), (0.25, 0.8 * squeak), (0.85, squeak), (0.93, 0.0), (1.0, 0.0)),
            breath=((0.0, 0.3), (0.3, 0.4), (0.9, 0.2), (0.95, 0.0), (1.0, 0.0)),
        )  # fmt: skip
        stop = band(rng.standard_normal(240) * np.exp(-np.arange(240) / 40.0), 300.0, 3000.0)
        out += [(at, gulp / float(np.max(np.abs(gulp)))), (at + 0.121, 0.25 * stop)]
        at += gap * unsteady(rng, 0.1)
    if after > 0.0:
        out.append((0.3, after * blast(voice, rng, 0.4, ((0, 0), (0.15, 1), (0.5, 0.5), (1, 0)), "schwa", slope=2.0)))
    return joined(*out)


KINDS: dict[str, tuple[Take, ...]] = {
    "cough": (
        Take(
            label="cough", speaker="spk01", make=partial(cough, times=2),
            caption="a man coughs twice, dry and firm", feeling="matter-of-fact, slightly irritated throat",
        ),
        Take(
            label="cough", speaker="spk04", make=partial(cough, times=4, gap=0.34, wet=0.75, length=0.33),
            caption="an older man has a rattling coughing fit, four wet barks", feeling="ill and short of breath",
        ),
        Take(
            label="cough", speaker="spk13", make=partial(cough, times=1, length=0.32),
            caption="a woman gives one short, clear cough", feeling="neutral, perfunctory",
        ),
        Take(
            label="cough", speaker="spk24", make=partial(cough, times=3, gap=0.32, length=0.24),
            caption="a small child coughs three times, high and hacking", feeling="poorly, a little distressed",
        ),
        Take(
            label="cough", speaker="spk17", make=partial(cough, times=2, gap=0.45, length=0.3, voiced=0.5),
            caption="a frail old woman coughs weakly, two thin, airy puffs", feeling="feeble and tired",
        ),
        Take(
            label="cough", speaker="spk10", make=partial(cough, times=3, gap=0.42, length=0.36, voiced=1.3),
            caption="three deep, chesty coughs from a man with a massive voice", feeling="unwell, heavy-chested",
        ),
    ),
    "throat_clearing": (
        Take(
            label="throat_clearing", speaker="spk04", make=partial(ahem, times=2, pitch=0.85),
            caption="an older man clears his throat twice, low and gravelly", feeling="impatient, demanding attention",
        ),
        Take(
            label="throat_clearing", speaker="spk06", make=partial(ahem, times=1, length=0.22, hum=0.3),
            caption="a man says a discreet, muffled ahem with closed lips at the end", feeling="politely interrupting",
        ),
        Take(
            label="throat_clearing", speaker="spk20", make=partial(ahem, times=1, length=0.24, hum=0.34, pitch=1.05),
            caption="a middle-aged woman utters a pointed, nasal ahem", feeling="disapproving",
        ),
        Take(
            label="throat_clearing", speaker="spk05", make=partial(ahem, times=3, length=0.26, pitch=0.9, gap=0.2),
            caption="a very old man scrapes his throat clear, three hoarse rasps", feeling="laborious, uncomfortable",
        ),
        Take(
            label="throat_clearing", speaker="spk19", make=partial(ahem, times=2, length=0.18, gap=0.12),
            caption="a woman clears her throat with two small, quick rasps", feeling="getting ready to speak",
        ),
        Take(
            label="throat_clearing", speaker="spk10", make=partial(ahem, times=1, length=0.5, pitch=0.9),
            caption="one long, rumbling scrape of a bass voice's throat", feeling="gruff and self-important",
        ),
    ),
    "sneeze": (
        Take(
            label="sneeze", speaker="spk12", make=partial(sneeze, intakes=2, loud=1.0, vowel="u", tail=0.34),
            caption="a man draws two breaths and sneezes explosively, a ringing ah-choo",
            feeling="helpless, then relieved",
        ),
        Take(
            label="sneeze", speaker="spk22", make=partial(sneeze, intakes=1, loud=0.8, vowel="I", tail=0.16),
            caption="a teenage girl sneezes once, light and sharp", feeling="startled by herself",
        ),
        Take(
            label="sneeze", speaker="spk18", make=partial(sneeze, intakes=1, stifled=True),
            caption="a young woman stifles a sneeze into a tiny nasal squeak", feeling="embarrassed restraint",
        ),
        Take(
            label="sneeze", speaker="spk08", make=partial(sneeze, intakes=3, loud=1.0, vowel="schwa"),
            caption="a middle-aged man gasps in three times and lets out a big sneeze",
            feeling="building up to release",
        ),
        Take(
            label="sneeze", speaker="spk21", make=partial(sneeze, intakes=1, loud=1.0, vowel="a", tail=0.3),
            caption="a woman's abrupt, hissing sneeze that ends in a cry", feeling="sudden and forceful",
        ),
    ),
    "hiccup": (
        Take(
            label="hiccup", speaker="spk11", make=partial(hiccup, times=2, gap=0.95),
            caption="a teenage boy hiccups twice, nearly a second apart", feeling="involuntary, mildly comical",
        ),
        Take(
            label="hiccup", speaker="spk24", make=partial(hiccup, times=3, gap=0.8, pitch=1.6),
            caption="a little child has the hiccups, three tiny high gulps", feeling="helpless and cute",
        ),
        Take(
            label="hiccup", speaker="spk09", make=partial(hiccup, times=1, pitch=2.1, after=0.3),
            caption="a single startled hiccup from a soft-voiced young man, then a breath",
            feeling="caught by surprise",
        ),
        Take(
            label="hiccup", speaker="spk15", make=partial(hiccup, times=2, gap=0.7, pitch=1.6, squeak=0.7),
            caption="a woman hiccups twice in a low, stifled voice", feeling="awkward, suppressed",
        ),
    ),
}  # fmt: skip
