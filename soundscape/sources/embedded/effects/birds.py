"""Birds: whistled notes for the songbirds, the owl and the cuckoo; source–filter voices for crow and gull."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, curve, lay, seconds, tone
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import formant_noise, slow, unit_rms, voiced

Points = tuple[tuple[float, float], ...]


def note(
    rng: np.random.Generator,
    points: Points,
    length: float,
    *,
    shake: float = 0.0,
    depth: float = 0.0,
    overtone: float = 0.04,
) -> Samples:
    """Return a whistled note: a pitch curve through ``points`` (position 0–1, Hz) with soft ends.

    ``shake`` (Hz) and ``depth`` (share) are a vibrato; ``overtone`` the level of the octave.
    """
    n = seconds(length)
    f = curve(n, points) * (1.0 + 0.003 * slow(rng, n, 20.0))
    f = np.convolve(np.pad(f, 60, mode="edge"), np.ones(121) / 121.0, mode="valid")
    if shake:
        f = f * (1.0 + depth * tone(shake, n))
    envelope = np.sin(np.pi * np.linspace(0.0, 1.0, n)) ** 0.6
    return envelope * (tone(f, n) + overtone * tone(2.0 * f, n))


def warbler(rng: np.random.Generator, *, phrases: int, low: float, high: float, notes: int, pause: float) -> Samples:
    """Return free song: ``phrases`` of about ``notes`` sliding notes between ``low`` and ``high`` Hz."""
    y = np.zeros(seconds(phrases * (notes * 0.24 + pause) + 1.0))
    at = 0.005
    for _ in range(phrases):
        for _ in range(notes + int(rng.integers(-1, 2))):
            start, middle, end = low * (high / low) ** rng.uniform(size=3)
            length = float(rng.uniform(0.06, 0.22))
            shake = float(rng.choice([0.0, 0.0, 28.0, 45.0]))
            x = note(rng, ((0, start), (0.5, middle), (1, end)), length, shake=shake, depth=0.05)
            lay(y, x, at, float(rng.uniform(0.45, 1.0)))
            at += length + float(rng.uniform(0.015, 0.07))
        at += pause * float(rng.uniform(0.8, 1.2))
    return y[: seconds(at)]


def repeated(
    rng: np.random.Generator,
    *,
    groups: tuple[int, ...],
    points: Points,
    length: float,
    period: float,
    pause: float = 0.0,
    fall: float = 0.0,
    shake: float = 0.0,
    depth: float = 0.0,
    spread: float = 0.03,
) -> Samples:
    """Return ``groups`` of one note repeated every ``period`` s, with ``pause`` s more between groups.

    ``fall`` lowers the pitch by that share over a group; ``spread`` varies it from note to note.
    """
    y = np.zeros(seconds(sum(groups) * period * 1.1 + len(groups) * pause + length + 0.1))
    at = 0.005
    for count in groups:
        for i in range(count):
            factor = (1.0 - fall * i / max(count - 1, 1)) * float(rng.normal(1.0, spread))
            x = note(rng, tuple((p, f * factor) for p, f in points), length, shake=shake, depth=depth)
            lay(y, x, at, float(rng.uniform(0.8, 1.0)))
            at += period * float(rng.uniform(0.97, 1.03))
        at += pause
    return y


def tune(
    rng: np.random.Generator,
    *,
    calls: tuple[float, ...],
    notes: tuple[tuple[float, float, float, float], ...],
    shake: float = 0.0,
    depth: float = 0.0,
    overtone: float = 0.05,
    breath: float = 0.0,
) -> Samples:
    """Return a fixed call, given at each of ``calls`` (s): notes of (offset s, length s, Hz at start, Hz at end).

    ``breath`` is the level of air noise around the notes, as owls have it.
    """
    last = max(offset + length for offset, length, _, _ in notes)
    y = np.zeros(seconds(calls[-1] + last + 0.1))
    for at in calls:
        level = float(rng.uniform(0.85, 1.0))
        for offset, length, first, end in notes:
            points = ((0.0, 0.94 * first), (0.15, first), (0.8, end), (1.0, 0.95 * end))
            x = note(rng, points, length, shake=shake, depth=depth, overtone=overtone)
            if breath:
                air = band(rng.standard_normal(len(x)), 0.7 * first, 1.8 * first)
                x = x + breath * air * np.sin(np.pi * np.linspace(0.0, 1.0, len(x)))
            lay(y, x, at + offset + 0.005, level)
    return y


def caw(
    rng: np.random.Generator,
    *,
    calls: tuple[float, ...],
    length: float,
    pitch: tuple[float, float, float],
    formants: tuple[float, float, float],
    harsh: float,
) -> Samples:
    """Return a hoarse cry at each of ``calls`` (s): ``pitch`` at start, top and end in Hz, ``harsh`` from 0 to 1."""
    y = np.zeros(seconds(calls[-1] + 1.1 * length + 0.05))
    for at in calls:
        n = seconds(length * float(rng.uniform(0.92, 1.08)))
        f0 = float(rng.normal(1.0, 0.02)) * curve(
            n, [(0, pitch[0]), (0.25, pitch[1]), (0.6, 0.95 * pitch[1]), (1, pitch[2])]
        )
        f0 = f0 * (1.0 + 0.05 * harsh * slow(rng, n, 110.0))
        gape = curve(n, [(0, 0.75), (0.3, 1.0), (0.7, 1.0), (1, 0.8)])
        v = voiced(f0, [(gape * f, 0.22 * f, g) for f, g in zip(formants, (1.0, 0.7, 0.4), strict=True)], tilt=3.0)
        noise = formant_noise(rng.standard_normal(n), [(f, 0.35 * f, 1.0) for f in formants])
        rough = 1.0 + 0.5 * harsh * slow(rng, n, 160.0)
        envelope = curve(n, [(0, 0), (0.07, 0.8), (0.3, 1), (0.7, 0.8), (1, 0)])
        x = unit_rms(v) * rough + 0.6 * harsh * unit_rms(noise)
        lay(y, x * envelope, at + 0.005, float(rng.uniform(0.85, 1.0)))
    return y


def long_call(rng: np.random.Generator, *, top: float, shrieks: int) -> Samples:
    """Return a gull's long call: a stretched scream up to ``top`` Hz and ``shrieks`` shorter ones."""
    formants = (1450.0, 2600.0, 4400.0)
    scream = caw(rng, calls=(0.0,), length=1.1, pitch=(0.55 * top, top, 0.7 * top), formants=formants, harsh=0.2)
    rest = caw(
        rng,
        calls=tuple(0.36 * i for i in range(shrieks)),
        length=0.24,
        pitch=(0.7 * top, 1.05 * top, 0.75 * top),
        formants=formants,
        harsh=0.3,
    )
    return np.concatenate([scream, rest])


