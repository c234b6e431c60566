"""Things that rasp and rub: zips, saws, dry hinges."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, curve, decay, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import (
    Modes,
    blows,
    formant_noise,
    peak,
    ring,
    scatter,
    slow,
    unit_peak,
    unit_rms,
)
from soundscape.sources.embedded.item import SAMPLE_RATE

_SLIDER: Modes = ((380, 0.5, 0.03), (920, 0.7, 0.025), (1900, 0.8, 0.018), (3600, 1.0, 0.014), (6100, 0.7, 0.01))
_DOOR: Modes = (
    (310, 0.6, 0.05),
    (540, 0.9, 0.045),
    (890, 1.0, 0.04),
    (1480, 0.8, 0.03),
    (2350, 0.5, 0.02),
    (3600, 0.3, 0.015),
)
_GATE: Modes = ((720, 0.6, 0.12), (1340, 1.0, 0.14), (2160, 0.9, 0.1), (3300, 0.6, 0.08), (4700, 0.3, 0.05))
_LEAF: Modes = ((68, 1.0, 0.3), (110, 1.0, 0.25), (190, 0.8, 0.2), (350, 0.6, 0.12), (800, 0.4, 0.06))
_CHEST: Modes = ((140, 0.8, 0.09), (230, 1.0, 0.08), (390, 0.8, 0.06), (640, 0.5, 0.05), (1100, 0.25, 0.03))


def zipper(
    rng: np.random.Generator, *, pulls: tuple[tuple[float, float, float, float], ...], pitch: float, coarse: float
) -> Samples:
    """Return a zip: each pull is (start s, length s, teeth per second at its start, at its end).

    ``pitch`` is the resonance of slider and cloth (Hz); ``coarse`` 0–1 the weight of the single teeth.
    """
    n = seconds(pulls[-1][0] + pulls[-1][1] + 0.15)
    y = np.zeros(n)
    for start, length, first, last in pulls:
        m = seconds(length)
        rate = curve(m, [(0, first), (1, last)]) * np.exp(0.07 * slow(rng, m, 9.0))
        teeth = np.flatnonzero(np.diff(np.floor(np.cumsum(rate) / SAMPLE_RATE)) > 0) / SAMPLE_RATE
        force = blows(m, teeth, rng.uniform(0.5, 1.0, len(teeth)), 0.0001)
        metal = ring(force, [(pitch, 0.8, 0.006), (1.7 * pitch, 1.0, 0.005), (2.6 * pitch, 0.7, 0.004)])
        quick = rate / max(first, last)
        cloth = np.zeros(m)
        for shift, weight in ((0.8, 1.0 - quick), (1.4, quick)):
            centre = pitch * shift
            noise = formant_noise(rng.standard_normal(m), [(centre, 0.6 * centre, 1.0), (2.1 * centre, centre, 0.7)])
            cloth += weight * noise
        effort = np.sqrt(quick) * curve(m, [(0, 0.3), (0.06, 1), (0.93, 1), (1, 0.2)])
        rasp = cloth * (0.35 + scatter(m, teeth, 1.0, decay(seconds(0.006), 0.008)))
        x = coarse * unit_rms(metal) + (1.0 - coarse) * unit_rms(rasp)
        lay(y, x * effort, start + 0.006)
        lay(y, ring(blows(seconds(0.1), [0.0], [1.0], 0.0003), _SLIDER), start + length + 0.01, 4.0)
    return y


def sawing(
    rng: np.random.Generator, *, strokes: int, period: float, teeth: float, tone: float, back: float, drop: bool = False
) -> Samples:
    """Return a saw: ``strokes`` there and back in ``period`` seconds each, the way back at the level ``back``.

    ``teeth`` is how many teeth a second bite at full speed, ``tone`` the resonance of the blade and wood (Hz);
    ``drop`` lets the sawn piece fall at the end.
    """
    n = seconds(strokes * period + (0.9 if drop else 0.1))
    m = seconds(period)
    y = np.zeros(n)
    for i in range(strokes):
        for at, share, level in ((0.0, 0.48, 1.0), (0.52, 0.46, back)):
            k = seconds(share * period * float(rng.uniform(0.94, 1.0)))
            speed = np.sin(np.pi * np.linspace(0.0, 1.0, k)) ** 0.7
            bite = np.cumsum(teeth * speed * (1.0 + 0.15 * slow(rng, k, 25.0))) / SAMPLE_RATE
            grind = rng.standard_normal(k) * (0.25 + (0.5 + 0.5 * np.cos(2.0 * np.pi * bite)) ** 3)
            tuned = tone * (1.0 if at == 0.0 else 1.12) * (1.0 + 0.04 * i / strokes)
            x = formant_noise(grind, [(tuned, 0.4 * tuned, 1.0), (2.3 * tuned, tuned, 0.8), (4.6 * tuned, 2000.0, 0.5)])
            x += 0.5 * formant_noise(grind, [(260.0, 120.0, 1.0)])
            lay(y, x * speed * level, 0.005 + (i * m) / SAMPLE_RATE + at * period, float(rng.uniform(0.85, 1.0)))
    if drop:
        fall = [strokes * period + 0.25, strokes * period + 0.42, strokes * period + 0.5]
        wood = ring(blows(n, fall, [1.0, 0.4, 0.2], 0.001), [(230, 1.0, 0.1), (410, 0.9, 0.08), (820, 0.6, 0.05)])
        y += wood * (1.4 * peak(y) / peak(wood))
    return y


def creak(
    rng: np.random.Generator,
    *,
    duration: float,
    rate: tuple[tuple[float, float], ...],
    body: Modes,
    ragged: float,
    slam: float = 0.0,
) -> Samples:
    """Return a dry hinge that sticks and slips: ``rate`` is the slips per second over the sound, (position 0–1, Hz).

    Args:
        rng: the item's stream.
        duration: seconds of creaking.
        rate: the curve of slips per second.
        body: modes of door or lid.
        ragged: how unsteady the slipping is, 0–1.
        slam: level of the door falling shut at the end; 0 for none.
    """
    n = seconds(duration + (0.8 if slam else 0.15))
    m = seconds(duration)
    pace = curve(m, rate) * np.exp(ragged * (0.3 * slow(rng, m, 7.0) + 0.12 * slow(rng, m, 30.0)))
    slips = np.flatnonzero(np.diff(np.floor(np.cumsum(pace) / SAMPLE_RATE)) > 0) / SAMPLE_RATE
    strain = np.exp(0.5 * slow(rng, m, 4.0)) * curve(m, [(0, 0.6), (0.05, 1), (0.95, 1), (1, 0.3)])
    gains = strain[np.rint(slips * SAMPLE_RATE).astype(np.int64)] * rng.uniform(0.7, 1.0, len(slips))
    y = ring(blows(n, 0.005 + slips, gains, 0.0003), body)
    if slam:
        bang = ring(blows(n, [duration + 0.1, duration + 0.16], [1.0, 0.25], 0.0016), _LEAF)
        y += slam * peak(y) * unit_peak(bang)
    return edges(y, 0.0, 0.05)


KINDS = (
    Kind(
        name="zipper",
        label="zipper",
        takes=(
            Take(
                caption="a jacket is zipped up in one swift pull, the rasp rising in pitch",
                make=partial(zipper, pulls=((0.0, 0.55, 90, 260),), pitch=2300, coarse=0.6),
            ),
            Take(
                caption="a tent zip is opened slowly, a coarse, purring rip that drags on",
                make=partial(zipper, pulls=((0.0, 2.2, 75, 95),), pitch=1500, coarse=0.75),
            ),
            Take(
                caption="a bag is unzipped and zipped shut again, first falling and then rising",
                make=partial(zipper, pulls=((0.0, 0.6, 240, 110), (1.1, 0.5, 120, 290)), pitch=2700, coarse=0.5),
            ),
            Take(
                caption="a tiny purse zipper is drawn, a quick, fine, high buzz",
                make=partial(zipper, pulls=((0.0, 0.32, 200, 380),), pitch=3800, coarse=0.45),
            ),
            Take(
                caption="a stubborn suitcase zip is tugged along in three jerky pulls",
                make=partial(
                    zipper,
                    pulls=((0.0, 0.4, 100, 170), (0.75, 0.3, 90, 150), (1.35, 0.55, 100, 220)),
                    pitch=1900,
                    coarse=0.65,
                ),
            ),
        ),
    ),
    Kind(
        name="sawing",
        label="sawing wood",
        takes=(
            Take(
                caption="a hand saw cuts through a plank with six long, even, rasping strokes",
                make=partial(sawing, strokes=6, period=0.95, teeth=75, tone=1150, back=0.6),
            ),
            Take(
                caption="quick, light sawing with a fine-toothed blade, ten short, scratchy strokes",
                make=partial(sawing, strokes=10, period=0.42, teeth=160, tone=2300, back=0.75),
            ),
            Take(
                caption="a heavy timber saw grinds back and forth slowly, each stroke a deep, throaty rasp",
                make=partial(sawing, strokes=4, period=1.7, teeth=42, tone=680, back=0.9),
            ),
            Take(
                caption="somebody saws five strokes and the cut-off piece of wood clatters to the ground",
                make=partial(sawing, strokes=5, period=0.7, teeth=85, tone=1350, back=0.5, drop=True),
            ),
            Take(
                caption="a hacksaw scrapes through metal pipe, eight thin, whining strokes that bite one way only",
                make=partial(sawing, strokes=8, period=0.66, teeth=240, tone=3100, back=0.12),
            ),
        ),
    ),
    Kind(
        name="creaking_door",
        label="creaking door",
        takes=(
            Take(
                caption="an old door creaks open slowly, its groan climbing in pitch as it swings",
                make=partial(
                    creak,
                    duration=2.6,
                    rate=((0, 35), (0.3, 60), (0.7, 120), (1, 190)),
                    body=_DOOR,
                    ragged=0.5,
                ),
            ),
            Take(
                caption="a door creaks shut with a sinking moan and closes with a heavy bang",
                make=partial(
                    creak,
                    duration=1.8,
                    rate=((0, 180), (0.5, 110), (1, 55)),
                    body=_DOOR,
                    ragged=0.4,
                    slam=1.8,
                ),
            ),
            Take(
                caption="a rusty iron gate squeals back and forth, piercing and metallic",
                make=partial(
                    creak,
                    duration=3.0,
                    rate=((0, 260), (0.2, 520), (0.45, 330), (0.52, 300), (0.75, 600), (1, 340)),
                    body=_GATE,
                    ragged=0.3,
                ),
            ),
            Take(
                caption="a wooden chest lid opens with slow, separate, dry cracks like a ratchet",
                make=partial(
                    creak,
                    duration=2.4,
                    rate=((0, 9), (0.4, 16), (0.7, 26), (1, 14)),
                    body=_CHEST,
                    ragged=0.9,
                ),
            ),
            Take(
                caption="a cupboard door gives one short, nasal squeak",
                make=partial(
                    creak,
                    duration=0.55,
                    rate=((0, 210), (0.5, 400), (1, 330)),
                    body=_DOOR,
                    ragged=0.2,
                ),
            ),
        ),
    ),
)
