"""What lies between an event's direct sound and its stem: a room, found by dividing one spectrum by the other.

The quotient is the room's response. It shows three things: that the direct sound in the stem is the direct sound that
was written beside it (gain 1 at no delay), and the RT60 of the room. It is known only at frequencies that the event
holds; how many those are is stated with each figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from soundscape.verification.signals import Floats, Sound

_REGULAR = 1e-10
_MID_BANDS = (500.0, 1000.0)
_BEFORE = 0.025
_LEAST_TAIL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How a sound came to the microphone.

    ``direct_gain`` is the gain of the direct sound in the stem, 1 where stem and direct sound belong together;
    ``known`` the share of frequencies from which that is known. ``rt60`` in s is the mean over the octaves at 500 Hz
    and 1 kHz of T20, None where the stem's tail does not show it; ``mid_known`` the share known of those octaves.
    """

    direct_gain: float
    known: float
    rt60: float | None
    mid_known: float


def passage(stem: Sound, direct: Sound, sample_rate: int) -> Passage:
    """Return what the stem's room is, from the stem and its direct sound; neither may be silent.

    Method: H = W · conj(D) / (|D|² + ε) with ε 100 dB under the strongest frequency. The gain of the direct sound is
    the response at no delay, over what a perfect one would have there after the same division.
    """
    start, stop = min(stem.offset, direct.offset), max(stem.stop, direct.stop)
    tail = max(0, stem.stop - direct.stop)
    size = scipy.fft.next_fast_len(stop - start + tail, real=True)
    wet, dry = (scipy.fft.rfft(sound.within(start, stop), size) for sound in (stem, direct))
    power = np.square(dry.real) + np.square(dry.imag)
    power_known = power / (power + _REGULAR * power.max())
    response = wet * dry.conj() / (power + _REGULAR * power.max())
    frequencies = scipy.fft.rfftfreq(size, 1.0 / sample_rate)
    mid = (frequencies > _MID_BANDS[0] / math.sqrt(2.0)) & (frequencies < _MID_BANDS[-1] * math.sqrt(2.0))
    decays = [_decay(response, frequencies, centre, tail, size, sample_rate) for centre in _MID_BANDS]
    seen = [d for d in decays if d is not None]
    return Passage(
        direct_gain=float(response.real.sum() / power_known.sum()),
        known=float(power_known.mean()),
        rt60=sum(seen) / len(seen) if len(seen) == len(decays) else None,
        mid_known=float(power_known[mid].mean()) if mid.any() else 0.0,
    )


def _decay(
    response: np.ndarray[tuple[int], np.dtype[np.complex128]],
    frequencies: Floats,
    centre: float,
    tail: int,
    size: int,
    sample_rate: int,
) -> float | None:
    """Return the RT60 of one octave by T20: a line through the backward-integrated decay from −5 to −25 dB."""
    if tail < _LEAST_TAIL * sample_rate:
        return None
    above = np.maximum(frequencies, 1.0) / centre
    octave = 1.0 / np.sqrt(1.0 + ((above - 1.0 / above) * math.sqrt(2.0)) ** 8)
    before = round(_BEFORE * sample_rate)
    heard = np.roll(scipy.fft.irfft(response * octave, size), before)[: before + tail]
    left = np.cumsum(np.square(heard)[::-1])[::-1]
    fallen = 10.0 * np.log10(left / left[0] + 1e-30)
    first, last = int(np.argmax(fallen <= -5.0)), int(np.argmax(fallen <= -25.0))
    if last <= first + 8:
        return None
    times = np.arange(first, last) / sample_rate
    slope = float(np.polyfit(times, fallen[first:last], 1)[0])
    return -60.0 / slope if slope < 0.0 else None
