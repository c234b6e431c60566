"""The ways a note is made: partials, wavetables that open and close, ensembles, plucked strings.

All are band-limited to :data:`CEILING` and return float64 at 24 kHz.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundscape.sources.embedded.dsp import Samples, band, seconds
from soundscape.sources.embedded.item import SAMPLE_RATE

#: No oscillator puts energy above this frequency, in Hz.
CEILING = 11_000.0
_TABLE = 2048
#: A wavetable has one row for each cut-off: harmonic number 2 ** (row / _ROWS_PER_OCTAVE - 1).
_ROWS_PER_OCTAVE = 2
_ROWS = 17
_BLOCK = 256
_ENSEMBLE = 1 << 16

Spectrum: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def partials(n: int, table: ArrayLike) -> Samples:
    """Return a sum of decaying sines, ``[(frequency in Hz, amplitude, rt60 in s), …]``, each starting at phase zero.

    The exponentials are factored over blocks of 256 samples, so that a note costs one small matrix product. Partials
    above the ceiling are left out.
    """
    rows = np.asarray(table, dtype=np.float64)
    rows = rows[rows[:, 0] < CEILING]
    step = (2j * np.pi * rows[:, 0] - 3.0 * np.log(10.0) / rows[:, 2]) / SAMPLE_RATE
    blocks = -(-n // _BLOCK)
    coarse = np.exp(np.outer(np.arange(blocks) * _BLOCK, step)) * rows[:, 1]
    fine = np.exp(np.outer(step, np.arange(_BLOCK)))
    y = np.empty((blocks, _BLOCK))
    left = np.hstack((coarse.real, coarse.imag))
    right = np.vstack((fine.imag, fine.real))
    # Few rows at a time: BLAS keeps products this small on one thread, which is both faster and the same everywhere.
    for row in range(0, blocks, 8):
        y[row : row + 8] = left[row : row + 8] @ right
    return y.reshape(-1)[:n]


def _harmonics(shape: str, k: NDArray[np.float64]) -> NDArray[np.float64]:
    if shape == "saw":
        return 1.0 / k
    if shape == "square":
        return np.where(k % 2 == 1, 1.0 / k, 0.0)
    if shape == "hollow":  # a clarinet: weak even harmonics
        return np.where(k % 2 == 1, 1.0, 0.12) / k**1.1
    if shape == "triangle":
        return np.where(k % 2 == 1, np.where(k % 4 == 1, 1.0, -1.0) / k**2, 0.0)
    if shape.startswith("pulse"):
        return np.asarray(np.sin(np.pi * k * float(shape[5:]) / 100.0) / k)
    if shape == "reed":  # a saxophone-like bump around the third harmonic
        return (1.0 + 1.3 * np.exp(-np.square((k - 3.0) / 1.6))) / k
    if shape == "bow":
        return (1.0 + 0.5 * np.cos(1.9 * k)) / k
    raise ValueError(f"unknown wave {shape!r}")


@functools.lru_cache(maxsize=1024)
def _wavetable(shape: str, pitch: int, resonance: float) -> NDArray[np.float64]:
    """Return ``_ROWS`` single cycles from closed to open, each with a guard sample, as one flat array."""
    k = np.arange(1.0, max(2.0, np.floor(CEILING / hertz(pitch)) + 1.0))
    base = _harmonics(shape, k)
    rows = np.zeros((_ROWS, _TABLE + 1))
    for row in range(_ROWS):
        cut = 2.0 ** (row / _ROWS_PER_OCTAVE - 1.0)
        x = k / cut
        # Magnitude of a four-pole low-pass, with a bump at the corner for the resonance.
        gain = 1.0 / np.sqrt(1.0 + x**8) + resonance * np.exp(-np.square(np.log2(x) / 0.22))
        spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
        top = min(len(k), _TABLE // 2)
        spectrum[1 : top + 1] = -0.5j * _TABLE * (base * gain)[:top]
        rows[row, :-1] = np.fft.irfft(spectrum, _TABLE)
    rows[:, -1] = rows[:, 0]
    return np.ascontiguousarray(rows.reshape(-1))


def sweep(
    shape: str, pitch: float, bend: Samples | float, opening: Samples, *, resonance: float = 0.0, phase: float = 0.0
) -> Samples:
    """Return an oscillator behind a low-pass that moves.

    Args:
        shape: ``saw``, ``square``, ``triangle``, ``hollow``, ``reed``, ``bow`` or ``pulseNN`` (duty in percent).
        pitch: MIDI pitch.
        bend: frequency factor, a constant or a curve.
        opening: cut-off as a harmonic number, 0.5 (dark) to 128 (open), one value per sample.
        resonance: height of the bump at the cut-off, 0 for none.
        phase: start of the cycle, 0–1.
    """
    n = len(opening)
    table = _wavetable(shape, round(pitch), resonance)
    rate = np.broadcast_to(np.asarray(bend, dtype=np.float64) * (hertz(pitch) / SAMPLE_RATE), (n,))
    cycle = np.cumsum(rate) + phase
    position = (cycle - np.floor(cycle)) * _TABLE
    column = position.astype(np.int64)
    across = position - column
    height = np.clip((np.log2(opening) + 1.0) * _ROWS_PER_OCTAVE, 0.0, _ROWS - 1.001)
    row = height.astype(np.int64)
    up = height - row
    at = row * (_TABLE + 1) + column
    low = table[at] + across * (table[at + 1] - table[at])
    at += _TABLE + 1
    high = table[at] + across * (table[at + 1] - table[at])
    return np.asarray(low + up * (high - low))


def ensemble(pitch: int, n: int, spectrum: Spectrum, cents: float, rng: np.random.Generator) -> Samples:
    """Return many players in near unison: each harmonic a narrow band of noise (PADsynth, Nasca 2006).

    Args:
        pitch: MIDI pitch.
        n: length in samples; the texture repeats after 2.7 s.
        spectrum: amplitude of a harmonic as a function of its frequency in Hz and falling with its number already.
        cents: width of the fundamental's band.
        rng: draws the phases.
    """
    f0 = hertz(pitch)
    centre = f0 * np.arange(1.0, np.floor(CEILING / f0) + 1.0)
    amplitude = spectrum(centre)
    width = np.maximum(centre * (2.0 ** (cents / 1200.0) - 1.0), 0.4)
    grid = SAMPLE_RATE / _ENSEMBLE
    magnitude = np.zeros(_ENSEMBLE // 2 + 1)
    for c, a, w in zip(centre, amplitude, width, strict=True):
        first, last = int((c - 3.0 * w) / grid), int((c + 3.0 * w) / grid) + 2
        f = np.arange(first, last) * grid
        # Equal power per harmonic, whatever its width.
        magnitude[first:last] += a / np.sqrt(w) * np.exp(-0.5 * np.square((f - c) / w))
    phase = 2.0 * np.pi * rng.random(len(magnitude))
    x = np.fft.irfft(magnitude * (np.cos(phase) + 1j * np.sin(phase)), _ENSEMBLE)
    x /= np.sqrt(np.mean(np.square(x)))
    return np.resize(x, n)


def string(
    hz: float, n: int, rng: np.random.Generator, *, rt60: float, damping: float, pick: float, brightness: float
) -> Samples:
    """Return a plucked string (Karplus and Strong 1983, tuned and shaped after Jaffe and Smith 1983).

    The loop is a delay, a third-order Lagrange interpolator for the fraction of a sample, and a two-point average. It
    runs a period at a time, which is exact because the loop never looks back less than a period.

    Args:
        hz: frequency.
        n: length in samples.
        rng: draws the pluck.
        rt60: decay time of the fundamental, in s.
        damping: 0 (bright, metallic) to 0.5 (soft, nylon): weight of the older sample in the average.
        pick: where the string is plucked, as a share of its length.
        brightness: cut-off of the pluck in Hz.
    """
    period = SAMPLE_RATE / hz
    inside = period - damping
    whole = int(inside) - 1
    d = inside - whole  # 1 <= d < 2, where the interpolator is flattest
    lagrange = np.array(
        [
            -(d - 1.0) * (d - 2.0) * (d - 3.0) / 6.0,
            d * (d - 2.0) * (d - 3.0) / 2.0,
            -d * (d - 1.0) * (d - 3.0) / 2.0,
            d * (d - 1.0) * (d - 2.0) / 6.0,
        ]
    )
    taps = np.convolve(lagrange, [1.0 - damping, damping]) * 10.0 ** (-3.0 / (hz * rt60))
    burst = band(rng.uniform(-1.0, 1.0, int(period) + 1), high=min(brightness, CEILING), order=1)
    burst -= np.mean(burst)
    lag = max(1, round(pick * period))
    pluck = np.zeros(len(burst) + lag)
    pluck[: len(burst)] = burst
    pluck[lag:] -= burst
    margin = whole + len(taps) - 1
    y = np.zeros(margin + n + whole)
    y[margin : margin + min(len(pluck), n)] = pluck[:n]
    for start in range(margin, margin + n, whole):
        past = y[start - margin : start]
        y[start : start + whole] += np.convolve(past, taps, mode="valid")
    return y[margin : margin + n]


def attack_release(n: int, attack: float, held: float, release: float, sustain: float = 1.0) -> Samples:
    """Return an envelope of ``n`` samples: straight rise, slow fall to ``sustain`` while held, exponential release."""
    t = np.arange(n) / SAMPLE_RATE
    level = np.minimum(1.0, t / max(attack, 1e-4)) * (sustain + (1.0 - sustain) * np.exp(-t / 0.4))
    after = np.maximum(t - held, 0.0)
    level *= np.exp(-after * (4.0 / release))
    end = min(n, seconds(0.012))
    level[n - end :] *= np.linspace(1.0, 0.0, end)
    return level
