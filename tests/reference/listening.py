"""Listening by measurement: levels, onsets, rates, pitch and spectrum of mono float signals at 24 kHz.

Plain methods, each a few lines, independent of the generators whose sounds they judge.
"""

from __future__ import annotations

import numpy as np

RATE = 24_000
_HOP = 120


def levels(x, width=240):
    """Level in dB every 5 ms, over ``width`` samples."""
    power = np.convolve(np.square(x), np.ones(width) / width, mode="same")[::_HOP]
    return 10.0 * np.log10(power + 1e-10)


def onsets(x, gap=0.1, rise=8.0, floor=30.0):
    """Times (s) at which the level climbs ``rise`` dB within 20 ms, no lower than ``floor`` dB under its maximum.

    Of those nearer than ``gap`` seconds only the first counts.
    """
    level = levels(x)
    level = np.maximum(level, level.max() - floor - rise)
    before = np.concatenate([np.full(4, level.min()), level])[: len(level)]
    times = []
    for i in np.flatnonzero((level - before >= rise) & (level > level.max() - floor)):
        at = i * _HOP / RATE
        if not times or at - times[-1] >= gap:
            times.append(at)
    return np.array(times)


def spectrum(x):
    """Frequencies (Hz) and power of the whole signal."""
    return np.fft.rfftfreq(len(x), 1.0 / RATE), np.square(np.abs(np.fft.rfft(x)))


def centroid(x):
    """Centre of gravity of the power spectrum, in Hz."""
    frequency, power = spectrum(x)
    return float(np.sum(frequency * power) / np.sum(power))


def share(x, low, high):
    """Share of the power between two frequencies (Hz)."""
    frequency, power = spectrum(x)
    return float(np.sum(power[(frequency >= low) & (frequency < high)]) / np.sum(power))


def beat(x, low, high):
    """Strongest modulation of the envelope between two rates, in Hz."""
    envelope = np.sqrt(np.maximum(np.convolve(np.square(x), np.hanning(121), mode="same")[::60], 0.0))
    envelope = (envelope - envelope.mean()) * np.hanning(len(envelope))
    size = 16 * len(envelope)
    rate = np.fft.rfftfreq(size, 60 / RATE)
    inside = (rate >= low) & (rate <= high)
    return float(rate[inside][np.argmax(np.abs(np.fft.rfft(envelope, size))[inside])])


def track(x, low, high, width=1024, hop=600):
    """Frequency (Hz) of the strongest partial between two frequencies, every ``hop`` samples."""
    frequency = np.fft.rfftfreq(4 * width, 1.0 / RATE)
    inside = (frequency >= low) & (frequency <= high)
    window = np.hanning(width)
    frames = np.lib.stride_tricks.sliding_window_view(x, width)[::hop] * window
    return frequency[inside][np.argmax(np.abs(np.fft.rfft(frames, 4 * width))[:, inside], axis=1)]


def fundamental(x, low, high, width=2048, hop=1200):
    """Pitch (Hz) by autocorrelation every ``hop`` samples; frames 26 dB under the peak are left out."""
    window = np.hanning(width)
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, 4 * width))))
    first, last = int(RATE / high), min(int(RATE / low) + 1, width // 2)
    found = []
    for start in range(0, len(x) - width, hop):
        frame = x[start : start + width] * window
        if np.sqrt(np.mean(np.square(frame))) < 0.05 * np.max(np.abs(x)):
            continue
        power = np.square(np.abs(np.fft.rfft(frame, 4 * width)))
        lags = np.fft.irfft(power)[: width // 2] / own[: width // 2]
        best = np.max(lags[first:last])
        tops = [k for k in range(first, last - 1) if lags[k - 1] <= lags[k] >= lags[k + 1] and lags[k] > 0.9 * best]
        if tops:
            found.append(RATE / tops[0])
    return np.array(found)


def fading(x, start, end):
    """Decay in dB per second between two times, by a straight line through the levels."""
    level = levels(x, 1200)[round(start * RATE / _HOP) : round(end * RATE / _HOP)]
    return float(-np.polyfit(np.arange(len(level)) * _HOP / RATE, level, 1)[0])


def runs(x, depth=25.0, bridge=0.25, shortest=0.0):
    """Spans (start, end) in s above ``depth`` dB under the maximum, joined over ``bridge`` s, at least ``shortest``."""
    level = levels(x)
    loud = np.flatnonzero(level > level.max() - depth) * _HOP / RATE
    breaks = np.flatnonzero(np.diff(loud) > bridge)
    starts, ends = loud[np.concatenate([[0], breaks + 1])], loud[np.concatenate([breaks, [len(loud) - 1]])]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= shortest]


def picture(x, columns=40, bands=24):
    """Levels (dB, at most 50 under the strongest) on a grid of relative time and log frequency from 60 Hz up."""
    window = np.hanning(1024)
    frames = np.lib.stride_tricks.sliding_window_view(x, 1024)[:: max(1, (len(x) - 1024) // 400)]
    power = np.square(np.abs(np.fft.rfft(frames * window)))
    row = np.clip((np.log2(np.fft.rfftfreq(1024, 1 / RATE).clip(60.0) / 60.0) * bands / 7.7).astype(int), 0, bands - 1)
    column = np.arange(len(power)) * columns // len(power)
    cells = np.zeros((columns, bands))
    np.add.at(cells, (column[:, None], row[None, :]), power)
    level = 10.0 * np.log10(cells + 1e-12)
    return np.maximum(level, level.max() - 50.0) - level.max()
