"""What is measured of a recording when it is indexed: the facts on which planning decides.

Every figure is taken from the mono mix (:func:`soundscape.sources.audio.to_mono`) at the recording's own rate, save
clipping, which is counted per channel before mixing. Figures are rounded to the decimals of :data:`DECIMALS`, so that
the last bits, in which processors may differ, reach neither a plan nor a bank's digest. Levels under
:data:`FLOOR_DBFS` are stated as that.

    active_regions, active_start, active_end   :func:`soundscape.activity.active_regions`
    level_lufs     K-weighted, ungated, over the active regions: :func:`soundscape.loudness.active_level`
    rms_dbfs       RMS over the active regions
    peak_dbfs      highest sample
    clipped_share  samples in runs of three or more at full scale, of all samples
    bandwidth_hz   highest frequency whose mean power over the active regions lies within 50 dB of the strongest, up to
                   about 100 Hz too high behind a steep edge, where the window's skirt is seen
    dc_offset      mean of all samples
    noise_floor_dbfs  10th percentile of the RMS levels of 20 ms frames, DC removed
    snr_db         mean power of the frames 6 dB or more above the floor, less the floor's, over the floor's: a blind
                   estimate, which means something where the recording has pauses
    silence_share  share of the duration outside the active regions
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape import loudness
from soundscape.activity import active_regions
from soundscape.records import Span
from soundscape.sources.audio import Samples, to_mono

#: The lowest level that is stated, in dBFS or LUFS; what is quieter, digital silence included, reads as this.
FLOOR_DBFS = -120.0
#: The highest signal-to-noise ratio that is stated, in dB: pauses of digital silence have no noise to compare with.
MOST_SNR_DB = 100.0
#: Decimals to which each measured figure is rounded; times have milliseconds.
DECIMALS = {
    "level_lufs": 3,
    "rms_dbfs": 3,
    "peak_dbfs": 3,
    "clipped_share": 6,
    "bandwidth_hz": 0,
    "dc_offset": 6,
    "noise_floor_dbfs": 2,
    "snr_db": 2,
    "silence_share": 4,
}

_CLIPPED = 1.0 - 2.0**-14
_CLIPPED_RUN = 3
_BAND_DB = 50.0
_FRAME_SECONDS = 0.02
_FLOOR_PERCENTILE = 10.0
_ABOVE_FLOOR = 10.0**0.6
_FRAMES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The measured fields of :class:`soundscape.records.Source`, under the same names."""

    sample_rate: int
    channels: int
    frames: int
    duration: float
    active_start: float
    active_end: float
    active_regions: tuple[Span, ...]
    level_lufs: float
    rms_dbfs: float
    peak_dbfs: float
    clipped_share: float
    bandwidth_hz: float
    dc_offset: float
    noise_floor_dbfs: float
    snr_db: float
    silence_share: float


def unmeasured() -> Measures:
    """Return what stands in the index for a recording that could not be decoded: no frames, all levels at the floor."""
    figures = dict.fromkeys(DECIMALS, 0.0) | dict.fromkeys(
        ("level_lufs", "rms_dbfs", "peak_dbfs", "noise_floor_dbfs"), FLOOR_DBFS
    )
    return Measures(
        sample_rate=0,
        channels=0,
        frames=0,
        duration=0.0,
        active_start=0.0,
        active_end=0.0,
        active_regions=(),
        **{**figures, "silence_share": 1.0},
    )


def measure(samples: Samples, sample_rate: int, regions: tuple[Span, ...] | None = None) -> Measures:
    """Measure a recording.

    Args:
        samples: ``(frames,)`` or ``(frames, channels)``, finite, with full scale ±1.
        sample_rate: in Hz, at least 4,000.
        regions: the active regions where they are known by other means, such as a human's marks; otherwise measured.

    Returns:
        The figures. Where no region is active, levels are taken over the whole recording, and ``active_regions`` is
        empty.
    """
    mono = to_mono(samples)
    active = active_regions(mono, sample_rate) if regions is None else regions
    duration = len(mono) / sample_rate
    spans = active or (Span(start=0.0, end=duration),)
    noise, snr = _noise(mono, sample_rate)
    figures = {
        "level_lufs": _floored(loudness.active_level(mono, sample_rate, spans)),
        "rms_dbfs": _floored(loudness.active_rms_dbfs(mono, sample_rate, spans)),
        "peak_dbfs": _floored(loudness.gain_to_db(float(np.abs(mono).max(initial=0.0)))),
        "clipped_share": _clipped_share(samples),
        "bandwidth_hz": _bandwidth(mono, sample_rate, spans),
        "dc_offset": float(mono.mean(dtype=np.float64)),
        "noise_floor_dbfs": noise,
        "snr_db": snr,
        "silence_share": 1.0 - sum(s.duration for s in active) / duration,
    }
    return Measures(
        sample_rate=sample_rate,
        channels=1 if samples.ndim == 1 else samples.shape[1],
        frames=len(mono),
        duration=round(duration, 6),
        active_start=spans[0].start,
        active_end=round(spans[-1].end, 6),
        active_regions=active,
        # Adding zero turns −0 into 0.
        **{name: round(figures[name], digits) + 0.0 for name, digits in DECIMALS.items()},
    )


