"""The response of a shoebox room: early image sources, then a diffuse tail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from soundscape.errors import BuildError
from soundscape.planning.rooms import SPEED_OF_SOUND
from soundscape.records import Position, RoomPlan
from soundscape.rendering.rooms.bands import Floats, decay_rates, measured_bands
from soundscape.rendering.rooms.images import early_part
from soundscape.rendering.rooms.measures import ResponseFacts, band_energies, measure_all
from soundscape.rendering.rooms.tail import calibrated, joint_ramp, mixing_time, noise_bands, shaped, tail_level

LAST_FADE = 0.01
"""How long the end of a response is faded, in s."""

_LOWEST_RATE = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A room's response from one place to the microphone, mono.

    ``samples`` is float32 ``(n,)``, scaled so that the direct sound of a shoebox is 1. ``direct`` is the index at which
    the direct sound arrives: to keep a source on time, lay its convolution ``direct`` samples early. The way's travel
    time is not in it. ``distance`` is the direct way in m, None where it is not known.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    direct: int
    distance: float | None
    facts: ResponseFacts

    @property
    def unit_gain(self) -> float:
        """The gain that gives the response unit energy, so that white noise keeps its level through the room.

        Distance then changes the direct-to-reverberant ratio alone; the level at the microphone stays the planned one.
        """
        return 1.0 / math.sqrt(self.facts.energy)

    @property
    def pink_gain(self) -> float:
        """The same for pink noise; it keeps the K-weighted level of speech to about 0.3 dB, the other to 1 dB."""
        return 1.0 / math.sqrt(self.facts.pink_energy)


def response(room: RoomPlan, position: Position, sample_rate: int, *, name: str) -> Response:
    """Return the response from a position to the room's microphone; see :func:`responses`."""
    return responses(room, {name: position}, sample_rate)[name]


def responses(room: RoomPlan, positions: Mapping[str, Position], sample_rate: int) -> dict[str, Response]:
    """Return the responses from several positions to the room's microphone, by name.

    The direct sound is a unit sample at index 0, by geometry: its own delay is taken away and needs no filter. A
    response lasts as long as the room's RT60, its last 10 ms faded out. Together they cost half of what they cost one
    by one.

    Args:
        room: the room; its RT60 is that of the mid bands, see :mod:`soundscape.rendering.rooms.bands`.
        positions: of the sources, in m. The names name the tails' noise within the room: equal names share it,
            different ones are independent.
        sample_rate: in Hz, at least 6000.

    Raises:
        BuildError: the plan's positions lie outside the room or on each other, or a figure is out of range.
    """
    for position in positions.values():
        _check(room, position, sample_rate)
    distances = np.array([math.dist(position, room.microphone) for position in positions.values()])
    length = scipy.fft.next_fast_len(math.ceil(room.rt60 * sample_rate), real=True)
    mixed = mixing_time(room)
    start, stop = round(0.5 * mixed * sample_rate), round(mixed * sample_rate)
    rates = decay_rates(room.rt60, sample_rate)
    ramp = joint_ramp(start, stop, length)

    early = np.zeros((len(positions), length), dtype=np.float32)
    for row, position in zip(early, positions.values(), strict=True):
        row[:stop] = early_part(room, position, rates, stop, sample_rate)
    early *= np.sqrt(np.float32(1.0) - ramp)

    noise = noise_bands(room, tuple(positions), length, sample_rate)
    levels = np.array([_levels(room, distance, start, rates, sample_rate) for distance in distances])
    turned = np.tile(rates, (len(positions), 1))
    tails = shaped(noise, turned, levels, ramp, start, sample_rate)
    measured = measured_bands(sample_rate)
    energies = band_energies(early, tails, sample_rate)
    turned[:, :measured] = calibrated(rates[:measured], energies, start / sample_rate)
    whole = early + shaped(noise, turned, levels, ramp, start, sample_rate)
    whole = faded(whole, min(length, math.ceil(LAST_FADE * sample_rate)))
    facts = measure_all(whole, sample_rate, direct_energy=1.0)
    return {
        name: Response(samples=row, sample_rate=sample_rate, direct=0, distance=float(distance), facts=found)
        for name, row, distance, found in zip(positions, whole, distances, facts, strict=True)
    }


def _levels(room: RoomPlan, distance: float, start: int, rates: Floats, sample_rate: int) -> list[float]:
    """Return the tail's amplitude in each band at sample ``start`` after the direct sound, which is 1."""
    level, since = tail_level(room, distance, sample_rate), distance / SPEED_OF_SOUND + start / sample_rate
    return [level * math.exp(-0.5 * rate * since) for rate in rates]


def faded(samples: NDArray[np.float32], fade: int) -> NDArray[np.float32]:
    """Return a read-only copy whose last ``fade`` samples fall to nothing, in power along a straight line."""
    out = samples.astype(np.float32)
    ramp = np.sqrt((np.arange(fade, 0, -1, dtype=np.float32) - np.float32(0.5)) / np.float32(fade))
    out[..., out.shape[-1] - fade :] *= ramp
    out.flags.writeable = False
    return out


def _check(room: RoomPlan, position: Position, sample_rate: int) -> None:
    """Raise BuildError unless the room, the positions and the rate can be rendered."""
    figures = (*room.dimensions, room.rt60, *room.microphone, *position)
    if not all(math.isfinite(figure) for figure in figures) or min(*room.dimensions, room.rt60) <= 0.0:
        raise BuildError(
            f"room of {room.dimensions} m with RT60 {room.rt60} s, microphone {room.microphone}, source {position}: "
            "expected finite figures, dimensions and RT60 above 0"
        )
    for what, place in (("microphone", room.microphone), ("source", position)):
        if not all(0.0 < x < length for x, length in zip(place, room.dimensions, strict=True)):
            raise BuildError(f"{what} at {place} m is not inside the room of {room.dimensions} m")
    if math.dist(position, room.microphone) < 0.01:
        raise BuildError(f"source at {position} m is on the microphone; expected at least 1 cm between them")
    if sample_rate < _LOWEST_RATE:
        raise BuildError(f"sample rate is {sample_rate} Hz; a room's response needs at least {_LOWEST_RATE}")
