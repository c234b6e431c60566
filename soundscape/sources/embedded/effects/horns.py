"""Blown and driven by air: car horns, train horns, whistles, a kettle."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, curve, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import Curve, formant_noise, harmonics, passing, ring, slow, swell
from soundscape.sources.embedded.item import SAMPLE_RATE

_DIAPHRAGM = tuple(float(a) for a in np.arange(1, 25) ** -0.45)
_TRUMPET = tuple(float(a) for a in np.arange(1, 29) ** -0.8)

Spans = tuple[tuple[float, float], ...]


def car_horn(
    rng: np.random.Generator, *, pitches: tuple[float, ...], honks: Spans, colour: tuple[float, float], rough: float
) -> Samples:
    """Return a horn pair that honks at each (start, length) in s; ``colour`` is its resonance (Hz, width in Hz)."""
    n = seconds(honks[-1][0] + honks[-1][1] + 0.15)
    y = np.zeros(n)
    for start, length in honks:
        m = seconds(length)
        onset = 1.0 - 0.045 * np.exp(-clock(m) / 0.018)
        shake = 1.0 + rough * 0.004 * slow(rng, m, 40.0)
        x = sum((harmonics(p * onset * shake, m, _DIAPHRAGM, 1.7 * i) for i, p in enumerate(pitches)), np.zeros(m))
        lay(y, x * swell(m, 0.012, 0.014), start + 0.005)
    return formant_noise(y, [(colour[0], colour[1], 1.0), (2.3 * colour[0], 2.0 * colour[1], 0.45)]) + 0.12 * y


def klaxon(rng: np.random.Generator, *, calls: tuple[float, ...]) -> Samples:
    """Return an old motor horn's ah-oo-ga, begun at each of ``calls`` (s): a ratchet that speeds up and dies away."""
    length = 1.15
    n = seconds(calls[-1] + length + 0.05)
    y = np.zeros(n)
    for start in calls:
        m = seconds(length)
        pitch = curve(m, [(0, 150), (0.16, 330), (0.3, 360), (0.42, 300), (0.5, 410), (0.72, 400), (1, 170)])
        pitch *= 1.0 + 0.004 * slow(rng, m, 30.0)
        envelope = curve(m, [(0, 0), (0.05, 0.8), (0.34, 1), (0.43, 0.35), (0.52, 1), (0.75, 0.8), (1, 0)])
        lay(y, harmonics(pitch, m, _DIAPHRAGM) * envelope, start)
    return formant_noise(y, [(700, 350, 1.0), (1500, 400, 0.8), (2700, 800, 0.35)]) + 0.1 * y


def train_horn(
    rng: np.random.Generator,
    *,
    chord: tuple[float, ...],
    blasts: Spans,
    reply: tuple[float, ...] = (),
    speed: float = 0.0,
    bright: float = 0.8,
) -> Samples:
    """Return an air-horn chord blown at each (start, length) in s.

    Every blast is followed by one of the chord ``reply``, if any; a ``speed`` (m/s) makes the train pass by.
    """
    calls = [(start, length, chord) for start, length in blasts]
    calls += [(start + length + 0.1, length, reply) for start, length in blasts if reply]
    n = seconds(max(start + length for start, length, _ in calls) + 0.3)
    factor, gain = passing(n, speed, 14.0, 0.5 * n / SAMPLE_RATE) if speed else (np.ones(n), np.ones(n))
    amplitudes: list[Curve] = [float(k) ** -bright for k in range(1, 25)]
    y = np.zeros(n)
    for start, length, pitches in calls:
        m = seconds(length)
        first = seconds(start + 0.005)
        shift = factor[first : first + m]
        for i, pitch in enumerate(pitches):
            lag = 0.02 + 0.05 * float(rng.uniform())
            onset = 1.0 - 0.06 * np.exp(-clock(m) / lag)
            shake = 1.0 + 0.0015 * slow(rng, m, 6.0)
            lay(
                y,
                harmonics(pitch * onset * shake * shift, m, amplitudes, float(i)) * swell(m, lag, 0.06),
                start + 0.005,
            )
        hiss = band(rng.standard_normal(m), 1500.0, 6000.0) * swell(m, 0.01, 0.08)
        lay(y, hiss, start + 0.005, 0.12 * len(pitches))
    return band(y * gain, 220.0, 5200.0, 1)


