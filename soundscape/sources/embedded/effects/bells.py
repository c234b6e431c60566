"""Bells and chimes, by modal synthesis with the partial ratios of the real castings."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, edges, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import blows, ring, slow, steps
from soundscape.sources.embedded.item import SAMPLE_RATE

#: A tuned church bell (hum, prime, tierce, quint, nominal, …; Rossing 2000): ratio to the prime, amplitude, rt60 in s.
_CHURCH = (
    (0.5, 0.6, 9.0), (0.502, 0.3, 9.0), (1.0, 0.55, 6.0), (1.003, 0.3, 6.0), (1.2, 0.8, 5.0), (1.203, 0.4, 5.0),
    (1.5, 0.3, 3.5), (2.0, 1.0, 4.0), (2.006, 0.5, 4.0), (2.51, 0.35, 2.0), (2.66, 0.45, 2.0), (3.01, 0.6, 1.8),
    (4.17, 0.5, 1.2), (5.44, 0.35, 0.8), (6.8, 0.25, 0.5), (8.2, 0.15, 0.3),
)  # fmt: skip
_GONG = (
    (1.0, 0.7, 0.9), (1.008, 0.4, 0.9), (2.7, 1.0, 0.7), (2.72, 0.5, 0.7), (5.0, 0.6, 0.4), (7.8, 0.35, 0.25),
)  # fmt: skip
_TUBE = ((1.0, 1.0, 3.6), (2.756, 0.5, 1.6), (5.404, 0.25, 0.7), (8.93, 0.12, 0.3))
_BAMBOO = ((1.0, 1.0, 0.16), (2.6, 0.35, 0.07), (4.9, 0.2, 0.04))


def struck(
    n: int, partials: tuple[tuple[float, float, float], ...], pitch: float, times: Samples, gains: Samples, width: float
) -> Samples:
    """Return a body with modes in ratios to ``pitch`` (Hz), struck at ``times`` with a contact of ``width`` seconds."""
    return ring(blows(n, times, gains, width), np.asarray(partials) * np.array([pitch, 1.0, 1.0]))


def church_bell(
    rng: np.random.Generator, *, pitches: tuple[float, ...], interval: float, rounds: int, tail: float, width: float
) -> Samples:
    """Return bells rung in the order of ``pitches`` (prime, Hz), ``interval`` seconds apart, ``rounds`` times over."""
    count = len(pitches) * rounds
    times = steps(rng, count, interval, 0.02)
    n = seconds(float(times[-1]) + tail)
    y = np.zeros(n)
    for i, pitch in enumerate(pitches):
        mine = times[i :: len(pitches)]
        y += struck(n, _CHURCH, pitch, mine, rng.uniform(0.8, 1.0, len(mine)), width)
    return edges(y, 0.0, min(1.2, 0.4 * tail))


def crossing_bell(
    rng: np.random.Generator, *, pitches: tuple[float, ...], rate: float, count: int, dull: float
) -> Samples:
    """Return a level-crossing gong, ``rate`` strokes a second, alternating over ``pitches`` (Hz)."""
    times = steps(rng, count, 1.0 / rate, 0.008)
    n = seconds(float(times[-1]) + 1.1)
    y = np.zeros(n)
    for i, pitch in enumerate(pitches):
        mine = times[i :: len(pitches)]
        y += struck(n, _GONG, pitch, mine, rng.uniform(0.85, 1.0, len(mine)), dull)
    clapper = ring(blows(n, times, 0.25, 0.001), [(520, 1.0, 0.03), (1310, 0.7, 0.02)])
    return edges(y + clapper, 0.0, 0.3)


def bicycle_bell(
    rng: np.random.Generator, *, pitch: float, presses: tuple[float, ...], strokes: int, spread: float
) -> Samples:
    """Return a handlebar bell: ``presses`` (s) that each spin out ``strokes`` quick blows over ``spread`` s."""
    bursts = [at + 0.01 + spread * (np.arange(strokes) / max(strokes, 1)) ** 1.15 for at in presses]
    times = np.concatenate(bursts)
    times += rng.normal(0.0, 0.001, len(times)).clip(-0.003, 0.003)
    n = seconds(float(times[-1]) + 1.3)
    gains = rng.uniform(0.6, 1.0, len(times))
    partials = ((1.0, 0.9, 1.2), (1.004, 0.5, 1.2), (2.35, 0.8, 0.8), (2.36, 0.3, 0.8), (4.1, 0.4, 0.35))
    ratchet = ring(blows(n, times - 0.004, 0.2, 0.0004), [(3300, 1.0, 0.01), (5200, 0.6, 0.008)])
    return edges(struck(n, partials, pitch, times, gains, 0.0002) + ratchet, 0.0, 0.3)


def wind_chimes(
    rng: np.random.Generator,
    *,
    pitches: tuple[float, ...],
    duration: float,
    rate: float,
    bamboo: bool = False,
    breeze: float = 0.0,
) -> Samples:
    """Return chimes that the wind sets swinging: random blows in gusts, about ``rate`` a second."""
    n = seconds(duration)
    gust = np.exp(0.5 * slow(rng, n, 0.7))
    gust /= float(np.mean(gust))
    hits = np.flatnonzero(rng.uniform(size=n) < gust * rate / SAMPLE_RATE)
    hits = np.concatenate([[240], hits[hits < 0.85 * n]])
    which = rng.integers(0, len(pitches), len(hits))
    gains = rng.uniform(0.15, 1.0, len(hits)) ** 1.5
    gains[0] = 0.8
    y = np.zeros(n)
    for i, pitch in enumerate(pitches):
        mine = which == i
        width = 0.0009 if bamboo else 0.00017
        y += struck(n, _BAMBOO if bamboo else _TUBE, pitch, hits[mine] / SAMPLE_RATE, gains[mine], width)
    if breeze:
        y += breeze * gust * band(rng.standard_normal(n), 200.0, 900.0, 1) * float(np.std(y))
    return edges(y, 0.002, 0.6)


KINDS = (
    Kind(
        name="church_bell",
        label="church bell",
        takes=(
            Take(
                caption="a great church bell tolls once, deep and solemn, and hums on for seconds",
                make=partial(church_bell, pitches=(196,), interval=1.0, rounds=1, tail=6.5, width=0.0005),
            ),
            Take(
                caption="a tower clock strikes three on a sonorous bell, evenly and without hurry",
                make=partial(church_bell, pitches=(311,), interval=1.7, rounds=3, tail=3.6, width=0.0006),
            ),
            Take(
                caption="five church bells peal down the scale one after another, twice over",
                make=partial(
                    church_bell, pitches=(784, 698, 659, 587, 523), interval=0.34, rounds=2, tail=3.0, width=0.0004
                ),
            ),
            Take(
                caption="a small chapel bell is rung briskly, eight bright clangs that blur into each other",
                make=partial(church_bell, pitches=(880,), interval=0.52, rounds=8, tail=2.4, width=0.0003),
            ),
            Take(
                caption="two swinging church bells answer each other, a higher one and a lower one, three times each",
                make=partial(church_bell, pitches=(466, 370), interval=0.8, rounds=3, tail=3.4, width=0.0005),
            ),
        ),
    ),
    Kind(
        name="crossing_bell",
        label="level-crossing bell",
        takes=(
            Take(
                caption="a level-crossing bell clangs steadily, a little over three strokes every second",
                make=partial(crossing_bell, pitches=(730,), rate=3.3, count=17, dull=0.0006),
            ),
            Take(
                caption="two gongs at a railway crossing alternate ding and dang in strict, mechanical time",
                make=partial(crossing_bell, pitches=(910, 770), rate=2.4, count=12, dull=0.0005),
            ),
            Take(
                caption="an old railway crossing gong beats slowly and dully, one flat stroke each second",
                make=partial(crossing_bell, pitches=(540,), rate=1.0, count=6, dull=0.0012),
            ),
            Take(
                caption="a crossing signal rattles out hurried, high warning strokes, five or so a second",
                make=partial(crossing_bell, pitches=(1150,), rate=5.2, count=24, dull=0.0004),
            ),
            Take(
                caption="a railway crossing bell rings a last eight strokes and falls silent with a fading clang",
                make=partial(crossing_bell, pitches=(820,), rate=2.0, count=8, dull=0.0007),
            ),
        ),
    ),
    Kind(
        name="bicycle_bell",
        label="bicycle bell",
        takes=(
            Take(
                caption="a cyclist thumbs a bright handlebar bell twice, a silvery brrring each time",
                make=partial(bicycle_bell, pitch=1850, presses=(0.0, 0.55), strokes=7, spread=0.26),
            ),
            Take(
                caption="a bicycle bell pings once, a single clear stroke that sings on",
                make=partial(bicycle_bell, pitch=2350, presses=(0.0,), strokes=1, spread=0.0),
            ),
            Take(
                caption="a big Dutch bicycle bell goes ding-dong ding-dong, two low pings for each push of the lever",
                make=partial(bicycle_bell, pitch=1180, presses=(0.0, 0.7), strokes=2, spread=0.44),
            ),
            Take(
                caption="a rusty bicycle bell rattles through one long, scratchy trill",
                make=partial(bicycle_bell, pitch=1560, presses=(0.0,), strokes=16, spread=0.85),
            ),
            Take(
                caption="a child rings a tiny bike bell again and again, four tinkling trills in a row",
                make=partial(bicycle_bell, pitch=2900, presses=(0.0, 0.42, 0.86, 1.25), strokes=5, spread=0.17),
            ),
        ),
    ),
    Kind(
        name="wind_chimes",
        label="wind chimes",
        takes=(
            Take(
                caption="metal wind chimes tinkle lazily in a light breeze, high notes scattered at random",
                make=partial(wind_chimes, pitches=(1046.5, 1174.7, 1396.9, 1568.0, 1760.0), duration=7.0, rate=3.0),
            ),
            Take(
                caption="a gust shakes a set of small chimes into a dense, glittering cascade of notes",
                make=partial(
                    wind_chimes,
                    pitches=(1661, 1865, 2217, 2489, 2794, 3322),
                    duration=5.0,
                    rate=14.0,
                ),
            ),
            Take(
                caption="long tubular chimes sway in the garden wind, a few deep, slow, resonant tones",
                make=partial(wind_chimes, pitches=(392.0, 440.0, 523.3, 587.3), duration=8.0, rate=1.6, breeze=0.25),
            ),
            Take(
                caption="bamboo wind chimes knock together, hollow wooden clacks with no ringing",
                make=partial(wind_chimes, pitches=(430, 515, 610, 700, 820), duration=6.0, rate=7.0, bamboo=True),
            ),
            Take(
                caption="shell-thin chimes ripple with quick, brittle, very high clinks under a soft breeze",
                make=partial(wind_chimes, pitches=(2637, 3136, 3520, 4186, 4699), duration=6.0, rate=6.0, breeze=0.5),
            ),
        ),
    ),
)
