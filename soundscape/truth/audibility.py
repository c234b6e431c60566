"""Who can be heard: level, SNR, glimpse proportion, masked share and audible span of every event of a scene.

Goal: an answer key that claims nothing that cannot be heard. All of it is measured on rendered stems, each against the
rest of the mix (mix − stem).

Conventions. Samples are mono floats. *Active* is what lies in the event's active spans, direct sound at the microphone.
Figures are measured on the signals as given; a later gain moves levels by its dB and changes nothing else, save what
lies at the absolute floor.

* level: K-weighted, ungated, over the active samples (:func:`soundscape.loudness.active_level`); RMS of the same.
* SNR: that level over the level of the rest during the same samples, K-weighted too.
* glimpse proportion (Cooke 2006): of the event's own time–frequency cells, the share in which it exceeds the rest by
  3 dB. Its own are those in active frames within 40 dB of its strongest such cell and above −90 dBFS. An active frame
  is one whose 16 ms meet an active span.
* masked share: of the active frames with a cell of its own, the share without a glimpse.
* audible span: from the first active sample to the last, and on through the reverberant tail up to the first frame in
  which no band exceeds the rest by 3 dB, or the event has fallen 60 dB under its mean active frame. To 8 ms.

Cooke's glimpses come from an auditory model with a gammatone filterbank; ours from a Fourier transform
(:mod:`soundscape.truth.cells`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape import kernels, loudness
from soundscape.kernels import Laid
from soundscape.records import Span, milliseconds, samples
from soundscape.truth.cells import HOP, Powers, grid, laid, powers

Floats: TypeAlias = NDArray[np.floating[Any]]
Weighted: TypeAlias = NDArray[np.float64]
#: The powers of an event and of the rest of the mix, ``(frames, bands)`` each.
Cells: TypeAlias = tuple[Powers, Powers]
Range: TypeAlias = tuple[int, int]
Ranges: TypeAlias = NDArray[np.int64]

OWN_RANGE_DB = 40.0
OWN_FLOOR_DBFS = -90.0
GLIMPSE_DB = 3.0
TAIL_RANGE_DB = 60.0

_SILENT_REST = 1e-10


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


class _Event:
    """What is measured on an event once, whatever its gain will be.

    ``ranges`` are its active samples, counted from the stem's first, ``weighted`` the stem after K-weighting up to the
    last of them, ``level`` and ``power`` their K-weighted and their plain mean square.
    """

    def __init__(self, stem: Stem, ranges: Ranges, weighted: Floats) -> None:
        self.stem, self.ranges, self.weighted = stem, ranges, weighted
        self.active_samples = int((ranges[:, 1] - ranges[:, 0]).sum())
        self.level = float(kernels.energies(weighted, ranges).sum()) / self.active_samples
        self.power = float(kernels.energies(stem.samples, ranges).sum()) / self.active_samples

    @property
    def active(self) -> Range:
        """From its first to behind its last active sample of the scene."""
        return self.stem.offset + int(self.ranges[0, 0]), self.stem.offset + int(self.ranges[-1, 1])

    def snr_db(self, gain: float, weighted_mix: Weighted, still_to_come: float) -> float | None:
        """Return the level over that of the rest during the active samples; None where the rest is silent."""
        first = self.stem.offset
        whole = weighted_mix[first : first + len(self.weighted)]
        rest = float(kernels.rest_energies(self.weighted, whole, gain, self.ranges).sum()) / self.active_samples
        if rest * still_to_come * still_to_come <= _SILENT_REST:
            return None
        own = self.level * gain * gain
        return 10.0 * math.log10(own / rest) if own > 0.0 else -math.inf


class Listener:
    """Hears the events of a scene at any gains; what does not depend on those is measured once.

    Args:
        stems: one for each event, at a gain of 1.
        length: of the scene, in samples.
        sample_rate: in Hz, at least 4000.
        active: the active spans of each event in seconds of the scene, by id. A bed is active over its whole span.

    Raises:
        ValueError: a stem that reaches beyond the scene, an event without an active sample within its stem, or samples
            that are not finite mono floats.
    """

    def __init__(
        self, stems: Sequence[Stem], length: int, sample_rate: int, active: Mapping[str, Sequence[Span]]
    ) -> None:
        self._rate = sample_rate
        ranges = [_ranges(s, active[s.event_id], length, sample_rate) for s in stems]
        heard = [s.samples[: r[-1, 1]] for s, r in zip(stems, ranges, strict=True)]
        weighted = loudness.all_k_weighted(heard, sample_rate)
        found = zip(stems, ranges, weighted, strict=True)
        self._events = {s.event_id: _Event(s, r, w) for s, r, w in found}

    def level_lufs(self, event_id: str) -> float:
        """Return an event's level at a gain of 1; −inf where it is silent."""
        return loudness.power_to_lufs(self._events[event_id].level)

    def heard(
        self, gains: Mapping[str, float], mix: Floats, weighted_mix: Weighted, *, still_to_come: float = 1.0
    ) -> dict[str, Audibility]:
        """Return what can be heard of each event, by its id.

        Args:
            gains: the linear gain of each event, by id.
            mix: the sum of the stems at those gains ``(n,)``; anything else gives nonsense.
            weighted_mix: the same after K-weighting.
            still_to_come: a linear gain that all will get, so that the absolute floor means full scale of the file.
        """
        events = self._events.values()
        there = [laid(e.stem.samples, e.stem.offset, gains[e.stem.event_id], self._rate) for e in events]
        found = zip(events, there, powers(there, mix, self._rate), strict=True)
        return {
            event.stem.event_id: _heard(event, at, cells, weighted_mix, still_to_come, self._rate)
            for event, at, cells in found
        }


