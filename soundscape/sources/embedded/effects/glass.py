"""Glass that touches and glass that breaks."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, decay, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import Modes, blows, ring


def goblet(pitch: float, length: float) -> Modes:
    """Return the modes of a drinking glass: rim waves at the squares of their order, each split by uneven walls."""
    ratios = (1.0, 2.32, 4.25, 6.63, 9.38)
    return tuple(
        (pitch * r * split, a * part, length / (1.0 + 0.5 * i))
        for i, (r, a) in enumerate(zip(ratios, (1.0, 0.8, 0.55, 0.35, 0.2), strict=True))
        for split, part in ((1.0, 1.0), (1.005 + 0.001 * i, 0.6))
    )


def clink(
    rng: np.random.Generator,
    *,
    touches: tuple[float, ...],
    glasses: tuple[float, ...],
    length: float,
    bounce: float = 0.0,
) -> Samples:
    """Return glasses of the given pitches (Hz) that touch at ``touches`` (s), ringing for ``length`` seconds.

    ``bounce`` is the level of the second and third contact that follow each touch within a few hundredths of a second.
    """
    n = seconds(touches[-1] + length + 0.2)
    y = np.zeros(n)
    for i, at in enumerate(touches):
        pair = (glasses[i % len(glasses)], glasses[(i + 1) % len(glasses)])
        contacts = [at + 0.01, at + 0.01 + float(rng.uniform(0.03, 0.045)), at + 0.01 + float(rng.uniform(0.06, 0.08))]
        force = blows(n, contacts, [1.0, bounce, 0.5 * bounce], 0.00012) * float(rng.uniform(0.8, 1.0))
        for pitch in dict.fromkeys(pair):
            y += ring(force, goblet(pitch, length))
    return edges(y, 0.0, 0.1)


def shatter(
    rng: np.random.Generator,
    *,
    thud: float,
    pieces: int,
    spill: float,
    lowest: float,
    longest: float,
    fall: float = 0.0,
) -> Samples:
    """Return breaking glass: a crack, then ``pieces`` shards that ring as they part, land and slide.

    Args:
        rng: the item's stream.
        thud: level of the blow that breaks it.
        pieces: number of shard contacts.
        spill: seconds over which the contacts thin out.
        lowest: lowest shard mode, in Hz; small shards are higher.
        longest: longest ringing of a shard (rt60), in seconds.
        fall: delay of a second burst, as the pieces reach the ground; 0 for none.
    """
    n = seconds(fall + 2.2 * spill + longest + 0.3)
    y = thud * ring(blows(n, [0.01], [1.0], 0.0012), [(230, 1.0, 0.08), (480, 0.8, 0.06), (910, 0.6, 0.05)])
    crack = band(rng.standard_normal(seconds(0.09)), 1800.0, 10500.0) * decay(seconds(0.09), 0.07)
    lay(y, crack, 0.01, 0.35)
    times = 0.012 + np.minimum(rng.exponential(0.5 * spill, pieces), rng.uniform(1.6, 2.2, pieces) * spill)
    if fall:
        late = rng.uniform(size=pieces) < 0.65
        times = times + np.where(late, fall, 0.0)
        lay(y, crack, fall + 0.01, 0.3)
    gains = rng.uniform(0.05, 1.0, pieces) ** 2 * np.exp(-0.5 * (times - fall * (times > fall)) / spill)
    for at, gain in zip(times, gains, strict=True):
        pitch = lowest * (10500.0 / lowest) ** float(rng.uniform())
        length = longest * float(rng.uniform(0.15, 1.0)) * (lowest / pitch) ** 0.5
        m = seconds(1.1 * length + 0.01)
        ratios = np.array([1.0, float(rng.uniform(1.3, 1.9)), float(rng.uniform(2.0, 3.2))])
        partials = np.stack([pitch * ratios, np.array([1.0, 0.7, 0.4]), length / ratios], axis=1)
        lay(y, ring(blows(m, [0.0], [1.0], 0.0001), partials), float(at), float(gain))
    return edges(y, 0.0, 0.1)


KINDS = (
    Kind(
        name="glass_clink",
        label="glasses clinking",
        takes=(
            Take(
                caption="two wine glasses clink once in a toast, a pure, high ring that lingers",
                make=partial(clink, touches=(0.0,), glasses=(1180, 1265), length=2.2),
            ),
            Take(
                caption="in a round of toasts glasses touch five times, each pair pitched a little differently",
                make=partial(
                    clink,
                    touches=(0.0, 0.42, 0.71, 1.2, 1.48),
                    glasses=(1320, 1490, 1210, 1630, 1405),
                    length=1.3,
                ),
            ),
            Take(
                caption="thick beer mugs bump together with one short, heavy, dull clunk",
                make=partial(clink, touches=(0.0,), glasses=(640, 715), length=0.28, bounce=0.5),
            ),
            Take(
                caption="a spoon taps a glass for attention, six bright, regular pings",
                make=partial(clink, touches=(0.0, 0.3, 0.6, 0.9, 1.2, 1.5), glasses=(1850,), length=0.9),
            ),
            Take(
                caption="small tumblers chatter against each other three times as they are carried on a tray",
                make=partial(clink, touches=(0.0, 0.5, 0.85), glasses=(2240, 2475, 2090), length=0.35, bounce=0.75),
            ),
        ),
    ),
    Kind(
        name="glass_breaking",
        label="glass breaking",
        takes=(
            Take(
                caption="a window pane is smashed and a shower of splinters tinkles down for about a second",
                make=partial(shatter, thud=0.5, pieces=190, spill=1.0, lowest=1800, longest=0.3),
            ),
            Take(
                caption="a drinking glass slips and shatters on a hard floor in one short, bright crash",
                make=partial(shatter, thud=0.25, pieces=80, spill=0.4, lowest=2600, longest=0.22),
            ),
            Take(
                caption="a bottle bursts with a low crack and a few thick shards ring as they roll",
                make=partial(shatter, thud=0.9, pieces=34, spill=0.9, lowest=1100, longest=0.5),
            ),
            Take(
                caption="a large sheet of glass cracks, drops, and explodes into hundreds of jingling fragments",
                make=partial(shatter, thud=0.7, pieces=360, spill=1.1, lowest=1500, longest=0.35, fall=0.55),
            ),
            Take(
                caption="a light bulb pops and its paper-thin glass scatters in fine, crisp crackles",
                make=partial(shatter, thud=0.6, pieces=55, spill=0.35, lowest=4200, longest=0.09),
            ),
        ),
    ),
)
