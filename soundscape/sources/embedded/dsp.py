"""Small signal tools shared by the embedded generators: noise, envelopes, filters, quantisation.

Everything works on float64 mono arrays at 24 kHz, takes its generator as an argument and has no state. Loops that a
recursion needs run inside SciPy's filters, so results do not depend on vector width beyond the last bit, which the
16-bit quantisation removes.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

from soundscape.sources.embedded.item import SAMPLE_RATE

Samples: TypeAlias = NDArray[np.float64]


def seconds(duration: float) -> int:
    """Return the number of samples in ``duration`` seconds."""
    return round(duration * SAMPLE_RATE)


def clock(n: int) -> Samples:
    """Return the times of ``n`` samples, in seconds."""
    return np.arange(n, dtype=np.float64) / SAMPLE_RATE


def curve(n: int, points: ArrayLike) -> Samples:
    """Return a piecewise linear curve over ``n`` samples through ``[(position in 0..1, value), …]``."""
    p = np.asarray(points, dtype=np.float64)
    return np.interp(np.linspace(0.0, 1.0, n), p[:, 0], p[:, 1])


def decay(n: int, rt60: float) -> Samples:
    """Return an exponential decay that has fallen by 60 dB after ``rt60`` seconds."""
    return np.power(10.0, clock(n) * (-3.0 / rt60))


def edges(x: Samples, fade_in: float = 0.005, fade_out: float = 0.005) -> Samples:
    """Return a copy with raised-cosine edges, in seconds."""
    y = np.array(x, dtype=np.float64)
    for width, at_end in ((fade_in, False), (fade_out, True)):
        m = min(seconds(width), len(y))
        if m > 0:
            ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(m) + 0.5) / m)
            if at_end:
                y[-m:] *= ramp[::-1]
            else:
                y[:m] *= ramp
    return y


def tone(frequency: Samples | float, n: int, phase: float = 0.0) -> Samples:
    """Return a sine whose frequency, in Hz, is a constant or a curve of ``n`` samples."""
    f = np.broadcast_to(np.asarray(frequency, dtype=np.float64), (n,))
    return np.sin(2.0 * np.pi * (np.cumsum(f) / SAMPLE_RATE) + phase)


def coloured_noise(rng: np.random.Generator, n: int, slope: float = 0.0) -> Samples:
    """Return Gaussian noise whose power falls by ``slope`` dB per octave above 20 Hz, with unit RMS."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.maximum(np.fft.rfftfreq(n, 1.0 / SAMPLE_RATE), 20.0)
    x = np.fft.irfft(spectrum * np.power(f / 1000.0, -slope / 6.0206), n)
    return np.asarray(x / max(float(np.sqrt(np.mean(np.square(x)))), 1e-12))


def band(x: Samples, low: float | None = None, high: float | None = None, order: int = 2) -> Samples:
    """Return ``x`` through a Butterworth filter: band-pass, high-pass or low-pass by which edges (Hz) are given."""
    if low is not None and high is not None:
        sos = signal.butter(order, [low, high], "bandpass", fs=SAMPLE_RATE, output="sos")
    elif low is not None:
        sos = signal.butter(order, low, "highpass", fs=SAMPLE_RATE, output="sos")
    elif high is not None:
        sos = signal.butter(order, high, "lowpass", fs=SAMPLE_RATE, output="sos")
    else:
        return x
    return np.asarray(signal.sosfilt(sos, x))


def resonator(x: Samples, frequency: float, bandwidth: float) -> Samples:
    """Return ``x`` through a two-pole resonance with unit gain at its peak (frequency and bandwidth in Hz)."""
    r = float(np.exp(-np.pi * bandwidth / SAMPLE_RATE))
    w = 2.0 * np.pi * frequency / SAMPLE_RATE
    gain = (1.0 - r) * float(np.sqrt(1.0 - 2.0 * r * np.cos(2.0 * w) + r * r))
    return np.asarray(signal.lfilter([gain], [1.0, -2.0 * r * np.cos(w), r * r], x))


def modes(n: int, partials: ArrayLike) -> Samples:
    """Return a struck object: a sum of decaying sines, ``[(frequency in Hz, amplitude, rt60 in s), …]``."""
    y = np.zeros(n)
    for frequency, amplitude, rt60 in np.asarray(partials, dtype=np.float64):
        y += amplitude * decay(n, rt60) * tone(frequency, n)
    return y


def lay(target: Samples, x: Samples, at: float, gain: float = 1.0) -> None:
    """Add ``x`` to ``target`` in place, from ``at`` seconds; what would stand outside is cut."""
    start = seconds(at)
    skip = max(0, -start)
    stop = min(len(target), start + len(x))
    if stop > start + skip:
        target[start + skip : stop] += gain * x[skip : stop - start]


def quantise(x: Samples, peak: float = 0.7) -> NDArray[np.int16]:
    """Return int16 samples of ``x`` scaled to an absolute peak of ``peak`` of full scale, rounded half to even."""
    top = float(np.max(np.abs(x))) if len(x) else 0.0
    if not np.isfinite(top) or top == 0.0:
        raise ValueError("cannot quantise a sound that is empty, silent or not finite")
    return np.rint(x * (peak * 32767.0 / top)).astype(np.int16)
