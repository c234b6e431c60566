"""What goes off in the sky: thunder and fireworks."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, coloured_noise, curve, decay, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import drifting_band, harmonics, scatter, slow, unit_peak
from soundscape.sources.embedded.item import SAMPLE_RATE


def reports(rng: np.random.Generator, n: int, times: Samples, gains: Samples, length: float) -> Samples:
    """Return short noise bursts of rt60 ``length`` (s) at ``times``; eight different ones take turns."""
    y = np.zeros(n)
    for turn in range(8):
        kernel = rng.standard_normal(seconds(1.2 * length)) * decay(seconds(1.2 * length), length)
        y += scatter(n, times[turn::8], gains[turn::8], kernel)
    return y


def thunder(
    rng: np.random.Generator,
    *,
    duration: float,
    claps: tuple[tuple[float, float], ...],
    crack: float,
    dark: float,
    rolls: int,
) -> Samples:
    """Return thunder.

    Every piece of the lightning's crooked channel sends its own blow; those from farther arrive later, weaker and
    duller, as the air takes the high frequencies.

    Args:
        rng: the item's stream.
        duration: seconds.
        claps: main strokes, (time s, level).
        crack: level of the sharp tearing at the first stroke; 0 for distant thunder.
        dark: corner frequency of the rumble, in Hz.
        rolls: number of smaller blows spread over the sound.
    """
    n = seconds(duration)
    power = np.zeros(n)
    for at, level in claps:
        m = n - seconds(at)
        power[seconds(at) :] += level * np.minimum(np.arange(m) / (0.03 * SAMPLE_RATE), 1.0) * decay(m, 0.85 * duration)
    for at in rng.uniform(0.0, 0.8 * duration, rolls):
        m = seconds(float(rng.uniform(0.4, 1.3)))
        fade = float(np.exp(-1.2 * at / duration))
        lay(power, np.hanning(m) ** 0.7, float(at), fade * float(rng.uniform(0.15, 0.7)))
    noise = coloured_noise(rng, n, 3.5)
    rumble = band(noise, 45.0, dark) * power * (1.0 + 0.35 * slow(rng, n, 9.0))
    growl = band(noise, dark, 4.5 * dark, 1) * np.square(power) * 0.5
    y = unit_peak(rumble) + 0.55 * unit_peak(growl)
    if crack:
        m = seconds(0.7)
        times = np.sort(rng.exponential(0.09, 46)).clip(0.0, 0.6)
        gains = rng.uniform(0.2, 1.0, 46) * np.exp(-3.0 * times)
        tear = band(reports(rng, m, times, gains, 0.018), 250.0, 5000.0, 1)
        lay(y, unit_peak(tear), claps[0][0] + 0.004, crack)
    return y * curve(n, [(0, 1), (0.75, 1), (1, 0)])


def bang(rng: np.random.Generator, size: float) -> Samples:
    """Return a shell bursting in the air: a hard knock and a short, dark echo; larger ``size`` is lower and longer."""
    n = seconds(1.1 * size)
    boom = band(rng.standard_normal(n), 35.0, 320.0 / size) * decay(n, 0.7 * size)
    snap = band(rng.standard_normal(n), 300.0, 5000.0, 1) * decay(n, 0.09)
    return unit_peak(boom) + 0.6 * unit_peak(snap)


def crackle(rng: np.random.Generator, duration: float, rate: float) -> Samples:
    """Return burning stars: ``rate`` sharp, tiny reports a second, thinning out over ``duration`` seconds."""
    n = seconds(duration)
    times = duration * rng.beta(1.3, 2.2, int(rate * duration))
    gains = rng.uniform(0.1, 1.0, len(times)) ** 2
    y = band(reports(rng, n, rng.permutation(times), gains, 0.008), 1500.0, 9000.0, 1)
    return unit_peak(y)


def rocket(rng: np.random.Generator, *, length: float, low: float, high: float, whistle: float) -> Samples:
    """Return a rocket going up: a rush of sparks and a whistle from ``low`` to ``high`` Hz at the level ``whistle``."""
    n = seconds(length)
    f = curve(n, [(0, low), (0.6, 0.85 * high), (1, high)]) * (1.0 + 0.01 * slow(rng, n, 20.0))
    tone = harmonics(f, n, [1.0, 0.3, 0.2]) * whistle
    hiss = 0.35 * drifting_band(rng, 1.6 * f, 2200.0)
    return edges((tone + hiss) * curve(n, [(0, 0.4), (0.1, 1), (0.7, 0.6), (1, 0.2)]), 0.01, 0.02)


def fireworks(
    rng: np.random.Generator,
    *,
    ups: tuple[tuple[float, float, float, float], ...] = (),
    bangs: tuple[tuple[float, float], ...] = (),
    crackles: tuple[tuple[float, float, float], ...] = (),
) -> Samples:
    """Return fireworks.

    Args:
        rng: the item's stream.
        ups: rockets, (start s, length s, lowest Hz, highest Hz).
        bangs: bursts, (time s, size about 1).
        crackles: showers of stars, (start s, length s, reports per second).
    """
    ends = [s + d for s, d, _, _ in ups] + [t + 1.1 * z for t, z in bangs] + [s + d for s, d, _ in crackles]
    y = np.zeros(seconds(max(ends) + 0.1))
    for start, length, low, high in ups:
        lay(y, rocket(rng, length=length, low=low, high=high, whistle=0.8), start + 0.004, 0.22)
    for at, size in bangs:
        lay(y, bang(rng, size), at + 0.004, float(rng.uniform(0.8, 1.0)) * min(size, 1.0))
    for start, length, rate in crackles:
        lay(y, crackle(rng, length, rate), start + 0.004, 0.5)
    return y


def firecrackers(rng: np.random.Generator, *, count: int, duration: float) -> Samples:
    """Return a string of ``count`` crackers that goes off within ``duration`` seconds."""
    n = seconds(duration + 0.3)
    times = 0.005 + duration * np.sort(rng.beta(1.1, 1.4, count))
    times -= times[0] - 0.005
    gains = rng.uniform(0.35, 1.0, count)
    y = np.zeros(n)
    for share in range(4):
        m = seconds(0.12)
        snap = band(rng.standard_normal(m), 350.0, 7000.0, 1) * decay(m, 0.06)
        thud = band(rng.standard_normal(m), 90.0, 500.0) * decay(m, 0.08)
        x = unit_peak(snap) + 0.5 * unit_peak(thud)
        y += scatter(n, times[share::4], gains[share::4], x)
    return y


KINDS = (
    Kind(
        name="thunder",
        label="thunder",
        takes=(
            Take(
                caption="a close thunderclap tears open with a sharp crack and rolls away in heavy rumbling",
                make=partial(thunder, duration=6.5, claps=((0.0, 1.0), (0.7, 0.6)), crack=1.1, dark=170.0, rolls=9),
            ),
            Take(
                caption="distant thunder grumbles for a long while, low, soft and uneven",
                make=partial(thunder, duration=8.0, claps=((0.2, 0.4), (2.2, 0.5)), crack=0.0, dark=110.0, rolls=14),
            ),
            Take(
                caption="thunder booms twice in short succession, each stroke with its own dying rumble",
                make=partial(thunder, duration=6.0, claps=((0.0, 1.0), (1.9, 1.1)), crack=0.35, dark=150.0, rolls=3),
            ),
            Take(
                caption="a dry, violent lightning strike cracks overhead and is quickly over",
                make=partial(thunder, duration=2.8, claps=((0.0, 1.0),), crack=1.6, dark=190.0, rolls=2),
            ),
            Take(
                caption="rolling thunder crosses the sky, swelling and sinking in wave after wave",
                make=partial(
                    thunder,
                    duration=8.0,
                    claps=((0.0, 0.5), (1.6, 0.8), (3.6, 0.9)),
                    crack=0.0,
                    dark=150.0,
                    rolls=8,
                ),
            ),
        ),
    ),
    Kind(
        name="fireworks",
        label="fireworks",
        takes=(
            Take(
                caption="a firework rocket whistles upwards and bursts with a dull bang and a crackling shower",
                make=partial(fireworks, ups=((0.0, 1.5, 900, 2400),), bangs=((1.75, 1.0),), crackles=((2.0, 1.8, 55),)),
            ),
            Take(
                caption="a salvo of six fireworks booms in quick, irregular succession",
                make=partial(
                    fireworks, bangs=((0.0, 0.9), (0.42, 1.1), (0.7, 0.8), (1.3, 1.2), (1.52, 0.9), (2.1, 1.3))
                ),
            ),
            Take(
                caption="two screaming rockets climb one after the other without any explosion",
                make=partial(fireworks, ups=((0.0, 1.3, 1400, 3400), (1.0, 1.5, 1200, 3000))),
            ),
            Take(
                caption="one enormous shell explodes with a deep thud and seconds of sizzling crackle",
                make=partial(fireworks, bangs=((0.0, 1.7),), crackles=((0.35, 3.6, 90),)),
            ),
            Take(
                caption="a string of firecrackers goes off, dozens of sharp snaps tumbling over each other",
                make=partial(firecrackers, count=48, duration=2.6),
            ),
        ),
    ),
)
