"""Measure how well onsets and offsets are told in noise: recordings whose truth is known by construction.

    python scripts/onset_errors.py                 the tables of PROTOCOL.md
    python scripts/onset_errors.py --each 200      fewer recordings a row

A recording is a sound with a designed beginning and end in a second or two of noise. Sounds: a voice (harmonics under
syllables), a band of noise, a hum of a machine, a struck thing. Noise: white, pink, babble-like (levels that wander by
±6 dB within half a second) or hum (50 Hz and its harmonics over white noise). Truth is that of the clean sound:

* onset: its first sample;
* offset: its last sample, or, where it rings away, the moment when its envelope is 40 dB under its beginning.

SNR is the mean power of the sound between the two over that of the noise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soundscape.activity import active_regions
from soundscape.randomness import stream

Samples = NDArray[np.float64]

RATES = (8000, 16000, 22050, 44100, 48000)
SOUNDS = ("voice", "band", "machine", "struck")
NOISES = ("white", "pink", "wandering", "hum")
SNRS = (None, 40.0, 30.0, 20.0, 15.0, 10.0)
_PEAK = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A recording: times in s, levels in dB. ``snr`` None: no noise at all. ``click``: its peak re the sound's."""

    name: str
    rate: int = 16000
    sound: str = "voice"
    noise: str = "white"
    snr: float | None = 20.0
    attack: float = 0.005
    release: float = 0.005
    onset: float = 0.8
    length: float = 0.9
    after: float = 0.8
    click: float | None = None
    click_before: float = 0.1


def _coloured(rng: np.random.Generator, count: int, kind: str, rate: int) -> Samples:
    """Return noise of a kind, of mean power 1."""
    x = rng.standard_normal(count)
    t = np.arange(count) / rate
    if kind == "pink":
        spectrum = np.fft.rfft(x)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        spectrum[0] = 0.0
        x = np.fft.irfft(spectrum, count)
    elif kind == "wandering":
        corners = np.arange(0.0, count / rate + 0.5, 0.25)
        x *= 10.0 ** (np.interp(t, corners, rng.uniform(-6.0, 6.0, len(corners))) / 20.0)
    elif kind == "hum":
        phases = rng.uniform(0.0, 2.0 * np.pi, 6)
        tone = sum(np.sin(2.0 * np.pi * 50.0 * k * t + phases[k - 1]) / k for k in range(1, 7))
        x = 0.2 * x + tone
    return np.asarray(x / np.sqrt(np.mean(x * x)))


def _carrier(rng: np.random.Generator, count: int, kind: str, rate: int) -> Samples:
    t = np.arange(count) / rate
    top = 0.45 * rate
    if kind == "voice":
        f0 = rng.uniform(95.0, 230.0)
        pitch = np.cumsum(f0 * (1.0 + 0.1 * np.sin(2.0 * np.pi * rng.uniform(1.0, 3.0) * t))) / rate
        partials = [k for k in range(1, 40) if 1.15 * k * f0 < min(top, 5000.0)]
        x = sum(np.sin(2.0 * np.pi * k * pitch + rng.uniform(0.0, 6.28)) / k for k in partials)
        # Syllables, from full at the beginning and the end.
        return np.asarray(x * (0.65 + 0.35 * np.cos(2.0 * np.pi * round(4.0 * count / rate) * t * rate / count)))
    if kind == "machine":
        f0 = rng.uniform(80.0, 160.0)
        return np.asarray(sum(np.sin(2.0 * np.pi * k * f0 * t + rng.uniform(0.0, 6.28)) for k in range(1, 12)))
    if kind == "struck":
        modes = rng.uniform(300.0, min(top, 4000.0), 6)
        return np.asarray(sum(np.sin(2.0 * np.pi * f * t) for f in modes))
    low, high = sorted(rng.uniform(300.0, top, 2))
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1.0 / rate)
    spectrum[(frequencies < low) | (frequencies > max(high, low + 500.0))] = 0.0
    return np.asarray(np.fft.irfft(spectrum, count))


