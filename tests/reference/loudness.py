"""A second implementation of the loudness measures: plain loops, no shared code, slow on purpose.

The K-weighting at other rates than 48 kHz is found by search: poles as complex powers of the table's, zeros moved by
Newton's method until the response meets the table's at three frequencies.
"""

from __future__ import annotations

import cmath
import math

import numpy as np

TABLE_RATE = 48000
SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def magnitude(section, frequency, rate):
    z = cmath.exp(-2j * math.pi * frequency / rate)
    return abs(sum(c * z**k for k, c in enumerate(section)))


def moved_poles(denominator, rate):
    roots = np.roots(denominator).astype(complex)
    moved = [cmath.exp(cmath.log(root) * TABLE_RATE / rate) for root in roots]
    return [1.0, -(moved[0] + moved[1]).real, (moved[0] * moved[1]).real]


def shelf_at(rate):
    numerator, denominator = SHELF
    poles = moved_poles(denominator, rate)
    points = [0.0, min(1681.97, 0.4 * rate), min(rate / 2, TABLE_RATE / 2)]
    wanted = [
        magnitude(numerator, f, TABLE_RATE) / magnitude(denominator, f, TABLE_RATE) * magnitude(poles, f, rate)
        for f in points
    ]
    b = np.array(numerator)
    for _ in range(200):
        missing = np.array([magnitude(b, f, rate) - w for f, w in zip(points, wanted, strict=True)])
        slopes = np.array(
            [
                [(magnitude(b + 1e-7 * e, f, rate) - magnitude(b - 1e-7 * e, f, rate)) / 2e-7 for e in np.eye(3)]
                for f in points
            ]
        )
        b = b - np.linalg.solve(slopes, missing)
    return list(b), poles


def high_pass_at(rate):
    numerator, denominator = HIGH_PASS
    poles = moved_poles(denominator, rate)
    gain = magnitude(numerator, 1000.0, TABLE_RATE) / magnitude(denominator, 1000.0, TABLE_RATE)
    gain *= magnitude(poles, 1000.0, rate) / magnitude(numerator, 1000.0, rate)
    return [gain * c for c in numerator], poles


def biquad(signal, b, a):
    out = []
    x1 = x2 = y1 = y2 = 0.0
    for x in signal:
        y = b[0] * x + b[1] * x1 + b[2] * x2 - a[1] * y1 - a[2] * y2
        x1, x2, y1, y2 = x, x1, y, y1
        out.append(y)
    return out


def k_weighted(signal, rate):
    signal = [float(v) for v in signal]
    return biquad(biquad(signal, *shelf_at(rate)), *high_pass_at(rate))


def lufs(power):
    return -0.691 + 10.0 * math.log10(power) if power > 0.0 else -math.inf


def channels_of(x):
    return [x] if x.ndim == 1 else [x[:, c] for c in range(x.shape[1])]


def integrated(x, rate):
    weights = {1: [1.0], 2: [1.0] * 2, 5: [1.0, 1.0, 1.0, 1.41, 1.41]}
    weighted = [k_weighted(channel, rate) for channel in channels_of(x)]
    weight = weights[len(weighted)]
    blocks = []
    hop = 0
    while True:
        start = math.floor(hop * rate / 10.0 + 0.5)
        end = math.floor((hop + 4) * rate / 10.0 + 0.5)
        if end > len(weighted[0]):
            break
        power = 0.0
        for g, channel in zip(weight, weighted, strict=True):
            power += g * math.fsum(v * v for v in channel[start:end]) / (end - start)
        blocks.append(power)
        hop += 1
    loud = [p for p in blocks if lufs(p) > -70.0]
    if not loud:
        return -math.inf
    gate = lufs(sum(loud) / len(loud)) - 10.0
    louder = [p for p in loud if lufs(p) > gate]
    return lufs(sum(louder) / len(louder))


def active_indices(frames, rate, spans):
    if spans is None:
        return range(frames)
    return [
        i
        for i in range(frames)
        if any(math.floor(s.start * rate + 0.5) <= i < math.floor(s.end * rate + 0.5) for s in spans)
    ]


def active_level(x, rate, spans=None):
    active = active_indices(len(x), rate, spans)
    if len(active) == 0:
        return -math.inf
    power = 0.0
    for channel in channels_of(x):
        weighted = k_weighted(channel, rate)
        power += math.fsum(weighted[i] ** 2 for i in active) / len(active)
    return lufs(power)


def active_rms_dbfs(x, rate, spans=None):
    active = active_indices(len(x), rate, spans)
    values = [float(channel[i]) for channel in channels_of(x) for i in active]
    power = math.fsum(v * v for v in values) / len(values) if values else 0.0
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def true_peak(x, oversampling=4):
    """Band-limited interpolation through the spectrum of the signal in long silence: no window, no transition band."""
    highest = 0.0
    for channel in channels_of(x):
        padded = np.concatenate([np.zeros(4096), channel, np.zeros(4096 + len(channel) % 2)])
        spectrum = np.fft.rfft(padded)
        spectrum[-1] *= 0.5
        wide = np.zeros(oversampling * len(padded) // 2 + 1, dtype=complex)
        wide[: len(spectrum)] = spectrum
        highest = max(highest, float(np.abs(np.fft.irfft(wide) * oversampling).max()))
    return 20.0 * math.log10(highest) if highest > 0.0 else -math.inf
