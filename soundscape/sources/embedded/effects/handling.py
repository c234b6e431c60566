"""Small mechanisms under the fingers: keyboards and cameras."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, curve, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import (
    Modes,
    blows,
    formant_noise,
    harmonics,
    peak,
    ring,
    scatter,
    unit_peak,
)

_CLICKY: Modes = ((430, 0.4, 0.03), (1250, 0.5, 0.02), (2600, 0.9, 0.014), (4100, 1.0, 0.012), (6800, 0.5, 0.008))
_LAPTOP: Modes = ((280, 0.5, 0.025), (560, 0.6, 0.02), (1150, 0.8, 0.016), (2200, 0.7, 0.012), (3700, 0.4, 0.01))
_TYPEBAR: Modes = ((210, 0.6, 0.06), (640, 0.7, 0.05), (1700, 0.9, 0.05), (3100, 1.0, 0.04), (5200, 0.6, 0.03))
_SHUTTER: Modes = ((380, 0.5, 0.03), (920, 0.7, 0.025), (1900, 0.8, 0.018), (3600, 1.0, 0.014), (6100, 0.7, 0.01))


def key_times(rng: np.random.Generator, words: tuple[int, ...], pace: float, pause: float) -> Samples:
    """Return key presses: words of so many keys, ``pace`` s a key on average, and ``pause`` s more after each word."""
    times: list[float] = []
    at = 0.01
    for length in words:
        for _ in range(length):
            times.append(at)
            at += pace * float(rng.gamma(9.0, 1.0 / 9.0))
        at += pause * float(rng.uniform(0.7, 1.3))
    return np.asarray(times)


def typing(
    rng: np.random.Generator,
    *,
    words: tuple[int, ...],
    pace: float,
    pause: float,
    keys: Modes,
    release: float,
    soft: float,
    bell_after: bool = False,
) -> Samples:
    """Return typing: each key strikes bottom, and comes up about 80 ms later at the level ``release``.

    ``soft`` is the contact time (s); the last key of every word is the deeper space bar. ``bell_after`` ends the line
    with a typewriter's bell and carriage return.
    """
    times = key_times(rng, words, pace, pause)
    n = seconds(float(times[-1]) + (1.9 if bell_after else 0.4))
    hard = rng.uniform(0.55, 1.0, len(times))
    space = np.isin(np.arange(len(times)), np.cumsum(words) - 1)
    up = times + rng.normal(0.08, 0.012, len(times)).clip(0.05, 0.11)
    y = np.zeros(n)
    for variant in range(4):
        mine = (np.arange(len(times)) % 4 == variant) & ~space
        tuned = np.asarray(keys) * np.array([float(rng.uniform(0.9, 1.12)), 1.0, 1.0])
        y += ring(blows(n, times[mine], hard[mine], soft) + blows(n, up[mine], release * hard[mine], soft), tuned)
    low = np.asarray(keys) * np.array([0.68, 1.0, 1.5])
    y += 1.15 * ring(blows(n, times[space], hard[space], 1.4 * soft) + blows(n, up[space], release, soft), low)
    touch = band(rng.standard_normal(n), 2500.0, 9000.0, 1) * scatter(n, times, hard, np.hanning(seconds(0.012)))
    y += 0.06 * peak(y) * unit_peak(touch)
    if bell_after:
        end = float(times[-1])
        y += 0.5 * peak(y) * _carriage(rng, n, end + 0.3)
    return y


def _carriage(rng: np.random.Generator, n: int, at: float) -> Samples:
    """Return a typewriter's margin bell at ``at`` seconds and the ratchet of the carriage pushed back, peak near 1."""
    bell = ring(blows(n, [at], [1.0], 0.0001), [(3050, 0.9, 0.9), (3066, 0.5, 0.9), (7350, 0.4, 0.3)])
    clicks = at + 0.35 + np.linspace(0.0, 0.55, 48) ** 0.9
    ratchet = ring(blows(n, clicks, rng.uniform(0.3, 0.6, 48), 0.0002), _TYPEBAR[2:])
    stop = ring(blows(n, [float(clicks[-1]) + 0.02], [1.6], 0.0008), _TYPEBAR)
    y = bell + ratchet + stop
    return unit_peak(y)


