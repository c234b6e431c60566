"""Feet and hands of people: footsteps on several grounds, applause."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, decay, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import Modes, blows, formant_noise, peak, ring, steps, unit_peak
from soundscape.sources.embedded.item import SAMPLE_RATE

Ground = Literal["boards", "stone", "gravel", "snow", "leaves", "stairs", "puddles"]

_BOARDS: Modes = (
    (72, 0.5, 0.14), (113, 0.7, 0.12), (178, 0.8, 0.1), (265, 0.9, 0.08), (410, 0.8, 0.06), (690, 0.7, 0.04),
    (1250, 0.5, 0.025), (2300, 0.3, 0.015),
)  # fmt: skip
_STONE: Modes = ((180, 0.3, 0.03), (820, 0.5, 0.02), (1450, 0.8, 0.018), (2300, 0.7, 0.014), (3700, 0.4, 0.01))
_STAIRS: Modes = (
    (131, 0.8, 0.4), (207, 1.0, 0.5), (338, 0.8, 0.45), (521, 0.7, 0.35), (803, 0.5, 0.3), (1270, 0.35, 0.22),
    (2040, 0.2, 0.15),
)  # fmt: skip


def heel_and_toe(rng: np.random.Generator, body: Modes, hard: float, roll: float) -> Samples:
    """Return one step: the heel's blow, ``roll`` seconds later the softer toe, and a scuff of the sole between."""
    n = seconds(0.6)
    times = [0.005, 0.005 + roll * float(rng.uniform(0.85, 1.15))]
    y = ring(blows(n, times[:1], [1.0], hard), body)
    y += ring(blows(n, times[1:], [float(rng.uniform(0.3, 0.5))], 1.6 * hard), body)
    scuff = band(rng.standard_normal(seconds(0.05)), 900.0, 5000.0, 1) * np.hanning(seconds(0.05))
    lay(y, scuff, times[0] + 0.3 * roll, 0.03 * peak(y))
    return y


def crunch(
    rng: np.random.Generator, *, length: float, grains: int, low: float, high: float, grain: float, thud: float
) -> Samples:
    """Return one step on loose ground: ``grains`` short resonant noises between ``low`` and ``high`` Hz.

    The grains gather where heel and ball of the foot press down; ``grain`` is their decay (rt60, s).
    """
    n = seconds(length + 0.25)
    y = np.zeros(n)
    heel = rng.random(grains) < 0.55
    times = np.where(heel, rng.gamma(2.0, 0.11 * length, grains), 0.5 * length + rng.gamma(2.0, 0.1 * length, grains))
    gains = rng.pareto(2.2, grains).clip(0.0, 6.0) * np.where(heel, 1.0, 0.7)
    m = seconds(grain)
    envelope = decay(m, grain)
    for at, gain in zip(times, gains, strict=True):
        pitch = low * (high / low) ** float(rng.uniform())
        click = envelope * np.sin(2.0 * np.pi * pitch * clock(m) + float(rng.uniform(0.0, 6.28)))
        lay(y, click * (0.5 + 0.5 * rng.uniform(-1.0, 1.0, m)), float(at) + 0.004, float(gain))
    y = band(y, 0.6 * low, min(1.2 * high, 11_000.0), 1)
    weight = ring(blows(n, [0.01], [1.0], 0.006), [(75, 1.0, 0.1), (120, 0.6, 0.08)])
    return unit_peak(y) + thud * unit_peak(weight)


