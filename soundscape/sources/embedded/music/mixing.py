"""From score to sound: timing, notes, part effects, room, colour, fade.

Every draw comes from a stream named after the piece and what is decided, so parts do not disturb each other.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from soundscape.sources.embedded.dsp import Samples, band, decay, edges, lay, seconds
from soundscape.sources.embedded.item import SAMPLE_RATE
from soundscape.sources.embedded.music import strung, sustained
from soundscape.sources.embedded.music.drums import drum
from soundscape.sources.embedded.music.score import Draw, Note, Part, Score
from soundscape.sources.embedded.music.strung import Instrument

#: Silence before the first beat, in s, so that early notes are not cut.
_LEAD_IN = 0.012
#: Distinct colours of a note by its velocity.
_STEPS = 4


_INSTRUMENTS: dict[str, Instrument] = strung.INSTRUMENTS | sustained.INSTRUMENTS


def _swung(beat: float, score: Score) -> float:
    """Return a beat with the second half of each pair delayed."""
    if score.swing == 0.5:
        return beat
    pair = np.floor(beat / score.swing_unit + 1e-9)
    x = beat / score.swing_unit - pair
    bent = x / 0.5 * score.swing if x < 0.5 else score.swing + (x - 0.5) / 0.5 * (1.0 - score.swing)
    return float((pair + bent) * score.swing_unit)


class _Player:
    """Makes each distinct note of a part once."""

    def __init__(self, name: str, longest: dict[int, float], draw: Draw) -> None:
        self._name, self._longest, self._draw = name, longest, draw
        self._tones: dict[tuple[int, ...], Samples] = {}
        self._notes: dict[tuple[int, ...], Samples] = {}

    def _tone(self, pitch: int, length: int, step: int) -> Samples:
        """Return a tone made for a length in steps of 20 ms; 0 stands for the longest of its pitch."""
        key = (pitch, length, step)
        if key not in self._tones:
            rng = self._draw("note", self._name, *key)
            if self._name.startswith("kit:"):
                made = drum(self._name[4:], pitch, step / _STEPS, rng)
            else:
                held = length * 0.02 if length else self._longest[pitch]
                made = _INSTRUMENTS[self._name].make(pitch, held, step / _STEPS, rng)
            self._tones[key] = made
        return self._tones[key]

    def play(self, note: Note, held: float) -> Samples:
        """Return the note's samples at the loudness of its velocity."""
        step = min(_STEPS, max(1, round(note.velocity * _STEPS)))
        length = max(1, round(held / 0.02))
        key = (note.pitch, length, step)
        if self._name.startswith("kit:"):
            made = self._tone(note.pitch, 0, step)
        elif (cut := _INSTRUMENTS[self._name].cut) is None:
            made = self._tone(*key)
        else:
            if key not in self._notes:
                self._notes[key] = cut(self._tone(note.pitch, 0, step), length * 0.02)
            made = self._notes[key]
        return np.asarray(made * note.velocity**1.3)


