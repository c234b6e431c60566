"""Things that call for an answer: bell telephones, electronic ringtones, doorbells."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, decay, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import blows, formant_noise, gate, harmonics, ring, slow

#: Modes of a gong of a bell telephone relative to its lowest: frequency ratio, amplitude, rt60 in seconds.
_GONG = ((1.0, 0.7, 1.3), (1.006, 0.4, 1.3), (2.66, 1.0, 0.9), (2.68, 0.5, 0.9), (4.8, 0.7, 0.5), (7.1, 0.35, 0.3))
_BAR = ((1.0, 1.0, 1.6), (2.76, 0.35, 0.6), (5.4, 0.16, 0.25))
_TUBE = ((1.0, 0.5, 2.4), (1.5, 0.25, 2.0), (2.0, 0.8, 2.2), (2.99, 0.5, 1.5), (4.2, 0.3, 1.0), (5.4, 0.15, 0.7))


def scaled(partials: tuple[tuple[float, float, float], ...], pitch: float, length: float = 1.0) -> Samples:
    """Return modes given by ratio as modes in Hz, their decays scaled by ``length``."""
    return np.asarray(np.asarray(partials, dtype=np.float64) * np.array([pitch, 1.0, length]))


def telephone(
    rng: np.random.Generator, *, rings: tuple[tuple[float, float], ...], gongs: tuple[float, float], rate: float
) -> Samples:
    """Return a bell telephone. ``rings`` are (start, length) in seconds; the clapper swings ``rate`` times a second."""
    end = rings[-1][0] + rings[-1][1]
    n = seconds(end + 1.0)
    times = np.concatenate([np.arange(0.01 + s, 0.01 + s + length, 0.5 / rate) for s, length in rings])
    times += rng.normal(0.0, 0.0006, len(times))
    gains = rng.uniform(0.8, 1.0, len(times))
    y = np.zeros(n)
    for side, pitch in enumerate(gongs):
        y += ring(blows(n, times[side::2], gains[side::2], 0.0003), scaled(_GONG, pitch))
    shell = ring(blows(n, times, gains, 0.001), [(410, 0.25, 0.05), (780, 0.2, 0.04)])
    return edges(y + shell, 0.0, 0.1)


def warble(
    rng: np.random.Generator,
    *,
    spans: tuple[tuple[float, float], ...],
    pitches: tuple[float, float],
    rate: float,
    tone: tuple[float, ...],
) -> Samples:
    """Return an office phone's trill: two pitches that alternate ``rate`` times a second within ``spans``."""
    n = seconds(spans[-1][0] + spans[-1][1] + 0.05)
    choice = np.mod(clock(n) * rate, 1.0) < 0.5
    f = np.where(choice, pitches[0], pitches[1]) * (1.0 + 0.0005 * slow(rng, n, 1.0))
    return band(harmonics(f, n, tone) * gate(n, [(s + 0.005, d) for s, d in spans], 0.006), 300.0, 6000.0)


def melody(
    rng: np.random.Generator, *, notes: str, beat: float, root: float, bars: bool, tone: tuple[float, ...] = (1.0,)
) -> Samples:
    """Return a ringtone's tune on struck bars or on a plain synthesiser.

    ``notes`` are semitones above ``root`` (Hz), one a ``beat`` (s), split by blanks; ``-`` lets the last one sound on.
    """
    tokens = notes.split()
    n = seconds(len(tokens) * beat + (1.2 if bars else 0.1))
    y = np.zeros(n)
    for i, token in enumerate(tokens):
        if token == "-":
            continue
        length = 1 + next((k for k, other in enumerate(tokens[i + 1 :]) if other != "-"), len(tokens) - i - 1)
        pitch = root * 2.0 ** (int(token) / 12.0)
        at, gain = 0.008 + i * beat, float(rng.uniform(0.9, 1.0))
        if bars:
            lay(y, ring(blows(seconds(1.1), [0.0], [1.0], 0.0006), scaled(_BAR, pitch, 0.6)), at, gain)
        else:
            m = seconds(length * beat * 0.94)
            lay(y, edges(harmonics(pitch, m, tone) * (0.4 + 0.6 * decay(m, 1.2)), 0.003, 0.012), at, gain)
    return y


def chime(
    rng: np.random.Generator,
    *,
    strikes: tuple[tuple[float, float], ...],
    partials: tuple[tuple[float, float, float], ...] = _BAR,
    length: float = 1.0,
    width: float = 0.0007,
) -> Samples:
    """Return a door chime: (time in s, pitch in Hz) of each struck bar or tube, with the plunger's soft knock."""
    n = seconds(strikes[-1][0] + 1.6 * length + 0.3)
    y = np.zeros(n)
    for at, pitch in strikes:
        gain = float(rng.uniform(0.9, 1.0))
        y += ring(blows(n, [at + 0.01], [gain], width), scaled(partials, pitch, length))
    knocks = blows(n, [at + 0.01 for at, _ in strikes], 0.5, 0.002)
    return edges(y + ring(knocks, [(190, 0.5, 0.05), (330, 0.3, 0.04)]), 0.0, 0.25)