def whistle(rng: np.random.Generator, *, pitch: float, blasts: Spans, pea: float, beat: float = 0.0) -> Samples:
    """Return a whistle: blown at each (start, length) in s.

    ``pea`` is the rate (Hz) at which a rolling pea chops the tone, 0 for none; ``beat`` detunes a second chamber (Hz).
    """
    n = seconds(blasts[-1][0] + blasts[-1][1] + 0.1)
    y = np.zeros(n)
    for start, length in blasts:
        m = seconds(length)
        press = swell(m, 0.02, 0.018)
        chop = np.ones(m)
        wobble = np.zeros(m)
        if pea:
            turn = 2.0 * np.pi * np.cumsum(pea * (1.0 + 0.06 * slow(rng, m, 5.0))) / SAMPLE_RATE
            chop = 0.55 + 0.45 * np.sin(turn)
            wobble = 0.022 * np.sin(turn + 0.9)
        f = pitch * (0.93 + 0.07 * press) * (1.0 + wobble + 0.003 * slow(rng, m, 12.0))
        tone = harmonics(f, m, [1.0, 0.1, 0.05])
        if beat:
            tone = tone + 0.9 * harmonics(f + beat, m, [1.0, 0.1, 0.04]) + 0.6 * harmonics(f * 0.87, m, [1.0, 0.1])
        breath = band(rng.standard_normal(m), 1800.0, 8000.0)
        lay(y, (tone * chop + 0.07 * breath) * press, start + 0.005)
    return y


def kettle(
    rng: np.random.Generator, *, duration: float, low: float, high: float, rise: float, lift: float, rattle: float
) -> Samples:
    """Return a whistling kettle: steam hiss from which a tone rises from ``low`` to ``high`` Hz over ``rise`` s.

    From ``lift`` (s) on, the kettle is off the stove and the whistle sinks; ``rattle`` is the level of a loose lid.
    """
    n = seconds(duration)
    t = clock(n)
    heat = np.minimum(t / rise, 1.0) * np.exp(-np.maximum(t - lift, 0.0) / 0.5)
    heat = np.convolve(heat, np.ones(1200) / 1200.0, mode="same")
    f = low * np.power(high / low, heat) * (1.0 + 0.006 * slow(rng, n, 9.0))
    blow = np.square(heat) * (1.0 + 0.15 * slow(rng, n, 6.0))
    tone = harmonics(f, n, [1.0, 0.3, 0.12, 0.04]) + 0.35 * harmonics(f * 1.335, n, [1.0, 0.2])
    hiss = band(rng.standard_normal(n), 1500.0, 9000.0, 1)
    y = tone * blow + hiss * (0.11 + 0.08 * heat)
    if rattle:
        times = np.sort(rng.uniform(0.0, duration, int(17 * duration)))
        force = np.bincount(np.rint(times * SAMPLE_RATE).astype(np.int64), minlength=n)[:n].astype(np.float64)
        y += rattle * ring(force * (0.2 + heat), [(870, 1.0, 0.06), (2140, 0.8, 0.05), (3900, 0.5, 0.03)])
    return edges(y, 0.02, 0.1)


