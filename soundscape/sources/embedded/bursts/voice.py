"""A voice by source and filter: glottal pulses and breath noise through a vocal tract that moves.

The glottal source is the LF model (Fant, Liljencrants and Lin 1985) under its one-parameter control Rd (Fant 1995): 0.4
is pressed, 1 modal, 2.5 slack and breathy. The tract is a cascade of resonances whose frequencies scale with the
speaker's (Klatt 1980), and move smoothly.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from soundscape.sources.embedded.dsp import Samples, band, coloured_noise, seconds
from soundscape.sources.embedded.item import SAMPLE_RATE
from soundscape.sources.embedded.voices import Speaker

#: A curve over a gesture: ``((position 0-1, value), ...)``.
Curve: TypeAlias = Sequence[tuple[float, float]]
Shape: TypeAlias = Sequence[tuple[float, str]]

#: Samples from one setting of the tract to the next (6 ms), and the length that its ringing may take.
_FRAME = 144
_FFT = 1024
_TABLE = 2048
_RD = np.geomspace(0.35, 2.8, 14)
_CEILING = 11_000.0
#: Where in the cycle the glottis closes; a cycle then begins while it is shut.
_CLOSING = 0.78

#: First three formants of a long (male) tract, in Hz; ``m`` is the closed mouth, ``n`` the open throat behind it.
VOWELS: dict[str, tuple[float, float, float]] = {
    "a": (740.0, 1120.0, 2480.0),
    "ae": (680.0, 1700.0, 2420.0),
    "e": (520.0, 1840.0, 2480.0),
    "i": (290.0, 2250.0, 2950.0),
    "I": (400.0, 1950.0, 2560.0),
    "O": (590.0, 900.0, 2430.0),
    "u": (310.0, 830.0, 2260.0),
    "V": (640.0, 1220.0, 2420.0),
    "schwa": (500.0, 1450.0, 2480.0),
    "er": (490.0, 1350.0, 1900.0),
    "m": (260.0, 1050.0, 2150.0),
    "yawn": (820.0, 1280.0, 2350.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What the synthesis knows of a speaker.

    ``f0`` is the middle of the speaking range in Hz, ``tract`` the formant factor, ``tension`` the resting Rd;
    ``breath``, ``rough`` and ``tremor`` run from 0 to 1; ``tilt`` is a spectral slope in dB per octave above 1 kHz,
    ``nasal`` the share of sound through the nose.
    """

    f0: float
    tract: float
    tension: float = 0.8
    breath: float = 0.05
    rough: float = 0.03
    tremor: float = 0.05
    tilt: float = 6.0
    nasal: float = 0.0


def voice_of(speaker: Speaker) -> Voice:
    """Return the voice of one of the bank's speakers, from the same definition that their speech has."""
    lines = {line.split()[0]: [float(v) for v in line.split()[1:]] for line in speaker.source}
    klatt = int(lines.get("klatt", [0.0])[0])
    breath = 0.05 + (0.25 if "breath" in lines else 0.0) + 0.6 * (1.0 - lines.get("voicing", [100.0])[0] / 100.0)
    treble = lines.get("tone", [0.0] * 6)[-1]
    return Voice(
        f0=float(np.sqrt(speaker.low * speaker.high)),
        tract=speaker.tract / 100.0,
        tension={2: 0.55, 5: 1.3}.get(klatt, 0.76) * (1.0 + breath),
        breath=breath,
        rough=0.03 + lines.get("roughness", [0.0])[0] / 20.0,
        tremor=0.05 + lines.get("flutter", [0.0])[0] / 36.0,
        tilt=6.0 if "tone" not in lines else (2.0 if treble < 100.0 else 8.0),
        nasal=0.3 if "nasal" in speaker.timbre else 0.0,
    )


