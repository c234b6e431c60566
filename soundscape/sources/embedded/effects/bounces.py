"""Things that fall and bounce: coins, ping-pong balls, basketballs, marbles.

Flight times of a bouncing ball shrink geometrically by its coefficient of restitution; a spinning coin settles ever
faster as its tilt runs out (Moffatt 2000).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import Modes, blows, bounces, peak, ring, scatter, steps
from soundscape.sources.embedded.item import SAMPLE_RATE

_TABLE: Modes = ((310, 0.25, 0.05), (560, 0.3, 0.04), (1130, 0.35, 0.03))
_BAT: Modes = ((640, 0.3, 0.04), (1250, 0.6, 0.035), (1900, 0.3, 0.02))
_CELLULOID: Modes = ((2350, 0.7, 0.012), (5900, 1.0, 0.012), (6900, 0.6, 0.01), (8400, 0.4, 0.008))
_GYM: Modes = ((68, 0.9, 0.12), (92, 1.0, 0.12), (137, 0.7, 0.1), (215, 0.3, 0.07), (420, 0.12, 0.05))
_YARD: Modes = ((84, 1.0, 0.08), (131, 0.8, 0.07), (240, 0.4, 0.05), (610, 0.15, 0.03))
_WOODEN: Modes = ((205, 0.8, 0.08), (420, 0.6, 0.06), (890, 0.4, 0.04))
_STONE: Modes = ((1900, 0.4, 0.01), (3100, 0.3, 0.008))


def coin(
    rng: np.random.Generator,
    *,
    pitch: float,
    ringing: float,
    drops: tuple[float, ...],
    flight: float,
    restitution: float,
    spin: float,
    floor: Modes,
) -> Samples:
    """Return coins dropped at ``drops`` (s): bounces, then ``spin`` seconds of settling with a rising rattle.

    Args:
        rng: the item's stream.
        pitch: lowest bending mode of the coin, in Hz.
        ringing: its rt60, in seconds.
        drops: first contact of each coin.
        flight: length of the first bounce, in seconds.
        restitution: share of speed kept at each bounce.
        spin: length of the settling, in seconds; 0 for a coin that just lies down.
        floor: modes of what it falls on.
    """
    n = seconds(drops[-1] + 7.0 * flight + spin + ringing + 0.3)
    y = np.zeros(n)
    for at in drops:
        times, speeds = bounces(flight * float(rng.uniform(0.9, 1.1)), restitution, 0.03, at + 0.01)
        gains = speeds * rng.uniform(0.7, 1.0, len(times))
        force = blows(n, times, gains, 0.0001)
        ground = blows(n, times, gains, 0.0009)
        if spin:
            left = spin * (1.0 - np.linspace(0.0, 0.985, int(26 * spin) + 10) ** 0.55)
            wobble = float(times[-1]) + 0.03 + (left[0] - left)
            strength = 0.3 * (0.3 + left / spin) * rng.uniform(0.7, 1.0, len(wobble))
            force += blows(n, wobble, strength, 0.0001)
            ground += blows(n, wobble, 0.5 * strength, 0.0006)
        tune = pitch * float(rng.uniform(0.97, 1.03))
        ratios = np.array([1.0, 1.006, 1.73, 2.31, 2.9])
        partials = np.stack([tune * ratios, [1.0, 0.5, 0.8, 0.5, 0.3], ringing / ratios], axis=1)
        y += ring(force, partials) + 0.5 * ring(ground, floor)
    return edges(y, 0.0, 0.1)


def ping_pong(
    rng: np.random.Generator, *, times: Samples, gains: Samples, surfaces: tuple[Modes, ...], tail: float = 0.25
) -> Samples:
    """Return a celluloid ball hitting ``surfaces`` in turn at ``times`` (s): a click of the shell and a knock below."""
    n = seconds(float(times[-1]) + tail)
    hits = gains * rng.uniform(0.85, 1.0, len(times))
    y = ring(blows(n, times, hits, 0.00015), _CELLULOID)
    for i, surface in enumerate(surfaces):
        y += 1.6 * ring(blows(n, times[i :: len(surfaces)], hits[i :: len(surfaces)], 0.0005), surface)
    return y


def free_ball(rng: np.random.Generator, *, flight: float, restitution: float) -> Samples:
    """Return a ping-pong ball that is dropped on a table and bounces itself to rest."""
    times, speeds = bounces(flight, restitution, 0.016)
    return ping_pong(rng, times=times, gains=speeds, surfaces=(_TABLE,))


def rally(rng: np.random.Generator, *, strokes: int, interval: float) -> Samples:
    """Return a table-tennis rally of ``strokes``: bat, table, bat, table …, ``interval`` seconds a stroke."""
    hits = steps(rng, strokes, interval, 0.05)
    times = np.sort(np.concatenate([hits, hits + interval * rng.uniform(0.42, 0.56, strokes)]))
    return ping_pong(rng, times=times, gains=rng.uniform(0.7, 1.0, 2 * strokes), surfaces=(_BAT, _TABLE))


def basketball(
    rng: np.random.Generator, *, times: Samples, gains: Samples, floor: Modes, pressure: float, squeak: bool = False
) -> Samples:
    """Return a basketball at ``times`` (s): a low thump of floor and skin, and the ringing air inside the ball.

    ``pressure`` is the air mode in Hz; ``squeak`` adds a shoe's chirp before every fourth bounce.
    """
    n = seconds(float(times[-1]) + 0.6)
    hits = gains * rng.uniform(0.85, 1.0, len(times))
    y = ring(blows(n, times, hits, 0.003), floor)
    skin = [(pressure, 0.10, 0.2), (1.52 * pressure, 0.06, 0.16), (2.1 * pressure, 0.035, 0.12)]
    y += 3.0 * ring(blows(n, times, hits, 0.0014), skin)
    slap = rng.standard_normal(seconds(0.012)) * np.hanning(seconds(0.012))
    y += 0.25 * peak(y) * scatter(n, times - 0.003, hits, slap) * 0.3
    if squeak:
        m = seconds(0.09)
        f = np.linspace(2300.0, 3300.0, m)
        chirp = np.sin(2.0 * np.pi * np.cumsum(f) / SAMPLE_RATE) * np.hanning(m)
        for at in times[2::4]:
            lay(y, chirp, float(at) - 0.16, 0.16 * peak(y))
    return y


def dribble(
    rng: np.random.Generator, *, count: int, interval: float, floor: Modes, pressure: float, squeak: bool = False
) -> Samples:
    """Return ``count`` dribbles about ``interval`` seconds apart."""
    times = steps(rng, count, interval, 0.05)
    return basketball(rng, times=times, gains=np.ones(count), floor=floor, pressure=pressure, squeak=squeak)


def loose_ball(
    rng: np.random.Generator, *, flight: float, restitution: float, floor: Modes, pressure: float
) -> Samples:
    """Return a basketball that nobody catches: bounces that come faster and weaker until it lies still."""
    times, speeds = bounces(flight, restitution, 0.06)
    return basketball(rng, times=times, gains=speeds**1.3, floor=floor, pressure=pressure)


KINDS = (
    Kind(
        name="coin_drop",
        label="coin dropping",
        takes=(
            Take(
                caption="a coin falls on a stone counter, bounces and spins itself flat in a quickening, ringing whirr",
                make=partial(
                    coin,
                    pitch=4300,
                    ringing=0.5,
                    drops=(0.0,),
                    flight=0.26,
                    restitution=0.55,
                    spin=1.6,
                    floor=_STONE,
                ),
            ),
            Take(
                caption="a small coin drops onto a wooden table, hops a few times and lies still",
                make=partial(
                    coin,
                    pitch=6100,
                    ringing=0.22,
                    drops=(0.0,),
                    flight=0.2,
                    restitution=0.5,
                    spin=0.0,
                    floor=_WOODEN,
                ),
            ),
            Take(
                caption="a handful of six coins is thrown down one after another, jingling as they bounce",
                make=partial(
                    coin,
                    pitch=4900,
                    ringing=0.35,
                    drops=(0.0, 0.11, 0.17, 0.3, 0.38, 0.52),
                    flight=0.22,
                    restitution=0.5,
                    spin=0.0,
                    floor=_STONE,
                ),
            ),
            Take(
                caption="a heavy medal lands with a clear, low-pitched ring and wobbles slowly to rest",
                make=partial(
                    coin,
                    pitch=2600,
                    ringing=0.9,
                    drops=(0.0,),
                    flight=0.18,
                    restitution=0.42,
                    spin=2.4,
                    floor=_WOODEN,
                ),
            ),
            Take(
                caption="two coins hit the pavement half a second apart, bright pings that skip away",
                make=partial(
                    coin,
                    pitch=5300,
                    ringing=0.4,
                    drops=(0.0, 0.5),
                    flight=0.34,
                    restitution=0.6,
                    spin=0.0,
                    floor=_STONE,
                ),
            ),
        ),
    ),
    Kind(
        name="ping_pong",
        label="ping-pong ball",
        takes=(
            Take(
                caption="a ping-pong ball is dropped on a table and bounces faster and faster until it purrs to rest",
                make=partial(free_ball, flight=0.55, restitution=0.86),
            ),
            Take(
                caption="a relaxed table-tennis rally of seven strokes, bat and table clacking in turn",
                make=partial(rally, strokes=7, interval=0.86),
            ),
            Take(
                caption="a fast ping-pong exchange, twelve crisp strokes volleyed across the table",
                make=partial(rally, strokes=12, interval=0.52),
            ),
            Take(
                caption="a celluloid ball falls from low down and dies out within a second in a tight clicking flurry",
                make=partial(free_ball, flight=0.24, restitution=0.76),
            ),
            Take(
                caption="a table-tennis ball leaps high and takes many long, light, hollow bounces to settle",
                make=partial(free_ball, flight=0.75, restitution=0.88),
            ),
        ),
    ),
    Kind(
        name="basketball",
        label="basketball bouncing",
        takes=(
            Take(
                caption="a basketball is dribbled evenly on a gym floor, nine deep, springy thumps",
                make=partial(dribble, count=9, interval=0.52, floor=_GYM, pressure=520),
            ),
            Take(
                caption="a dropped basketball bounces on its own, the thumps closing up and fading",
                make=partial(loose_ball, flight=0.85, restitution=0.74, floor=_GYM, pressure=480),
            ),
            Take(
                caption="quick, low dribbling on asphalt, fourteen tight and rubbery slaps",
                make=partial(dribble, count=14, interval=0.27, floor=_YARD, pressure=640),
            ),
            Take(
                caption="a player dribbles slowly across the court, shoes squeaking on the boards now and then",
                make=partial(dribble, count=8, interval=0.72, floor=_GYM, pressure=560, squeak=True),
            ),
            Take(
                caption="a soft, badly inflated ball flops down and gives up after a few flat, dull bounces",
                make=partial(loose_ball, flight=0.5, restitution=0.5, floor=_YARD, pressure=300),
            ),
        ),
    ),
)
