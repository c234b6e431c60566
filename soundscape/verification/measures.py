"""Loudness and true peak once more, from the standard alone and by another way than the one that made the key.

K-weighting: the table that BS.1770-4 gives for 48 kHz is taken for what it is, a frequency response, and becomes an
impulse response at any sample rate: that of minimum phase with the table's magnitude at the true frequencies (by the
cepstrum, Oppenheim and Schafer). Above 24 kHz, which the table does not reach, its value there holds.

True peak: four times oversampled through the spectrum, in blocks with ample margins, with a filter that falls from 0.45
to 0.55 of the sample rate.

Levels are in LUFS, peaks in dBTP; what is silent reads −inf.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy

from soundscape.verification.signals import Floats

_TABLE_RATE = 48_000.0
#: BS.1770-4, tables 1 and 2: numerator and denominator of the shelf, then of the high pass.
_TABLE = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
#: How long the impulse response is, in s: the high pass, at 38 Hz, has fallen by far more than 100 dB.
_RINGING = 0.25
#: Samples of the spectrum from which it is made; zeros on the unit circle leave an error that falls with them.
_FINE = 1 << 18
_OFFSET_LU = -0.691
_SILENCE_LUFS = -70.0
_RELATIVE_LU = -10.0

_PEAK_BLOCK = 1 << 15
_PEAK_MARGIN = 1 << 10


@lru_cache(maxsize=16)
def _impulse(sample_rate: int) -> Floats:
    """Return the K-weighting as an impulse response: causal, so that nothing sounds before it begins."""
    frequencies = np.minimum(scipy.fft.rfftfreq(_FINE, 1.0 / sample_rate), 0.5 * _TABLE_RATE)
    # Its zero at 0 Hz has no logarithm: half a step beside it, it has.
    frequencies[0] = 0.5 * frequencies[1]
    delay = np.exp(-2j * math.pi * frequencies / _TABLE_RATE)
    magnitude = np.ones(len(delay))
    for numerator, denominator in _TABLE:
        magnitude *= np.abs(np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay))
    cepstrum = scipy.fft.irfft(np.log(magnitude), _FINE)
    cepstrum[1 : _FINE // 2] *= 2.0
    cepstrum[_FINE // 2 + 1 :] = 0.0
    return np.asarray(scipy.fft.irfft(np.exp(scipy.fft.rfft(cepstrum)), _FINE)[: math.ceil(_RINGING * sample_rate)])


def k_weighted(x: Floats, sample_rate: int) -> Floats:
    """Return samples ``(n,)`` after K-weighting, silence assumed before them."""
    impulse = _impulse(sample_rate)
    size = scipy.fft.next_fast_len(len(x) + len(impulse), real=True)
    weighted: Floats = scipy.fft.irfft(scipy.fft.rfft(x, size) * scipy.fft.rfft(impulse, size), size)[: len(x)]
    return weighted


def decibels(power: float) -> float:
    """Return a power in dB; −inf for none."""
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def lufs(power: float) -> float:
    """Return the mean square of K-weighted samples as a level in LUFS."""
    return _OFFSET_LU + decibels(power)


def integrated(x: Floats, sample_rate: int) -> float:
    """Return the gated loudness of a mono clip ``(n,)`` in LUFS: whole blocks of 400 ms, one every 100 ms."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(k_weighted(x, sample_rate)))])
    starts = np.floor(np.arange(len(x) * 10 // sample_rate + 1) * sample_rate / 10.0 + 0.5).astype(np.int64)
    if len(starts) < 5:
        return -math.inf
    blocks = (energy[starts[4:]] - energy[starts[:-4]]) / (starts[4:] - starts[:-4])
    heard = blocks[blocks > 10.0 ** ((_SILENCE_LUFS - _OFFSET_LU) / 10.0)]
    if not len(heard):
        return -math.inf
    return lufs(float(heard[heard > heard.mean() * 10.0 ** (_RELATIVE_LU / 10.0)].mean()))


def true_peak(x: Floats) -> float:
    """Return the true peak of a mono clip ``(n,)`` in dBTP."""
    highest = float(np.abs(x).max(initial=0.0))
    padded = np.concatenate([np.zeros(_PEAK_MARGIN), x, np.zeros(_PEAK_MARGIN + _PEAK_BLOCK)])
    size = _PEAK_BLOCK + 2 * _PEAK_MARGIN
    edge = 0.5 - 0.5 * np.cos(math.pi * (np.arange(_PEAK_MARGIN // 2) + 0.5) / (_PEAK_MARGIN // 2))
    window = np.concatenate([edge, np.ones(size - 2 * len(edge)), edge[::-1]])
    above = np.clip((np.arange(size // 2 + size // 16) / size - 0.45) / 0.1, 0.0, 1.0)
    slope = 0.5 + 0.5 * np.cos(math.pi * above)
    for start in range(0, len(x), _PEAK_BLOCK):
        spectrum = scipy.fft.rfft(padded[start : start + size] * window)
        # Between the samples that are put in, the spectrum goes on as its own mirror image.
        wide = np.concatenate([spectrum, spectrum[-2::-1].conj()])[: len(slope)] * slope
        fine = 4.0 * scipy.fft.irfft(wide, 4 * size)
        whole = fine[2 * _PEAK_MARGIN : 4 * size - 2 * _PEAK_MARGIN]
        highest = max(highest, float(np.abs(whole).max()))
    return 2.0 * decibels(highest)
