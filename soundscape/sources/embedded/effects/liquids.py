"""Water in small amounts: drips, bubbling, pouring. The sound of water is the sound of its bubbles."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import (
    Samples,
    band,
    clock,
    coloured_noise,
    curve,
    decay,
    edges,
    lay,
    seconds,
    tone,
)
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import (
    Modes,
    blows,
    bubble,
    bubbles,
    peak,
    poisson,
    ring,
    slow,
    steps,
    unit_rms,
)

_BUCKET: Modes = ((310, 0.5, 0.2), (523, 0.8, 0.25), (871, 0.7, 0.2), (1460, 0.5, 0.14), (2450, 0.3, 0.1))
_PAN: Modes = ((940, 0.6, 0.35), (1730, 1.0, 0.3), (2890, 0.8, 0.22), (4300, 0.5, 0.15), (6100, 0.3, 0.1))


def plink(rng: np.random.Generator, pitch: float, length: float, rise: float) -> Samples:
    """Return one drop into water: a tick, then the bubble that sings from ``pitch`` Hz up by the share ``rise``."""
    n = seconds(1.3 * length + 0.03)
    t = clock(n)
    sing = tone(pitch * (1.0 + rise * (1.0 - np.exp(-3.0 * t / length))), n) * decay(n, length)
    y = np.zeros(n)
    tick = band(rng.standard_normal(seconds(0.006)), 2000.0, 9000.0, 1) * np.hanning(seconds(0.006))
    lay(y, tick, 0.0, 0.25)
    lay(y, edges(sing, 0.002, 0.0), 0.012)
    return y


def drip(
    rng: np.random.Generator,
    *,
    times: tuple[float, ...],
    pitch: float,
    length: float,
    rise: float,
    vessel: Modes = (),
    echoes: tuple[tuple[float, float], ...] = (),
) -> Samples:
    """Return drops at ``times`` (s). ``vessel`` rings under them; ``echoes`` are (delay s, gain) of a large space."""
    tail = max([delay for delay, _ in echoes], default=0.0)
    y = np.zeros(seconds(times[-1] + tail + 0.7))
    for at in times:
        tuned = pitch * float(rng.uniform(0.88, 1.12))
        x = plink(rng, tuned, length * float(rng.uniform(0.8, 1.2)), rise * float(rng.uniform(0.6, 1.4)))
        gain = float(rng.uniform(0.7, 1.0))
        for delay, weight in ((0.0, 1.0), *echoes):
            soft = x if delay == 0.0 else band(x, high=2600.0)
            lay(y, soft, at + delay + 0.005, gain * weight)
    if vessel:
        body = ring(blows(len(y), np.asarray(times) + 0.005, rng.uniform(0.6, 1.0, len(times)), 0.0004), vessel)
        y += 1.1 * body * peak(y) / peak(body)
    return y


def boiling(
    rng: np.random.Generator, *, duration: float, rate: float, low: float, high: float, rumble: float, lean: float
) -> Samples:
    """Return bubbling: ``rate`` bubbles a second between ``low`` and ``high`` Hz, over a pot's ``rumble`` (level)."""
    n = seconds(duration)
    times = poisson(rng, duration - 0.05, rate)
    times[0] = 0.003
    y = bubbles(rng, n, times, low, high, 0.12, lean)
    if rumble:
        roar = band(coloured_noise(rng, n, 4.0), 90.0, 900.0) * (1.0 + 0.25 * slow(rng, n, 8.0))
        y += rumble * float(np.std(y)) * unit_rms(roar)
    return edges(y, 0.005, 0.08)


def glugs(rng: np.random.Generator, *, count: int, start: float, end: float, interval: float) -> Samples:
    """Return a bottle that empties in ``count`` glugs: trapped air at ``start`` rising to ``end`` Hz."""
    times = steps(rng, count, interval, 0.06)
    n = seconds(float(times[-1]) + 0.5)
    y = np.zeros(n)
    for i, at in enumerate(times):
        pitch = start * (end / start) ** (i / max(count - 1, 1))
        m = seconds(0.16)
        f = pitch * curve(m, [(0, 0.75), (0.35, 1.0), (1, 1.25)])
        x = (tone(f, m) + 0.35 * tone(2.0 * f, m)) * curve(m, [(0, 0), (0.12, 1), (0.4, 0.6), (1, 0)])
        lay(y, x, float(at), float(rng.uniform(0.8, 1.0)))
        splash = poisson(rng, 0.12, 160.0) + float(at) + 0.02
        y += 0.35 * bubbles(rng, n, splash, 500.0, 2600.0, 0.1, 1.5)
    return edges(y, 0.002, 0.05)


