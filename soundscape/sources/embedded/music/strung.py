"""Plucked and struck instruments.

A voice takes MIDI pitch, seconds held, velocity (0–1) and a generator. What is struck rings by itself until it is
damped, so the longest ring of a pitch is made once and every shorter note cut from it (:class:`Instrument`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, decay, edges, resonator, seconds, tone
from soundscape.sources.embedded.music.oscillators import CEILING, attack_release, hertz, partials, string, sweep

Voice: TypeAlias = Callable[[int, float, float, np.random.Generator], Samples]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A voice and, where one long tone can serve for shorter ones, the function that cuts it to the time held."""

    make: Voice
    cut: Callable[[Samples, float], Samples] | None = None


def _damped(ring: Samples, held: float, release: float) -> Samples:
    """Let the note ring while it is held and die away within ``release`` seconds after."""
    y = ring[: seconds(held + release)].copy()
    start = seconds(held)
    if start < len(y):
        y[start:] *= decay(len(y) - start, release)
    return edges(y, 0.0, 0.01)


def struck(make: Voice, release: float) -> Instrument:
    """Return an instrument that rings while held; ``release`` is the time of its damper, in s."""
    return Instrument(make=make, cut=functools.partial(_damped, release=release))


def _guitar(rt60: float, damping: float, pick: float, bright: float, body: tuple[tuple[float, float], ...]) -> Voice:
    def voice(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        hz = hertz(pitch)
        # High strings lose their energy sooner.
        ring = rt60 * (196.0 / hz) ** 0.45
        n = seconds(min(held + 0.3, ring))
        y = string(
            hz, n, rng, rt60=ring, damping=damping, pick=pick, brightness=bright * (0.35 + 0.65 * velocity) + 2.0 * hz
        )
        wood = sum((gain * resonator(y, f, 0.25 * f) for f, gain in body), np.zeros(n))
        return edges(y + wood, 0.0, 0.01)

    return voice


_SOUNDBOARD = ((104.0, 0.9), (208.0, 0.7), (412.0, 0.4))
nylon = _guitar(3.2, 0.45, 0.28, 3000.0, _SOUNDBOARD)
steel = _guitar(4.0, 0.22, 0.16, 6500.0, _SOUNDBOARD)
harp = _guitar(4.5, 0.32, 0.42, 3800.0, ((180.0, 0.4), (420.0, 0.3)))
muted_guitar = _guitar(0.45, 0.42, 0.12, 5200.0, ((300.0, 0.3),))
clean_guitar = _guitar(2.6, 0.2, 0.14, 7000.0, ((320.0, 0.3),))
power_guitar = _guitar(6.0, 0.25, 0.10, 5500.0, ((240.0, 0.3),))
upright_bass = _guitar(2.2, 0.5, 0.22, 900.0, ((98.0, 1.0), (190.0, 0.5)))
finger_bass = _guitar(3.0, 0.45, 0.18, 1500.0, ((90.0, 0.4),))
pick_bass = _guitar(3.0, 0.3, 0.09, 3500.0, ((110.0, 0.3),))

_SLAP = _guitar(2.4, 0.15, 0.05, 6500.0, ((95.0, 0.5),))


def slap_bass(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
    """Electric bass struck with the thumb: a bright string with a knock of metal at its start."""
    y = _SLAP(pitch, held, velocity, rng)
    knock = seconds(0.02)
    if len(y) > knock:
        y[:knock] += 0.35 * velocity * band(rng.standard_normal(knock), 1800.0, 5000.0) * decay(knock, 0.015)
    return y


def piano(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
    """Stiff strings: sharpened partials, decay in two stages, a soft felt knock."""
    hz = hertz(pitch)
    ring = 7.0 * (131.0 / hz) ** 0.55
    n = seconds(min(held + 0.25, ring))
    k = np.arange(1.0, min(26.0, np.floor(CEILING / hz)) + 1.0)
    f = hz * k * np.sqrt(1.0 + (1.2e-4 + 4e-8 * hz**1.5) * k**2)
    # Hammer at an eighth of the string; harder strokes excite higher partials.
    a = np.abs(np.sin(np.pi * k / 8.0 + 0.12)) * np.exp(-k * hz / (900.0 + 3200.0 * velocity**1.5)) / k**0.4
    rt60 = ring / (1.0 + 0.12 * k + 0.01 * k**2)
    fast = np.column_stack((f * 1.00025, 0.72 * a, rt60 * 0.38))
    slow = np.column_stack((f * 0.99985, 0.28 * a, rt60))
    y = partials(n, np.vstack((fast, slow)))
    knock = min(n, seconds(0.05))
    y[:knock] += 0.05 * velocity * band(rng.standard_normal(knock), 120.0, 900.0) * decay(knock, 0.05)
    return edges(y, 0.0015, 0.01)


def felt_piano(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
    """An upright with the soft pedal down: the piano, played at a third of its force, darker."""
    return band(piano(pitch, held + 0.3, 0.35 * velocity, rng), high=2200.0, order=1)


def electric_piano(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
    """Tine piano by frequency modulation (Chowning 1973): a bell-like strike over a round tone."""
    hz = hertz(pitch)
    ring = 3.6 * (220.0 / hz) ** 0.35
    n = seconds(min(held + 0.2, ring))
    bark = (0.9 + 1.9 * velocity) * decay(n, 1.4) * min(1.0, 330.0 / hz)
    carrier = 2.0 * np.pi * hz * clock(n)
    y = np.sin(carrier + bark * np.sin(carrier))
    strike = min(n, seconds(0.25))
    if 14.0 * hz < CEILING:
        y[:strike] += 0.10 * velocity * tone(14.0 * hz, strike) * decay(strike, 0.22)
    y += 0.01 * rng.standard_normal() * np.sin(2.0 * carrier)
    return edges(y * decay(n, ring), 0.002, 0.01)


def _bars(table: tuple[tuple[float, float, float], ...], ring: float, mallet: float) -> Voice:
    """Tuned bars and bells: ``(ratio, amplitude, share of the ring)`` of each mode."""

    def voice(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        hz = hertz(pitch)
        rt60 = ring * (440.0 / hz) ** 0.4
        n = seconds(rt60)
        rows = [(hz * r, a * (velocity if r > 2.0 else 1.0), rt60 * share) for r, a, share in table]
        y = partials(n, rows) if hz * table[0][0] < CEILING else np.zeros(n)
        knock = min(n, seconds(0.015))
        y[:knock] += mallet * velocity * band(rng.standard_normal(knock), 500.0, 4000.0) * decay(knock, 0.012)
        return edges(y, 0.0008, 0.03)

    return voice


glockenspiel = _bars(((1.0, 1.0, 1.0), (2.76, 0.4, 0.5), (5.4, 0.25, 0.25)), 2.2, 0.1)
music_box = _bars(((1.0, 1.0, 0.8), (3.0, 0.25, 0.4), (6.3, 0.3, 0.2)), 1.8, 0.05)
bell = _bars(
    ((0.5, 0.35, 1.0), (1.0, 1.0, 0.9), (1.183, 0.5, 0.7), (1.506, 0.3, 0.6), (2.0, 0.7, 0.5), (2.66, 0.3, 0.35),
     (3.01, 0.3, 0.25), (4.17, 0.2, 0.2)), 5.0, 0.06,
)  # fmt: skip
_VIBES = _bars(((1.0, 1.0, 1.0), (3.98, 0.18, 0.35), (9.6, 0.06, 0.1)), 3.0, 0.08)


def vibraphone(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
    """Metal bars over resonators with turning fans."""
    y = _VIBES(pitch, held, velocity, rng)
    return y * (1.0 + 0.28 * np.sin(2.0 * np.pi * 5.2 * clock(len(y))))


def pluck_synth(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
    """Two detuned saws behind a filter that snaps shut."""
    n = seconds(0.9)
    opening = 1.5 + (10.0 + 26.0 * velocity) * decay(n, 0.55)
    y = sweep("saw", pitch, 1.003, opening, resonance=0.5, phase=rng.random())
    y += sweep("saw", pitch, 0.997, opening, resonance=0.5, phase=rng.random())
    return edges(y * attack_release(n, 0.003, 0.5, 0.3, 0.4), 0.0, 0.01)


#: Instruments by name.
INSTRUMENTS: dict[str, Instrument] = {
    "nylon": struck(nylon, 0.25),
    "steel": struck(steel, 0.3),
    "harp": struck(harp, 1.4),
    "muted_guitar": struck(muted_guitar, 0.05),
    "clean_guitar": struck(clean_guitar, 0.1),
    "power_guitar": struck(power_guitar, 0.08),
    "upright_bass": struck(upright_bass, 0.09),
    "finger_bass": struck(finger_bass, 0.06),
    "pick_bass": struck(pick_bass, 0.06),
    "slap_bass": struck(slap_bass, 0.05),
    "piano": struck(piano, 0.22),
    "felt_piano": struck(felt_piano, 0.3),
    "electric_piano": struck(electric_piano, 0.25),
    "glockenspiel": struck(glockenspiel, 1.2),
    "music_box": struck(music_box, 1.2),
    "bell": struck(bell, 3.0),
    "vibraphone": struck(vibraphone, 0.8),
    "pluck_synth": struck(pluck_synth, 0.3),
}