def _pulse(rd: float) -> tuple[NDArray[np.float64], float]:
    """Return one period of the LF flow derivative, closing with unit strength, and the place of its closing (0–1)."""
    ra = (-1.0 + 4.8 * rd) / 100.0
    rk = (22.4 + 11.8 * rd) / 100.0
    rg = rk / (4.0 * (0.11 * rd / (0.5 + 1.2 * rk) - ra))
    te = min((1.0 + rk) / (2.0 * rg), 0.95)
    omega = 2.0 * np.pi * rg
    # Return phase: epsilon * ta = 1 - exp(-epsilon * (1 - te)).
    ta = min(max(ra, 1e-3), 0.9 * (1.0 - te))
    epsilon = float(optimize.brentq(lambda e: e * ta - 1.0 + np.exp(-e * (1.0 - te)), 0.01 / ta, 2.0 / ta))
    rest = np.exp(-epsilon * (1.0 - te))
    closing = -((1.0 - rest) / epsilon - (1.0 - te) * rest) / (epsilon * ta)

    def area(alpha: float) -> float:
        """Total flow over the period, which must vanish."""
        e0 = -1.0 / (np.exp(alpha * te) * np.sin(omega * te))
        opening = np.exp(alpha * te) * (alpha * np.sin(omega * te) - omega * np.cos(omega * te)) + omega
        return float(e0 * opening / (alpha**2 + omega**2) + closing)

    alpha = float(optimize.brentq(area, -40.0, 80.0))
    t = np.arange(_TABLE) / _TABLE
    e0 = -1.0 / (np.exp(alpha * te) * np.sin(omega * te))
    back = -(np.exp(-epsilon * np.maximum(t - te, 0.0)) - rest) / (epsilon * ta)
    return np.where(t < te, e0 * np.exp(alpha * np.minimum(t, te)) * np.sin(omega * t), back), te