def audibility(
    stems: Sequence[Stem],
    mix: Floats,
    sample_rate: int,
    active: Mapping[str, Sequence[Span]],
    *,
    gain: float = 1.0,
) -> dict[str, Audibility]:
    """Return what can be heard of each event as it is in the mix, by its id; see :class:`Listener`."""
    listener = Listener(stems, len(mix), sample_rate, active)
    weighted_mix = loudness.k_weighted(mix, sample_rate)
    return listener.heard({s.event_id: 1.0 for s in stems}, mix, weighted_mix, still_to_come=gain)


def _heard(
    event: _Event, at: Laid, cells: Cells, weighted_mix: Weighted, still_to_come: float, sample_rate: int
) -> Audibility:
    stem, gain, square = event.stem, at.gain, at.gain * at.gain
    glimpsed, masked, end = _glimpses(cells, event, at.first, sample_rate, still_to_come)
    start, stop = event.active
    last = min(max(round(end * HOP * sample_rate), stop), stem.offset + len(stem.samples))
    power = event.power * square
    return Audibility(
        level_lufs=loudness.power_to_lufs(event.level * square),
        rms_dbfs=10.0 * math.log10(power) if power > 0.0 else -math.inf,
        snr_db=event.snr_db(gain, weighted_mix, still_to_come),
        glimpse_proportion=glimpsed,
        masked_share=masked,
        audible=Span(start=milliseconds(start / sample_rate), end=milliseconds(last / sample_rate)),
    )


def _ranges(stem: Stem, spans: Sequence[Span], length: int, sample_rate: int) -> Ranges:
    """Return the active spans as ranges of samples of the stem: in order, apart, none of them empty."""
    stop = stem.offset + len(stem.samples)
    if stem.offset < 0 or stop > length:
        raise ValueError(f"event {stem.event_id}: its stem lies at {stem.offset}…{stop}, outside the scene 0…{length}")
    ranges: list[Range] = []
    reached = stem.offset
    for span in sorted(spans, key=lambda span: span.start):
        start = max(samples(span.start, sample_rate), reached)
        end = min(samples(span.end, sample_rate), stop)
        if end > start:
            ranges.append((start - stem.offset, end - stem.offset))
            reached = end
    if not ranges:
        raise ValueError(f"event {stem.event_id}: none of its active spans {list(spans)} lies within its stem")
    return np.array(ranges, dtype=np.int64)


def _glimpses(
    cells: Cells, event: _Event, first: int, sample_rate: int, still_to_come: float
) -> tuple[float, float, float]:
    """Return glimpse proportion, masked share, and where the audible tail ends in frames (0 where there is none)."""
    (own, rest), hop = cells, grid(sample_rate).hop
    bounds = event.ranges + (event.stem.offset + hop // 2)
    starts, stops = bounds[:, 0] // hop - first, (bounds[:, 1] - 1) // hop - first + 1
    active = np.zeros(len(own), dtype=bool)
    for start, stop in zip(starts, stops, strict=True):
        active[start:stop] = True
    floor = 10.0 ** (OWN_FLOOR_DBFS / 10.0) / (still_to_come * still_to_come)
    ratio = 10.0 ** (GLIMPSE_DB / 10.0)
    found = kernels.count_cells(own, rest, active, 10.0 ** (-OWN_RANGE_DB / 10.0), floor, ratio)
    proportion = found.glimpsed / found.cells if found.cells else 0.0
    masked = 1.0 - found.glimpsed_frames / found.frames if found.frames else 1.0

    behind = int(stops[-1])
    tail, over = own[behind:], rest[behind:] * np.float32(ratio)
    fallen = found.power / int(active.sum()) * 10.0 ** (-TAIL_RANGE_DB / 10.0)
    heard = (tail.sum(axis=1) > fallen) & ((tail > over) & (tail > floor)).any(axis=1)
    after = np.flatnonzero(~heard)
    length = int(after[0]) if len(after) else len(heard)
    return proportion, masked, first + behind - 1 + length + 0.5 if length else 0.0
