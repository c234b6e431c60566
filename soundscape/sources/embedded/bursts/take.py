"""What the burst modules share: a take, noises that need no vowel, the joining of gestures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from soundscape.sources.embedded.bursts.voice import Voice, formants, through
from soundscape.sources.embedded.dsp import Samples, band, coloured_noise, curve, edges, lay, seconds
from soundscape.sources.embedded.item import SAMPLE_RATE

#: Makes a burst in a voice.
Make: TypeAlias = Callable[[Voice, np.random.Generator], Samples]

_BLOCK_S = 0.005
_FLOOR_DB = -33.0
_LEAD_S = 0.012
_TAIL_S = 0.020


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One burst: whose it is, what it is called, how it is described, how it is made.

    ``label`` is the UAAP vocal-burst label; ``feeling`` a caption of how it sounds, of at most twelve words.
    """

    label: str
    speaker: str
    caption: str
    feeling: str
    make: Make


def hiss(
    rng: np.random.Generator, duration: float, low: float, high: float, level: Iterable[tuple[float, float]]
) -> Samples:
    """Return noise between two frequencies (Hz) under a piecewise linear level (positions 0–1)."""
    n = seconds(duration)
    return band(rng.standard_normal(n), low, min(high, 11_500.0)) * curve(n, list(level))


def blast(
    voice: Voice,
    rng: np.random.Generator,
    duration: float,
    level: Iterable[tuple[float, float]],
    shape: str = "schwa",
    *,
    wide: float = 2.5,
    low: float = 250.0,
    slope: float = 0.0,
) -> Samples:
    """Return air rushing through an open throat, with a peak near 1.

    Args:
        voice: whose tract.
        rng: draws the turbulence.
        duration: length in s.
        level: strength, at positions 0–1.
        shape: vowel of the tract (:data:`.voice.VOWELS`).
        wide: factor on the widths of its resonances, which an open glottis damps.
        low: below this frequency in Hz sound is lost into the chest.
        slope: fall of the turbulence in dB per octave.
    """
    n = seconds(duration)
    tract = formants(((0.0, shape), (1.0, shape)), 1, voice.tract)
    y = band(through(coloured_noise(rng, n, slope), tract, wide * (60.0 + 0.06 * tract)), low=low, order=1)
    return y * curve(n, list(level)) / (3.5 * float(np.sqrt(np.mean(np.square(y)))))


def unsteady(rng: np.random.Generator, spread: float) -> float:
    """Return a factor near 1 for the unevenness of bodies: normal, cut at two standard deviations."""
    return 1.0 + spread * float(np.clip(rng.standard_normal(), -2.0, 2.0))


def trill(rng: np.random.Generator, n: int, rate: float, depth: float) -> Samples:
    """Return a gain that opens and closes ``rate`` times a second, unevenly: a flutter of lips, palate or glottis."""
    knots = np.arange(0, n + 1200, 1200)
    at = np.arange(n)
    wander = np.interp(at, knots, rng.standard_normal(len(knots)))
    strength = np.interp(at, knots, rng.uniform(0.7, 1.3, len(knots)))
    cycle = np.cumsum(rate * np.clip(1.0 + 0.15 * wander, 0.5, 1.5)) / SAMPLE_RATE
    place = cycle - np.floor(cycle)
    opening = np.where(place < 0.4, np.sin(np.pi * place / 0.4), 0.0)
    return 1.0 - depth + depth * strength * opening


def joined(*gestures: tuple[float, Samples], gain: Iterable[float] = ()) -> Samples:
    """Return gestures laid at their times in s, each with 12 ms edges so that neighbours join without a click."""
    gains = list(gain) or [1.0] * len(gestures)
    end = max(seconds(at) + len(x) for at, x in gestures)
    y = np.zeros(end)
    for (at, x), g in zip(gestures, gains, strict=True):
        lay(y, edges(x, 0.006, 0.012), at, g)
    return y


def finished(x: Samples) -> Samples:
    """Return a burst without rumble and without silence around it, with soft edges."""
    y = band(x, low=60.0)
    block = seconds(_BLOCK_S)
    power = np.mean(np.square(y[: len(y) // block * block].reshape(-1, block)), axis=1)
    heard = np.flatnonzero(power > np.max(power) * 10.0 ** (_FLOOR_DB / 10.0))
    start = max(0, int(heard[0]) * block - seconds(_LEAD_S))
    stop = min(len(y), (int(heard[-1]) + 1) * block + seconds(_TAIL_S))
    return edges(y[start:stop], 0.004, 0.018)
