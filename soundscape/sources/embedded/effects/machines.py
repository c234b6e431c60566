"""Machines with a rhythm of their own: helicopters, steam locomotives, dot-matrix printers."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, coloured_noise, curve, decay, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import (
    blows,
    formant_noise,
    harmonics,
    passing,
    peak,
    ring,
    scatter,
    slow,
    steps,
    swell,
    unit_peak,
)
from soundscape.sources.embedded.item import SAMPLE_RATE


def helicopter(
    rng: np.random.Generator,
    *,
    duration: float,
    blades: float,
    course: tuple[tuple[float, float], ...],
    slap: float,
    turbine: float,
    speed: float = 0.0,
    spin_up: float = 0.0,
) -> Samples:
    """Return a helicopter.

    Args:
        rng: the item's stream.
        duration: seconds.
        blades: blade passages per second.
        course: level over the sound, (position 0–1, gain).
        slap: sharpness of the blade slap, 0 (soft thud) to 1.
        turbine: pitch of the turbine's whine, in Hz.
        speed: metres per second of a flight past; 0 to hover.
        spin_up: seconds that the rotor needs to reach its speed.
    """
    n = seconds(duration)
    t = clock(n)
    factor = passing(n, speed, 60.0, 0.5 * duration)[0] if speed else np.ones(n)
    if spin_up:
        factor = factor * (0.22 + 0.78 * np.minimum(t / spin_up, 1.0) ** 1.3)
    turn = np.cumsum(blades * factor * (1.0 + 0.004 * slow(rng, n, 1.5))) / SAMPLE_RATE
    passes = np.flatnonzero(np.diff(np.floor(turn)) > 0) / SAMPLE_RATE
    m = seconds(0.034 - 0.018 * slap)
    shape = np.gradient(np.exp(-np.square(np.linspace(-3.2, 3.2, m))))
    thump = scatter(n, passes, rng.uniform(0.88, 1.0, len(passes)), unit_peak(shape))
    sharp = band(scatter(n, passes, 1.0, shape[::3] / peak(shape)), 300.0, 2500.0, 1)
    beat = 0.5 + 0.5 * np.cos(2.0 * np.pi * (turn - 0.12))
    wash = band(coloured_noise(rng, n, 3.0), 120.0, 2200.0, 1) * (0.12 + beat**3)
    whine = harmonics(turbine * factor, n, [1.0, 0.3]) + 0.5 * harmonics(0.71 * turbine * factor, n, [1.0])
    tail = harmonics(5.1 * blades * factor, n, [1.0, 0.7, 0.5, 0.35, 0.2])
    y = thump + 0.5 * slap * unit_peak(sharp) + 0.45 * wash + 0.02 * whine + 0.035 * tail
    return edges(y * curve(n, course), 0.01, 0.2)


def steam_train(
    rng: np.random.Generator,
    *,
    chuffs: int,
    first: float,
    last: float,
    tone: float,
    hiss: float,
    clank: float = 0.04,
    whistle: tuple[float, float] | None = None,
) -> Samples:
    """Return a steam locomotive: ``chuffs`` exhaust beats, from ``first`` to ``last`` seconds apart.

    Every fourth beat is stronger. ``tone`` is the chimney's resonance in Hz, ``hiss`` the level of leaking steam,
    ``clank`` that of the rods, ``whistle`` an optional (start s, length s).
    """
    gaps = np.geomspace(first, last, chuffs) * rng.uniform(0.98, 1.02, chuffs)
    times = 0.005 + np.cumsum(gaps) - gaps[0]
    n = seconds(float(times[-1]) + 0.6)
    y = np.zeros(n)
    for i, (at, gap) in enumerate(zip(times, gaps, strict=True)):
        m = seconds(min(0.55, 1.1 * gap + 0.05))
        puff = rng.standard_normal(m) * swell(m, 0.008, 0.03) * decay(m, min(0.5, 0.9 * gap + 0.05))
        x = formant_noise(puff, [(tone, 0.8 * tone, 1.0), (2.6 * tone, 1.5 * tone, 0.6), (4200.0, 3000.0, 0.12)])
        lay(y, x, float(at), (1.0 if i % 4 == 0 else 0.72) * float(rng.uniform(0.9, 1.0)))
    rods = ring(blows(n, times + 0.5 * gaps, 1.0, 0.0006), [(520, 0.6, 0.08), (1310, 1.0, 0.06), (2700, 0.5, 0.04)])
    y = unit_peak(y) + clank * unit_peak(rods)
    y += hiss * 0.035 * band(rng.standard_normal(n), 2500.0, 9000.0, 1)
    if whistle:
        m = seconds(whistle[1])
        press = swell(m, 0.06, 0.12)
        pipes = np.zeros(m)
        for i, pitch in enumerate((466.0, 554.0, 698.0, 831.0)):
            f = pitch * (0.9 + 0.1 * press) * (1.0 + 0.003 * slow(rng, m, 7.0))
            pipes += harmonics(f, m, [1.0, 0.25, 0.3, 0.08, 0.08], 1.3 * i)
        breath = band(coloured_noise(rng, m, 2.0), 700.0, 7000.0, 1)
        lay(y, (pipes + 1.2 * breath) * press, whistle[0], 0.22)
    return edges(y, 0.001, 0.1)


def printer(
    rng: np.random.Generator,
    *,
    lines: int,
    line: float,
    pins: float,
    body: float,
    feed: float,
    both_ways: bool = True,
) -> Samples:
    """Return a dot-matrix printer: ``lines`` rasped in ``line`` seconds each, with a paper ``feed`` (s) after each.

    ``pins`` is columns per second, ``body`` the resonance of head and case (Hz). A printer that does not print
    ``both_ways`` slides its head back after each line.
    """
    back = 0.0 if both_ways else 0.45 * line
    period = line + feed + back + 0.06
    n = seconds(lines * period + 0.1)
    y = np.zeros(n)
    for i in range(lines):
        m = seconds(line * float(rng.uniform(0.82, 1.0)))
        columns = np.arange(0.0, m / SAMPLE_RATE, 1.0 / pins)
        letters = np.floor(columns * pins / 9.0).astype(np.int64)
        ink = rng.uniform(0.35, 1.0, len(columns)) * (np.mod(np.arange(len(columns)), 9) < 7)
        ink = ink * (rng.uniform(size=int(letters[-1]) + 1) > 0.14)[letters]
        strikes = ring(
            blows(m, columns, ink, 0.0002), [(body, 1.0, 0.01), (2.1 * body, 0.9, 0.008), (3.4 * body, 0.5, 0.006)]
        )
        motor = harmonics(0.19 * pins * (1.0 + 0.002 * slow(rng, m, 5.0)), m, [1.0, 0.6, 0.8, 0.4, 0.3, 0.2])
        x = unit_peak(strikes) + 0.05 * edges(motor, 0.02, 0.02)
        at = 0.005 + i * period
        lay(y, x, at)
        if back:
            pace = curve(seconds(back), [(0, 0.6), (0.2, 1), (0.8, 1), (1, 0.6)])
            slide = harmonics(0.4 * pins * pace, len(pace), [1.0, 0.5, 0.6, 0.3, 0.2])
            lay(y, edges(slide, 0.015, 0.02), at + line + 0.02, 0.12)
        ratchet = steps(rng, max(2, int(feed * 110)), 1.0 / 110.0, 0.02, 0.0)
        click = ring(blows(seconds(feed + 0.05), ratchet, 1.0, 0.0004), [(760, 1.0, 0.02), (1900, 0.7, 0.012)])
        lay(y, unit_peak(click), at + line + back + 0.03, 0.4)
    return y


KINDS = (
    Kind(
        name="helicopter",
        label="helicopter",
        takes=(
            Take(
                caption="a helicopter flies over, its chopping rotor coming closer and fading off again",
                make=partial(
                    helicopter,
                    duration=8.0,
                    blades=13.0,
                    course=((0, 0.12), (0.3, 0.4), (0.5, 1), (0.7, 0.45), (1, 0.08)),
                    slap=0.6,
                    turbine=2900,
                    speed=45.0,
                ),
            ),
            Take(
                caption="a heavy twin-blade helicopter hovers nearby with slow, hard, slapping beats",
                make=partial(
                    helicopter,
                    duration=6.0,
                    blades=10.5,
                    course=((0, 1), (1, 1)),
                    slap=1.0,
                    turbine=2300,
                ),
            ),
            Take(
                caption="a light helicopter buzzes steadily, its rotor a soft, quick flutter under a whining turbine",
                make=partial(
                    helicopter,
                    duration=5.0,
                    blades=25.0,
                    course=((0, 0.95), (0.5, 1), (1, 0.95)),
                    slap=0.15,
                    turbine=4100,
                ),
            ),
            Take(
                caption="a helicopter starts up, the rotor thudding slowly at first and gathering speed",
                make=partial(
                    helicopter,
                    duration=8.0,
                    blades=16.0,
                    course=((0, 0.3), (0.6, 0.9), (1, 1)),
                    slap=0.5,
                    turbine=3300,
                    spin_up=7.0,
                ),
            ),
            Take(
                caption="a far-off helicopter throbs dully and sinks away into the distance",
                make=partial(
                    helicopter,
                    duration=6.0,
                    blades=12.0,
                    course=((0, 1), (0.4, 0.6), (1, 0.04)),
                    slap=0.0,
                    turbine=2000,
                ),
            ),
        ),
    ),
    Kind(
        name="steam_train",
        label="steam train",
        takes=(
            Take(
                caption="a steam locomotive pulls away, heavy chuffs coming faster and faster",
                make=partial(steam_train, chuffs=20, first=0.75, last=0.2, tone=520, hiss=0.5),
            ),
            Take(
                caption="a steam train runs at speed, a rapid, even four-beat panting",
                make=partial(steam_train, chuffs=44, first=0.135, last=0.125, tone=700, hiss=0.3),
            ),
            Take(
                caption="a steam engine labours uphill with slow, gasping puffs and clanking rods",
                make=partial(steam_train, chuffs=9, first=0.68, last=0.82, tone=380, hiss=0.8, clank=0.3),
            ),
            Take(
                caption="a chuffing steam train blows one long, chordal whistle as it gathers speed",
                make=partial(steam_train, chuffs=22, first=0.42, last=0.24, tone=560, hiss=0.4, whistle=(2.2, 1.9)),
            ),
            Take(
                caption="a small narrow-gauge engine puffs along lightly and slows down to a stop",
                make=partial(steam_train, chuffs=17, first=0.21, last=0.62, tone=980, hiss=0.6),
            ),
        ),
    ),
    Kind(
        name="printer",
        label="dot-matrix printer",
        takes=(
            Take(
                caption="a dot-matrix printer rasps out four lines, feeding the paper with a ratchet after each",
                make=partial(printer, lines=4, line=1.0, pins=900, body=1300, feed=0.16),
            ),
            Take(
                caption="a receipt printer chatters through seven short, quick lines",
                make=partial(printer, lines=7, line=0.32, pins=1250, body=1900, feed=0.06),
            ),
            Take(
                caption="an old matrix printer grinds two slow lines, its head sliding back audibly between them",
                make=partial(printer, lines=2, line=1.7, pins=480, body=850, feed=0.25, both_ways=False),
            ),
            Take(
                caption="a needle printer shrieks a single long line and advances the page",
                make=partial(printer, lines=1, line=1.9, pins=1500, body=2400, feed=0.5),
            ),
            Take(
                caption="an office printer hammers out three lines with a hollow, low buzz",
                make=partial(printer, lines=3, line=1.2, pins=640, body=620, feed=0.2),
            ),
        ),
    ),
)