def _floored(level: float) -> float:
    return max(level, FLOOR_DBFS)


def _clipped_share(samples: Samples) -> float:
    """Return the share of samples in runs of three or more at full scale; a lone one is a peak that was normalised."""
    at_limit = np.abs(samples) >= _CLIPPED
    if not at_limit.any():
        return 0.0
    wide = at_limit[:, None] if at_limit.ndim == 1 else at_limit
    clipped = 0
    for channel in range(wide.shape[1]):
        edges = np.flatnonzero(np.diff(wide[:, channel].astype(np.int8), prepend=0, append=0))
        runs = edges[1::2] - edges[::2]
        clipped += int(runs[runs >= _CLIPPED_RUN].sum())
    return clipped / wide.size


def _noise(mono: Samples, sample_rate: int) -> tuple[float, float]:
    """Return the noise floor in dBFS and the estimated signal-to-noise ratio in dB.

    The recording is cut into frames of 20 ms (a shorter one is one frame), and its mean taken off. The floor is the
    10th percentile of the frames' powers.
    """
    length = min(round(_FRAME_SECONDS * sample_rate), len(mono))
    frames = mono[: len(mono) // length * length].reshape(-1, length).astype(np.float64)
    power = np.square(frames - mono.mean(dtype=np.float64)).mean(axis=1)
    floor = float(np.percentile(power, _FLOOR_PERCENTILE))
    if floor <= 10.0 ** (FLOOR_DBFS / 10.0):
        return FLOOR_DBFS, MOST_SNR_DB
    above = power[power >= _ABOVE_FLOOR * floor]
    ratio = float(above.mean()) / floor - 1.0 if len(above) else 0.0
    snr = min(max(10.0 * math.log10(ratio), 0.0), MOST_SNR_DB) if ratio > 0.0 else 0.0
    return 10.0 * math.log10(floor), snr


def _bandwidth(mono: Samples, sample_rate: int, spans: tuple[Span, ...]) -> float:
    """Return the highest frequency, in Hz, whose mean power lies within 50 dB of the strongest bin.

    Mean periodogram (Welch 1967) over the spans: Hann windows of about 32 ms, half overlapped. A span shorter than a
    window is padded with zeros. The threshold is that of the Hi-Fi TTS corpus (Bakhturina et al. 2021).
    """
    size = 1 << max(round(0.032 * sample_rate) - 1, 1).bit_length()
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
    power = np.zeros(size // 2 + 1)
    for span in spans:
        part = mono[round(span.start * sample_rate) : round(span.end * sample_rate)].astype(np.float64)
        if len(part):
            power += _summed_periodograms(part - part.mean(), window)
    strongest = float(power.max())
    if strongest <= 0.0:
        return 0.0
    highest = int(np.flatnonzero(power >= strongest * 10.0 ** (-_BAND_DB / 10.0))[-1])
    return highest * sample_rate / size


def _summed_periodograms(part: NDArray[np.float64], window: NDArray[Any]) -> NDArray[np.float64]:
    size, hop = len(window), len(window) // 2
    count = max(1, 1 + -(-(len(part) - size) // hop))
    padded = np.zeros((count - 1) * hop + size)
    padded[: len(part)] = part
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    total = np.zeros(size // 2 + 1)
    for first in range(0, count, _FRAMES_AT_ONCE):
        total += np.square(np.abs(np.fft.rfft(frames[first : first + _FRAMES_AT_ONCE] * window))).sum(axis=0)
    return total