KINDS = (
    Kind(
        name="bird_song",
        label="bird singing",
        takes=(
            Take(
                caption="a songbird warbles freely, quick sliding whistles in four sparkling phrases",
                make=partial(warbler, phrases=4, low=2300, high=5200, notes=6, pause=0.5),
            ),
            Take(
                caption="a sparrow cheeps on and on, nine short, sharp, nearly equal chirps",
                make=partial(
                    repeated,
                    groups=(9,),
                    points=((0, 3300), (0.25, 5200), (0.5, 3600), (1, 4500)),
                    length=0.11,
                    period=0.42,
                ),
            ),
            Take(
                caption="a canary rolls three rapid, glittering trills, each gliding down a little in pitch",
                make=partial(
                    repeated,
                    groups=(16, 14, 18),
                    points=((0, 4700), (1, 3500)),
                    length=0.045,
                    period=0.062,
                    pause=0.5,
                    fall=0.22,
                    spread=0.005,
                ),
            ),
            Take(
                caption="a cuckoo calls its name three times, a hollow high note and then a lower one",
                make=partial(
                    tune, calls=(0.0, 1.35, 2.7), notes=((0.0, 0.2, 680, 660), (0.36, 0.3, 545, 530)), overtone=0.12
                ),
            ),
            Take(
                caption="a blackbird flutes two mellow, leisurely phrases with a pause in between",
                make=partial(warbler, phrases=2, low=1500, high=2700, notes=5, pause=1.2),
            ),
            Take(
                caption="a great tit saws away at its two-note song, high-low, high-low, six times over",
                make=partial(
                    tune,
                    calls=tuple(0.46 * i for i in range(6)),
                    notes=((0.0, 0.16, 5100, 5000), (0.2, 0.18, 3750, 3650)),
                ),
            ),
        ),
    ),
    Kind(
        name="owl",
        label="owl hooting",
        takes=(
            Take(
                caption="a big owl hoots in the dark, one long hoot, two short ones, two long ones",
                make=partial(
                    tune,
                    calls=(0.0,),
                    notes=(
                        (0.0, 0.5, 340, 325),
                        (0.85, 0.2, 345, 335),
                        (1.15, 0.22, 345, 335),
                        (1.75, 0.5, 340, 325),
                        (2.65, 0.55, 335, 318),
                    ),
                    overtone=0.12,
                    breath=0.08,
                ),
            ),
            Take(
                caption="a tawny owl gives a drawn-out, quavering hoot that trembles towards its end",
                make=partial(
                    tune,
                    calls=(0.0,),
                    notes=((0.0, 0.55, 800, 760), (1.5, 0.12, 780, 790), (1.75, 1.5, 830, 770)),
                    shake=11.0,
                    depth=0.02,
                    overtone=0.1,
                    breath=0.06,
                ),
            ),
            Take(
                caption="a tiny scops owl sends out a single clear, short pipe every couple of seconds, three in all",
                make=partial(tune, calls=(0.0, 2.2, 4.4), notes=((0.0, 0.28, 1330, 1270),), overtone=0.06, breath=0.03),
            ),
            Take(
                caption="a little owl whinnies, an eerie descending whistle with a fast tremble",
                make=partial(
                    tune,
                    calls=(0.0,),
                    notes=((0.0, 1.7, 1250, 640),),
                    shake=15.0,
                    depth=0.05,
                    overtone=0.15,
                    breath=0.06,
                ),
            ),
            Take(
                caption="two owls answer each other, a low double hoot and a higher one in reply",
                make=partial(
                    tune,
                    calls=(0.0,),
                    notes=((0.0, 0.32, 300, 290), (0.5, 0.5, 305, 285), (1.7, 0.3, 455, 440), (2.15, 0.48, 460, 430)),
                    overtone=0.12,
                    breath=0.08,
                ),
            ),
        ),
    ),
    Kind(
        name="crow",
        label="crow cawing",
        takes=(
            Take(
                caption="a crow caws three times, hoarse and unhurried",
                make=partial(
                    caw,
                    calls=(0.0, 0.75, 1.5),
                    length=0.36,
                    pitch=(430, 560, 400),
                    formants=(1150, 1750, 3400),
                    harsh=0.8,
                ),
            ),
            Take(
                caption="a raven croaks twice, very deep, gurgling and wooden",
                make=partial(
                    caw,
                    calls=(0.0, 0.95),
                    length=0.45,
                    pitch=(190, 250, 180),
                    formants=(850, 1350, 2600),
                    harsh=1.0,
                ),
            ),
            Take(
                caption="an agitated crow scolds with seven quick, grating caws",
                make=partial(
                    caw,
                    calls=tuple(0.33 * i for i in range(7)),
                    length=0.2,
                    pitch=(520, 640, 500),
                    formants=(1300, 1900, 3600),
                    harsh=0.9,
                ),
            ),
            Take(
                caption="a jackdaw calls a bright, barking tchack, twice and once more",
                make=partial(
                    caw,
                    calls=(0.0, 0.32, 1.2),
                    length=0.15,
                    pitch=(900, 1150, 760),
                    formants=(1700, 2600, 4200),
                    harsh=0.45,
                ),
            ),
            Take(
                caption="one long, rasping caw from a single crow, sagging at the end",
                make=partial(
                    caw,
                    calls=(0.0,),
                    length=0.75,
                    pitch=(440, 530, 310),
                    formants=(1050, 1700, 3200),
                    harsh=1.0,
                ),
            ),
        ),
    ),
    Kind(
        name="seagull",
        label="seagull crying",
        takes=(
            Take(
                caption="a seagull mews two long, wailing cries that rise and break",
                make=partial(
                    caw,
                    calls=(0.0, 1.25),
                    length=0.9,
                    pitch=(620, 1150, 780),
                    formants=(1400, 2500, 4300),
                    harsh=0.2,
                ),
            ),
            Take(
                caption="a gull laughs, eight short, yelping cries in a hurried row",
                make=partial(
                    caw,
                    calls=tuple(0.24 * i for i in range(8)),
                    length=0.17,
                    pitch=(780, 1250, 820),
                    formants=(1500, 2700, 4500),
                    harsh=0.25,
                ),
            ),
            Take(
                caption="a young gull begs with four thin, high, whining squeals",
                make=partial(
                    caw,
                    calls=(0.0, 0.8, 1.6, 2.4),
                    length=0.45,
                    pitch=(1700, 2250, 1850),
                    formants=(2300, 3900, 5600),
                    harsh=0.1,
                ),
            ),
            Take(
                caption="a large gull barks three gruff, low-pitched notes",
                make=partial(
                    caw,
                    calls=(0.0, 0.5, 1.0),
                    length=0.24,
                    pitch=(480, 640, 440),
                    formants=(1150, 2000, 3300),
                    harsh=0.45,
                ),
            ),
            Take(
                caption="a seagull gives its long call: one stretched scream, then five shorter shrieks",
                make=partial(long_call, top=1200, shrieks=5),
            ),
        ),
    ),
)