@functools.cache
def _spectra() -> NDArray[np.complex128]:
    """Return the spectra of the pulses, all shifted to close at the same place: so neighbours blend without combing."""
    pulses, closings = zip(*(_pulse(rd) for rd in _RD), strict=True)
    shift = np.outer(_CLOSING - np.array(closings), np.arange(_TABLE // 2 + 1))
    return np.asarray(np.fft.rfft(np.stack(pulses)) * np.exp(-2j * np.pi * shift))


@functools.lru_cache(maxsize=64)
def _pulses(harmonics: int) -> NDArray[np.float64]:
    """Return one period for each Rd with so many harmonics, with a guard sample, as one flat array."""
    kept = _spectra().copy()
    kept[:, 0] = 0.0
    kept[:, harmonics + 1 :] = 0.0
    rows = np.fft.irfft(kept, _TABLE)
    return np.ascontiguousarray(np.concatenate((rows, rows[:, :1]), axis=1).reshape(-1))


def glottis(f0: Samples, rd: Samples, rough: Samples, rng: np.random.Generator) -> tuple[Samples, Samples]:
    """Return the glottal flow derivative and the phase of its cycle (0–1).

    Args:
        f0: frequency in Hz, one value per sample.
        rd: shape of the pulse, per sample.
        rough: irregularity, per sample, 0–1: unsteady periods, unequal neighbours, noise of amplitude.
        rng: draws the irregularity.
    """
    n = len(f0)
    wander = band(rng.standard_normal(n), high=min(0.4 * float(np.mean(f0)), 900.0), order=1)
    wander /= np.sqrt(np.mean(np.square(wander)))
    jitter = np.clip(1.0 + (0.004 + 0.05 * rough) * wander, 0.6, 1.6)
    cycle = np.cumsum(f0 * jitter) / SAMPLE_RATE
    count = cycle.astype(np.int64)
    phase = cycle - count
    table = _pulses(int(min(_CEILING / (1.1 * float(np.max(f0))), _TABLE // 2 - 1)))
    height = np.clip(np.log(rd / _RD[0]) / np.log(_RD[1] / _RD[0]), 0.0, len(_RD) - 1.001)
    row = height.astype(np.int64)
    column = (phase * _TABLE).astype(np.int64)
    across = phase * _TABLE - column
    at = row * (_TABLE + 1) + column
    low = table[at] + across * (table[at + 1] - table[at])
    at += _TABLE + 1
    high = table[at] + across * (table[at + 1] - table[at])
    strength = rng.standard_normal(int(count[-1]) + 1).clip(-2.0, 2.0)[count]
    uneven = 1.0 - 0.55 * rough * (count % 2) + (0.02 + 0.28 * rough) * strength
    return (low + (height - row) * (high - low)) * uneven, phase


def _points(curve: Curve, frames: int, *, geometric: bool = False) -> NDArray[np.float64]:
    """Return a curve at frame rate, its corners rounded over 30 ms."""
    p = np.asarray(curve, dtype=np.float64)
    values = np.log(p[:, 1]) if geometric else p[:, 1]
    y = np.interp(np.linspace(0.0, 1.0, frames), p[:, 0], values)
    y = np.convolve(np.pad(y, 2, mode="edge"), [0.1, 0.2, 0.4, 0.2, 0.1], mode="valid")
    return np.asarray(np.exp(y) if geometric else y)


def _stretch(frames: NDArray[np.float64], n: int) -> Samples:
    return np.interp(np.arange(n) / _FRAME, np.arange(len(frames)), frames)


def formants(shape: Shape, frames: int, tract: float, lift: float = 1.0) -> NDArray[np.float64]:
    """Return formant frequencies per frame: vowels at positions 0–1, F1 raised by ``lift`` for effort.

    Above the third they stand where a neutral tube has them, up to the ceiling: without those the upper octaves would
    sink (the higher-pole correction of Fant 1960).
    """
    grid = np.linspace(0.0, 1.0, frames)
    positions = [p for p, _ in shape]
    upper = 3450.0 + 1000.0 * np.arange(9)
    upper = upper[upper * tract < _CEILING]
    out = np.empty((frames, 3 + len(upper)))
    for i in range(3):
        out[:, i] = np.interp(grid, positions, [VOWELS[v][i] for _, v in shape])
    out[:, 0] *= lift
    out[:, 3:] = upper
    return out * tract


@functools.cache
def _unit_circle() -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    z = np.exp(-2j * np.pi * np.arange(_FFT // 2 + 1) / _FFT)
    return z, z * z


def through(source: Samples, tract: NDArray[np.float64], widths: NDArray[np.float64]) -> Samples:
    """Return a source through a cascade of resonances with unit gain at 0 Hz.

    The source is cut into overlapping Hann windows, each filtered by the tract of its moment with all its ringing, and
    the results are added: a tract that moves makes no steps.

    Args:
        source: mono samples.
        tract: frequencies in Hz, one row per 6 ms, one column per resonance.
        widths: bandwidths in Hz, likewise.
    """
    hops = len(source) // _FRAME + 2
    padded = np.zeros((hops + 1) * _FRAME)
    padded[_FRAME : _FRAME + len(source)] = source
    window = np.hanning(2 * _FRAME + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * _FRAME)[::_FRAME] * window
    spectra = np.fft.rfft(frames, _FFT)
    z, z2 = _unit_circle()
    r = np.exp(-np.pi * widths / SAMPLE_RATE)
    b = 2.0 * r * np.cos(2.0 * np.pi * tract / SAMPLE_RATE)
    c = -(r**2)
    at = np.minimum(np.arange(len(frames)), len(tract) - 1)
    still = bool(np.all(tract == tract[0]) and np.all(widths == widths[0]))
    rows = np.zeros(1, dtype=np.int64) if still else at
    poles = np.ones((len(rows), len(z)), dtype=np.complex128)
    for k in range(tract.shape[1]):
        poles *= 1.0 - b[rows, k, None] * z - c[rows, k, None] * z2
    spectra *= np.prod(1.0 - b - c, axis=1)[rows, None] / poles
    rung = np.fft.irfft(spectra, _FFT)
    y = np.zeros(len(frames) * _FRAME + _FFT)
    for i, row in enumerate(rung):
        y[i * _FRAME : i * _FRAME + _FFT] += row
    return y[_FRAME : _FRAME + len(source)]


def utter(
    voice: Voice,
    rng: np.random.Generator,
    duration: float,
    *,
    shape: Shape,
    pitch: Curve = ((0.0, 1.0),),
    level: Curve = ((0.0, 0.0),),
    breath: Curve = ((0.0, 0.0),),
    tension: Curve = ((0.0, 1.0),),
    rough: Curve = ((0.0, 0.0),),
    mouth: Curve = ((0.0, 1.0),),
    vibrato: tuple[float, float] = (0.0, 5.5),
    wide: float = 1.0,
    lift: float = 1.0,
) -> Samples:
    """Return one gesture of a voice.

    Args:
        voice: whose.
        rng: draws breath noise, jitter, tremor.
        duration: length in s.
        shape: vowels (:data:`VOWELS`) at positions 0–1.
        pitch: F0 as a factor on the voice's own.
        level: strength of voicing, 0–1.
        breath: strength of turbulent noise, 0–1; the voice's own breath comes on top while it is voiced.
        tension: factor on the voice's Rd: under 1 presses, over 1 slackens.
        rough: irregularity, 0–1, beside the voice's own.
        mouth: 1 open, 0 closed (the sound leaves by the nose, muffled).
        vibrato: depth as a share of F0, and rate in Hz.
        wide: factor on the formants' widths: an open glottis damps them.
        lift: factor on the first formant: effort raises it.
    """
    n = seconds(duration)
    frames = n // _FRAME + 2
    time = np.arange(frames) * (_FRAME / SAMPLE_RATE)
    f0 = voice.f0 * _points(pitch, frames, geometric=True)
    knots = np.arange(0.0, duration + 1.0, 0.09)
    shake = np.interp(time, knots, rng.standard_normal(len(knots)))
    f0 *= 1.0 + vibrato[0] * np.sin(2.0 * np.pi * vibrato[1] * time) + 0.05 * voice.tremor * shake
    loud = _points(level, frames) * (1.0 + 0.1 * voice.tremor * np.sin(2.0 * np.pi * 6.0 * time + 1.0))
    air = _points(breath, frames)
    rd = np.clip(voice.tension * _points(tension, frames), _RD[0], _RD[-1])
    grain = np.clip(voice.rough + _points(rough, frames), 0.0, 1.0)
    pulses, phase = glottis(_stretch(f0, n), _stretch(rd, n), _stretch(grain, n), rng)
    noise = coloured_noise(rng, n)
    strength = _stretch(loud, n)
    # Breath follows the opening of the glottis while it vibrates.
    gusts = 1.0 - 0.7 * np.minimum(strength, 1.0) * (0.5 + 0.5 * np.cos(2.0 * np.pi * (phase - 0.97)))
    source = strength * pulses + noise * gusts * (0.35 * _stretch(air, n) + 0.12 * voice.breath * strength)
    tract = formants(shape, frames, voice.tract, lift)
    share = np.clip(air / (air + loud + 1e-3), 0.0, 1.0)[:, None]
    widths = wide * (45.0 + 0.055 * tract) * (1.0 + 1.2 * share)
    y = through(source, tract, widths)
    opening = _stretch(_points(mouth, frames), n) * (1.0 - voice.nasal)
    # Through the nose the sound is muffled, but not all of its upper part is lost.
    muffled = 0.8 * band(y, high=620.0 * voice.tract, order=2) + 0.25 * y
    return _tilted(opening * y + (1.0 - opening) * muffled, voice.tilt)


def _tilted(x: Samples, slope: float) -> Samples:
    """Return ``x`` with its band above 1 kHz raised or lowered by about ``slope`` dB in each octave, up to two."""
    if slope == 0.0:
        return x
    high = band(x, low=1400.0, order=1)
    return np.asarray(x + (10.0 ** (1.5 * slope / 20.0) - 1.0) * high)