def _loudness(x: Samples) -> float:
    """Return the RMS that the busiest tenth of 50 ms blocks exceeds."""
    block = seconds(0.05)
    power = np.mean(np.square(x[: len(x) // block * block].reshape(-1, block)), axis=1)
    heard = power[power > 1e-8 * np.max(power, initial=1e-30)]
    return float(np.sqrt(np.quantile(heard, 0.9))) if len(heard) else 1.0


def _echoes(x: Samples, delay: float, level: float) -> Samples:
    y = x.copy()
    for repeat in range(1, 5):
        lay(y, x, repeat * delay, level * 0.55 ** (repeat - 1))
    return y


def _effects(x: Samples, part: Part, score: Score) -> Samples:
    if part.drive > 0.0:
        # A cabinet: the distorted signal loses its lowest and highest band.
        x = band(np.tanh(x * (part.drive / max(_loudness(x), 1e-9))), 90.0, 4200.0, order=1)
    if part.cut is not None:
        x = band(x, high=part.cut)
    if part.tremolo > 0.0:
        x = x * (1.0 + 0.3 * np.sin(2.0 * np.pi * part.tremolo / SAMPLE_RATE * np.arange(len(x))))
    if part.echo > 0.0:
        x = _echoes(x, 45.0 / score.tempo, part.echo)
    return x


def _part(part: Part, score: Score, n: int, index: int, draw: Draw) -> Samples:
    """Return a part alone, brought to its level."""
    y = np.zeros(n)
    beat_seconds = 60.0 / score.tempo
    spans = [(_swung(x.beat, score) * beat_seconds, _swung(x.beat + x.beats, score) * beat_seconds) for x in part.notes]
    longest: dict[int, float] = {}
    for note, (start, stop) in zip(part.notes, spans, strict=True):
        longest[note.pitch] = max(longest.get(note.pitch, 0.0), stop - start + 0.02)
    player = _Player(part.voice, longest, draw)
    rng = draw("timing", index)
    for note, (start, stop) in zip(part.notes, spans, strict=True):
        at = start + part.late + part.jitter * float(np.clip(rng.standard_normal(), -2.5, 2.5))
        lay(y, player.play(note, stop - start), max(0.0, at) + _LEAD_IN)
    y = _effects(y, part, score)
    return np.asarray(y * (10.0 ** (part.level / 20.0) / _loudness(y)))


def _room(x: Samples, rt60: float, rng: np.random.Generator) -> Samples:
    """Return the reverberation of ``x``: exponentially decaying noise that darkens as it decays, after 18 ms."""
    m = seconds(min(rt60, 3.0))
    tail = rng.standard_normal(m) * decay(m, rt60) * np.minimum(1.0, np.arange(m) / seconds(0.02))
    dark = band(rng.standard_normal(m), high=1800.0) * decay(m, rt60 * 1.3)
    tail = np.concatenate((np.zeros(seconds(0.018)), band(0.5 * tail + dark, 180.0, 6000.0, order=1)))
    tail /= np.sqrt(np.sum(np.square(tail)))
    size = fft.next_fast_len(len(x) + len(tail), real=True)
    wet = fft.irfft(fft.rfft(x, size) * fft.rfft(tail, size), size)
    return np.asarray(wet[: len(x)])


def _coloured(x: Samples, tone: str, rng: np.random.Generator) -> Samples:
    if tone == "tape":
        # Worn tape and vinyl: dull, unsteady, with hiss and ticks.
        t = np.arange(len(x), dtype=np.float64)
        wow = 9.0 * np.sin(2.0 * np.pi * 0.6 * t / SAMPLE_RATE + 1.0) + 1.2 * np.sin(
            2.0 * np.pi * 6.3 * t / SAMPLE_RATE
        )
        at = np.clip(t + wow, 0.0, len(x) - 1.001)
        whole = at.astype(np.int64)
        x = band(x[whole] + (at - whole) * (x[whole + 1] - x[whole]), 55.0, 5200.0, order=1)
        ticks = np.zeros(len(x))
        where = rng.integers(0, len(x), round(len(x) / SAMPLE_RATE * 9.0))
        ticks[where] = rng.exponential(1.0, len(where))
        x += 0.05 * band(ticks, 1200.0, 6000.0) + 0.0018 * rng.standard_normal(len(x))
    elif tone == "warm":
        x = band(x, high=6500.0, order=1)
    elif tone != "clean":
        raise ValueError(f"unknown tone {tone!r}")
    return x


def mix(score: Score, draw: Draw) -> Samples:
    """Return the sound of a score: mono, 24 kHz, starting 12 ms before its first beat and faded at its end."""
    n = seconds(score.beats * 60.0 / score.tempo + score.ring)
    dry, wet = np.zeros(n), np.zeros(n)
    for index, part in enumerate(score.parts):
        y = _part(part, score, n, index, draw)
        dry += y
        wet += part.send * y
    total = dry + _room(wet, score.reverb, draw("room"))
    # Glue: soft limiting a little above the busy level.
    total = np.tanh(total / (4.0 * _loudness(total)))
    # Rectified by limiting and plucking, notes leave a constant behind.
    total = band(_coloured(total, score.tone, draw("colour")), low=28.0)
    return _trimmed(edges(total, 0.004, 0.7 * score.ring))


def _trimmed(x: Samples) -> Samples:
    """Cut the end where the fade has brought the sound 30 dB under its busy level."""
    block = seconds(0.01)
    power = np.mean(np.square(x[: len(x) // block * block].reshape(-1, block)), axis=1)
    heard = np.flatnonzero(power > 1e-3 * _loudness(x) ** 2)
    return edges(x[: (int(heard[-1]) + 1) * block], 0.0, 0.04)