def recording(design: Design) -> tuple[Samples, float, float]:
    """Return a recording, and when its sound truly begins and ends, in seconds."""
    rng = stream(20, "noisy recording", design.name)
    rate = design.rate
    first, count = round(design.onset * rate), round(design.length * rate)
    total = first + count + round(design.after * rate)
    t = np.arange(count) / rate
    sound = _carrier(rng, count, design.sound, rate)
    envelope = np.minimum(1.0, (np.arange(count) + 1.0) / max(design.attack * rate, 1.0))
    last = design.length
    if design.sound == "struck":
        # 40 dB down after two thirds of its length; cut where it is 60 dB down.
        last = design.length * 2.0 / 3.0
        envelope *= 10.0 ** (-2.0 * t / last)
    else:
        envelope *= np.minimum(1.0, (count - np.arange(count)) / max(design.release * rate, 1.0))
    sound *= envelope
    sound *= _PEAK / np.max(np.abs(sound))
    x = np.zeros(total)
    x[first : first + count] = sound
    if design.click is not None:
        at = first - round(design.click_before * rate)
        x[at : at + 3] += _PEAK * 10.0 ** (design.click / 20.0) * np.array([1.0, -0.8, 0.3])
    if design.snr is not None:
        power = np.mean(np.square(sound[: round(last * rate)]))
        noise = _coloured(rng, total, design.noise, rate)
        x += noise * np.sqrt(power) * 10.0 ** (-design.snr / 20.0)
    return np.clip(x, -1.0, 1.0), first / rate, first / rate + last


def designs(each: int, row: str, **fixed: object) -> Iterator[Design]:
    """Yield recordings that differ in whatever is not fixed, drawn by name."""
    for k in range(each):
        name = f"{row}-{k:04d}"
        rng = stream(20, "noisy design", name)
        design = Design(
            name=name,
            rate=int(rng.choice(RATES)),
            sound=str(rng.choice(SOUNDS[:3])),
            noise=str(rng.choice(NOISES)),
            attack=float(10.0 ** rng.uniform(-3.0, -2.0)),
            release=float(10.0 ** rng.uniform(-3.0, -2.0)),
            onset=float(rng.uniform(0.3, 1.2)),
            length=float(rng.uniform(0.2, 2.0)),
            after=float(rng.uniform(0.3, 1.2)),
        )
        yield replace(design, **fixed)  # type: ignore[arg-type]


def errors(chosen: Iterable[Design]) -> tuple[Samples, Samples]:
    """Return key − truth of onsets and of offsets, in ms."""
    onsets, offsets = [], []
    for design in chosen:
        x, first, last = recording(design)
        found = active_regions(x, design.rate)
        onsets.append(1000.0 * (found[0].start - first))
        offsets.append(1000.0 * (found[-1].end - last))
    return np.array(onsets), np.array(offsets)


def _row(label: str, chosen: Iterable[Design]) -> str:
    """Return a line of the table: 50th (5th … 95th) percentile, and the share within 30 ms."""
    cells = []
    for found in errors(chosen):
        low, middle, high = (round(float(v)) + 0 for v in np.percentile(found, (5, 50, 95)))
        cells.append(f"{middle:+d} ({low:+d} … {high:+d})")
        cells.append(f"{100.0 * np.mean(np.abs(found) <= 30.0):.0f} %")
    return f"| {label} | " + " | ".join(cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=400, help="recordings in a row of the table (default: %(default)s)")
    options = parser.parse_args()
    print("| SNR, noise, edges | onset, ms | within 30 ms | offset, ms | within 30 ms |\n|---|---:|---:|---:|---:|")
    for snr in SNRS:
        said = "no noise" if snr is None else f"{snr:g} dB"
        print(_row(f"{said}, edges of 1–10 ms", designs(options.each, f"abrupt {said}", snr=snr)), flush=True)
    for noise in NOISES:
        print(_row(f"20 dB, {noise}", designs(options.each, f"noise {noise}", snr=20.0, noise=noise)), flush=True)
    for snr in SNRS:
        said = "no noise" if snr is None else f"{snr:g} dB"
        slow = designs(options.each, f"slow {said}", snr=snr, attack=0.1, release=0.1)
        print(_row(f"{said}, edges of 100 ms", slow), flush=True)
    for snr in SNRS:
        said = "no noise" if snr is None else f"{snr:g} dB"
        struck = designs(options.each, f"struck {said}", snr=snr, sound="struck", length=1.5)
        print(_row(f"{said}, 40 dB decay in 1 s", struck), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
