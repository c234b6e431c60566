"""When a sound begins and ends, measured on its direct sound with one plain threshold.

A sound is taken to be there wherever 10 ms of it lie within 40 dB of its strongest 10 ms. That is the deepest
threshold that the key's own measure uses: a noisy recording was marked with a higher one, over its noise, at most
20 dB under the strongest. What is found here can therefore only reach further than the key says, and no further than
what was kept of the recording around its active part.
"""

from __future__ import annotations

import math

import numpy as np

from soundscape.records import Span
from soundscape.verification.signals import Floats, Sound

_WINDOW = 10
_RANGE_DB = 40.0
_PAUSE = 200
_SHORTEST = 20


def extent(sound: Sound, sample_rate: int) -> Span | None:
    """Return first and last moment of a sound in seconds of the clip, to 1 ms; None for silence.

    Windows of 10 ms begin at every millisecond of the clip, and those that reach the threshold are loud. Loud windows
    with less than 0.2 s of quiet between them are one stretch. It begins with the first millisecond over which no quiet
    window before it reaches, and ends likewise. Stretches under 20 ms are left out unless there are no others.
    """
    first = sound.offset * 1000 // sample_rate
    powers = _powers(sound, sample_rate, first)
    strongest = float(powers.max(initial=0.0))
    if strongest <= 0.0:
        return None
    loud = np.flatnonzero(powers >= strongest * 10.0 ** (-_RANGE_DB / 10.0))
    # Window w holds milliseconds w to w + 9 after (first − 9). Between two loud windows so many milliseconds are quiet
    # as there are windows, and nine more that the loud ones share with them.
    stretches = []
    for stretch in np.split(loud, np.flatnonzero(np.diff(loud) - 1 + _WINDOW - 1 >= _PAUSE) + 1):
        began, ended = int(stretch[0]), int(stretch[-1])
        inner = (began + _WINDOW - 1, ended + 1)
        stretches.append(inner if ended - began >= _WINDOW - 1 else (ended, began + _WINDOW))
    long = [s for s in stretches if s[1] - s[0] >= _SHORTEST] or stretches
    shift = first - (_WINDOW - 1)
    return Span(start=max(0, long[0][0] + shift) / 1000.0, end=(long[-1][1] + shift) / 1000.0)


def _powers(sound: Sound, sample_rate: int, first: int) -> Floats:
    """Return the energy of every window that meets the sound; window 0 begins nine milliseconds before ``first``."""
    last = math.ceil(sound.stop * 1000 / sample_rate)
    at = np.floor(np.arange(first - _WINDOW + 1, last + _WINDOW) * (sample_rate / 1000.0) + 0.5).astype(np.int64)
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound.samples))])
    upto = energy[np.clip(at - sound.offset, 0, len(sound.samples))]
    powers: Floats = upto[_WINDOW:] - upto[:-_WINDOW]
    return powers
