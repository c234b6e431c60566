"""Sum, master, quantise. Sums are float64 in event order; the master gain is one number for all stems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape import kernels, loudness
from soundscape.errors import BuildError
from soundscape.rendering.events import Mono

#: Full scale of 16-bit samples, as every reader of the written file divides by it.
FULL_SCALE = 32768.0
#: The level of the highest int16 sample.
_ROOM_DB = 20.0 * math.log10(32767.0 / 32768.0)


#: The gain of what has none yet.
UNIT = np.float32(1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stem:
    """An event as it reaches the microphone, before the master gain: ``samples`` times ``gain``.

    ``samples`` holds only the event's own extent, from sample ``offset`` of the scene on; all of it lies within the
    scene. The gain stands apart, so that it can change without the samples being copied.
    """

    event_id: str
    offset: int
    samples: Mono
    gain: np.float32 = UNIT

    @property
    def stop(self) -> int:
        """The first sample of the scene after the stem."""
        return self.offset + len(self.samples)

    @property
    def scaled(self) -> Mono:
        """The samples after the event's gain."""
        return self.samples * self.gain

    @property
    def peak(self) -> float:
        """The highest of them."""
        highest = kernels.peaks(self.samples, max(1, len(self.samples)))
        return float(highest.max(initial=0.0) * self.gain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """A finished clip: int16 samples ``(n,)``, the linear gain that all stems share, and what the file measures.

    ``weighted`` is the mix before that gain after K-weighting, for whoever measures on.
    """

    pcm: NDArray[np.int16]
    gain: float
    weighted: NDArray[np.float64]
    loudness_lufs: float
    true_peak_dbtp: float


def total(stems: Sequence[Stem], length: int) -> NDArray[np.float64]:
    """Return the sum of the stems over ``length`` samples of the scene."""
    out = np.zeros(length)
    for stem in stems:
        kernels.add_scaled(out[stem.offset : stem.stop], stem.samples, stem.gain)
    return out


def master(
    mix: NDArray[np.float64],
    sample_rate: int,
    loudness_lufs: float | None,
    ceiling_dbtp: float,
    highest: float = 0.0,
) -> Master:
    """Return the clip at its loudness, or at its ceiling where that is lower.

    Args:
        mix: the sum of the stems.
        sample_rate: in Hz.
        loudness_lufs: integrated loudness (BS.1770-4) to reach; None keeps the level as mixed.
        ceiling_dbtp: true peak that is not to be passed.
        highest: the highest sample of any stem: each must fit into 24 bits by itself, so that the stems add up.

    Raises:
        BuildError: there is nothing to hear.
    """
    try:
        measured = loudness.clip_measures(mix, sample_rate)
    except ValueError as error:
        raise BuildError(f"the mix: {error}", hint="soundscape bank verify finds the source") from None
    if measured.sample_peak == 0.0:
        silence = np.zeros(len(mix), np.int16)
        return Master(pcm=silence, gain=1.0, weighted=mix, loudness_lufs=-math.inf, true_peak_dbtp=-math.inf)
    found, peak = measured.integrated_lufs, measured.true_peak_dbtp
    wanted = 0.0 if loudness_lufs is None or not math.isfinite(found) else loudness_lufs - found
    room = _ROOM_DB - loudness.gain_to_db(max(highest, measured.sample_peak))
    gain_db = min(wanted, ceiling_dbtp - peak, room)
    gain = loudness.db_to_gain(gain_db)
    return Master(
        pcm=kernels.quantised(mix, gain * FULL_SCALE),
        gain=gain,
        weighted=measured.weighted,
        loudness_lufs=found + gain_db,
        true_peak_dbtp=peak + gain_db,
    )


def quantise_stem(stem: Stem, gain: float, length: int) -> NDArray[np.int32]:
    """Return a stem after the master gain as 24-bit samples ``(length,)``, held in the upper bits of int32."""
    out = np.zeros(length, dtype=np.int32)
    steps = np.rint(stem.scaled.astype(np.float64) * (gain * 2.0**23))
    out[stem.offset : stem.stop] = np.clip(steps, -(2.0**23), 2.0**23 - 1).astype(np.int32) << 8
    return out
