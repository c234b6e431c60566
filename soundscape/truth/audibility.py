"""Who can be heard: level, SNR, glimpse proportion, masked share and audible span of every event of a scene.

Goal: an answer key that claims nothing that cannot be heard. All of it is measured on rendered stems, each against the
rest of the mix (mix − stem).

Conventions. Samples are mono floats. *Active* is what lies in the event's active spans, direct sound at the microphone.
Figures are measured on the signals as given; a later gain moves levels by its dB and changes nothing else, save what
lies at the absolute floor.

* level: K-weighted, ungated, over the active samples (:func:`soundscape.loudness.active_level`); RMS of the same.
* SNR: that level over the level of the rest during the same samples, K-weighted too.
* glimpse proportion (Cooke 2006): of the event's own time–frequency cells, the share in which it exceeds the rest by
  3 dB. Cells are 32 ms Hann frames every 16 ms by 32 triangular bands, spaced evenly on the ERB-rate scale (Glasberg
  and Moore 1990) from 80 Hz to 11 kHz, or to 0.45 of the sample rate where that is less. Its own are those in active
  frames within 40 dB of its strongest such cell and above −90 dBFS. An active frame is one whose 16 ms meet an active
  span.
* masked share: of the active frames with a cell of its own, the share without a glimpse.
* audible span: from the first active sample to the last, and on through the reverberant tail up to the first frame in
  which no band exceeds the rest by 3 dB, or the event has fallen 60 dB under its mean active frame. To 8 ms.

Cooke's glimpses come from an auditory model with a gammatone filterbank; ours from a Fourier transform, which is
linear, so that the rest of the mix costs a subtraction. Bands are summed in one fixed order: a matrix product would
depend on the processor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from soundscape import loudness
from soundscape.records import Span, milliseconds, samples

Floats: TypeAlias = NDArray[np.floating[Any]]
Range: TypeAlias = tuple[int, int]

FRAME = 0.032
HOP = 0.016
"""Frames and the steps between their centres, in s; frame 0 is centred on sample 0."""

BANDS = 32
LOWEST_HZ = 80.0
HIGHEST_HZ = 11_000.0

OWN_RANGE_DB = 40.0
OWN_FLOOR_DBFS = -90.0
GLIMPSE_DB = 3.0
TAIL_RANGE_DB = 60.0

_SILENT_REST = 1e-10
_FRAMES_AT_ONCE = 256


class Stem(Protocol):
    """An event alone as it is in the mix: samples ``(n,)`` from sample ``offset`` of the scene on."""

    @property
    def event_id(self) -> str:
        """Names the event."""

    @property
    def offset(self) -> int:
        """The first sample of the scene that it touches."""

    @property
    def samples(self) -> Floats:
        """Its samples, all within the scene."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audibility:
    """What was measured on one event; see the module for the terms.

    ``level_lufs`` and ``rms_dbfs`` are −inf where it is silent. ``snr_db`` is None where the rest is silent (under
    −100 dBFS), and −inf where the event is. An event without a cell of its own has glimpse proportion 0 and masked
    share 1.
    """

    level_lufs: float
    rms_dbfs: float
    snr_db: float | None
    glimpse_proportion: float
    masked_share: float
    audible: Span


def audibility(
    stems: Sequence[Stem],
    mix: Floats,
    sample_rate: int,
    active: Mapping[str, Sequence[Span]],
    *,
    gain: float = 1.0,
    weighted: Mapping[str, Floats] | None = None,
    weighted_mix: Floats | None = None,
) -> dict[str, Audibility]:
    """Return what can be heard of each event, by its id.

    Args:
        stems: one for each event; those that are not in the mix give nonsense.
        mix: the scene's samples ``(n,)``, the sum of the stems.
        sample_rate: in Hz, at least 4000.
        active: the active spans of each event in seconds of the scene, by id. A bed is active over its whole span.
        gain: the linear gain that is still to come, so that the absolute floor means full scale of the file.
        weighted: the stems after K-weighting, from their beginning at least up to their last active sample, by id;
            made here where it is None.
        weighted_mix: the mix after K-weighting ``(n,)``; made here where it is None.

    Raises:
        ValueError: a stem that reaches beyond the scene, an event without an active sample within its stem, or samples
            that are not finite mono floats.
    """
    ranges = {stem.event_id: _ranges(stem, active[stem.event_id], len(mix), sample_rate) for stem in stems}
    if weighted is None:
        weighted = {stem.event_id: loudness.k_weighted(stem.samples, sample_rate) for stem in stems}
    if weighted_mix is None:
        weighted_mix = loudness.k_weighted(mix, sample_rate)
    levels = _levels(stems, weighted, weighted_mix, sample_rate, ranges, gain)
    cells = _cells(stems, mix, sample_rate)
    out = {}
    for stem, (level, rms, snr) in zip(stems, levels, strict=True):
        heard = cells[stem.event_id]
        glimpsed, masked, end = _glimpses(heard, ranges[stem.event_id], sample_rate, gain)
        last = min(max(round(end * HOP * sample_rate), ranges[stem.event_id][-1][1]), stem.offset + len(stem.samples))
        out[stem.event_id] = Audibility(
            level_lufs=level,
            rms_dbfs=rms,
            snr_db=snr,
            glimpse_proportion=glimpsed,
            masked_share=masked,
            audible=Span(
                start=milliseconds(ranges[stem.event_id][0][0] / sample_rate), end=milliseconds(last / sample_rate)
            ),
        )
    return out