def splash(rng: np.random.Generator) -> Samples:
    """Return one step into a puddle: a slap of water and droplets flung aside."""
    n = seconds(0.5)
    slap = band(rng.standard_normal(n), 400.0, 6000.0, 1) * decay(n, 0.16) * np.minimum(clock(n) / 0.012, 1.0)
    y = slap + 0.5 * band(rng.standard_normal(n), 150.0, 700.0) * decay(n, 0.1)
    for _ in range(14):
        m = seconds(0.03)
        pitch = float(rng.uniform(900.0, 3200.0))
        f = pitch * (1.0 + 4.0 * clock(m))
        drop = np.sin(2.0 * np.pi * np.cumsum(f) / SAMPLE_RATE) * decay(m, 0.03)
        lay(y, drop, 0.05 + float(rng.exponential(0.08)), 0.35 * float(rng.uniform(0.2, 1.0)))
    return y


def one_step(rng: np.random.Generator, ground: Ground, hard: float) -> Samples:
    """Return a single footfall on ``ground``; ``hard`` is the contact time of the heel in seconds."""
    if ground == "gravel":
        return crunch(rng, length=0.26, grains=260, low=900, high=7000, grain=0.012, thud=0.15)
    if ground == "snow":
        return crunch(rng, length=0.34, grains=900, low=700, high=3200, grain=0.02, thud=0.25)
    if ground == "leaves":
        return crunch(rng, length=0.22, grains=190, low=2500, high=10500, grain=0.006, thud=0.08)
    if ground == "puddles":
        return splash(rng)
    body = {"boards": _BOARDS, "stone": _STONE, "stairs": _STAIRS}[ground]
    return heel_and_toe(rng, body, hard, 0.1 if ground != "stairs" else 0.06)


def footsteps(
    rng: np.random.Generator,
    *,
    ground: Ground,
    count: int,
    interval: float,
    hard: float = 0.002,
    approach: float = 0.0,
    quicken: float = 0.0,
) -> Samples:
    """Return ``count`` steps about ``interval`` s apart, left and right a little unlike.

    ``approach`` is the rise in level over the series in dB; ``quicken`` the share by which the interval shrinks.
    """
    pace = interval * (1.0 - quicken * np.linspace(0.0, 1.0, count)) * (1.0 + 0.03 * rng.standard_normal(count))
    times = np.cumsum(pace) - pace[0]
    n = seconds(float(times[-1]) + 0.8)
    y = np.zeros(n)
    for i, at in enumerate(times):
        level = 10.0 ** (approach * (i / max(count - 1, 1) - 1.0) / 20.0)
        x = one_step(rng, ground, hard)
        lay(y, x / float(np.sqrt(np.mean(np.square(x)))), float(at), level * (1.0 if i % 2 else 0.88))
    return y


def clap(rng: np.random.Generator, pitch: float, cupped: float) -> Samples:
    """Return one handclap: noise around the pocket of air at ``pitch`` Hz, darker as ``cupped`` goes to 1."""
    n = seconds(0.07)
    envelope = np.minimum(clock(n) / 0.0015, 1.0) * decay(n, 0.03 + 0.03 * cupped)
    noise = rng.standard_normal(n) * envelope
    wide = (1.0 - cupped) * 0.5
    return formant_noise(noise, [(pitch, 0.45 * pitch, 1.0), (2.2 * pitch, 1400.0, wide), (5200.0, 3000.0, 0.6 * wide)])


def applause(
    rng: np.random.Generator,
    *,
    duration: float,
    people: int,
    rate: float,
    course: tuple[tuple[float, float], ...],
    together: bool = False,
) -> Samples:
    """Return an audience of ``people``, each clapping about ``rate`` times a second with hands of their own sound.

    ``course`` is the share of people clapping, as (position 0–1, share 0–1); ``together`` falls into step.
    """
    n = seconds(duration + 0.1)
    y = np.zeros(n)
    palette = [clap(rng, float(p), float(rng.uniform())) for p in rng.uniform(700.0, 2300.0, 24)]
    points = np.asarray(course)
    for _ in range(people):
        own = rate * (1.0 if together else float(rng.uniform(0.75, 1.3)))
        count = int(duration * own) + 2
        phase = float(rng.normal(0.0, 0.012)) if together else float(rng.uniform(0.0, 1.0 / own))
        times = 0.02 + phase + np.arange(count) / own * (1.0 + (0.0 if together else 0.01 * float(rng.normal())))
        times += rng.normal(0.0, 0.012 if together else 0.02, count)
        lazy = float(rng.uniform())
        hands = int(rng.integers(len(palette)))
        distance = float(rng.uniform(0.25, 1.0))
        for at in times[times < duration]:
            if lazy <= np.interp(at / duration, points[:, 0], points[:, 1]):
                x = palette[hands] if rng.random() < 0.7 else palette[(hands + 1) % len(palette)]
                lay(y, x, float(at), distance * float(rng.uniform(0.6, 1.0)))
    return edges(y, 0.001, 0.15)


