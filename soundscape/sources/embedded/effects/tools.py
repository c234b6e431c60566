"""Building blocks of the effects: struck bodies, grains, bubbles, harmonic voices, slow curves and passing sources.

All are free of per-sample Python loops. Struck bodies follow modal synthesis (Cook 1997; van den Doel and Pai 1998),
bubbles the model of van den Doel (2005), voices the source–filter model with harmonics summed one by one, which keeps
moving formants free of filter artefacts and of aliasing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

from soundscape.sources.embedded.dsp import Samples, band, clock, edges, lay, seconds, tone
from soundscape.sources.embedded.item import SAMPLE_RATE

Curve: TypeAlias = Samples | float
#: Modes of a body: (frequency in Hz or ratio, amplitude, rt60 in seconds).
Modes: TypeAlias = tuple[tuple[float, float, float], ...]

#: Partials above this frequency, in Hz, are left out or faded.
CEILING = 11_200.0
SPEED_OF_SOUND = 343.0
#: Struck bodies radiate less and less below this frequency, in Hz.
RADIATION_CORNER = 350.0


def peak(x: Samples) -> float:
    """Return the largest magnitude in ``x``."""
    return float(np.max(np.abs(x)))


def unit_peak(x: Samples) -> Samples:
    """Return ``x`` scaled to a peak of 1."""
    return np.asarray(x / peak(x))


def unit_rms(x: Samples) -> Samples:
    """Return ``x`` scaled to an RMS of 1."""
    return np.asarray(x / float(np.sqrt(np.mean(np.square(x)))))


def blows(n: int, times: ArrayLike, gains: ArrayLike, width: float = 0.0005) -> Samples:
    """Return the force of blows at ``times`` (s): raised-cosine pulses of ``width`` seconds and unit area times gain.

    A narrow pulse is a hard contact and excites high modes; a wide one is soft.
    """
    m = max(1, round(width * SAMPLE_RATE))
    pulse = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(m) + 1.0) / (m + 1.0))
    return scatter(n, times, gains, pulse / np.sum(pulse))


def scatter(n: int, times: ArrayLike, gains: ArrayLike, kernel: Samples) -> Samples:
    """Return ``n`` samples with ``kernel`` added at every one of ``times`` (s), scaled by ``gains``."""
    at = np.rint(np.asarray(times, dtype=np.float64) * SAMPLE_RATE).astype(np.int64)
    weight = np.broadcast_to(np.asarray(gains, dtype=np.float64), at.shape)
    inside = (at >= 0) & (at < n)
    at, weight = at[inside], weight[inside]
    if len(at) * len(kernel) < n:
        # Few grains: adding them one by one is cheaper than a convolution of the whole length.
        places = (at[:, None] + np.arange(len(kernel))).ravel()
        y = np.bincount(places, weights=(weight[:, None] * kernel).ravel(), minlength=n)
        return np.asarray(y[:n], dtype=np.float64)
    return np.asarray(signal.oaconvolve(np.bincount(at, weights=weight, minlength=n), kernel)[:n])


def ring(force: Samples, partials: ArrayLike) -> Samples:
    """Return how a body rings under ``force``: ``[(frequency in Hz, amplitude, rt60 in s), …]``, each a decaying sine.

    Modes above the ceiling are left out. A body struck again while it rings adds the new ringing to the old. Bodies of
    the size of a door or a bell radiate badly below some 350 Hz, where amplitudes fall with frequency.
    """
    y = np.zeros(len(force))
    for frequency, amplitude, rt60 in np.asarray(partials, dtype=np.float64):
        if frequency < CEILING:
            r = 10.0 ** (-3.0 / (rt60 * SAMPLE_RATE))
            w = 2.0 * np.pi * frequency / SAMPLE_RATE
            radiated = amplitude * frequency / np.hypot(frequency, RADIATION_CORNER)
            y += signal.lfilter([0.0, radiated * np.sin(w)], [1.0, -2.0 * r * np.cos(w), r * r], force)
    return y


def harmonics(frequency: Curve, n: int, amplitudes: Sequence[Curve], phase: float = 0.0) -> Samples:
    """Return a sum of harmonics; ``amplitudes[k]`` (constant or curve) belongs to the harmonic ``k + 1``.

    Harmonics fade out over the last 800 Hz below the ceiling, wherever the frequency curve takes them.
    """
    f = np.broadcast_to(np.asarray(frequency, dtype=np.float64), (n,))
    rotor = np.exp(1j * (2.0 * np.pi * np.cumsum(f) / SAMPLE_RATE + phase))
    lowest, highest = float(np.min(f)), float(np.max(f))
    turn = np.ones(n, dtype=np.complex128)
    y = np.zeros(n)
    for k, amplitude in enumerate(amplitudes, start=1):
        if k * lowest >= CEILING:
            break
        turn *= rotor
        part = amplitude * turn.imag
        if k * highest > CEILING - 800.0:
            part *= np.clip((CEILING - k * f) / 800.0, 0.0, 1.0)
        y += part
    return y


def voiced(f0: Samples, formants: Sequence[tuple[Curve, float, float]], tilt: float = 9.0) -> Samples:
    """Return a voice: harmonics of the curve ``f0`` (Hz), falling by ``tilt`` dB per octave, through ``formants``.

    A formant is (centre in Hz, constant or curve; bandwidth in Hz; gain). Magnitudes are followed every 2 ms; harmonics
    above all formants and 60 dB under the strongest are left out.
    """
    hop = 48
    n = len(f0)
    grid = np.arange(0, n, hop)
    pitch = f0[grid]
    centres = [(np.broadcast_to(np.asarray(c, dtype=np.float64), (n,))[grid], b, g) for c, b, g in formants]
    summit = max(float(np.max(c)) for c, _, _ in centres)
    top = 0.0
    amplitudes: list[Curve] = []
    for k in range(1, int(CEILING / float(np.min(f0))) + 1):
        shape = sum(
            (g / np.sqrt(1.0 + np.square((k * pitch - c) / (0.5 * b))) for c, b, g in centres), np.zeros(len(grid))
        ) * k ** (-tilt / 6.0206)
        loudest = float(np.max(shape))
        top = max(top, loudest)
        if loudest < 1e-3 * top and k * float(np.min(pitch)) > summit:
            break
        amplitudes.append(np.interp(np.arange(n), grid, shape))
    return harmonics(f0, n, amplitudes)


def formant_noise(x: Samples, formants: Iterable[tuple[float, float, float]]) -> Samples:
    """Return noise through parallel resonances (centre in Hz, bandwidth in Hz, gain), unit gain at each peak."""
    y = np.zeros(len(x))
    for centre, bandwidth, gain in formants:
        r = float(np.exp(-np.pi * bandwidth / SAMPLE_RATE))
        a = [1.0, -2.0 * r * np.cos(2.0 * np.pi * centre / SAMPLE_RATE), r * r]
        y += gain * 0.5 * (1.0 - r * r) * signal.lfilter([1.0, 0.0, -1.0], a, x)
    return y


def slow(rng: np.random.Generator, n: int, rate: float) -> Samples:
    """Return a smooth random curve with about ``rate`` turning points per second and a standard deviation near 1."""
    position = clock(n) * rate + float(rng.uniform())
    points = rng.standard_normal(int(position[-1]) + 2) * 1.15
    whole = position.astype(np.int64)
    part = 0.5 - 0.5 * np.cos(np.pi * (position - whole))
    return np.asarray(points[whole] * (1.0 - part) + points[whole + 1] * part)


def gate(n: int, spans: Iterable[tuple[float, float]], ramp: float = 0.003) -> Samples:
    """Return an envelope that is 1 within ``spans`` of (start, length) in seconds, with raised-cosine edges, else 0."""
    y = np.zeros(n)
    for start, length in spans:
        lay(y, edges(np.ones(seconds(length)), ramp, ramp), start)
    return y


def drifting_band(rng: np.random.Generator, centre: Samples, width: float) -> Samples:
    """Return narrow noise, ``width`` Hz wide, whose centre follows the curve ``centre`` (Hz), with unit RMS."""
    n = len(centre)
    envelope = band(rng.standard_normal(n), high=0.5 * width) + 1j * band(rng.standard_normal(n), high=0.5 * width)
    x = (envelope * np.exp(2j * np.pi * np.cumsum(centre) / SAMPLE_RATE)).real
    return np.asarray(x / float(np.sqrt(np.mean(np.square(x)))))


def swell(n: int, attack: float, release: float) -> Samples:
    """Return an envelope that charges with time constant ``attack`` and dies with ``release`` (s) before its end."""
    t = clock(n)
    return np.asarray((1.0 - np.exp(-t / attack)) * (1.0 - np.exp(-(t[-1] + 1.0 / SAMPLE_RATE - t) / release)))


def poisson(rng: np.random.Generator, duration: float, rate: float) -> Samples:
    """Return the sorted times of random grains, ``rate`` per second on average, over ``duration`` seconds."""
    return np.sort(rng.uniform(0.0, duration, int(rng.poisson(rate * duration))))


def steps(rng: np.random.Generator, count: int, interval: float, jitter: float = 0.02, start: float = 0.01) -> Samples:
    """Return ``count`` times about ``interval`` s apart; ``jitter`` is the relative spread of single intervals."""
    gaps = interval * np.clip(1.0 + jitter * rng.standard_normal(count), 0.6, 1.4)
    gaps[0] = 0.0
    return np.asarray(start + np.cumsum(gaps))


def bounces(drop: float, restitution: float, shortest: float = 0.025, start: float = 0.01) -> tuple[Samples, Samples]:
    """Return times (s) and relative impact speeds of a ball whose first flight lasts ``drop`` seconds.

    Each flight is shorter, and each impact slower, by the coefficient of restitution.
    """
    count = 2 + int(np.log(shortest / drop) / np.log(restitution))
    flights = drop * restitution ** np.arange(count - 1)
    times = start + np.concatenate([[0.0], np.cumsum(flights)])
    return times.astype(np.float64), np.asarray(restitution ** np.arange(count), dtype=np.float64)


def bubble(frequency: float, rise: float = 0.1, damping: float = 1.0) -> Samples:
    """Return the sound of one bubble: a decaying sine that rises, by the radiation and heat losses of its size.

    ``frequency`` in Hz at birth; ``rise`` is van den Doel's ξ; ``damping`` scales the natural decay rate.
    """
    rate = damping * (0.13 * frequency + 0.0072 * frequency**1.5)
    n = max(8, int(5.5 / rate * SAMPLE_RATE))
    t = clock(n)
    f = np.minimum(frequency * (1.0 + rise * rate * t), CEILING)
    return edges(tone(f, n) * np.exp(-rate * t), 0.0005, 0.0)


def bubbles(
    rng: np.random.Generator, n: int, times: Samples, low: float, high: float, rise: float = 0.1, lean: float = 1.0
) -> Samples:
    """Return bubbles born at ``times``, their frequencies between ``low`` and ``high`` Hz.

    A larger ``lean`` favours small, high and faint bubbles; large ones are louder.
    """
    y = np.zeros(n)
    share = np.power(rng.uniform(size=len(times)), 1.0 / lean)
    pitches = low * np.power(high / low, share)
    gains = np.power(low / pitches, 0.6) * rng.uniform(0.2, 1.0, len(times)) ** 2
    for at, pitch, gain in zip(times, pitches, gains, strict=True):
        lay(y, bubble(float(pitch), rise * float(rng.uniform(0.3, 1.5))), float(at), float(gain))
    return y


def passing(n: int, speed: float, nearest: float, when: float) -> tuple[Samples, Samples]:
    """Return (frequency factor, gain) of a source that drives past: Doppler shift and distance law, gain 1 at nearest.

    Args:
        n: samples.
        speed: metres per second.
        nearest: distance at the nearest point, metres.
        when: time of the nearest point, seconds.
    """
    along = speed * (clock(n) - when)
    distance = np.hypot(along, nearest)
    return 1.0 / (1.0 + speed * along / (distance * SPEED_OF_SOUND)), nearest / distance


def soften(x: Samples, peak_over_rms: float) -> Samples:
    """Return ``x`` with peaks beyond ``peak_over_rms`` times its RMS rounded off (tanh), as a bed must not spike."""
    limit = peak_over_rms * float(np.sqrt(np.mean(np.square(x))))
    return np.asarray(limit * np.tanh(x / limit))


def settle(x: Samples, *, bed: bool) -> Samples:
    """Return a finished effect: without DC, cut to where it is heard (60 dB under its peak), edges rounded."""
    y = band(x, low=22.0)
    heard: NDArray[np.int64] = np.flatnonzero(np.abs(y) > 1e-3 * peak(y))
    start = max(0, int(heard[0]) - seconds(0.004))
    stop = min(len(y), int(heard[-1]) + seconds(0.02))
    return edges(y[start:stop], 0.001, 0.004 if bed else 0.02)