def band_centres(sample_rate: int) -> NDArray[np.float64]:
    """Return the centres of the bands in Hz with the lower edge before and the upper edge after them, ``(34,)``.

    Band ``b`` rises from the ``b``-th to the next, its centre, and falls to the one after.
    """
    top = min(HIGHEST_HZ, 0.45 * sample_rate)
    low, high = (21.4 * math.log10(1.0 + 0.00437 * f) for f in (LOWEST_HZ, top))
    rates = low + (high - low) * np.arange(BANDS + 2) / (BANDS + 1)
    return np.array([(10.0 ** (rate / 21.4) - 1.0) / 0.00437 for rate in rates])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """Mean squares of an event and of the rest of the mix, each ``(frames, bands)``, from frame ``first`` on."""

    first: int
    own: NDArray[np.float32]
    rest: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Frames in samples, and what turns them into bands: window ``(frame,)``, weights ``(bands, size // 2 + 1)``."""

    frame: int
    hop: int
    size: int
    window: NDArray[np.float32]
    weights: Any

    def spectra(self, x: Floats, offset: int, first: int, stop: int) -> NDArray[np.complex64]:
        """Return frames ``first`` to ``stop`` of a signal that begins at sample ``offset``, zeros around it."""
        start = first * self.hop - self.frame // 2
        padded = np.zeros((stop - first - 1) * self.hop + self.frame, dtype=np.float32)
        low, high = max(start, offset), min(start + len(padded), offset + len(x))
        if high > low:
            padded[low - start : high - start] = x[low - offset : high - offset]
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.frame)[:: self.hop]
        return np.asarray(scipy.fft.rfft(frames * self.window, self.size, axis=1, workers=1))

    def powers(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Return the mean square in each band, ``(frames, bands)``."""
        power = np.square(spectra.real) + np.square(spectra.imag)
        return np.asarray((self.weights @ power.T).T)


@lru_cache(maxsize=8)
def _grid(sample_rate: int) -> _Grid:
    from scipy.sparse import csr_array

    frame, hop = samples(FRAME, sample_rate), samples(HOP, sample_rate)
    size = scipy.fft.next_fast_len(frame, real=True)
    window = np.array([0.5 - 0.5 * math.cos(2.0 * math.pi * (i + 0.5) / frame) for i in range(frame)])
    # By Parseval, half the spectrum of a frame so scaled sums to the frame's mean square.
    window *= math.sqrt(2.0 / (size * float(np.square(window).sum())))
    frequencies = np.arange(size // 2 + 1) * (sample_rate / size)
    edges = band_centres(sample_rate)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    weights = csr_array(np.clip(np.minimum(rising, falling), 0.0, None).astype(np.float32))
    return _Grid(frame=frame, hop=hop, size=size, window=window.astype(np.float32), weights=weights)


def _ranges(stem: Stem, spans: Sequence[Span], length: int, sample_rate: int) -> list[Range]:
    """Return the active spans as ranges of samples within the stem: in order, apart, none of them empty."""
    stop = stem.offset + len(stem.samples)
    if stem.offset < 0 or stop > length:
        raise ValueError(f"event {stem.event_id}: its stem lies at {stem.offset}…{stop}, outside the scene 0…{length}")
    ranges: list[Range] = []
    reached = stem.offset
    for span in sorted(spans, key=lambda span: span.start):
        start = max(samples(span.start, sample_rate), reached)
        end = min(samples(span.end, sample_rate), stop)
        if end > start:
            ranges.append((start, end))
            reached = end
    if not ranges:
        raise ValueError(f"event {stem.event_id}: none of its active spans {list(spans)} lies within its stem")
    return ranges


def _power(parts: Sequence[Floats]) -> float:
    """Return the mean square over all samples of the parts."""
    total = sum(float(np.square(part, dtype=np.float64).sum()) for part in parts)
    return total / sum(len(part) for part in parts)


def _levels(
    stems: Sequence[Stem],
    weighted: Mapping[str, Floats],
    weighted_mix: Floats,
    sample_rate: int,
    ranges: Mapping[str, Sequence[Range]],
    gain: float,
) -> list[tuple[float, float, float | None]]:
    """Return level in LUFS, RMS in dBFS and SNR in dB of each event over its active samples."""
    out = []
    for stem in stems:
        parts = ranges[stem.event_id]
        own = [weighted[stem.event_id][a - stem.offset : b - stem.offset] for a, b in parts]
        rest = [weighted_mix[a:b] - x for (a, b), x in zip(parts, own, strict=True)]
        raw = [stem.samples[a - stem.offset : b - stem.offset] for a, b in parts]
        own_power, rest_power, power = _power(own), _power(rest), _power(raw)
        snr: float | None = None
        if rest_power * gain * gain > _SILENT_REST:
            snr = 10.0 * math.log10(own_power / rest_power) if own_power > 0.0 else -math.inf
        level = loudness.power_to_lufs(own_power)
        out.append((level, 10.0 * math.log10(power) if power > 0.0 else -math.inf, snr))
    return out


def _cells(stems: Sequence[Stem], mix: Floats, sample_rate: int) -> dict[str, _Cells]:
    """Return each event's cells over the frames that its stem touches.

    Frames are taken a few hundred at a time, so that the spectra stay in the processor's cache and memory is bounded.
    """
    grid = _grid(sample_rate)
    half = grid.frame // 2
    found: dict[str, _Cells] = {}
    for stem in stems:
        first = max(0, -(-(stem.offset + half - grid.frame + 1) // grid.hop))
        stop = (stem.offset + len(stem.samples) - 1 + half) // grid.hop + 1
        own, rest = np.zeros((2, stop - first, BANDS), dtype=np.float32)
        found[stem.event_id] = _Cells(first=first, own=own, rest=rest)
    for low in range(0, (len(mix) - 1 + half) // grid.hop + 1, _FRAMES_AT_ONCE):
        whole: NDArray[np.complex64] | None = None
        for stem in stems:
            cells = found[stem.event_id]
            a, b = max(cells.first, low), min(cells.first + len(cells.own), low + _FRAMES_AT_ONCE)
            if b <= a:
                continue
            if whole is None:
                whole = grid.spectra(mix, 0, low, low + _FRAMES_AT_ONCE)
            own_spectra = grid.spectra(stem.samples, stem.offset, a, b)
            cells.own[a - cells.first : b - cells.first] = grid.powers(own_spectra)
            cells.rest[a - cells.first : b - cells.first] = grid.powers(whole[a - low : b - low] - own_spectra)
    return found


def _glimpses(cells: _Cells, ranges: Sequence[Range], sample_rate: int, gain: float) -> tuple[float, float, float]:
    """Return glimpse proportion, masked share, and where the audible tail ends in frames (0 where there is none)."""
    hop = _grid(sample_rate).hop
    active = np.zeros(len(cells.own), dtype=bool)
    last = 0
    for start, end in ranges:
        last = (end - 1 + hop // 2) // hop - cells.first
        active[(start + hop // 2) // hop - cells.first : last + 1] = True
    floor = 10.0 ** (OWN_FLOOR_DBFS / 10.0) / (gain * gain)
    louder = cells.own > cells.rest * np.float32(10.0 ** (GLIMPSE_DB / 10.0))

    own = cells.own[active]
    mine = own > max(float(own.max()) * 10.0 ** (-OWN_RANGE_DB / 10.0), floor)
    glimpsed = mine & louder[active]
    count, frames = int(mine.sum()), int(mine.any(axis=1).sum())
    proportion = int(glimpsed.sum()) / count if count else 0.0
    masked = 1.0 - int(glimpsed.any(axis=1).sum()) / frames if frames else 1.0

    totals = cells.own.sum(axis=1)
    fallen = float(totals[active].mean()) * 10.0 ** (-TAIL_RANGE_DB / 10.0)
    heard = (totals > fallen) & (louder & (cells.own > floor)).any(axis=1)
    after = np.flatnonzero(~heard[last + 1 :])
    length = int(after[0]) if len(after) else len(heard) - last - 1
    return proportion, masked, cells.first + last + length + 0.5 if length else 0.0
