"""The diffuse tail of a room's response: noise, shaped band by band, whose level and decay follow from the room.

Level. The number of images that arrive in a second, 4πc³t²/V, times the energy (ct)⁻² of each, is 4πc/V whatever the
time: per sample the tail's variance is 4πc d₀² / (V fs) · exp(−rate · t), t from the emission, in units where the
direct sound is 1. The level is not fitted (Lehmann and Johansson 2010, whose hybrid this is, fit theirs).

Noise. Random signs: white, of exactly even energy, and made of raw generator bits, so the same on every machine.

Decay. A finite stretch of noise, after reflections that are no noise, has a T20 that strays from its rate by several
per cent, more in narrow bands. :func:`calibrated` turns each band's rate, about the joint, until the T20 of the whole
response in that band is the one asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from soundscape.planning.rooms import SPEED_OF_SOUND, volume
from soundscape.randomness import stream
from soundscape.records import RoomPlan
from soundscape.rendering.rooms.bands import Floats, splitting
from soundscape.rendering.rooms.measures import BandEnergies, rates_of

_STEPS = 16
_CLOSE = 5e-3
_MOST_TURN = 0.6
_DIGITS = 4


def mixing_time(room: RoomPlan) -> float:
    """Return when reflections have become a diffuse field, in s after the direct sound: 2 √V ms, within 20 to 120 ms.

    Polack's √V ms twice over; and never later than half the RT60, so that the decay is measured mostly on the tail.
    """
    polack = 2e-3 * math.sqrt(volume(room.dimensions))
    return min(max(polack, 0.020), 0.120, 0.5 * room.rt60)


def noise_bands(room: RoomPlan, names: Sequence[str], length: int, sample_rate: int) -> NDArray[np.float32]:
    """Return white noises of unit variance, parted into the shaped bands ``(names, bands, length)``; they sum to signs.

    The noise of a name comes from the stream ``(room.tail_seed, "tail", name)``.
    """
    words = -(-length // 64)
    bits = [stream(room.tail_seed, "tail", name).bit_generator.random_raw(words) for name in names]
    signs = np.unpackbits(np.asarray(bits).astype("<u8").view(np.uint8), axis=1)[:, :length]
    spectra = scipy.fft.rfft(signs.astype(np.float32) * np.float32(2.0) - np.float32(1.0), axis=1, workers=1)
    parted = spectra[:, None] * splitting(length, sample_rate)
    return np.asarray(scipy.fft.irfft(parted, length, axis=2, workers=1, overwrite_x=True))


def joint_ramp(start: int, stop: int, length: int) -> NDArray[np.float32]:
    """Return the tail's share of the power over ``length`` samples: none up to ``start``, all from ``stop`` on."""
    share = (np.arange(length, dtype=np.float32) - np.float32(start - 0.5)) / np.float32(stop - start)
    return np.asarray(np.clip(share, np.float32(0.0), np.float32(1.0)))


def tail_level(room: RoomPlan, direct_distance: float, sample_rate: int) -> float:
    """Return the amplitude per sample of the diffuse field before it decays, the direct sound being 1."""
    density = 4.0 * math.pi * SPEED_OF_SOUND / (volume(room.dimensions) * sample_rate)
    return direct_distance * math.sqrt(density)


def shaped(
    noise: NDArray[np.float32], rates: Floats, levels: Floats, ramp: NDArray[np.float32], pivot: int, sample_rate: int
) -> NDArray[np.float32]:
    """Return tails ``(places, n)``: bands of noise that decay at their rates, with their amplitudes at ``pivot``.

    Args:
        noise: ``(places, bands, n)``.
        rates: energy decay rates in 1/s, ``(places, bands)``.
        levels: the amplitudes, ``(places, bands)``.
        ramp: the tail's share of the power, ``(n,)``.
        pivot: in samples.
        sample_rate: in Hz.
    """
    tails = np.empty((len(noise), noise.shape[2]), dtype=np.float32)
    fading = np.sqrt(ramp)
    for tail, bands, rate, level in zip(tails, noise, rates, levels, strict=True):
        starts = level * [math.exp(0.5 * r * pivot / sample_rate) for r in rate]
        decays = _decays(rate / (2.0 * sample_rate), starts, noise.shape[2])
        decays *= bands
        np.multiply(decays.sum(axis=0), fading, out=tail)
    return tails


def _decays(exponents: Floats, starts: Floats, length: int) -> NDArray[np.float32]:
    """Return ``starts · exp(−exponents · i)`` for i below ``length``, by doubling: only products, alike everywhere."""
    out = np.empty((len(starts), length), dtype=np.float32)
    out[:, 0] = starts
    done = 1
    while done < length:
        more = min(done, length - done)
        factors = np.array([math.exp(-exponent * done) for exponent in exponents], dtype=np.float32)
        np.multiply(out[:, :more], factors[:, None], out=out[:, done : done + more])
        done += more
    return out


def calibrated(wanted: Floats, energies: BandEnergies, pivot: float) -> Floats:
    """Return the rates that tails' bands need for the whole responses to decay at the wanted ones, ``(places, bands)``.

    Only the tail is turned, about time ``pivot`` where it takes over, and at most by 60 %; its level stays what the
    room gives. Bands in which less than 20 dB of decay can be seen are left alone.

    Method: secant steps on the energies of early part (``first``) and tail (``second``) in blocks of time, where
    turning the tail is a gain on each block. A place is left alone once all its bands are close. Rounded to 1e-4 1/s,
    so that the last bit of a logarithm cannot matter.

    Args:
        wanted: energy decay rate of each measured band, in 1/s, ``(bands,)``; the tails were made with these.
        energies: of early parts and tails, see :func:`soundscape.rendering.rooms.measures.band_energies`.
        pivot: in s after the direct sound.
    """
    step = float(energies.times[1] - energies.times[0])
    since = -0.5 * (energies.times - pivot)

    def missing(turn: Floats, of: NDArray[np.intp]) -> Floats:
        gain = np.exp(np.clip(turn[..., None] * since, -60.0, 60.0))
        whole = energies.first[of] + gain * (2.0 * energies.cross[of] + gain * energies.second[of])
        found = rates_of(np.maximum(whole, 0.0), step)
        return np.where(np.isnan(found), 0.0, wanted - found)

    most = _MOST_TURN * wanted
    of = np.arange(len(energies.first))
    turn = np.zeros(energies.first.shape[:-1])
    miss = missing(turn, of)
    best, least = turn.copy(), np.abs(miss)
    slope = np.ones_like(turn)
    for _ in range(_STEPS):
        of = np.flatnonzero((least >= _CLOSE * wanted).any(axis=1))
        if len(of) == 0:
            break
        new = np.clip(turn[of] + miss[of] / slope[of], -most, most)
        new_miss = missing(new, of)
        moved = new - turn[of]
        # How much of a turn shows in the T20; kept in bounds, as the decay's edges jump from block to block.
        ratio = (miss[of] - new_miss) / np.where(moved == 0.0, 1.0, moved)
        slope[of] = np.where(moved == 0.0, slope[of], np.clip(ratio, 0.4, 2.5))
        turn[of], miss[of] = new, new_miss
        better = np.abs(new_miss) < least[of]
        best[of], least[of] = np.where(better, new, best[of]), np.where(better, np.abs(new_miss), least[of])
    return np.asarray(np.round(wanted + best, _DIGITS))
