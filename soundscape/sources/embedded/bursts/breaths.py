"""Bursts made of breath: sighs, gasps, yawns, pants, sniffs, snores, hushes and scoffs."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.bursts.take import Take, blast, hiss, joined, trill, unsteady
from soundscape.sources.embedded.bursts.voice import Voice, utter
from soundscape.sources.embedded.dsp import Samples, band, curve, seconds


def sigh(
    voice: Voice, rng: np.random.Generator, *, length: float = 1.2, voiced: float = 0.0, intake: float = 0.0,
    vowel: str = "schwa", drop: float = 0.65,
) -> Samples:  # fmt: skip
    """Return a breath let go, after an ``intake`` of so many seconds; ``voiced`` adds a tone that falls to ``drop``."""
    out: list[tuple[float, Samples]] = []
    if intake > 0.0:
        out.append((0.0, 0.45 * blast(voice, rng, intake, ((0, 0), (0.6, 1), (0.9, 0.7), (1, 0)), "I")))
    let_go = blast(voice, rng, length, ((0, 0), (0.1, 1), (0.3, 0.75), (0.65, 0.3), (1, 0)), vowel, wide=1.8, slope=2.0)
    at = intake + 0.04 if intake else 0.0
    out.append((at, let_go * (0.5 if voiced else 1.0)))
    if voiced > 0.0:
        tone = utter(
            voice, rng, 0.85 * length, shape=((0.0, "V"), (0.3, vowel), (1.0, "schwa")),
            tension=((0.0, 1.9), (1.0, 2.6)),
            pitch=((0.0, 1.15), (0.15, 1.25), (1.0, 1.25 * drop)), breath=((0.0, 0.5), (1.0, 0.3)),
            level=((0.0, 0.0), (0.15, 1.0), (0.5, 0.6), (1.0, 0.0)), wide=1.3,
        )  # fmt: skip
        out.append((at + 0.05, voiced * tone / float(np.max(np.abs(tone)))))
    return joined(*out)


def gasp(
    voice: Voice, rng: np.random.Generator, *, length: float = 0.34, voiced: float = 0.0, pitch: float = 2.2,
    vowel: str = "ae",
) -> Samples:  # fmt: skip
    """Return a breath snatched in, swelling until it is cut off; ``voiced`` adds the squeak of drawn-in voice."""
    air = blast(voice, rng, length, ((0, 0), (0.25, 0.35), (0.7, 1), (0.9, 0.9), (1, 0)), vowel, wide=1.7, slope=-1.5)
    if voiced == 0.0:
        return joined((0.0, air))
    tone = utter(
        voice, rng, length, shape=((0.0, "schwa"), (0.6, vowel), (1.0, vowel)), tension=((0.0, 1.6),), lift=1.1,
        pitch=((0.0, 0.75 * pitch), (0.7, pitch), (1.0, 1.1 * pitch)), rough=((0.0, 0.15),), breath=((0.0, 0.2),),
        level=((0.0, 0.0), (0.35, 0.3), (0.75, 1.0), (0.92, 0.7), (1.0, 0.0)),
    )  # fmt: skip
    return joined((0.0, air), (0.0, tone), gain=(0.28, voiced / float(np.max(np.abs(tone)))))


def yawn(
    voice: Voice,
    rng: np.random.Generator,
    *,
    intake: float = 1.1,
    out: float = 1.5,
    voiced: float = 1.0,
    top: float = 1.4,
) -> Samples:
    """Return a wide breath in, then a long open vowel that slides down and closes."""
    drawn = utter(
        voice, rng, intake, shape=((0.0, "schwa"), (0.6, "yawn"), (1.0, "yawn")), wide=1.5,
        breath=((0.0, 0.0), (0.12, 0.5), (0.9, 0.9), (1.0, 0.1)),
    )  # fmt: skip
    let_go = utter(
        voice, rng, out, shape=((0.0, "yawn"), (0.45, "yawn"), (0.75, "O"), (0.92, "schwa"), (1.0, "m")), wide=1.4,
        pitch=((0.0, 0.85 * top), (0.18, top), (0.5, 0.8 * top), (1.0, 0.5 * top)), tension=((0.0, 1.5), (1.0, 2.4)),
        level=((0.0, 0.0), (0.08, 0.8), (0.3, 1.0), (0.7, 0.5), (1.0, 0.0)), vibrato=(0.012, 5.0),
        breath=((0.0, 0.4), (0.3, 0.15), (0.8, 0.25), (1.0, 0.0)), mouth=((0.0, 1.0), (0.9, 1.0), (1.0, 0.2)),
    )  # fmt: skip
    air = blast(voice, rng, out, ((0, 0), (0.1, 0.7), (0.4, 0.5), (1, 0)), "yawn", wide=1.6, slope=2.0)
    tops = float(np.max(np.abs(drawn))), float(np.max(np.abs(let_go)))
    return joined(
        (0.0, drawn), (intake - 0.02, let_go), (intake - 0.02, air),
        gain=(0.5 / tops[0], voiced / tops[1], 0.18 if voiced > 0.5 else 0.8),
    )  # fmt: skip


def pant(voice: Voice, rng: np.random.Generator, *, breaths: int = 5, rate: float = 2.0) -> Samples:
    """Return quick breaths out and in, ``rate`` pairs a second; out is darker and stronger."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for _ in range(breaths):
        length = unsteady(rng, 0.07) / rate
        down = blast(voice, rng, 0.5 * length, ((0, 0), (0.2, 1), (0.55, 0.6), (1, 0)), "V", wide=1.7, slope=1.5)
        up = blast(voice, rng, 0.44 * length, ((0, 0), (0.5, 0.8), (0.8, 1), (1, 0)), "I", wide=1.9, slope=-1.0)
        out += [(at, unsteady(rng, 0.1) * down), (at + 0.53 * length, 0.5 * up)]
        at += length
    return joined(*out)


