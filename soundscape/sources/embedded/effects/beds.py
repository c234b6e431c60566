"""Beds of places: fires, summer nights, ventilation, distant roads, railway carriages."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, coloured_noise, decay, seconds, tone
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import (
    Modes,
    blows,
    formant_noise,
    harmonics,
    poisson,
    ring,
    scatter,
    slow,
    soften,
    unit_peak,
    unit_rms,
)
from soundscape.sources.embedded.item import SAMPLE_RATE

_RAIL: Modes = (
    (64, 0.8, 0.12),
    (112, 0.9, 0.11),
    (205, 0.8, 0.09),
    (430, 0.6, 0.06),
    (980, 0.45, 0.04),
    (2100, 0.25, 0.03),
)


def fire(
    rng: np.random.Generator, *, duration: float, crackles: float, pops: float, roar: float, hiss: float, pitch: float
) -> Samples:
    """Return burning wood.

    Args:
        rng: the item's stream.
        duration: seconds.
        crackles: small snaps per second, in flurries.
        pops: hard knocks of bursting sap per second.
        roar: level of the draught.
        hiss: level of escaping steam.
        pitch: middle pitch of the snaps, in Hz.
    """
    n = seconds(duration)
    flurry = np.exp(0.7 * slow(rng, n, 1.2))
    times = poisson(rng, duration, crackles)
    weight = flurry[np.minimum(np.rint(times * SAMPLE_RATE).astype(np.int64), n - 1)]
    gains = rng.pareto(1.8, len(times)).clip(0.05, 9.0) * weight
    y = np.zeros(n)
    for turn in range(10):
        m = seconds(0.012)
        centre = pitch * float(np.exp(rng.normal(0.0, 0.45)))
        kernel = band(rng.standard_normal(m), 0.6 * centre, min(1.8 * centre, 11_000.0), 1) * decay(m, 0.009)
        y += scatter(n, times[turn::10], gains[turn::10], kernel)
    y = unit_rms(y)
    knocks = poisson(rng, duration, pops)
    if len(knocks):
        thuds = ring(
            blows(n, knocks, rng.uniform(0.3, 1.0, len(knocks)), 0.0007),
            [(420, 1.0, 0.04), (950, 0.9, 0.03), (1900, 0.6, 0.02)],
        )
        y += 7.0 * unit_peak(thuds)
    draught = unit_rms(band(coloured_noise(rng, n, 5.0), 50.0, 420.0, 1)) * (1.0 + 0.3 * slow(rng, n, 6.0))
    steam = unit_rms(band(rng.standard_normal(n), 2500.0, 9500.0, 1)) * np.exp(0.6 * slow(rng, n, 0.6))
    return soften(y + roar * draught + hiss * steam, 7.0)


def crickets(
    rng: np.random.Generator,
    *,
    duration: float,
    singers: int,
    pitch: tuple[float, float],
    chirps: float,
    pulses: int,
    pulse_rate: float,
    night: float,
) -> Samples:
    """Return crickets, each at its own pitch, distance and pace.

    Args:
        rng: the item's stream.
        duration: seconds.
        singers: how many.
        pitch: lowest and highest carrier, in Hz.
        chirps: chirps per second of one cricket.
        pulses: wing strokes per chirp; 0 for an unbroken trill.
        pulse_rate: wing strokes per second.
        night: level of the hushed air around them.
    """
    n = seconds(duration)
    t = clock(n)
    y = np.zeros(n)
    for i in range(singers):
        carrier = float(rng.uniform(*pitch))
        rate = pulse_rate * float(rng.uniform(0.93, 1.07))
        phase = float(rng.uniform())
        turn = rate * t + phase
        stroke = np.sin(np.pi * np.mod(turn, 1.0)) ** 2
        if pulses:
            pace = chirps * float(rng.uniform(0.88, 1.12))
            place = np.mod(t * pace + 0.05 * slow(rng, n, 0.7) + float(rng.uniform()), 1.0) / pace
            stroke = np.sin(np.pi * np.mod(place * rate, 1.0)) ** 2 * (place < pulses / rate)
        slide = 1.0 + 0.004 * slow(rng, n, 1.0)
        level = 1.0 if i == 0 else float(rng.uniform(0.1, 0.7))
        y += level * stroke * (tone(carrier * slide, n, phase) + 0.06 * tone(2.0 * carrier * slide, n))
    air = band(coloured_noise(rng, n, 4.0), 120.0, 5000.0, 1)
    return unit_rms(y) + night * unit_rms(air)


def cicadas(rng: np.random.Generator, *, duration: float, insects: int, centre: float, rasp: float) -> Samples:
    """Return cicadas: ``insects`` bands of noise around ``centre`` Hz, each pulsed about ``rasp`` times a second."""
    n = seconds(duration)
    t = clock(n)
    y = np.zeros(n)
    for _ in range(insects):
        middle = centre * float(rng.uniform(0.88, 1.12))
        rate = rasp * float(rng.uniform(0.9, 1.1))
        buzz = unit_rms(formant_noise(rng.standard_normal(n), [(middle, 900.0, 1.0), (1.35 * middle, 1200.0, 0.5)]))
        pulse = 0.25 + 0.75 * np.sin(np.pi * np.mod(rate * t + float(rng.uniform()), 1.0)) ** 2
        y += float(rng.uniform(0.3, 1.0)) * buzz * pulse * (1.0 + 0.2 * slow(rng, n, 0.5))
    return soften(y, 5.0)


def fan(
    rng: np.random.Generator,
    *,
    duration: float,
    hum: float,
    blades: float,
    air: tuple[float, float],
    tonal: float,
    rattle: float = 0.0,
) -> Samples:
    """Return a fan or other ventilation.

    Args:
        rng: the item's stream.
        duration: seconds.
        hum: the motor's hum, in Hz.
        blades: blade passages per second, which ripple the air.
        air: lower and upper edge of the rushing air, in Hz.
        tonal: level of hum and blade tone against the air.
        rattle: level of something loose that taps once a turn.
    """
    n = seconds(duration)
    t = clock(n)
    steady = 1.0 + 0.002 * slow(rng, n, 0.6)
    turn = np.cumsum(blades * steady) / SAMPLE_RATE
    rush = unit_rms(band(coloured_noise(rng, n, 3.0), air[0], air[1], 1)) * (1.0 + 0.18 * np.sin(2.0 * np.pi * turn))
    motor = harmonics(hum * steady, n, [1.0, 0.7, 0.25, 0.4, 0.12, 0.2, 0.05, 0.08])
    passes = harmonics(blades * steady, n, [0.7, 0.5, 0.3, 0.15])
    y = rush + tonal * unit_rms(motor * (1.0 + 0.08 * np.sin(2.0 * np.pi * 0.9 * t)) + 0.6 * passes)
    if rattle:
        taps = np.flatnonzero(np.diff(np.floor(turn / 3.0)) > 0) / SAMPLE_RATE
        body = ring(blows(n, taps, rng.uniform(0.4, 1.0, len(taps)), 0.0004), [(880, 1.0, 0.03), (2300, 0.8, 0.02)])
        y += rattle * unit_peak(body)
    return y


def traffic(
    rng: np.random.Generator, *, duration: float, vehicles: float, far: float, wet: float, heavy: float
) -> Samples:
    """Return traffic at a distance.

    Args:
        rng: the item's stream.
        duration: seconds.
        vehicles: passing vehicles per second.
        far: upper edge of the steady road noise, in Hz; lower is farther.
        wet: level of tyre hiss, as on a wet road.
        heavy: share of lorries, with a droning engine.
    """
    n = seconds(duration)
    t = clock(n)
    base = unit_rms(band(coloured_noise(rng, n, 3.0), 70.0, far, 1)) * (1.0 + 0.08 * slow(rng, n, 0.4))
    tyres = band(coloured_noise(rng, n, 3.0), 250.0, 2.4 * far, 1)
    y = base.copy()
    hush = np.zeros(n)
    for at in poisson(rng, duration + 6.0, vehicles) - 3.0:
        width = float(rng.uniform(0.9, 2.2))
        nearness = 1.0 / (1.0 + np.square((t - at) / width))
        level = float(rng.uniform(0.3, 1.0))
        hush += level * nearness**2
        if rng.random() < heavy:
            pitch = float(rng.uniform(38.0, 62.0)) * (1.0 - 0.06 * np.tanh((t - at) / width))
            y += 0.5 * level * nearness * unit_rms(band(harmonics(pitch, n, [1.0] * 9), 60.0, 500.0, 1))
    y += 0.9 * hush * unit_rms(tyres)
    if wet:
        y += wet * (0.35 + hush) * unit_rms(band(rng.standard_normal(n), 1500.0, 7500.0, 1))
    return soften(y, 4.5)


def carriage(
    rng: np.random.Generator,
    *,
    duration: float,
    joints: float,
    bogie: float,
    clack: float,
    rush: float,
    whine: float = 0.0,
) -> Samples:
    """Return the inside of a train: wheels over rail joints, ``joints`` pairs a second, ``bogie`` s within a pair.

    ``clack`` is the level of the joints against the rumble, ``rush`` the upper edge of the rumble in Hz,
    ``whine`` the pitch of an electric motor, in Hz; 0 for none.
    """
    n = seconds(duration)
    first = np.arange(0.1, duration, 1.0 / joints) + rng.normal(0.0, 0.008, len(np.arange(0.1, duration, 1.0 / joints)))
    times = np.sort(np.concatenate([first, first + bogie]))
    knocks = ring(blows(n, times, rng.uniform(0.7, 1.0, len(times)), 0.0008), _RAIL)
    rumble = unit_rms(band(coloured_noise(rng, n, 3.5), 60.0, rush, 1)) * (1.0 + 0.12 * slow(rng, n, 2.0))
    if whine:
        pitch = whine * (1.0 + 0.01 * slow(rng, n, 0.4))
        rumble += 0.5 * unit_rms(harmonics(pitch, n, [1.0, 0.5, 0.3, 0.35, 0.15, 0.2]))
    m = seconds(0.05)
    scrape = band(rng.standard_normal(m), 600.0, 4000.0, 1) * decay(m, 0.05)
    scrapes = scatter(n, times, rng.uniform(0.6, 1.0, len(times)), unit_peak(scrape))
    return soften(rumble + clack * (5.0 * unit_peak(knocks) + 0.8 * scrapes), 7.0)


KINDS = (
    Kind(
        name="fire",
        label="fire crackling",
        bed=True,
        takes=(
            Take(
                caption="a campfire crackles cosily, irregular snaps over a soft, breathing draught",
                make=partial(fire, duration=14.0, crackles=28, pops=0.5, roar=0.35, hiss=0.06, pitch=2600),
            ),
            Take(
                caption="a big bonfire roars and spits, thick crackling over a heavy rush of flames",
                make=partial(fire, duration=14.0, crackles=75, pops=1.2, roar=1.1, hiss=0.15, pitch=2000),
            ),
            Take(
                caption="embers tick and click quietly to themselves, few and far between",
                make=partial(fire, duration=15.0, crackles=7, pops=0.0, roar=0.05, hiss=0.02, pitch=4200),
            ),
            Take(
                caption="damp logs hiss and steam on the fire, popping sharply now and then",
                make=partial(fire, duration=14.0, crackles=16, pops=0.9, roar=0.2, hiss=0.55, pitch=3000),
            ),
            Take(
                caption="a wood stove burns behind its door, muffled, low crackles and a humming flue",
                make=partial(fire, duration=13.0, crackles=22, pops=0.7, roar=0.8, hiss=0.0, pitch=900),
            ),
        ),
    ),
    Kind(
        name="crickets",
        label="crickets chirping",
        bed=True,
        takes=(
            Take(
                caption="crickets chirp on a summer night, many overlapping in slow, silvery pulses",
                make=partial(
                    crickets,
                    duration=14.0,
                    singers=9,
                    pitch=(4300, 5200),
                    chirps=2.2,
                    pulses=4,
                    pulse_rate=32.0,
                    night=0.12,
                ),
            ),
            Take(
                caption="a single house cricket chirps close by, three quick notes again and again",
                make=partial(
                    crickets,
                    duration=13.0,
                    singers=1,
                    pitch=(4700, 4700.5),
                    chirps=1.5,
                    pulses=3,
                    pulse_rate=24.0,
                    night=0.06,
                ),
            ),
            Take(
                caption="tree crickets trill without pause, a shimmering high drone from all around",
                make=partial(
                    crickets,
                    duration=14.0,
                    singers=7,
                    pitch=(2900, 3500),
                    chirps=1.0,
                    pulses=0,
                    pulse_rate=46.0,
                    night=0.1,
                ),
            ),
            Take(
                caption="cicadas buzz in the midday heat, a dry, rattling, electric-sounding wall",
                make=partial(cicadas, duration=14.0, insects=6, centre=5200, rasp=38.0),
            ),
            Take(
                caption="a meadow of grasshoppers scratches fast, faint, dry rhythms in the sun",
                make=partial(cicadas, duration=14.0, insects=4, centre=7600, rasp=11.0),
            ),
        ),
    ),
    Kind(
        name="fan",
        label="fan or air conditioner humming",
        bed=True,
        takes=(
            Take(
                caption="a desk fan whirs evenly, rushing air over the soft hum of its blades",
                make=partial(fan, duration=13.0, hum=100.0, blades=62.0, air=(150, 4500), tonal=0.6),
            ),
            Take(
                caption="an air conditioner drones, a low electric hum under a steady blow of air",
                make=partial(fan, duration=14.0, hum=120.0, blades=88.0, air=(90, 1500), tonal=0.9),
            ),
            Take(
                caption="a bathroom extractor fan buzzes and ticks, one loose part tapping as it turns",
                make=partial(fan, duration=13.0, hum=100.0, blades=21.0, air=(500, 7000), tonal=1.1, rattle=4.5),
            ),
            Take(
                caption="server room ventilation, a bright, whining hiss of many small fans",
                make=partial(fan, duration=14.0, hum=487.0, blades=231.0, air=(500, 8500), tonal=0.8),
            ),
            Take(
                caption="an old refrigerator hums to itself, deep, plain and nearly without air noise",
                make=partial(fan, duration=14.0, hum=100.0, blades=49.0, air=(80, 500), tonal=2.6),
            ),
        ),
    ),
    Kind(
        name="traffic",
        label="distant traffic",
        bed=True,
        takes=(
            Take(
                caption="distant city traffic murmurs, a low, blurred wash with a few cars swelling past",
                make=partial(traffic, duration=16.0, vehicles=0.3, far=500, wet=0.0, heavy=0.2),
            ),
            Take(
                caption="a motorway far away, one unbroken, dark roar without single vehicles",
                make=partial(traffic, duration=14.0, vehicles=0.0, far=420, wet=0.0, heavy=0.0),
            ),
            Take(
                caption="cars hiss by on a wet road some way off, each one rising and fading",
                make=partial(traffic, duration=18.0, vehicles=0.35, far=700, wet=0.8, heavy=0.05),
            ),
            Take(
                caption="lorries drone along a distant trunk road, their engines sinking slightly as they pass",
                make=partial(traffic, duration=18.0, vehicles=0.4, far=350, wet=0.0, heavy=0.9),
            ),
            Take(
                caption="a night street at the edge of town, nearly still, with one faint car now and again",
                make=partial(traffic, duration=18.0, vehicles=0.14, far=900, wet=0.08, heavy=0.0),
            ),
        ),
    ),
    Kind(
        name="train_ride",
        label="riding on a train",
        bed=True,
        takes=(
            Take(
                caption="inside an old railway carriage, wheels go clickety-clack over the rail joints in steady pairs",
                make=partial(carriage, duration=14.0, joints=1.25, bogie=0.19, clack=1.2, rush=350),
            ),
            Take(
                caption="an express train runs along, a full rumble with fast, blurred double knocks",
                make=partial(carriage, duration=13.0, joints=2.6, bogie=0.1, clack=0.9, rush=800),
            ),
            Take(
                caption="a slow goods train trundles by, heavy single clunks of its wheels far apart",
                make=partial(carriage, duration=15.0, joints=0.7, bogie=0.36, clack=1.6, rush=250),
            ),
            Take(
                caption="a tram hums through the city, a smooth roll under a singing motor with barely any knocking",
                make=partial(carriage, duration=14.0, joints=0.9, bogie=0.24, clack=0.25, rush=1100, whine=310.0),
            ),
            Take(
                caption="a metro train in its tunnel, broad roaring and brisk knocks from the track",
                make=partial(carriage, duration=14.0, joints=1.8, bogie=0.15, clack=0.6, rush=1600),
            ),
        ),
    ),
)
