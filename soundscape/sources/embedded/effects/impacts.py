"""Measured blows on wood and metal: ticking clocks, knocking, hammering."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import Modes, blows, ring, steps

_SOLID_DOOR: Modes = (
    (118, 0.7, 0.15), (196, 0.8, 0.12), (287, 1.0, 0.1), (402, 0.9, 0.08), (560, 0.8, 0.06), (790, 0.6, 0.045),
    (1120, 0.5, 0.035), (1650, 0.35, 0.025), (2500, 0.2, 0.015),
)  # fmt: skip
_HOLLOW_DOOR: Modes = (
    (152, 1.0, 0.2), (231, 0.9, 0.2), (318, 0.9, 0.16), (455, 0.7, 0.14), (610, 0.6, 0.1), (905, 0.4, 0.07),
    (1380, 0.3, 0.05), (2050, 0.2, 0.03),
)  # fmt: skip
_STEEL_DOOR: Modes = (
    (92, 0.8, 0.5), (173, 1.0, 0.7), (261, 0.8, 0.6), (389, 0.7, 0.5), (577, 0.6, 0.45), (842, 0.5, 0.4),
    (1290, 0.35, 0.3), (1930, 0.2, 0.2), (2870, 0.12, 0.15),
)  # fmt: skip
_WINDOW: Modes = (
    (340, 0.6, 0.1), (720, 0.9, 0.09), (1180, 1.0, 0.08), (1790, 0.8, 0.07), (2640, 0.6, 0.05), (3900, 0.4, 0.04),
    (5600, 0.25, 0.03),
)  # fmt: skip
_NAIL: Modes = ((2350, 0.8, 0.09), (3920, 1.0, 0.07), (5800, 0.7, 0.05), (8300, 0.4, 0.04))
_PLANK: Modes = ((165, 1.0, 0.12), (310, 0.8, 0.09), (540, 0.6, 0.07), (880, 0.4, 0.05), (1400, 0.3, 0.03))
_ANVIL: Modes = (
    (1480, 0.5, 1.2), (2310, 0.9, 1.6), (3420, 1.0, 1.5), (4460, 0.7, 1.2), (5930, 0.6, 0.9), (7700, 0.4, 0.6),
    (9600, 0.3, 0.4),
)  # fmt: skip
_STAKE: Modes = ((240, 0.8, 0.2), (410, 1.0, 0.22), (760, 0.6, 0.12), (1350, 0.3, 0.06))


def knock(
    rng: np.random.Generator, *, times: tuple[float, ...], body: Modes, width: float, gains: tuple[float, ...] = ()
) -> Samples:
    """Return knocks at ``times`` (s) on a panel with the modes ``body``; a wider contact (s) is a softer hand."""
    n = seconds(times[-1] + 0.7)
    at = np.asarray(times) + 0.01 + rng.normal(0.0, 0.006, len(times)).clip(-0.012, 0.012)
    weight = np.asarray(gains) if gains else rng.uniform(0.75, 1.0, len(times))
    y = ring(blows(n, at, weight, width), body)
    y += 0.25 * ring(blows(n, at + 0.0015, weight * rng.uniform(0.5, 1.0, len(times)), 0.4 * width), body[3:])
    return y


def hammer(
    rng: np.random.Generator,
    *,
    count: int,
    interval: float,
    sharp: Modes,
    body: Modes,
    climb: float = 0.0,
    mix: float = 0.6,
) -> Samples:
    """Return ``count`` hammer blows: a metallic ``sharp`` ring over the thud of ``body``.

    ``climb`` raises the metal's pitch by that share over the series, as a nail sinks and its free end shortens;
    ``mix`` is the share of the metal.
    """
    times = steps(rng, count, interval, 0.03)
    tail = max(0.6, max(m[2] for m in (*sharp, *body)) + 0.1)
    n = seconds(float(times[-1]) + tail)
    gains = rng.uniform(0.8, 1.0, count)
    y = (1.0 - mix) * ring(blows(n, times, gains, 0.0012), body)
    for i, (at, gain) in enumerate(zip(times, gains, strict=True)):
        pitch = 1.0 + climb * i / max(count - 1, 1)
        m = min(n - seconds(at), seconds(tail))
        spread = rng.uniform(0.8, 1.2, len(sharp))
        partials = np.asarray(sharp) * np.array([pitch, 1.0, 1.0])
        partials[:, 1] *= spread
        lay(y, ring(blows(m, [0.0], [gain], 0.0001), partials), float(at), mix)
    return edges(y, 0.0, 0.1)


def tick(
    rng: np.random.Generator,
    *,
    duration: float,
    interval: float,
    tick_hz: float,
    tock_hz: float,
    case: Modes,
    lame: float = 0.0,
) -> Samples:
    """Return a clock: an escapement click every ``interval`` seconds, alternating between two pitches, in its case.

    ``lame`` shifts every second click by that share of the interval.
    """
    times = np.arange(0.01, duration, interval)
    times[1::2] += lame * interval
    n = seconds(duration + 0.25)
    gains = rng.uniform(0.9, 1.0, len(times))
    y = np.zeros(n)
    for side, pitch in enumerate((tick_hz, tock_hz)):
        mine, weight = times[side::2], gains[side::2]
        # The pallet drops, the wheel's tooth hits, the train recoils: three contacts within a hundredth of a second.
        force = blows(n, mine, weight, 0.0002) + blows(n, mine + 0.0042, 0.6 * weight, 0.0002)
        force += blows(n, mine + 0.0095, 0.25 * weight, 0.0003)
        y += ring(force, [(pitch, 1.0, 0.018), (1.83 * pitch, 0.7, 0.012), (2.9 * pitch, 0.4, 0.008)])
        y += ring(force, np.asarray(case) * np.array([pitch / tick_hz, 1.0, 1.0]))
    return y


def kitchen_timer(rng: np.random.Generator, *, duration: float, rate: float) -> Samples:
    """Return a wind-up kitchen timer: quick, dry ticking, ``rate`` a second, that ends in one ting of its bell."""
    times = np.arange(0.01, duration, 1.0 / rate)
    n = seconds(duration + 1.6)
    gains = rng.uniform(0.6, 1.0, len(times))
    y = ring(blows(n, times, gains, 0.0002), [(1900, 0.6, 0.015), (3350, 0.8, 0.012), (5400, 0.5, 0.008)])
    bell = ring(blows(n, [duration + 0.05], [1.0], 0.0002), [(2480, 1.0, 1.2), (2494, 0.5, 1.2), (5900, 0.5, 0.6)])
    return edges(0.7 * y + bell, 0.0, 0.2)


KINDS = (
    Kind(
        name="clock_ticking",
        label="clock ticking",
        takes=(
            Take(
                caption="a wall clock ticks once a second, a dry, even quartz click in a plastic case",
                make=partial(
                    tick,
                    duration=7.0,
                    interval=1.0,
                    tick_hz=2300,
                    tock_hz=2300,
                    case=((620, 0.3, 0.04), (1150, 0.25, 0.03)),
                ),
            ),
            Take(
                caption="a grandfather clock goes tick, tock, one slow, hollow, woody stroke each second",
                make=partial(
                    tick,
                    duration=8.0,
                    interval=1.0,
                    tick_hz=1350,
                    tock_hz=1120,
                    case=((138, 0.5, 0.2), (262, 0.6, 0.16), (455, 0.6, 0.12), (700, 0.5, 0.08)),
                ),
            ),
            Take(
                caption="a mantel clock ticks and tocks briskly, two light wooden strokes per second",
                make=partial(
                    tick,
                    duration=6.0,
                    interval=0.5,
                    tick_hz=1900,
                    tock_hz=1620,
                    case=((390, 0.6, 0.09), (640, 0.5, 0.07)),
                ),
            ),
            Take(
                caption="a pocket watch ticks rapidly, five tiny metallic clicks a second",
                make=partial(
                    tick,
                    duration=5.0,
                    interval=0.2,
                    tick_hz=3900,
                    tock_hz=3500,
                    case=((2600, 0.2, 0.02),),
                ),
            ),
            Take(
                caption="a cheap alarm clock ticks away tinnily and a little lamely, four uneven clicks a second",
                make=partial(
                    tick,
                    duration=5.0,
                    interval=0.25,
                    tick_hz=2750,
                    tock_hz=2300,
                    case=((980, 0.5, 0.05), (1720, 0.5, 0.06)),
                    lame=0.16,
                ),
            ),
            Take(
                caption="a wind-up kitchen timer ticks down hastily and ends with a single bright ting",
                make=partial(kitchen_timer, duration=4.0, rate=8.0),
            ),
        ),
    ),
    Kind(
        name="door_knock",
        label="door knock",
        takes=(
            Take(
                caption="someone knocks three times on a solid wooden door, firm and unhurried",
                make=partial(knock, times=(0.0, 0.32, 0.64), body=_SOLID_DOOR, width=0.0006),
            ),
            Take(
                caption="two gentle, hesitant knocks on a hollow interior door",
                make=partial(knock, times=(0.0, 0.5), body=_HOLLOW_DOOR, width=0.0009),
            ),
            Take(
                caption="a fist pounds a heavy door eight times in a row, dull, fast and demanding",
                make=partial(knock, times=tuple(0.19 * i for i in range(8)), body=_SOLID_DOOR[:6], width=0.002),
            ),
            Take(
                caption="a playful knock in the rhythm of shave and a haircut: five taps, a rest, two more",
                make=partial(
                    knock,
                    times=(0.0, 0.34, 0.51, 0.68, 1.02, 1.7, 2.04),
                    body=_HOLLOW_DOOR,
                    width=0.0006,
                    gains=(1.0, 0.7, 0.7, 0.85, 0.9, 0.95, 1.0),
                ),
            ),
            Take(
                caption="four booming knocks on a big sheet-steel door that rings on after each",
                make=partial(knock, times=(0.0, 0.45, 0.9, 1.38), body=_STEEL_DOOR, width=0.0008),
            ),
            Take(
                caption="knuckles rap on a window pane, five quick, brittle taps",
                make=partial(knock, times=(0.0, 0.17, 0.34, 0.5, 0.67), body=_WINDOW, width=0.0004),
            ),
        ),
    ),
    Kind(
        name="hammering",
        label="hammering",
        takes=(
            Take(
                caption="a hammer drives a nail into a plank with six blows, each ringing higher than the last",
                make=partial(hammer, count=6, interval=0.55, sharp=_NAIL, body=_PLANK, climb=0.45, mix=0.5),
            ),
            Take(
                caption="a blacksmith strikes an anvil four times, hard, clear and long-ringing",
                make=partial(hammer, count=4, interval=0.95, sharp=_ANVIL, body=_PLANK, mix=0.85),
            ),
            Take(
                caption="a wooden mallet thumps a tent peg, five dull, deep strokes without any ring",
                make=partial(hammer, count=5, interval=0.7, sharp=((950, 0.3, 0.03),), body=_STAKE, mix=0.2),
            ),
            Take(
                caption="somebody taps in a tack with ten small, quick, clicking hammer strokes",
                make=partial(
                    hammer,
                    count=10,
                    interval=0.21,
                    sharp=((3300, 0.8, 0.03), (5400, 1.0, 0.03), (8200, 0.5, 0.02)),
                    body=((420, 0.8, 0.05), (760, 0.6, 0.04)),
                    mix=0.45,
                ),
            ),
            Take(
                caption="a carpenter hammers steadily on thick timber, eight solid knocks with a metallic edge",
                make=partial(hammer, count=8, interval=0.42, sharp=_NAIL, body=_PLANK, mix=0.3),
            ),
        ),
    ),
)