def sniff(voice: Voice, rng: np.random.Generator, *, times: int = 2, wet: float = 0.0, length: float = 0.24) -> Samples:
    """Return air drawn up the nose, getting stronger until it stops; ``wet`` makes it bubble."""
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for _ in range(times):
        m = length * unsteady(rng, 0.1)
        air = hiss(rng, m, 1300.0 * voice.tract, 8500.0, ((0, 0), (0.5, 0.5), (0.85, 1), (0.93, 0.8), (1, 0)))
        low = blast(voice, rng, m, ((0, 0), (0.6, 0.7), (0.9, 1), (1, 0)), "m", wide=2.0)
        y = 0.3 * air + 0.35 * low
        out.append((at, y * trill(rng, len(y), 38.0, wet) if wet > 0.0 else y))
        at += m + 0.22 * unsteady(rng, 0.15)
    return joined(*out)


def snore(
    voice: Voice, rng: np.random.Generator, *, rate: float = 34.0, length: float = 1.2, whistle: float = 0.0
) -> Samples:
    """Return a breath in that sets the soft palate flapping ``rate`` times a second, and a soft breath out."""
    n = seconds(length)
    flap = trill(rng, n, rate, 0.97)
    air = blast(
        voice, rng, length, ((0, 0), (0.15, 0.5), (0.6, 1), (0.9, 0.8), (1, 0)), "er", wide=1.2, low=70.0, slope=5.0
    )
    inward = band(air * flap**1.5, high=2600.0)
    outward = blast(voice, rng, 0.7, ((0, 0), (0.2, 1), (0.6, 0.5), (1, 0)), "u", wide=1.6, slope=3.0)
    out = [(0.0, inward / float(np.max(np.abs(inward)))), (length + 0.3, 0.16 * outward)]
    if whistle > 0.0:
        reed = band(rng.standard_normal(seconds(0.6)), 1500.0 * voice.tract, 1650.0 * voice.tract) * curve(
            seconds(0.6), ((0, 0), (0.3, 1), (0.7, 0.6), (1, 0))
        )
        out.append((length + 0.34, whistle * reed / float(np.max(np.abs(reed)))))
    return joined(*out)


def shush(
    voice: Voice, rng: np.random.Generator, *, length: float = 0.8, times: int = 1, gentle: float = 0.0
) -> Samples:
    """Return a hush at the teeth, "shh"; ``gentle`` (0–1) makes it swell and fade instead of starting hard."""
    rise = 0.05 + 0.3 * gentle
    out: list[tuple[float, Samples]] = []
    at = 0.0
    for _ in range(times):
        level = ((0, 0), (rise, 1), (0.7 - 0.2 * gentle, 0.85), (1, 0))
        # The front cavity resonates near 2.7 kHz in a long tract; a weaker band lies above it.
        main = hiss(rng, length, 2100.0 * voice.tract, 4200.0 * voice.tract, level)
        over = hiss(rng, length, 4200.0 * voice.tract, 8500.0, level)
        out.append((at, main + 0.35 * over))
        at += length + 0.12
    return joined(*out)