def door_buzzer(rng: np.random.Generator, *, presses: tuple[tuple[float, float], ...], hum: float) -> Samples:
    """Return an entry buzzer: a steel armature rattling at ``hum`` Hz, pressed for each (start, length) in seconds."""
    n = seconds(presses[-1][0] + presses[-1][1] + 0.06)
    f = hum * (1.0 + 0.004 * slow(rng, n, 12.0))
    drive = harmonics(f, n, [1.0] * 70) + 0.5 * rng.standard_normal(n)
    box = formant_noise(drive, [(350, 120, 0.6), (820, 160, 1.0), (1650, 260, 0.9), (2900, 500, 0.6)])
    return box * gate(n, [(s + 0.01, d) for s, d in presses], 0.006)


KINDS = (
    Kind(
        name="telephone_bell",
        label="telephone bell",
        takes=(
            Take(
                caption="an old telephone rings once, a long, bright rattle of two brass bells",
                make=partial(telephone, rings=((0.0, 2.0),), gongs=(980, 1190), rate=20.0),
            ),
            Take(
                caption="a vintage phone gives the British double ring twice, two short bursts of bell each time",
                make=partial(
                    telephone,
                    rings=((0.0, 0.4), (0.6, 0.4), (3.0, 0.4), (3.6, 0.4)),
                    gongs=(1240, 1480),
                    rate=25.0,
                ),
            ),
            Take(
                caption="a heavy desk telephone rings three times, low-pitched and jarring, with pauses between",
                make=partial(telephone, rings=((0.0, 1.0), (2.2, 1.0), (4.4, 1.0)), gongs=(720, 880), rate=16.0),
            ),
            Take(
                caption="a small wall phone jingles thinly for a second, stops, and jingles again",
                make=partial(telephone, rings=((0.0, 1.0), (2.0, 1.0)), gongs=(1580, 1730), rate=22.0),
            ),
            Take(
                caption="a telephone bell is cut off half a second into its ring and chimes away into silence",
                make=partial(telephone, rings=((0.0, 0.5),), gongs=(1060, 1320), rate=20.0),
            ),
        ),
    ),
    Kind(
        name="ringtone",
        label="phone ringtone",
        takes=(
            Take(
                caption="an office phone warbles electronically in two even trills with a pause between them",
                make=partial(
                    warble,
                    spans=((0.0, 1.0), (2.0, 1.0)),
                    pitches=(1336, 1068),
                    rate=13.0,
                    tone=(1.0, 0.1, 0.33, 0.05, 0.2),
                ),
            ),
            Take(
                caption="a mobile phone plays a springy marimba tune that hops up and down and starts over",
                make=partial(melody, notes="0 7 4 12 7 4 9 7 0 7 4 12 16 12 7 0", beat=0.16, root=523.25, bars=True),
            ),
            Take(
                caption="an early mobile phone beeps out a brisk single-voice melody in a thin, square tone",
                make=partial(
                    melody,
                    notes="12 11 9 - 4 - 7 9 - 12 11 7 - 4 5 7 12 - - -",
                    beat=0.125,
                    root=880.0,
                    bars=False,
                    tone=(1.0, 0.05, 0.33, 0.03, 0.2, 0.02, 0.14),
                ),
            ),
            Take(
                caption="a cordless phone trills three times, each a short, soft purr of two alternating tones",
                make=partial(
                    warble,
                    spans=((0.0, 0.55), (1.1, 0.55), (2.2, 0.55)),
                    pitches=(784, 988),
                    rate=22.0,
                    tone=(1.0, 0.25, 0.1),
                ),
            ),
            Take(
                caption="a smartphone sounds a calm ringtone of glassy notes falling in gentle steps, played twice",
                make=partial(
                    melody, notes="19 - 16 - 12 - 7 - - - 19 - 16 - 12 - 7 - - -", beat=0.17, root=440.0, bars=True
                ),
            ),
        ),
    ),
    Kind(
        name="doorbell",
        label="doorbell",
        takes=(
            Take(
                caption="a doorbell chimes ding-dong, a mellow high note answered by a lower one",
                make=partial(chime, strikes=((0.0, 659.3), (0.62, 523.3))),
            ),
            Take(
                caption="an entry buzzer is pressed twice, harsh and rattling, first short and then long",
                make=partial(door_buzzer, presses=((0.0, 0.35), (0.75, 1.1)), hum=100.0),
            ),
            Take(
                caption="an impatient visitor presses a bright ding-dong doorbell twice in quick succession",
                make=partial(chime, strikes=((0.0, 830.6), (0.32, 659.3), (0.95, 830.6), (1.27, 659.3)), length=0.8),
            ),
            Take(
                caption="tubular door chimes play a stately phrase of four deep, slowly fading notes",
                make=partial(
                    chime,
                    strikes=((0.0, 329.6), (0.8, 261.6), (1.6, 293.7), (2.4, 196.0)),
                    partials=_TUBE,
                    length=1.4,
                ),
            ),
            Take(
                caption="a wireless doorbell skips up three clear, bell-like notes and lets the last one ring",
                make=partial(chime, strikes=((0.0, 784.0), (0.24, 987.8), (0.48, 1318.5)), length=1.1, width=0.0004),
            ),
            Take(
                caption="a door buzzer drones one long, low, grating buzz and stops dead",
                make=partial(door_buzzer, presses=((0.0, 1.8),), hum=62.0),
            ),
        ),
    ),
)
