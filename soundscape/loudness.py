"""Loudness, level and true peak.

Conventions. Samples are floats with full scale ±1, shaped ``(n,)`` or ``(n, channels)``. Loudness is in LUFS, where a
997 Hz sine of full scale in one channel reads −3.01; RMS levels are in dBFS re a full-scale *square* wave, so that the
same sine reads −3.01 there too; true peaks are in dBTP. What is silent reads −inf. Samples that are not finite, or not
floats, raise ValueError, because a NaN would otherwise read as silence.

Which measure for what:

* :func:`active_level` marks an event. It is K-weighted, averaged over the event's active samples only and **ungated**:
  the 400 ms gate of BS.1770 cannot mark a door knock, and zero padding would make a short sound seem quiet.
* :func:`integrated` marks a clip: BS.1770-4 with both gates. Only whole 400 ms blocks count.
* :func:`true_peak` marks a clip: BS.1770-4 annex 2, four times oversampled.

Sources: ITU-R BS.1770-4; for its weighting at rates other than 48 kHz M. Vicanek, "Matched Second Order Digital
Filters" (2016). The bilinear transform, which other meters use there, warps the shelf: up to 0.07 dB at 24 kHz, 0.15 at
16, 0.5 at 8. Ours is within 0.0005, 0.003 and 0.04 dB of the standard's response.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from soundscape import kernels, peaks
from soundscape.records import LOUDNESS_LABELS, Loudness, Span, samples

Samples: TypeAlias = NDArray[np.floating[Any]]
_F = TypeVar("_F", np.float32, np.float64)

LABEL_BOUNDARIES_DBFS = (-31.0, -25.2, -20.5, -16.7)
"""Active RMS levels that part the five loudness labels: geometric means of the ladder 0.020/0.040/0.075/0.12/0.18."""

#: BS.1770-4, tables 1 and 2: numerator and denominator of the shelf, then of the high pass.
_TABLE = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_TABLE_RATE = 48_000.0
_CORNER_HZ, _PASS_HZ = 1681.97, 1000.0

#: In s.
_CHUNK, _RUN_IN = 2.0, 0.2

_OFFSET = -0.691
_ABSOLUTE_GATE = 10.0 ** ((-70.0 - _OFFSET) / 10.0)
_RELATIVE_GATE = 0.1
_HOPS_PER_SECOND = 10
_HOPS_PER_BLOCK = 4
_CHANNEL_WEIGHTS = {
    1: (1.0,),
    2: (1.0, 1.0),
    3: (1.0, 1.0, 1.0),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
}


def checked(x: Samples) -> NDArray[np.float64]:
    """Return the samples as float64, shaped ``(n, channels)``.

    Raises:
        ValueError: not floats, not one or two axes, or not finite.
    """
    _refuse(x)
    wide = np.asarray(x).astype(np.float64, copy=False)
    return wide[:, None] if wide.ndim == 1 else wide


def _refuse(x: Samples) -> None:
    given = np.asarray(x)
    if given.dtype.kind != "f":
        raise ValueError(f"samples have dtype {given.dtype}, expected floats with full scale ±1")
    if given.ndim not in (1, 2):
        raise ValueError(f"samples have shape {given.shape}, expected (n,) or (n, channels)")
    flat = given.reshape(-1)
    # A sum of squares is made faster than a mask; where it is not finite, single samples decide.
    (total,) = kernels.energies(flat, np.array([(0, len(flat))]))
    if not math.isfinite(total) and not np.isfinite(given).all():
        raise ValueError("samples hold NaN or infinity; find where they arise, a level of them means nothing")


def _poles(section: Sequence[float], power: float) -> tuple[float, float, float]:
    """Return the denominator of a section whose poles are those of ``section``, to a power."""
    _, first, second = section
    radius = math.sqrt(second)
    half = -first / (2.0 * radius)
    # A conjugate pair turns, two real poles move along the axis.
    turned = math.cos(power * math.acos(half)) if half < 1.0 else math.cosh(power * math.acosh(half))
    return 1.0, -2.0 * radius**power * turned, radius ** (2.0 * power)


def _square_gain(section: Sequence[float], frequency: float, sample_rate: float) -> float:
    """Return the squared magnitude of a polynomial in z⁻¹ at a frequency in Hz."""
    angle = 2.0 * math.pi * frequency / sample_rate
    real = sum(x * math.cos(k * angle) for k, x in enumerate(section))
    imaginary = sum(x * math.sin(k * angle) for k, x in enumerate(section))
    return real * real + imaginary * imaginary


@lru_cache(maxsize=16)
def _weighting(sample_rate: int) -> NDArray[np.float64]:
    """Return the K-weighting as second-order sections ``(2, 6)``: a high shelf, then a high pass.

    The standard gives them for 48 kHz and asks for the same frequency response at other rates. Matched design (Vicanek
    2016): the poles are those of the table, moved to the rate (z = e^{sT}); the shelf's numerator has the table's
    magnitude at 0 Hz, at the shelf's corner and at the highest frequency that both rates know, the high pass its gain
    at 1 kHz. Rounded to 12 decimals, so that the last bit of a cosine does not matter.
    """
    if sample_rate < 4000:
        raise ValueError(f"sample rate is {sample_rate} Hz; K-weighting needs at least 4000")
    power = _TABLE_RATE / sample_rate
    (shelf, shelf_poles), (high_pass, high_pass_poles) = _TABLE

    poles = _poles(shelf_poles, power)
    wanted, even, odd = [], [], []
    for frequency in (0.0, min(_CORNER_HZ, 0.4 * sample_rate), min(0.5 * sample_rate, 0.5 * _TABLE_RATE)):
        gain = _square_gain(shelf, frequency, _TABLE_RATE) / _square_gain(shelf_poles, frequency, _TABLE_RATE)
        wanted.append(gain * _square_gain(poles, frequency, sample_rate))
        odd.append(math.sin(math.pi * frequency / sample_rate) ** 2)
        even.append(1.0 - odd[-1])
    # |B|² = wanted₀ · even + last · odd + middle · 4 · even · odd, by two equations for the two that are not known.
    left = [w - wanted[0] * e for w, e in zip(wanted[1:], even[1:], strict=True)]
    (o1, o2), (c1, c2) = odd[1:], [4.0 * e * o for e, o in zip(even[1:], odd[1:], strict=True)]
    last = (left[0] * c2 - left[1] * c1) / (o1 * c2 - o2 * c1)
    middle = (o1 * left[1] - o2 * left[0]) / (o1 * c2 - o2 * c1)
    half = 0.5 * (math.sqrt(wanted[0]) + math.sqrt(last))
    b0 = 0.5 * (half + math.sqrt(half * half + middle))
    numerator = (b0, 0.5 * (math.sqrt(wanted[0]) - math.sqrt(last)), -middle / (4.0 * b0))

    passing = _poles(high_pass_poles, power)
    gain = _square_gain(high_pass, _PASS_HZ, _TABLE_RATE) / _square_gain(high_pass_poles, _PASS_HZ, _TABLE_RATE)
    gain *= _square_gain(passing, _PASS_HZ, sample_rate) / _square_gain(high_pass, _PASS_HZ, sample_rate)
    scaled = [math.sqrt(gain) * x for x in high_pass]
    return np.round(np.array([(*numerator, *poles), (*scaled, *passing)]), 12)


def k_weighted(x: Samples, sample_rate: int) -> NDArray[np.float64]:
    """Return the samples after the K-weighting of BS.1770-4, in the shape given.

    The filter starts from rest. At 48 kHz equal to pyloudnorm's ``DeMan`` filter class to 1e-9.
    """
    wide = checked(x)
    channels = all_k_weighted([wide[:, c] for c in range(wide.shape[1])], sample_rate)
    return np.stack(channels, axis=1).reshape(np.shape(x))


def all_k_weighted(signals: Sequence[NDArray[_F]], sample_rate: int) -> list[NDArray[_F]]:
    """Return mono signals ``(n,)`` after K-weighting, in the precision given; together they cost less.

    Filtered in float64. Every 2 s the filter starts anew, 0.2 s before: what full scale leaves lies then under −380 dB.
    Errors as :func:`k_weighted`.
    """
    for x in signals:
        _refuse(x)
    chunk, lead = samples(_CHUNK, sample_rate), samples(_RUN_IN, sample_rate)
    weighted: list[Any] = kernels.k_weight(signals, _weighting(sample_rate), chunk, lead)
    return weighted


def weighted_level(weighted: Samples, sample_rate: int, spans: Sequence[Span] | None = None) -> float:
    """Return the level in LUFS of samples that are K-weighted already; otherwise as :func:`active_level`.

    For callers that need several levels of one signal: the weighting is most of the cost.
    """
    wide = checked(weighted)
    powers, count = _powers(wide, sample_rate, spans)
    power = sum(weight * p for weight, p in zip(_channel_weights(wide.shape[1]), powers, strict=True))
    return power_to_lufs(power / count) if count else -math.inf


def active_level(x: Samples, sample_rate: int, spans: Sequence[Span] | None = None) -> float:
    """Return the K-weighted loudness of the active samples in LUFS: ungated, normalised by their duration.

    The whole of ``x`` is weighted first, so that the filters have settled where a span begins.

    Args:
        x: samples ``(n,)`` or ``(n, channels)``.
        sample_rate: in Hz.
        spans: the active spans in seconds, in any order; overlaps count once, parts outside ``x`` not at all. None for
            all of ``x``.

    Returns:
        −inf where nothing is active or all of it is silent.
    """
    return weighted_level(k_weighted(x, sample_rate), sample_rate, spans)


def active_rms_dbfs(x: Samples, sample_rate: int, spans: Sequence[Span] | None = None) -> float:
    """Return the RMS level of the active samples in dBFS, the mean over channels; spans as in :func:`active_level`."""
    wide = checked(x)
    powers, count = _powers(wide, sample_rate, spans)
    power = sum(powers) / (count * wide.shape[1]) if count else 0.0
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def integrated(x: Samples, sample_rate: int) -> float:
    """Return the integrated loudness of BS.1770-4 in LUFS.

    Blocks last 400 ms and begin every 100 ms, at times rounded to samples; a rest too short for a block is left out.
    The absolute gate lies at −70 LUFS, the relative one 10 LU below the mean of what passes it.

    Args:
        x: samples ``(n,)`` or ``(n, channels)``; five channels are L R C Ls Rs, six are L R C LFE Ls Rs. Two channels
            add: dual mono reads 3.01 LU more than mono.
        sample_rate: in Hz.

    Returns:
        −inf where no block passes the gates, so for every clip shorter than 400 ms.
    """
    wide = checked(x)
    return _gated(all_k_weighted([wide[:, c] for c in range(wide.shape[1])], sample_rate), sample_rate)


def _gated(channels: Sequence[NDArray[np.float64]], sample_rate: int) -> float:
    """Return the integrated loudness of K-weighted channels ``(n,)``."""
    frames = len(channels[0])
    hops = frames * _HOPS_PER_SECOND // sample_rate + 2
    bounds = (2 * np.arange(hops) * sample_rate + _HOPS_PER_SECOND) // (2 * _HOPS_PER_SECOND)
    bounds = bounds[bounds <= frames]
    if len(bounds) <= _HOPS_PER_BLOCK:
        return -math.inf
    parts = np.stack([bounds[:-1], bounds[1:]], axis=1)
    weights = _channel_weights(len(channels))
    energy = np.zeros(len(parts))
    for x, weight in zip(channels, weights, strict=True):
        energy += weight * kernels.energies(x, parts)
    count = len(bounds) - _HOPS_PER_BLOCK
    totals = sum((energy[i : i + count] for i in range(_HOPS_PER_BLOCK)), np.zeros(count))
    powers = totals / (bounds[_HOPS_PER_BLOCK:] - bounds[:count])
    powers = powers[powers > _ABSOLUTE_GATE]
    if len(powers) == 0:
        return -math.inf
    return power_to_lufs(float(powers[powers > _RELATIVE_GATE * powers.mean()].mean()))


def true_peak(x: Samples, sample_rate: int) -> float:
    """Return the true peak in dBTP, the highest of all channels: BS.1770-4 annex 2, four times oversampled.

    What lies outside ``x`` is silence, so an abrupt end may overshoot, as it would when played. Method:
    :mod:`soundscape.peaks`.
    """
    wide = checked(x)
    if sample_rate <= 0:
        raise ValueError(f"sample rate is {sample_rate} Hz, expected a positive number")
    highest = max((peaks.highest(np.ascontiguousarray(wide[:, c])) for c in range(wide.shape[1])), default=0.0)
    return gain_to_db(highest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipMeasures:
    """All that mastering asks of a clip: its samples after K-weighting, and its levels.

    ``sample_peak`` is linear, the others are as :func:`integrated` and :func:`true_peak` give them.
    """

    weighted: NDArray[np.float64]
    integrated_lufs: float
    sample_peak: float
    true_peak_dbtp: float


def clip_measures(mix: NDArray[np.float64], sample_rate: int) -> ClipMeasures:
    """Return the measures of a mono clip ``(n,)``, checked and weighted once for all of them."""
    (weighted,) = all_k_weighted([mix], sample_rate)
    return ClipMeasures(
        weighted=weighted,
        integrated_lufs=_gated([weighted], sample_rate),
        sample_peak=float(kernels.peaks(mix, max(1, len(mix))).max(initial=0.0)),
        true_peak_dbtp=gain_to_db(peaks.highest(mix)),
    )


def db_to_gain(db: float) -> float:
    """Return the amplitude gain of a level in dB; −inf gives 0."""
    return float(10.0 ** (db / 20.0))


def gain_to_db(gain: float) -> float:
    """Return the level in dB of an amplitude gain; 0 gives −inf, a negative gain raises ValueError."""
    if not gain >= 0.0:
        raise ValueError(f"gain is {gain}, expected a number from 0 up")
    return 20.0 * math.log10(gain) if gain > 0.0 else -math.inf


def label(rms_dbfs: float) -> Loudness:
    """Return the loudness label of an active RMS level in dBFS; a level on a boundary takes the louder label."""
    if math.isnan(rms_dbfs):
        raise ValueError("the level is NaN; there is no label for it")
    return LOUDNESS_LABELS[sum(rms_dbfs >= boundary for boundary in LABEL_BOUNDARIES_DBFS)]


def power_to_lufs(power: float) -> float:
    """Return the level in LUFS of a K-weighted mean square; −inf of 0."""
    return _OFFSET + 10.0 * math.log10(power) if power > 0.0 else -math.inf


def _channel_weights(channels: int) -> tuple[float, ...]:
    if channels not in _CHANNEL_WEIGHTS:
        raise ValueError(f"{channels} channels have no weights in BS.1770-4; expected {sorted(_CHANNEL_WEIGHTS)}")
    return _CHANNEL_WEIGHTS[channels]


def _powers(wide: NDArray[np.float64], sample_rate: int, spans: Sequence[Span] | None) -> tuple[list[float], int]:
    """Return the sum of squares of each channel over the spans, and how many samples that is."""
    sums = [0.0] * wide.shape[1]
    count = 0
    for start, end in _ranges(wide.shape[0], sample_rate, spans):
        count += end - start
        for channel in range(wide.shape[1]):
            sums[channel] += float(np.square(wide[start:end, channel]).sum())
    return sums, count


def _ranges(frames: int, sample_rate: int, spans: Sequence[Span] | None) -> Iterator[tuple[int, int]]:
    """Yield the sample ranges that the spans cover, in order, without overlap and inside the signal."""
    if spans is None:
        yield 0, frames
        return
    reached = 0
    for span in sorted(spans, key=lambda s: s.start):
        start = max(samples(span.start, sample_rate), reached)
        end = min(samples(span.end, sample_rate), frames)
        if end > start:
            yield start, end
            reached = end