def slow_clap(rng: np.random.Generator, *, count: int, interval: float) -> Samples:
    """Return one person clapping ``count`` times, ``interval`` seconds apart."""
    times = steps(rng, count, interval, 0.03)
    y = np.zeros(seconds(float(times[-1]) + 0.3))
    for at in times:
        lay(y, clap(rng, float(rng.normal(1150.0, 60.0)), 0.4), float(at), float(rng.uniform(0.85, 1.0)))
    return y


KINDS = (
    Kind(
        name="footsteps",
        label="footsteps",
        takes=(
            Take(
                caption="leather heels walk across hollow floorboards at an easy pace, ten steps",
                make=partial(footsteps, ground="boards", count=10, interval=0.55, hard=0.0008),
            ),
            Take(
                caption="high heels click sharply along a stone corridor, coming steadily closer",
                make=partial(footsteps, ground="stone", count=12, interval=0.48, hard=0.0004, approach=14.0),
            ),
            Take(
                caption="someone trudges over loose gravel, eight slow, crunching steps",
                make=partial(footsteps, ground="gravel", count=8, interval=0.7),
            ),
            Take(
                caption="boots creak and crunch through fresh snow, seven soft, heavy, dragging steps",
                make=partial(footsteps, ground="snow", count=7, interval=0.85),
            ),
            Take(
                caption="feet run through dry autumn leaves, a dozen quick and crackling footfalls",
                make=partial(footsteps, ground="leaves", count=12, interval=0.34),
            ),
            Take(
                caption="shoes hurry down a metal staircase, each clanging step a little faster than before",
                make=partial(footsteps, ground="stairs", count=13, interval=0.4, hard=0.0009, quicken=0.4),
            ),
            Take(
                caption="a child stamps through puddles, six wet, slapping splashes",
                make=partial(footsteps, ground="puddles", count=6, interval=0.6),
            ),
        ),
    ),
    Kind(
        name="applause",
        label="applause",
        takes=(
            Take(
                caption="a full hall breaks into warm applause that swells at once and dies down slowly",
                make=partial(
                    applause,
                    duration=7.5,
                    people=110,
                    rate=4.2,
                    course=((0, 0.15), (0.12, 1), (0.5, 0.9), (1, 0.02)),
                ),
            ),
            Take(
                caption="a handful of people clap politely, thin and scattered, and soon stop",
                make=partial(applause, duration=4.0, people=6, rate=3.4, course=((0, 1), (0.6, 1), (1, 0.1))),
            ),
            Take(
                caption="one person claps slowly and sarcastically, seven separate claps",
                make=partial(slow_clap, count=7, interval=0.78),
            ),
            Take(
                caption="an audience claps together in time, two heavy beats a second",
                make=partial(applause, duration=6.0, people=40, rate=2.0, course=((0, 1), (1, 1)), together=True),
            ),
            Take(
                caption="hesitant clapping from a few spreads into fast, enthusiastic applause from everybody",
                make=partial(
                    applause,
                    duration=6.5,
                    people=80,
                    rate=5.0,
                    course=((0, 0.03), (0.3, 0.1), (0.75, 1), (1, 1)),
                ),
            ),
        ),
    ),
)