def scoff(voice: Voice, rng: np.random.Generator, *, manner: str) -> Samples:
    """Return contempt as a "pfft" at the lips, a dry "hah", or a "hmph" through the nose."""
    if manner == "pfft":
        lips = hiss(rng, 0.34, 350.0, 7500.0, ((0, 0), (0.02, 1), (0.12, 0.5), (0.5, 0.35), (1, 0)))
        pop = band(rng.standard_normal(seconds(0.03)), high=500.0) * curve(seconds(0.03), ((0, 0), (0.1, 1), (1, 0)))
        return joined((0.0, lips), (0.0, 1.6 * pop))
    if manner == "hah":
        tone = utter(
            voice, rng, 0.32, shape=((0.0, "schwa"), (0.4, "a"), (1.0, "V")), lift=1.1, tension=((0.0, 1.3),),
            pitch=((0.0, 1.3), (0.4, 1.35), (1.0, 0.9)), breath=((0.0, 0.4), (0.25, 1.0), (0.5, 0.5), (1.0, 0.3)),
            level=((0.0, 0.0), (0.28, 0.0), (0.4, 0.9), (0.6, 0.7), (0.85, 0.0), (1.0, 0.0)),
        )  # fmt: skip
        return joined((0.0, tone))
    tone = utter(
        voice, rng, 0.2, shape=((0.0, "m"), (1.0, "m")), mouth=((0.0, 0.0),), pitch=((0.0, 1.25), (1.0, 0.9)),
        level=((0.0, 0.0), (0.15, 1.0), (0.6, 0.6), (1.0, 0.0)), tension=((0.0, 0.9),),
    )  # fmt: skip
    nose = blast(voice, rng, 0.26, ((0, 0), (0.1, 1), (0.4, 0.4), (1, 0)), "I", wide=3.0)
    return joined((0.0, tone), (0.13, nose), gain=(1.0 / float(np.max(np.abs(tone))), 0.75))