KINDS = (
    Kind(
        name="car_horn",
        label="car horn",
        takes=(
            Take(
                caption="a car horn gives two short honks and then one long, impatient blast",
                make=partial(
                    car_horn,
                    pitches=(415, 510),
                    honks=((0.0, 0.22), (0.42, 0.22), (0.9, 1.5)),
                    colour=(1500, 900),
                    rough=1.0,
                ),
            ),
            Take(
                caption="a small car toots its tinny single-note horn twice, quick and friendly",
                make=partial(
                    car_horn, pitches=(545,), honks=((0.0, 0.13), (0.27, 0.16)), colour=(2100, 1000), rough=1.0
                ),
            ),
            Take(
                caption="a lorry leans on its deep air horn, one massive, sustained low chord",
                make=partial(car_horn, pitches=(174, 220, 262), honks=((0.0, 2.4),), colour=(800, 700), rough=0.6),
            ),
            Take(
                caption="a driver stabs at a nasal two-tone horn five times, angry and uneven",
                make=partial(
                    car_horn,
                    pitches=(348, 436),
                    honks=((0.0, 0.18), (0.36, 0.3), (0.83, 0.14), (1.15, 0.15), (1.48, 0.7)),
                    colour=(1200, 600),
                    rough=2.5,
                ),
            ),
            Take(
                caption="a vintage motor car sounds its ah-oo-ga klaxon twice, a growl that leaps up and sags",
                make=partial(klaxon, calls=(0.0, 1.35)),
            ),
            Take(
                caption="a car horn is stuck in one unbroken, slightly sour two-note blare",
                make=partial(car_horn, pitches=(392, 478), honks=((0.0, 4.5),), colour=(1700, 1100), rough=1.5),
            ),
        ),
    ),
    Kind(
        name="train_horn",
        label="train horn",
        takes=(
            Take(
                caption="a freight train sounds long, long, short, long on a mighty five-note air horn",
                make=partial(
                    train_horn,
                    chord=(311.1, 370.0, 415.3, 493.9, 622.3),
                    blasts=((0.0, 1.8), (2.25, 1.8), (4.5, 0.55), (5.4, 2.3)),
                ),
            ),
            Take(
                caption="a train blares its chord horn while rushing past, the whole chord drooping in pitch",
                make=partial(train_horn, chord=(329.6, 392.0, 466.2), blasts=((0.0, 5.5),), speed=26.0, bright=0.7),
            ),
            Take(
                caption="a commuter train gives a single short toot on a two-note horn",
                make=partial(train_horn, chord=(370.0, 440.0), blasts=((0.0, 0.75),), bright=0.6),
            ),
            Take(
                caption="a train driver plays high and low horn notes in turn, two of each, like a slow seesaw",
                make=partial(
                    train_horn,
                    chord=(392.0,),
                    blasts=((0.0, 0.75), (1.7, 0.75)),
                    reply=(311.1,),
                    bright=0.6,
                ),
            ),
            Take(
                caption="a diesel engine lets out one very long, dark, minor-sounding horn blast that hangs in the air",
                make=partial(train_horn, chord=(255, 303, 382), blasts=((0.0, 4.2),), bright=1.1),
            ),
        ),
    ),
    Kind(
        name="whistle",
        label="whistle",
        takes=(
            Take(
                caption="a referee's pea whistle trills once, sharp and bubbling",
                make=partial(whistle, pitch=2750, blasts=((0.0, 0.8),), pea=38.0),
            ),
            Take(
                caption="a referee ends the match with three whistle blasts, two short and the last drawn out",
                make=partial(whistle, pitch=2950, blasts=((0.0, 0.35), (0.55, 0.35), (1.1, 1.6)), pea=45.0),
            ),
            Take(
                caption="a coach blows a pealess whistle in one hard, straight, shrieking burst",
                make=partial(whistle, pitch=3400, blasts=((0.0, 0.6),), pea=0.0, beat=95.0),
            ),
            Take(
                caption="a traffic warden's whistle chirps four quick times, each tone fluttering",
                make=partial(whistle, pitch=2500, blasts=((0.0, 0.2), (0.34, 0.2), (0.68, 0.2), (1.02, 0.3)), pea=30.0),
            ),
            Take(
                caption="somebody blows a long, wavering note on a toy whistle, thin and slightly flat",
                make=partial(whistle, pitch=1900, blasts=((0.0, 2.2),), pea=9.0),
            ),
        ),
    ),
    Kind(
        name="kettle",
        label="whistling kettle",
        takes=(
            Take(
                caption="a kettle comes to the boil, its whistle climbing from a breathy hiss to a steady shriek",
                make=partial(kettle, duration=6.0, low=900, high=2350, rise=4.0, lift=99.0, rattle=0.0),
            ),
            Take(
                caption="a kettle screams on the stove until it is lifted off and the whistle sinks away",
                make=partial(kettle, duration=4.5, low=1100, high=2900, rise=0.5, lift=2.6, rattle=0.0),
            ),
            Take(
                caption="an old kettle moans up to a low, hooting whistle while its loose lid rattles",
                make=partial(kettle, duration=5.0, low=500, high=1250, rise=3.0, lift=99.0, rattle=0.5),
            ),
            Take(
                caption="a small kettle whistles up quickly, thin and high, and is snatched from the heat",
                make=partial(kettle, duration=3.2, low=1500, high=3600, rise=1.3, lift=1.8, rattle=0.0),
            ),
            Take(
                caption="steam hisses ever harder from a kettle while its whistle slowly gathers and begins to sing",
                make=partial(kettle, duration=5.5, low=700, high=1700, rise=6.5, lift=99.0, rattle=0.2),
            ),
        ),
    ),
)
