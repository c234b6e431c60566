"""The early part of a shoebox room's response: exact image sources (Allen and Berkley 1979).

Every image whose sound arrives before the end of the early part counts, whatever its order. An image of order k at
distance d arrives (d − d₀)/c after the direct sound with amplitude d₀/d (spherical spreading, relative to the direct
sound at distance d₀) and has passed k times through the wall's filter.

The wall's filter takes what the decay asks for along one mean free path ℓ: |R(f)|² = exp(−rate(f) ℓ / c), walls and air
together, in minimum phase. So the images decay as the tail does, and need no second model of air.

The images are enumerated here and not by pyroomacoustics (which the tests compare with): a ball of images is a few
dozen, where a full order that covers it holds thousands; orders are needed apart, for the filters; positions stay in
float64; and no worker pays a second for the import.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from soundscape.planning.rooms import SPEED_OF_SOUND
from soundscape.records import Position, RoomPlan
from soundscape.rendering.rooms.bands import Floats, mean_free_path, minimum_phase

HALF_TAPS = 20
"""Half the length of the fractional-delay filter: reflections may sound this many samples before they arrive."""

_PHASES = 1024
_RINGING = 0.025


def image_sources(room: RoomPlan, position: Position, reach: float) -> tuple[Floats, NDArray[np.intp]]:
    """Return distances in m and orders of all images within ``reach`` m of the microphone, the source itself included.

    Along one axis of length L the images of x lie at 2mL + x, with |2m| reflections, and at 2mL − x, with |2m − 1|.
    """
    squares, orders = [], []
    for length, source, microphone in zip(room.dimensions, position, room.microphone, strict=True):
        most = int(reach / (2.0 * length)) + 1
        m = np.arange(-most, most + 1)
        away = np.concatenate([2 * m * length + source, 2 * m * length - source]) - microphone
        near = np.abs(away) <= reach
        squares.append(np.square(away[near]))
        orders.append(np.concatenate([np.abs(2 * m), np.abs(2 * m - 1)])[near])
    square = squares[0][:, None, None] + squares[1][:, None] + squares[2]
    order = orders[0][:, None, None] + orders[1][:, None] + orders[2]
    heard = square <= reach * reach
    return np.sqrt(square[heard]), order[heard]


@lru_cache(maxsize=1)
def _delays() -> Floats:
    """Return fractional-delay filters ``(phases + 1, 2 · HALF_TAPS)``: a sinc in a Hann window, for 0 to 1 sample.

    Tap ``HALF_TAPS − 1`` is the sample at or before the arrival. Rounded, because sines differ between processors.
    """
    t = np.arange(1 - HALF_TAPS, HALF_TAPS + 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(t / (HALF_TAPS + 0.5), -1.0, 1.0))
    return np.asarray(np.round(np.sinc(t) * window, 9))


def early_part(room: RoomPlan, position: Position, rates: Floats, length: int, sample_rate: int) -> Floats:
    """Return the first ``length`` samples of a response, direct sound a unit sample at index 0.

    What a reflection's delay filter puts before the direct sound is left out; that takes a reflection within
    ``HALF_TAPS`` samples of it (0.29 m of way at 24 kHz).

    Args:
        room: the room.
        position: of the source, in m.
        rates: energy decay rate of each shaped band, in 1/s.
        length: how much of the response; images that arrive up to there count.
        sample_rate: in Hz.
    """
    direct = math.dist(position, room.microphone)
    distances, orders = image_sources(room, position, direct + SPEED_OF_SOUND * length / sample_rate)
    size = 2 * scipy.fft.next_fast_len(-(-(length + HALF_TAPS + math.ceil(_RINGING * sample_rate)) // 2), real=True)
    steps = np.rint((distances - direct) * (sample_rate * _PHASES / SPEED_OF_SOUND)).astype(np.intp)
    whole, phase = np.divmod(steps, _PHASES)
    # Taps before index 0 wrap to the end of the transform, where they are cut off.
    at = (whole[:, None] + np.arange(1 - HALF_TAPS, HALF_TAPS + 1)) % size + (orders * size)[:, None]
    taps = _delays()[phase] * (direct / distances)[:, None]
    count = int(orders.max()) + 1
    by_order = np.bincount(at.ravel(), taps.ravel(), minlength=count * size).reshape(count, size)
    by_order[0] = 0.0
    by_order[0, 0] = 1.0
    spectra = scipy.fft.rfft(by_order, axis=1)
    half_loss = rates * (-0.5 * mean_free_path(room) / SPEED_OF_SOUND)
    wall = np.exp((minimum_phase(size, sample_rate) * half_loss[:, None]).sum(axis=0))
    total = spectra[-1]
    for order in range(count - 2, -1, -1):
        total = total * wall + spectra[order]
    return np.asarray(scipy.fft.irfft(total, size)[:length])
