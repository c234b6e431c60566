"""Beds of weather and water: rain, wind, ocean waves, streams. Steady textures that may be looped under a scene."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, coloured_noise, decay, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import (
    Modes,
    blows,
    bubbles,
    drifting_band,
    poisson,
    ring,
    scatter,
    slow,
    soften,
    unit_rms,
)
from soundscape.sources.embedded.item import SAMPLE_RATE

_TIN: Modes = ((780, 0.6, 0.05), (1420, 0.9, 0.06), (2260, 1.0, 0.05), (3480, 0.8, 0.04), (5200, 0.6, 0.03))
_CANVAS: Modes = ((160, 1.0, 0.03), (290, 0.9, 0.025), (520, 0.5, 0.02), (1100, 0.25, 0.01))


def patter(rng: np.random.Generator, n: int, rate: float, low: float, high: float) -> Samples:
    """Return drops hitting a hard, wet ground, ``rate`` a second: grains of noise between ``low`` and ``high`` Hz."""
    y = np.zeros(n)
    for _ in range(12):
        times = poisson(rng, n / SAMPLE_RATE, rate / 12.0)
        pitch = low * (high / low) ** float(rng.uniform())
        m = seconds(0.012)
        kernel = band(rng.standard_normal(m), 0.7 * pitch, min(1.5 * pitch, 11_500.0), 1) * decay(m, 0.01)
        y += scatter(n, times, rng.pareto(2.5, len(times)).clip(0.05, 5.0), kernel)
    return y


def rain(
    rng: np.random.Generator,
    *,
    duration: float,
    wash: float,
    drops: float,
    low: float,
    high: float,
    surface: Modes = (),
    puddles: float = 0.0,
) -> Samples:
    """Return steady rain.

    Args:
        rng: the item's stream.
        duration: seconds.
        wash: level of the distant drops that melt into noise, against the near ones at 1.
        drops: near drops per second.
        low: lowest pitch of a near drop's grain, in Hz.
        high: highest, in Hz.
        surface: modes of what the near drops strike, if it rings.
        puddles: drops per second that leave a bubble in standing water.
    """
    n = seconds(duration)
    far = band(coloured_noise(rng, n, 2.5), 350.0, 10_500.0, 1) * (1.0 + 0.06 * slow(rng, n, 0.8))
    near = patter(rng, n, drops, low, high)
    if surface:
        force = np.zeros(n)
        for _ in range(3):
            times = poisson(rng, duration, drops / 3.0)
            force += blows(n, times, rng.uniform(0.1, 1.0, len(times)) ** 2, float(rng.uniform(0.0002, 0.0008)))
        near = 0.25 * unit_rms(near) + unit_rms(ring(force, surface))
    y = wash * unit_rms(far) + unit_rms(near)
    if puddles:
        y += 0.9 * unit_rms(bubbles(rng, n, poisson(rng, duration, puddles), 900.0, 4200.0, 0.15, 1.3))
    return soften(y, 7.0)


def wind(
    rng: np.random.Generator,
    *,
    duration: float,
    roar: float,
    gusts: float,
    pace: float,
    howl: tuple[float, float, float] | None = None,
    rustle: float = 0.0,
) -> Samples:
    """Return wind.

    Args:
        rng: the item's stream.
        duration: seconds.
        roar: upper edge of the broad rush of air at rest, in Hz; gusts lift it.
        gusts: depth of the gusts, 0–1.
        pace: gusts per second.
        howl: the whistling of a gap, if any: (centre Hz, width Hz, level); it rises with the gusts.
        rustle: level of leaves.
    """
    n = seconds(duration)
    gust = gusts * slow(rng, n, pace)
    strength = np.exp(0.75 * gust)
    noise = coloured_noise(rng, n, 4.0)
    open_air = np.clip(0.5 + 0.5 * np.tanh(1.2 * gust), 0.0, 1.0)
    y = (
        unit_rms(band(noise, 80.0, roar, 1)) * (1.0 - 0.5 * open_air)
        + 0.8 * unit_rms(band(noise, 120.0, 2.6 * roar, 1)) * open_air
    )
    y = y * strength
    if howl:
        centre, width, level = howl
        pitch = centre * np.exp(0.22 * gust + 0.05 * slow(rng, n, 2.5))
        y += level * drifting_band(rng, pitch, width) * strength**1.4
        y += 0.35 * level * drifting_band(rng, 2.02 * pitch, 1.6 * width) * strength**1.7
    if rustle:
        leaves = patter(rng, n, 1400.0, 2400.0, 9000.0)
        y += rustle * unit_rms(leaves) * strength**1.8
    return soften(y, 4.0)


def ocean(
    rng: np.random.Generator, *, duration: float, period: float, crash: float, wash: float, pebbles: float = 0.0
) -> Samples:
    """Return surf: waves about every ``period`` seconds that rise, break and hiss back.

    Args:
        rng: the item's stream.
        duration: seconds.
        period: seconds from wave to wave.
        crash: weight of the breaking, against the hiss of the foam at 1.
        wash: level of the sea between the waves.
        pebbles: level of the shingle that the backwash drags along.
    """
    n = seconds(duration)
    t = clock(n)
    rise = np.zeros(n)
    foam = np.zeros(n)
    back = np.zeros(n)
    for at in np.arange(-1.5 * period, duration + period, period) + float(rng.uniform(0.0, period)):
        peak = at + float(rng.normal(0.0, 0.1 * period))
        level = float(rng.uniform(0.7, 1.0))
        since = t - peak
        rise += level * np.where(since < 0.0, np.exp(since / (0.2 * period)), np.exp(-since / (0.1 * period)))
        after = np.maximum(since, 0.0)
        foam += level * np.where(since < 0.0, np.exp(since / (0.06 * period)), np.exp(-after / (0.28 * period)))
        back += level * (after / (0.3 * period)) * np.exp(1.0 - after / (0.3 * period))
    body = unit_rms(band(coloured_noise(rng, n, 5.0), 60.0, 600.0, 1))
    spray = unit_rms(band(coloured_noise(rng, n, 2.0), 700.0, 9000.0, 1))
    sea = unit_rms(band(coloured_noise(rng, n, 4.5), 90.0, 2500.0, 1))
    y = crash * rise * body + 0.55 * foam * spray + wash * sea
    if pebbles:
        y += pebbles * unit_rms(patter(rng, n, 900.0, 1800.0, 6500.0)) * back
    return soften(y, 5.0)


def stream(
    rng: np.random.Generator, *, duration: float, rate: float, low: float, high: float, rush: float, lean: float
) -> Samples:
    """Return running water: ``rate`` bubbles a second between ``low`` and ``high`` Hz over a ``rush`` of noise."""
    n = seconds(duration)
    y = unit_rms(bubbles(rng, n, poisson(rng, duration, rate), low, high, 0.06, lean))
    y = y * (1.0 + 0.15 * slow(rng, n, 3.0))
    noise = band(coloured_noise(rng, n, 3.0), 300.0, 7000.0, 1) * (1.0 + 0.1 * slow(rng, n, 1.5))
    return soften(y + rush * unit_rms(noise), 7.0)


def lapping(rng: np.random.Generator, *, duration: float, rate: float) -> Samples:
    """Return a calm sea that laps at a boat: small, hollow slaps about ``rate`` a second, each with a few bubbles."""
    n = seconds(duration)
    times = np.arange(0.05, duration, 1.0 / rate)
    times = times + rng.normal(0.0, 0.18 / rate, len(times))
    y = np.zeros(n)
    for at in times:
        m = seconds(float(rng.uniform(0.25, 0.5)))
        slap = band(rng.standard_normal(m), 180.0, float(rng.uniform(700.0, 1500.0)), 1) * np.hanning(m) ** 2
        lay(y, slap, float(at), float(rng.uniform(0.4, 1.0)))
        some = float(at) + 0.08 + rng.exponential(0.12, 9)
        y += 0.8 * bubbles(rng, n, some, 260.0, 1100.0, 0.15, 0.9)
    return soften(y + 0.06 * unit_rms(band(coloured_noise(rng, n, 4.0), 120.0, 3000.0, 1)), 6.0)


KINDS = (
    Kind(
        name="rain",
        label="rain",
        bed=True,
        takes=(
            Take(
                caption="steady rain falls on paved ground, a soft, even hiss speckled with nearby drops",
                make=partial(rain, duration=14.0, wash=1.0, drops=500, low=1800, high=7500),
            ),
            Take(
                caption="a heavy downpour roars without a break, so dense that single drops disappear",
                make=partial(rain, duration=14.0, wash=3.5, drops=2600, low=900, high=6500),
            ),
            Take(
                caption="light drizzle, scattered fine drops ticking at random over a faint background hush",
                make=partial(rain, duration=15.0, wash=0.3, drops=45, low=2800, high=9000),
            ),
            Take(
                caption="rain drums on a tin roof, thousands of small metallic taps",
                make=partial(rain, duration=13.0, wash=0.35, drops=170, low=2000, high=8000, surface=_TIN),
            ),
            Take(
                caption="rain on a tent, dull, close thuds on taut canvas with a gentle wash outside",
                make=partial(rain, duration=14.0, wash=0.55, drops=75, low=700, high=3000, surface=_CANVAS),
            ),
            Take(
                caption="rain splashes into puddles, bright plinks and bubbles over a wet, rushing background",
                make=partial(rain, duration=14.0, wash=0.7, drops=220, low=1500, high=6000, puddles=65),
            ),
        ),
    ),
    Kind(
        name="wind",
        label="wind",
        bed=True,
        takes=(
            Take(
                caption="a strong wind rushes in broad, dark gusts that swell and slacken",
                make=partial(wind, duration=16.0, roar=320, gusts=0.75, pace=0.55),
            ),
            Take(
                caption="wind howls through a crack in the window, a hollow whistle gliding up and down",
                make=partial(wind, duration=16.0, roar=240, gusts=0.8, pace=0.45, howl=(620, 60, 1.5)),
            ),
            Take(
                caption="a gentle breeze stirs dry leaves, a light rustling that comes and goes",
                make=partial(wind, duration=15.0, roar=450, gusts=0.5, pace=0.4, rustle=1.2),
            ),
            Take(
                caption="a blizzard moans around a mountain hut, several ghostly pitches wavering in the storm",
                make=partial(wind, duration=16.0, roar=500, gusts=0.6, pace=0.7, howl=(390, 90, 1.1)),
            ),
            Take(
                caption="a constant, full-bodied sea wind blows hard over open ground with hardly a lull",
                make=partial(wind, duration=14.0, roar=1400, gusts=0.3, pace=0.8),
            ),
        ),
    ),
    Kind(
        name="ocean",
        label="ocean waves",
        bed=True,
        takes=(
            Take(
                caption="long ocean swells roll in, break with a deep boom and hiss back down the beach",
                make=partial(ocean, duration=20.0, period=7.5, crash=1.6, wash=0.15),
            ),
            Take(
                caption="small waves wash up on sand one after another, soft and regular",
                make=partial(ocean, duration=16.0, period=3.6, crash=0.5, wash=0.12),
            ),
            Take(
                caption="surf breaks on a shingle beach and drags rattling pebbles back with every wave",
                make=partial(ocean, duration=18.0, period=5.5, crash=1.1, wash=0.08, pebbles=0.22),
            ),
            Take(
                caption="a rough sea pounds the shore, overlapping breakers over a continuous roar",
                make=partial(ocean, duration=16.0, period=2.6, crash=1.3, wash=0.6),
            ),
            Take(
                caption="calm sea laps against a moored wooden boat, hollow little slaps and gurgles",
                make=partial(lapping, duration=14.0, rate=1.3),
            ),
        ),
    ),
    Kind(
        name="stream",
        label="running stream",
        bed=True,
        takes=(
            Take(
                caption="a brook babbles over stones, a lively, endless tangle of watery notes",
                make=partial(stream, duration=14.0, rate=210, low=450, high=2600, rush=0.35, lean=1.0),
            ),
            Take(
                caption="a thin trickle of water runs down a rock, light, high and close by",
                make=partial(stream, duration=14.0, rate=60, low=900, high=4200, rush=0.12, lean=1.3),
            ),
            Take(
                caption="a mountain torrent rushes past, mostly white noise with a deep gurgle beneath",
                make=partial(stream, duration=13.0, rate=260, low=200, high=1500, rush=2.2, lean=0.8),
            ),
            Take(
                caption="a garden fountain splashes evenly into its basin, bright and airy",
                make=partial(stream, duration=14.0, rate=330, low=1200, high=5200, rush=0.9, lean=1.4),
            ),
            Take(
                caption="water gurgles along a drain, low, round and hollow",
                make=partial(stream, duration=13.0, rate=70, low=220, high=900, rush=0.15, lean=0.8),
            ),
        ),
    ),
)