KINDS: dict[str, tuple[Take, ...]] = {
    "sigh": (
        Take(
            label="sigh", speaker="spk09", make=partial(sigh, length=1.3, intake=0.5),
            caption="a young man breathes in and sighs softly, all air and no voice", feeling="wistful resignation",
        ),
        Take(
            label="sigh", speaker="spk13", make=partial(sigh, length=1.1, voiced=0.8, vowel="a"),
            caption="a woman sighs with relief, a breathy ah sliding down", feeling="clearly relieved",
        ),
        Take(
            label="sigh", speaker="spk02", make=partial(sigh, length=1.5, voiced=1.0, vowel="V", intake=0.45),
            caption="a man with a deep voice draws breath and heaves a long, groaning sigh",
            feeling="weary and burdened",
        ),
        Take(
            label="sigh", speaker="spk17", make=partial(sigh, length=1.6, voiced=0.5, drop=0.75),
            caption="a very old woman lets out a trembling, drawn-out sigh", feeling="frail melancholy",
        ),
        Take(
            label="sigh", speaker="spk22", make=partial(sigh, length=0.8, intake=0.3),
            caption="a teenage girl huffs out a short, noisy sigh", feeling="bored and exasperated",
        ),
        Take(
            label="sigh", speaker="spk07", make=partial(sigh, length=0.7),
            caption="a man blows out a quick breath through open lips", feeling="mild frustration",
        ),
    ),
    "gasp": (
        Take(
            label="gasp", speaker="spk14", make=partial(gasp, length=0.4, voiced=0.7),
            caption="a young woman gasps aloud, a bright squeak on the breath", feeling="delighted shock",
        ),
        Take(
            label="gasp", speaker="spk01", make=partial(gasp, length=0.3),
            caption="a man sucks in a sharp, voiceless breath", feeling="sudden alarm",
        ),
        Take(
            label="gasp", speaker="spk24", make=partial(gasp, length=0.42, voiced=0.8, pitch=1.7),
            caption="a small child gasps in wonder, high and piping", feeling="wide-eyed amazement",
        ),
        Take(
            label="gasp", speaker="spk23", make=partial(gasp, length=0.5, voiced=0.35, pitch=1.7, vowel="a"),
            caption="a deep-voiced woman gasps slowly and hoarsely", feeling="horrified",
        ),
        Take(
            label="gasp", speaker="spk05", make=partial(gasp, length=0.36, voiced=0.4, pitch=1.8, vowel="schwa"),
            caption="a very old man catches his breath with a faint croak", feeling="frightened surprise",
        ),
    ),
    "yawn": (
        Take(
            label="yawn", speaker="spk03", make=partial(yawn, intake=1.0, out=1.6, top=1.5),
            caption="a young man yawns widely, a loud open vowel gliding down", feeling="sleepy and unembarrassed",
        ),
        Take(
            label="yawn", speaker="spk15", make=partial(yawn, intake=1.2, out=1.8),
            caption="a low-voiced woman gives a long, warm, luxurious yawn", feeling="drowsy contentment",
        ),
        Take(
            label="yawn", speaker="spk24", make=partial(yawn, intake=0.8, out=1.1, top=1.25),
            caption="a tired child yawns, a small high moan after the breath", feeling="ready for bed",
        ),
        Take(
            label="yawn", speaker="spk18", make=partial(yawn, intake=1.0, out=1.3, voiced=0.3),
            caption="a young woman yawns almost silently, mostly breath", feeling="tired, trying to hide it",
        ),
        Take(
            label="yawn", speaker="spk04", make=partial(yawn, intake=1.1, out=2.0, top=1.3),
            caption="an older man yawns at great length in a worn, gravelly voice", feeling="exhausted",
        ),
    ),
    "pant": (
        Take(
            label="panting", speaker="spk12", make=partial(pant, breaths=5, rate=2.2),
            caption="a man pants hard, five rapid breaths in and out", feeling="out of breath after running",
        ),
        Take(
            label="panting", speaker="spk19", make=partial(pant, breaths=4, rate=1.7),
            caption="a woman breathes heavily, four laboured gusts", feeling="worn out by effort",
        ),
        Take(
            label="panting", speaker="spk11", make=partial(pant, breaths=7, rate=2.9),
            caption="a teenage boy puffs very fast, seven shallow breaths", feeling="excited and breathless",
        ),
    ),
    "sniff": (
        Take(
            label="sniff", speaker="spk16", make=partial(sniff, times=2, wet=0.6),
            caption="an older woman sniffles twice, wet and bubbling", feeling="having a cold, or close to tears",
        ),
        Take(
            label="sniff", speaker="spk08", make=partial(sniff, times=1, length=0.34),
            caption="a middle-aged man takes one long, dry sniff", feeling="disdainful",
        ),
        Take(
            label="sniff", speaker="spk24", make=partial(sniff, times=3, wet=0.7, length=0.2),
            caption="a child with a runny nose sniffs three times", feeling="snuffly and sorry for itself",
        ),
        Take(
            label="sniff", speaker="spk13", make=partial(sniff, times=3, length=0.16),
            caption="a woman sniffs the air, three short inhalations through the nose",
            feeling="curious, testing a smell",
        ),
    ),
    "snore": (
        Take(
            label="snore", speaker="spk10", make=partial(snore, rate=27.0, length=1.4),
            caption="a heavy man snores, a deep rattling breath in and a soft one out", feeling="fast asleep",
        ),
        Take(
            label="snore", speaker="spk05", make=partial(snore, rate=36.0, length=1.2, whistle=0.25),
            caption="an old man's sawing snore with a faint whistle on the way out", feeling="deep in sleep",
        ),
        Take(
            label="snore", speaker="spk20", make=partial(snore, rate=42.0, length=1.0),
            caption="a woman snores lightly, a quick buzzing intake of breath", feeling="dozing",
        ),
    ),
    "shush": (
        Take(
            label="shush", speaker="spk21", make=partial(shush, length=0.55),
            caption="a woman shushes sharply, a short, hissing command", feeling="annoyed, demanding silence",
        ),
        Take(
            label="shush", speaker="spk19", make=partial(shush, length=1.3, gentle=1.0),
            caption="a woman breathes a long, soothing shh that swells and fades", feeling="tender, calming",
        ),
        Take(
            label="shush", speaker="spk01", make=partial(shush, length=0.45, times=2),
            caption="a man hushes someone twice in quick succession, sh-sh", feeling="urgent and secretive",
        ),
        Take(
            label="shush", speaker="spk16", make=partial(shush, length=0.95, gentle=0.4),
            caption="a drawn-out, airy hush from an older woman", feeling="patient but firm",
        ),
    ),
    "scoff": (
        Take(
            label="scoff", speaker="spk07", make=partial(scoff, manner="pfft"),
            caption="a man blows a dismissive pfft through his lips", feeling="contemptuous disbelief",
        ),
        Take(
            label="scoff", speaker="spk21", make=partial(scoff, manner="hah"),
            caption="a woman scoffs with one dry, breathy hah", feeling="scornful",
        ),
        Take(
            label="scoff", speaker="spk08", make=partial(scoff, manner="hmph"),
            caption="a nasal hmph from a middle-aged man, lips closed", feeling="offended and dismissive",
        ),
        Take(
            label="scoff", speaker="spk23", make=partial(scoff, manner="hmph"),
            caption="a smoky-voiced woman gives a curt hmph through the nose", feeling="unimpressed",
        ),
        Take(
            label="scoff", speaker="spk03", make=partial(scoff, manner="hah"),
            caption="a bright, incredulous hah from a young man", feeling="mocking disbelief",
        ),
    ),
}  # fmt: skip