def shutter(
    rng: np.random.Generator, *, shots: tuple[float, ...], open_for: float, mirror: float, winder: float = 0.0
) -> Samples:
    """Return a camera: at each of ``shots`` (s) the mirror slaps up, curtains run, and it falls ``open_for`` s later.

    ``mirror`` is the level of its thud; ``winder`` the length of the film motor's whirr afterwards, in seconds.
    """
    n = seconds(shots[-1] + open_for + winder + 0.35)
    y = np.zeros(n)
    for at in shots:
        marks = [at + 0.006, at + 0.022, at + open_for, at + open_for + 0.018]
        y += ring(blows(n, marks, [1.0, 0.7, 0.8, 1.0], 0.00012), _SHUTTER)
        y += mirror * ring(blows(n, marks, [1.0, 0.0, 0.3, 1.0], 0.002), [(190, 1.0, 0.04), (340, 0.8, 0.03)])
        slide = band(rng.standard_normal(seconds(0.02)), 3000.0, 9000.0, 1) * np.hanning(seconds(0.02))
        lay(y, slide, at + 0.008, 0.06 * peak(y))
        lay(y, slide, at + open_for - 0.004, 0.06 * peak(y))
        if winder:
            m = seconds(winder)
            speed = curve(m, [(0, 0.55), (0.12, 1), (0.85, 1), (1, 0.7)])
            whirr = harmonics(310.0 * speed, m, [0.5, 1.0, 0.4, 0.7, 0.5, 0.3, 0.3, 0.2, 0.2, 0.1])
            teeth = formant_noise(whirr + 0.4 * rng.standard_normal(m), [(1900, 900, 1.0), (4200, 1500, 0.6)])
            lay(y, edges(teeth, 0.01, 0.02), at + open_for + 0.04, 0.12 * peak(y))
    return y


KINDS = (
    Kind(
        name="typing",
        label="typing on a keyboard",
        takes=(
            Take(
                caption="fast, fluent typing on a clicky mechanical keyboard, bursts of keys with tiny breaks",
                make=partial(
                    typing,
                    words=(6, 4, 8, 3, 7, 5, 6),
                    pace=0.105,
                    pause=0.12,
                    keys=_CLICKY,
                    release=0.45,
                    soft=0.00015,
                ),
            ),
            Take(
                caption="soft, muffled typing on a laptop, unhurried and even",
                make=partial(
                    typing,
                    words=(5, 7, 4, 6),
                    pace=0.17,
                    pause=0.25,
                    keys=_LAPTOP,
                    release=0.2,
                    soft=0.0004,
                ),
            ),
            Take(
                caption="an old typewriter clacks along a line, rings its margin bell and slides the carriage back",
                make=partial(
                    typing,
                    words=(4, 6, 3, 7),
                    pace=0.16,
                    pause=0.1,
                    keys=_TYPEBAR,
                    release=0.15,
                    soft=0.00025,
                    bell_after=True,
                ),
            ),
            Take(
                caption="someone pecks at a keyboard with one finger, a dozen slow, separate clicks",
                make=partial(
                    typing,
                    words=(12,),
                    pace=0.42,
                    pause=0.0,
                    keys=_CLICKY,
                    release=0.35,
                    soft=0.0002,
                ),
            ),
            Take(
                caption="short flurries of keystrokes with long, thoughtful pauses between them",
                make=partial(
                    typing,
                    words=(9, 11, 6),
                    pace=0.095,
                    pause=1.1,
                    keys=_LAPTOP,
                    release=0.35,
                    soft=0.0003,
                ),
            ),
        ),
    ),
    Kind(
        name="camera_shutter",
        label="camera shutter",
        takes=(
            Take(
                caption="a reflex camera takes one picture, a crisp double clack of mirror and shutter",
                make=partial(shutter, shots=(0.0,), open_for=0.12, mirror=0.8),
            ),
            Take(
                caption="a press photographer fires a burst of seven rapid shutter clicks",
                make=partial(shutter, shots=tuple(0.16 * i for i in range(7)), open_for=0.035, mirror=0.5),
            ),
            Take(
                caption="an old film camera clicks and its motor whirrs briefly to wind on the film",
                make=partial(shutter, shots=(0.0,), open_for=0.09, mirror=0.9, winder=0.75),
            ),
            Take(
                caption="a camera shutter opens with a clack, stays open for a full second and snaps shut",
                make=partial(shutter, shots=(0.0,), open_for=1.05, mirror=0.6),
            ),
            Take(
                caption="three unhurried photographs, each a light, tinny snap of a leaf shutter",
                make=partial(shutter, shots=(0.0, 0.9, 2.0), open_for=0.045, mirror=0.08),
            ),
        ),
    ),
)