def pouring(
    rng: np.random.Generator,
    *,
    duration: float,
    height: float,
    left: float,
    flow: float,
    hiss: float,
    glug: float = 0.0,
) -> Samples:
    """Return pouring into a vessel whose air column, ``height`` metres deep, shortens to ``left`` metres.

    The column is a closed pipe: its modes, 1, 3 and 5 quarter waves, climb as it fills. ``flow`` is bubbles per
    second, ``hiss`` the level of the jet, ``glug`` the rate (Hz) of a bottle's gulping.
    """
    n = seconds(duration)
    times = poisson(rng, duration - 0.03, flow)
    depth = height + (left - height) * times / duration
    column = 343.0 / (4.0 * (depth + 0.008))
    order = rng.choice([1.0, 3.0, 5.0], size=len(times), p=[0.6, 0.27, 0.13])
    pitches = np.minimum(column * order * np.exp(rng.normal(0.0, 0.05, len(times))), 9000.0)
    wave = 1.0 if glug == 0.0 else 0.5 + 0.5 * np.sin(2.0 * np.pi * glug * times)
    gains = rng.uniform(0.1, 1.0, len(times)) ** 2 * (1.0 / order) * wave
    y = np.zeros(n)
    for at, pitch, gain in zip(times, pitches, gains, strict=True):
        lay(y, bubble(float(pitch), 0.02, 0.6), float(at), float(gain))
    free = poisson(rng, duration - 0.03, 0.5 * flow)
    y += 0.5 * bubbles(rng, n, free, 700.0, 4500.0, 0.1, 1.5)
    jet = band(coloured_noise(rng, n, 3.0), 500.0, 8000.0, 1) * (1.0 + 0.2 * slow(rng, n, 9.0))
    y += hiss * float(np.std(y)) * unit_rms(jet)
    return y * curve(n, [(0, 0.5), (0.03, 1), (0.94, 1), (1, 0)])


KINDS = (
    Kind(
        name="water_drip",
        label="water dripping",
        takes=(
            Take(
                caption="single drops fall into still water, one clear plink every second or so",
                make=partial(drip, times=(0.0, 1.02, 2.1, 3.08, 4.15), pitch=1250, length=0.11, rise=0.45),
            ),
            Take(
                caption="a leaking tap drips quickly into a metal bucket, tinny and regular",
                make=partial(
                    drip,
                    times=tuple(0.34 * i for i in range(13)),
                    pitch=1700,
                    length=0.07,
                    rise=0.3,
                    vessel=_BUCKET,
                ),
            ),
            Take(
                caption="water drips in a cave, four widely spaced drops, each answered by fading echoes",
                make=partial(
                    drip,
                    times=(0.0, 1.5, 2.7, 4.4),
                    pitch=980,
                    length=0.16,
                    rise=0.5,
                    echoes=((0.13, 0.5), (0.21, 0.38), (0.34, 0.28), (0.47, 0.2), (0.66, 0.13), (0.86, 0.08)),
                ),
            ),
            Take(
                caption="tiny drops patter at random into a shallow bowl, high and delicate",
                make=partial(
                    drip,
                    times=(0.0, 0.19, 0.3, 0.62, 0.7, 0.95, 1.31, 1.4, 1.77, 1.83, 2.2, 2.42, 2.5, 2.95, 3.2),
                    pitch=2600,
                    length=0.045,
                    rise=0.35,
                ),
            ),
            Take(
                caption="fat drops land on an upturned pan, ringing metallic taps about twice a second",
                make=partial(
                    drip,
                    times=(0.0, 0.52, 1.0, 1.56, 2.05, 2.58, 3.06, 3.6),
                    pitch=900,
                    length=0.05,
                    rise=0.2,
                    vessel=_PAN,
                ),
            ),
        ),
    ),
    Kind(
        name="bubbling",
        label="bubbling water",
        takes=(
            Take(
                caption="a pot of water boils hard, a dense, rolling gurgle over a low rumble",
                make=partial(boiling, duration=5.5, rate=130, low=260, high=1500, rumble=0.7, lean=1.0),
            ),
            Take(
                caption="thick porridge plops slowly on the stove, single fat, low bubbles bursting",
                make=partial(boiling, duration=5.0, rate=5, low=150, high=420, rumble=0.0, lean=0.8),
            ),
            Take(
                caption="an aquarium pump sends up an even stream of small, bright bubbles",
                make=partial(boiling, duration=6.0, rate=45, low=700, high=2400, rumble=0.15, lean=1.2),
            ),
            Take(
                caption="a bottle is emptied upside down in nine glugs that rise in pitch",
                make=partial(glugs, count=9, start=190, end=430, interval=0.36),
            ),
            Take(
                caption="someone blows through a straw into a drink, a lively mid-pitched burble",
                make=partial(boiling, duration=3.0, rate=60, low=330, high=1000, rumble=0.25, lean=0.7),
            ),
        ),
    ),
    Kind(
        name="pouring",
        label="pouring water",
        takes=(
            Take(
                caption="water is poured into a tall glass, the splashing tone climbing as it fills",
                make=partial(pouring, duration=4.0, height=0.16, left=0.015, flow=420, hiss=0.5),
            ),
            Take(
                caption="a wine bottle pours out with soft, rhythmic gulps into a goblet",
                make=partial(pouring, duration=3.2, height=0.09, left=0.05, flow=300, hiss=0.15, glug=4.5),
            ),
            Take(
                caption="a tea cup is filled briefly from a pot, a small, high, trickling stream",
                make=partial(pouring, duration=2.0, height=0.06, left=0.02, flow=190, hiss=0.25),
            ),
            Take(
                caption="a bucket is filled under a strong tap, a broad, noisy gush rising slowly in tone",
                make=partial(pouring, duration=6.0, height=0.34, left=0.08, flow=520, hiss=0.9),
            ),
            Take(
                caption="a narrow flask fills right up to the brim, its note sweeping up faster and faster",
                make=partial(pouring, duration=3.6, height=0.22, left=0.004, flow=380, hiss=0.3),
            ),
        ),
    ),
)
