"""Percussion: one function per kind of drum, gathered into kits.

A stroke is a pure function of kit, drum, velocity step and generator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, decay, edges, modes, seconds, tone
from soundscape.sources.embedded.music.oscillators import partials
from soundscape.sources.embedded.music.score import DRUMS

Stroke: TypeAlias = Callable[[float, np.random.Generator], Samples]


def _noise(rng: np.random.Generator, length: float) -> Samples:
    return rng.standard_normal(seconds(length))


def _kick(low: float, high: float, fall: float, ring: float, click: float) -> Stroke:
    def stroke(velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(ring + 0.05)
        f = low + (high - low) * np.exp(-clock(n) / fall)
        y = tone(f, n) * decay(n, ring)
        y[: seconds(0.012)] += click * velocity * band(_noise(rng, 0.012), low=1500.0) * decay(seconds(0.012), 0.012)
        return edges(y, 0.001, 0.01)

    return stroke


def _snare(body: float, ring: float, wires: float, bright: float) -> Stroke:
    def stroke(velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(ring + 0.06)
        y = modes(n, [(body, 0.6, ring * 0.55), (body * 1.68, 0.35, ring * 0.4), (body * 2.4, 0.2, ring * 0.25)])
        hiss = band(rng.standard_normal(n), low=900.0, high=bright * (0.6 + 0.4 * velocity))
        return edges(y + wires * hiss * decay(n, ring), 0.0005, 0.01)

    return stroke


def _metal(length: float, low: float, shine: float, pitch: float = 1.0, ping: float = 0.0) -> Stroke:
    """Cymbals: a cluster of inharmonic partials under filtered noise."""

    def stroke(velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(length * 1.1)
        f = pitch * np.exp(rng.uniform(np.log(2500.0), np.log(10500.0), 24))
        ringing = partials(n, np.column_stack((f, rng.uniform(0.2, 1.0, 24), length * rng.uniform(0.5, 1.1, 24))))
        hiss = band(rng.standard_normal(n), low=low) * decay(n, length * 0.8)
        y = shine * ringing / 3.0 + hiss * (0.5 + 0.5 * velocity)
        if ping > 0.0:
            y += ping * modes(n, [(f, a, length * 0.5) for f, a in ((3150.0, 0.6), (4720.0, 0.5), (5980.0, 0.4))])
        return edges(y, 0.001, 0.02)

    return stroke


def _tom(pitch: float, ring: float) -> Stroke:
    def stroke(velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(ring + 0.05)
        f = pitch * (1.0 + 0.35 * np.exp(-clock(n) / 0.045))
        y = tone(f, n) * decay(n, ring) + 0.3 * tone(1.59 * f, n) * decay(n, ring * 0.4)
        y[: seconds(0.03)] += 0.25 * velocity * band(_noise(rng, 0.03), low=800.0) * decay(seconds(0.03), 0.03)
        return edges(y, 0.001, 0.01)

    return stroke


def _clap(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.28)
    gate = np.zeros(n)
    for at in (0.0, 0.010, 0.021, 0.032):
        start = seconds(at)
        gate[start:] = np.maximum(gate[start:], decay(n - start, 0.25 if at > 0.03 else 0.02))
    return band(rng.standard_normal(n) * gate, 700.0, 3500.0 + 3000.0 * velocity)


def _rim(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.09)
    y = modes(n, [(820.0, 0.7, 0.05), (1730.0, 0.9, 0.06), (3480.0, 0.4, 0.03)])
    return edges(y + 0.2 * velocity * rng.standard_normal(n) * decay(n, 0.012), 0.0003, 0.005)


def _wood(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.12)
    return modes(n, [(2480.0, 1.0, 0.09), (4950.0 + 40.0 * rng.random(), 0.25 * velocity, 0.04)])


def _shaker(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.09)
    swell = np.interp(np.arange(n) / n, [0.0, 0.35, 1.0], [0.0, 1.0, 0.0])
    return band(rng.standard_normal(n), 4500.0, 10500.0) * swell**1.5 * (0.6 + 0.4 * velocity)


def _tambourine(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.22)
    f = rng.uniform(5200.0, 10500.0, 14)
    ringing = partials(n, np.column_stack((f, np.full(14, 0.3), rng.uniform(0.08, 0.25, 14))))
    return edges(ringing + 0.7 * velocity * band(rng.standard_normal(n), low=5500.0) * decay(n, 0.12), 0.001, 0.01)


def _conga(pitch: float, ring: float, slap: float) -> Stroke:
    def stroke(velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(ring + 0.04)
        f = pitch * (1.0 + 0.05 * np.exp(-clock(n) / 0.02))
        y = tone(f, n) * decay(n, ring) + 0.35 * tone(2.05 * f, n) * decay(n, ring * 0.4)
        return edges(y + slap * velocity * band(rng.standard_normal(n), low=1200.0) * decay(n, 0.03), 0.0008, 0.01)

    return stroke


def _brush(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.32)
    swell = np.interp(np.arange(n) / n, [0.0, 0.25, 0.6, 1.0], [0.0, 0.9, 0.6, 0.0])
    return band(rng.standard_normal(n), 900.0, 6500.0) * swell * (0.5 + 0.5 * velocity)


def _brush_tap(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.2)
    y = band(rng.standard_normal(n), 700.0, 6000.0) * decay(n, 0.16)
    return edges(y + 0.4 * velocity * modes(n, [(210.0, 1.0, 0.12)]), 0.002, 0.01)


def _gated(low: float, length: float, hold: int) -> Stroke:
    """Noise channel of an old sound chip: a random bit held for some samples, with a stepped volume."""

    def stroke(velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(length)
        bits = np.repeat(rng.integers(0, 2, n // hold + 1) * 2.0 - 1.0, hold)[:n]
        steps = np.ceil(15.0 * (1.0 - np.arange(n) / n)) / 15.0
        return band(bits, low=low, order=1) * steps * (0.5 + 0.5 * velocity)

    return stroke


def _chip_kick(velocity: float, rng: np.random.Generator) -> Samples:
    n = seconds(0.14)
    f = 45.0 + 220.0 * np.exp(-clock(n) / (0.022 + 0.001 * rng.random()))
    return np.round(7.0 * tone(f, n)) / 7.0 * (1.0 - np.arange(n) / n) * (0.5 + 0.5 * velocity)


_ACOUSTIC: dict[str, tuple[Stroke, float]] = {
    "kick": (_kick(52.0, 150.0, 0.018, 0.28, 0.35), 1.0),
    "snare": (_snare(188.0, 0.20, 0.55, 7500.0), 0.62),
    "rim": (_rim, 0.45),
    "clap": (_clap, 0.8),
    "hat": (_metal(0.07, 6500.0, 0.5), 0.16),
    "open_hat": (_metal(0.38, 6000.0, 0.5), 0.15),
    "crash": (_metal(1.7, 2800.0, 0.7, 0.8), 0.20),
    "ride": (_metal(0.75, 7000.0, 0.5, 1.0, 1.0), 0.10),
    "tom_low": (_tom(84.0, 0.45), 0.75),
    "tom_mid": (_tom(112.0, 0.38), 0.7),
    "tom_high": (_tom(152.0, 0.32), 0.65),
    "tambourine": (_tambourine, 0.22),
    "conga_mute": (_conga(248.0, 0.06, 0.35), 0.35),
    "conga": (_conga(225.0, 0.22, 0.1), 0.4),
    "conga_low": (_conga(165.0, 0.30, 0.08), 0.45),
    "shaker": (_shaker, 0.16),
    "clave": (_wood, 0.3),
    "brush": (_brush, 0.10),
}
#: Kit -> drum -> (stroke, gain).
KITS: dict[str, dict[str, tuple[Stroke, float]]] = {
    "acoustic": _ACOUSTIC,
    "dusty": _ACOUSTIC
    | {
        "kick": (_kick(56.0, 120.0, 0.03, 0.24, 0.15), 1.0),
        "snare": (_snare(172.0, 0.14, 0.75, 4800.0), 0.55),
        "hat": (_metal(0.06, 4500.0, 0.3), 0.24),
    },
    "machine": _ACOUSTIC
    | {
        "kick": (_kick(47.0, 230.0, 0.028, 0.42, 0.25), 1.0),
        "snare": (_snare(205.0, 0.17, 0.8, 9000.0), 0.45),
        "hat": (_metal(0.06, 8000.0, 0.8), 0.13),
        "open_hat": (_metal(0.28, 7500.0, 0.8), 0.14),
    },
    "brushes": _ACOUSTIC
    | {
        "kick": (_kick(58.0, 95.0, 0.02, 0.22, 0.1), 0.6),
        "snare": (_brush_tap, 0.32),
        "hat": (_metal(0.05, 7000.0, 0.3), 0.13),
    },
    "parade": _ACOUSTIC
    | {
        "kick": (_tom(56.0, 0.7), 1.0),
        "snare": (_snare(228.0, 0.13, 0.95, 9000.0), 0.5),
        "crash": (_metal(1.5, 2200.0, 0.9, 0.6), 0.28),
    },
    "chip": {
        "kick": (_chip_kick, 1.0),
        "snare": (_gated(800.0, 0.14, 2), 0.40),
        "hat": (_gated(6000.0, 0.035, 1), 0.22),
        "crash": (_gated(1200.0, 0.6, 1), 0.25),
        "tom_mid": (_gated(300.0, 0.16, 4), 0.4),
    },
}
_NAMES = {number: name for name, number in DRUMS.items()}


def drum(kit: str, number: int, velocity: float, rng: np.random.Generator) -> Samples:
    """Return one stroke of a kit's drum (General MIDI key) at its place in the kit; velocity changes its colour."""
    stroke, gain = KITS[kit][_NAMES[number]]
    return stroke(velocity, rng) * gain
