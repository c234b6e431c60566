"""Dogs, cats, frogs and farm animals: source–filter voices with moving formants."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, curve, decay, edges, lay, seconds, tone
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import blows, formant_noise, ring, scatter, slow, steps, unit_rms, voiced
from soundscape.sources.embedded.item import SAMPLE_RATE


def bark(rng: np.random.Generator, *, pitch: float, length: float, size: float, harsh: float) -> Samples:
    """Return one bark.

    Args:
        rng: the item's stream.
        pitch: highest pitch, in Hz, reached early; the bark falls from there.
        length: seconds.
        size: the dog's vocal tract against a middling one; formants are divided by it.
        harsh: level of the noise, 0–1.
    """
    n = seconds(length)
    f0 = pitch * curve(n, [(0, 0.62), (0.12, 0.95), (0.3, 1.0), (0.65, 0.82), (1, 0.5)])
    f0 *= 1.0 + 0.012 * float(rng.uniform(0.6, 1.4)) * slow(rng, n, 60.0)
    jaw = curve(n, [(0, 0.55), (0.25, 1.0), (0.6, 0.9), (1, 0.5)])
    formants = [(jaw * f / size, b, g) for f, b, g in ((780, 190, 1.0), (1500, 260, 0.75), (2900, 450, 0.35))]
    envelope = curve(n, [(0, 0), (0.05, 0.75), (0.18, 1), (0.5, 0.65), (0.8, 0.2), (1, 0)])
    breath = formant_noise(
        rng.standard_normal(n), [(760 / size, 350, 0.6), (1500 / size, 500, 0.8), (3200 / size, 900, 0.5)]
    )
    v = voiced(f0, formants, tilt=5.0)
    rough = 1.0 + 0.45 * harsh * slow(rng, n, 140.0)
    return envelope * (v * rough / float(np.std(v)) + 0.75 * harsh * unit_rms(breath))


def barking(
    rng: np.random.Generator,
    *,
    groups: tuple[int, ...],
    gap: float,
    pause: float,
    pitch: float,
    length: float,
    size: float,
    harsh: float,
) -> Samples:
    """Return barks in ``groups``, ``gap`` seconds from bark to bark and ``pause`` seconds more between groups."""
    starts: list[float] = []
    at = 0.005
    for count in groups:
        for _ in range(count):
            starts.append(at)
            at += gap * float(rng.uniform(0.9, 1.1))
        at += pause
    y = np.zeros(seconds(starts[-1] + 1.3 * length + 0.1))
    for start in starts:
        x = bark(
            rng,
            pitch=pitch * float(rng.uniform(0.93, 1.06)),
            length=length * float(rng.uniform(0.88, 1.12)),
            size=size,
            harsh=harsh,
        )
        lay(y, x, start, float(rng.uniform(0.8, 1.0)))
    return y


def growl(rng: np.random.Generator, *, duration: float, pitch: float, size: float, snap: bool) -> Samples:
    """Return a growl, a low rattling pulse train through a closed throat, that ``snap`` ends in one bark."""
    n = seconds(duration)
    f0 = (
        pitch * (1.0 + 0.08 * slow(rng, n, 5.0) + 0.05 * slow(rng, n, 45.0)) * curve(n, [(0, 0.85), (0.6, 1), (1, 1.1)])
    )
    formants = [(f / size, b, g) for f, b, g in ((420.0, 160.0, 1.0), (1050.0, 260.0, 0.5), (2300.0, 500.0, 0.25))]
    v = voiced(f0.clip(25.0), formants, tilt=4.0)
    noise = formant_noise(rng.standard_normal(n), [(500, 300, 1.0), (1300, 500, 0.6)])
    pulse = 0.55 + 0.45 * tone(f0 * 0.5, n)
    y = (unit_rms(v) + 0.5 * unit_rms(noise)) * pulse * curve(n, [(0, 0.5), (0.3, 0.8), (1, 1)])
    y = edges(0.5 * y, 0.03, 0.05)
    if not snap:
        return y
    end = bark(rng, pitch=3.2 * pitch, length=0.26, size=size, harsh=0.7)
    return np.concatenate([y, np.zeros(seconds(0.03)), 1.3 * end])


def meow(
    rng: np.random.Generator,
    *,
    calls: tuple[float, ...],
    length: float,
    pitch: tuple[float, float, float],
    size: float = 1.0,
    tremble: float = 0.0,
) -> Samples:
    """Return a cat: at each of ``calls`` (s) a mouth that opens from m through ee and ah, and closes to oo.

    ``pitch`` is start, top and end in Hz; ``size`` divides the formants; ``tremble`` is a 13 Hz waver, 0–1.
    """
    y = np.zeros(seconds(calls[-1] + 1.15 * length + 0.05))
    for at in calls:
        n = seconds(length * float(rng.uniform(0.92, 1.08)))
        f0 = curve(n, [(0, pitch[0]), (0.22, 0.92 * pitch[1]), (0.4, pitch[1]), (0.7, 0.93 * pitch[1]), (1, pitch[2])])
        f0 *= 1.0 + 0.008 * slow(rng, n, 9.0) + 0.03 * tremble * tone(13.0, n)
        first = curve(n, [(0, 380), (0.15, 520), (0.42, 1150), (0.7, 950), (1, 430)]) / size
        second = curve(n, [(0, 1500), (0.18, 2900), (0.42, 2150), (0.7, 1450), (1, 900)]) / size
        third = curve(n, [(0, 3600), (0.4, 3900), (1, 3300)]) / size
        v = voiced(f0, [(first, 150.0, 1.0), (second, 260.0, 0.75), (third, 420.0, 0.35)], tilt=4.5)
        envelope = curve(n, [(0, 0), (0.08, 0.3), (0.3, 0.85), (0.5, 1), (0.75, 0.65), (0.92, 0.2), (1, 0)])
        envelope *= 1.0 - 0.35 * tremble * (0.5 + 0.5 * tone(13.0, n))
        breath = band(rng.standard_normal(n), 1800.0, 7000.0, 1)
        lay(y, envelope * (unit_rms(v) + 0.035 * breath), at + 0.005, float(rng.uniform(0.85, 1.0)))
    return y


def purr(rng: np.random.Generator, *, breaths: int, rate: float) -> Samples:
    """Return purring: breaths in and out, each a train of soft glottal thuds, ``rate`` a second."""
    parts = []
    for i in range(2 * breaths):
        n = seconds((1.0 if i % 2 else 1.15) * float(rng.uniform(0.95, 1.05)))
        thuds = steps(rng, int(n / SAMPLE_RATE * rate), 1.0 / (rate if i % 2 else 0.95 * rate), 0.03, 0.0)
        force = blows(n, thuds, rng.uniform(0.8, 1.0, len(thuds)), 0.004)
        throat = ring(force, [(95, 0.7, 0.03), (190, 1.0, 0.03), (430, 0.8, 0.02), (1150, 0.6, 0.01)])
        puffs = scatter(n, thuds, 1.0, decay(seconds(0.06), 0.06))
        hush = formant_noise(rng.standard_normal(n), [(900, 700, 1.0), (2600, 1500, 0.5)]) * puffs
        x = unit_rms(throat) + 0.35 * unit_rms(hush)
        parts.append(x * np.sin(np.pi * np.linspace(0.02, 0.98, n)) ** 0.5 * (0.7 if i % 2 else 1.0))
    return np.concatenate(parts)


def croak(
    rng: np.random.Generator,
    *,
    calls: tuple[float, ...],
    syllables: tuple[tuple[float, float, float, float], ...],
    pulses: float,
    body: float,
    sharp: float,
) -> Samples:
    """Return a frog: at each of ``calls`` (s) its syllables, (offset s, length s, pitch at start, at end in Hz).

    The carrier is chopped into ``pulses`` a second, ``sharp`` from 0 (smooth) to 1 (clicking); ``body`` is the
    resonance of the vocal sac, in Hz.
    """
    end = max(offset + length for offset, length, _, _ in syllables)
    y = np.zeros(seconds(calls[-1] + end + 0.2))
    for at in calls:
        level = float(rng.uniform(0.8, 1.0))
        for offset, length, low, high in syllables:
            n = seconds(length)
            f = curve(n, [(0, low), (0.6, high), (1, 0.97 * high)]) * (1.0 + 0.01 * slow(rng, n, 30.0))
            turn = np.cumsum(pulses * (1.0 + 0.04 * slow(rng, n, 10.0))) / SAMPLE_RATE
            chop = np.exp((0.6 + 6.0 * sharp) * (np.cos(2.0 * np.pi * turn) - 1.0))
            x = voiced(f, [(body, 0.35 * body, 1.0), (2.4 * body, 0.5 * body, 0.4), (low, 0.5 * low, 0.4)], tilt=6.0)
            envelope = curve(n, [(0, 0), (0.1, 0.7), (0.6, 1), (0.9, 0.7), (1, 0)])
            lay(y, x * chop * envelope / float(np.std(x)), at + offset + 0.004, level)
    return y


def frog_pond(rng: np.random.Generator, *, duration: float, frogs: int, low: float, high: float) -> Samples:
    """Return many small frogs peeping across each other, each at its own pitch between ``low`` and ``high`` Hz."""
    n = seconds(duration)
    y = np.zeros(n)
    for _ in range(frogs):
        pitch = low * (high / low) ** float(rng.uniform())
        period = float(rng.uniform(0.32, 0.7))
        m = seconds(float(rng.uniform(0.07, 0.13)))
        peep = tone(pitch * curve(m, [(0, 0.93), (0.5, 1.0), (1, 1.02)]), m) + 0.15 * tone(2.0 * pitch, m)
        peep *= np.hanning(m) ** 0.6
        distance = float(rng.uniform(0.15, 1.0))
        for at in np.arange(float(rng.uniform(0.0, period)), duration - 0.15, period):
            lay(y, peep, float(at + rng.normal(0.0, 0.012)), distance * float(rng.uniform(0.7, 1.0)))
    return y


def moo(
    rng: np.random.Generator,
    *,
    calls: tuple[float, ...],
    length: float,
    pitch: tuple[float, float, float],
    throat: tuple[float, float, float],
    nasal: float,
) -> Samples:
    """Return a cow: a long call that opens from a closed muzzle. ``pitch`` is start, top and end in Hz.

    ``throat`` are the open formants in Hz; ``nasal`` is the share of the call spent with the mouth still shut.
    """
    y = np.zeros(seconds(calls[-1] + length + 0.1))
    for at in calls:
        n = seconds(length)
        f0 = curve(n, [(0, pitch[0]), (0.35, pitch[1]), (0.75, 0.97 * pitch[1]), (1, pitch[2])])
        f0 *= 1.0 + 0.008 * slow(rng, n, 8.0) + 0.006 * slow(rng, n, 50.0)
        openness = curve(n, [(0, 0), (nasal, 0.05), (nasal + 0.2, 1), (0.85, 0.9), (1, 0.3)])
        closed = (240.0, 900.0, 2100.0)
        formants = [
            (c * (1.0 - openness) + o * openness, b, g)
            for c, o, b, g in zip(closed, throat, (90.0, 150.0, 300.0), (1.0, 0.7, 0.25), strict=True)
        ]
        v = voiced(f0, formants, tilt=5.0)
        envelope = curve(n, [(0, 0), (0.08, 0.4), (0.4, 1), (0.8, 0.8), (1, 0)])
        breath = formant_noise(rng.standard_normal(n), [(700, 500, 1.0), (1800, 900, 0.6)])
        lay(y, envelope * (unit_rms(v) + 0.12 * openness * unit_rms(breath)), at + 0.005)
    return y


KINDS = (
    Kind(
        name="dog_bark",
        label="dog barking",
        takes=(
            Take(
                caption="a large dog barks four times, deep and chesty, with regular pauses",
                make=partial(barking, groups=(4,), gap=0.7, pause=0.0, pitch=330, length=0.27, size=1.3, harsh=0.6),
            ),
            Take(
                caption="a little dog yaps shrilly, eight quick, piercing barks in a row",
                make=partial(barking, groups=(8,), gap=0.27, pause=0.0, pitch=900, length=0.13, size=0.72, harsh=0.45),
            ),
            Take(
                caption="a watchdog barks in pairs, woof-woof, three times over, rough and insistent",
                make=partial(
                    barking, groups=(2, 2, 2), gap=0.33, pause=0.55, pitch=460, length=0.2, size=1.05, harsh=0.8
                ),
            ),
            Take(
                caption="a dog growls low in its throat, more and more threateningly, and snaps once",
                make=partial(growl, duration=2.4, pitch=88, size=1.15, snap=True),
            ),
            Take(
                caption="a single startled woof from a middle-sized dog",
                make=partial(barking, groups=(1,), gap=0.5, pause=0.0, pitch=540, length=0.24, size=1.0, harsh=0.5),
            ),
        ),
    ),
    Kind(
        name="cat",
        label="cat",
        takes=(
            Take(
                caption="a cat meows once, opening wide and closing on a falling, plaintive note",
                make=partial(meow, calls=(0.0,), length=0.85, pitch=(480, 720, 430)),
            ),
            Take(
                caption="a kitten mews three times, short, thin and very high",
                make=partial(meow, calls=(0.0, 0.75, 1.4), length=0.42, pitch=(900, 1250, 980), size=0.78),
            ),
            Take(
                caption="a hungry cat begs with two long, drawn-out, complaining meows",
                make=partial(meow, calls=(0.0, 1.9), length=1.4, pitch=(420, 600, 520), size=1.05),
            ),
            Take(
                caption="a big tomcat yowls, one low, trembling wail that hangs in the air",
                make=partial(meow, calls=(0.0,), length=2.2, pitch=(300, 470, 330), size=1.15, tremble=0.8),
            ),
            Take(
                caption="a contented cat purrs, a soft rattle that breathes in and out",
                make=partial(purr, breaths=3, rate=25.5),
            ),
        ),
    ),
    Kind(
        name="frog",
        label="frog",
        takes=(
            Take(
                caption="a frog croaks ribbit, ribbit, ribbit, each call two rough syllables with a rising end",
                make=partial(
                    croak,
                    calls=(0.0, 0.95, 1.85),
                    syllables=((0.0, 0.16, 420, 520), (0.2, 0.24, 480, 760)),
                    pulses=62,
                    body=1150,
                    sharp=0.6,
                ),
            ),
            Take(
                caption="a bullfrog bellows two slow, deep, droning croaks like a plucked rubber band",
                make=partial(
                    croak,
                    calls=(0.0, 1.35),
                    syllables=((0.0, 0.85, 98, 112),),
                    pulses=14,
                    body=260,
                    sharp=0.05,
                ),
            ),
            Take(
                caption="a pond full of little frogs peeps away, dozens of tiny whistles crossing",
                make=partial(frog_pond, duration=6.0, frogs=26, low=2300, high=3200),
            ),
            Take(
                caption="a tree frog quacks rapidly, seven hoarse, barking notes",
                make=partial(
                    croak,
                    calls=tuple(0.3 * i for i in range(7)),
                    syllables=((0.0, 0.15, 560, 680),),
                    pulses=95,
                    body=1900,
                    sharp=0.4,
                ),
            ),
            Take(
                caption="a toad holds one long, dry, ticking trill on a single pitch",
                make=partial(
                    croak,
                    calls=(0.0,),
                    syllables=((0.0, 3.4, 1350, 1400),),
                    pulses=24,
                    body=1400,
                    sharp=0.9,
                ),
            ),
        ),
    ),
    Kind(
        name="cow",
        label="cow mooing",
        takes=(
            Take(
                caption="a cow moos once, a long, full call that swells and drops away",
                make=partial(moo, calls=(0.0,), length=1.9, pitch=(105, 165, 110), throat=(520, 1050, 2400), nasal=0.2),
            ),
            Take(
                caption="a calf bleats a short, high, slightly hoarse moo",
                make=partial(moo, calls=(0.0,), length=0.9, pitch=(210, 300, 240), throat=(680, 1500, 2900), nasal=0.1),
            ),
            Take(
                caption="a cow lows softly through its closed muzzle, a dull, humming drone",
                make=partial(moo, calls=(0.0,), length=1.5, pitch=(100, 118, 96), throat=(280, 850, 2000), nasal=0.6),
            ),
            Take(
                caption="a cow calls twice across the field, each moo sliding upwards before it breaks off",
                make=partial(
                    moo,
                    calls=(0.0, 2.3),
                    length=1.5,
                    pitch=(115, 190, 195),
                    throat=(600, 1180, 2500),
                    nasal=0.25,
                ),
            ),
            Take(
                caption="a bull bellows, one very low and powerful roar of several seconds",
                make=partial(moo, calls=(0.0,), length=3.0, pitch=(72, 108, 80), throat=(430, 880, 2200), nasal=0.12),
            ),
        ),
    ),
)
