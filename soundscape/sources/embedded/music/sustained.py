"""Bowed, blown and electronic instruments. A voice takes MIDI pitch, seconds held, velocity and a generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.sources.embedded.dsp import Samples, band, clock, decay, edges, seconds
from soundscape.sources.embedded.music.oscillators import Spectrum, attack_release, ensemble, hertz, partials, sweep
from soundscape.sources.embedded.music.strung import Instrument, Voice


def _bump(f: NDArray[np.float64], centre: float, octaves: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.square(np.log2(f / centre) / octaves)))


def _section(spectrum: Spectrum, cents: float, attack: float, release: float) -> Instrument:
    """Many players: a PADsynth texture under an envelope."""

    def make(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        return ensemble(pitch, seconds(held + release), spectrum, cents, rng) * (0.6 + 0.4 * velocity)

    def cut(texture: Samples, held: float) -> Samples:
        n = min(len(texture), seconds(held + release))
        return texture[:n] * attack_release(n, attack, held, release * 1.2, 0.9)

    return Instrument(make=make, cut=cut)


def _violins(f: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(
        (f / f[0]) ** -1.1 * (1.0 + 1.2 * _bump(f, 500.0, 0.6) + 1.6 * _bump(f, 2800.0, 0.7)) / (1 + (f / 5000) ** 4)
    )


def _soft(f: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((f / f[0]) ** -1.4 / (1.0 + (f / 1500.0) ** 4))


def _airy(f: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((f / f[0]) ** -1.2 * (1.0 + _bump(f, 1200.0, 0.8)) / (1.0 + (f / 4500.0) ** 4))


def _ah(f: NDArray[np.float64]) -> NDArray[np.float64]:
    formants = 1.0 * _bump(f, 700.0, 0.35) + 0.7 * _bump(f, 1150.0, 0.25) + 0.25 * _bump(f, 2800.0, 0.25)
    return np.asarray((f / f[0]) ** -0.6 * (formants + 0.03))


def _brassy(f: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((f / f[0]) ** -0.5 * (0.4 + _bump(f, 1200.0, 1.0)) / (1.0 + (f / 3000.0) ** 4))


strings = _section(_violins, 16.0, 0.16, 0.35)
staccato_strings = _section(_violins, 12.0, 0.03, 0.12)
pad = _section(_soft, 22.0, 0.7, 1.4)
airy_pad = _section(_airy, 28.0, 1.0, 1.6)
choir = _section(_ah, 24.0, 0.45, 0.8)
brass_section = _section(_brassy, 10.0, 0.05, 0.14)


def _solo(
    wave: str,
    opening: tuple[float, float],
    *,
    attack: float,
    release: float,
    vibrato: float = 0.006,
    rate: float = 5.3,
    breath: float = 0.0,
    scoop: float = 0.0,
    detune: float = 0.0,
) -> Voice:
    """One player: vibrato that sets in late, brightness that follows the effort, breath, a scoop into the note.

    ``opening`` is the cut-off as a harmonic number, soft and loud; ``detune`` adds one, sharper by that share.
    """

    def voice(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(held + release)
        t = clock(n)
        level = attack_release(n, attack, held, release, 0.88)
        depth = vibrato * np.clip((t - 0.22) / 0.35, 0.0, 1.0)
        bend = 1.0 + depth * np.sin(2.0 * np.pi * (rate + 0.3 * rng.standard_normal()) * t)
        if scoop > 0.0:
            bend *= 1.0 - scoop * np.exp(-t / 0.04)
        bright = opening[0] + (opening[1] - opening[0]) * velocity * level
        start = rng.random()
        y = sweep(wave, pitch, bend, bright, phase=start)
        if detune > 0.0:
            y += sweep(wave, pitch, bend * (1.0 + detune), bright, phase=rng.random())
        if breath > 0.0:
            puff = breath * (0.5 + 1.5 * np.exp(-t / 0.05))
            y += puff * band(rng.standard_normal(n), hertz(pitch), min(8.0 * hertz(pitch), 9000.0))
        return y * level

    return voice


flute = _solo("triangle", (1.5, 6.0), attack=0.06, release=0.09, vibrato=0.007, rate=5.0, breath=0.12)
clarinet = _solo("hollow", (3.0, 14.0), attack=0.035, release=0.07, vibrato=0.002, breath=0.01)
saxophone = _solo("reed", (3.0, 16.0), attack=0.035, release=0.09, vibrato=0.009, rate=5.2, breath=0.04, scoop=0.03)
trumpet = _solo("saw", (3.0, 15.0), attack=0.03, release=0.07, vibrato=0.004, breath=0.008, scoop=0.012)
muted_trumpet = _solo("reed", (8.0, 22.0), attack=0.03, release=0.08, vibrato=0.006, breath=0.02, scoop=0.02)
horn = _solo("saw", (2.0, 7.0), attack=0.06, release=0.14, vibrato=0.003, breath=0.005)
tuba = _solo("saw", (2.0, 9.0), attack=0.035, release=0.08, vibrato=0.0, breath=0.004)
violin = _solo("bow", (6.0, 20.0), attack=0.07, release=0.12, vibrato=0.010, rate=5.8, breath=0.012)
cello = _solo("bow", (5.0, 18.0), attack=0.09, release=0.16, vibrato=0.008, rate=5.4, breath=0.008)
lead_synth = _solo("saw", (4.0, 24.0), attack=0.012, release=0.15, vibrato=0.006, detune=0.006)
square_lead = _solo("square", (6.0, 30.0), attack=0.008, release=0.10, vibrato=0.007)
melodica = _solo("pulse30", (4.0, 14.0), attack=0.03, release=0.06, vibrato=0.004, rate=6.0, breath=0.02)
whistle_synth = _solo("triangle", (1.2, 3.0), attack=0.03, release=0.2, vibrato=0.01, rate=5.6)
rock_lead = _solo("saw", (6.0, 28.0), attack=0.008, release=0.10, vibrato=0.011, rate=5.6, scoop=0.015)


def _drawbars(bars: tuple[float, ...], click: float) -> Voice:
    """Tone-wheel organ: nine drawbars from sub-octave to third octave, key click, gentle rotor."""
    ratios = (0.5, 1.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)

    def voice(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(held + 0.05)
        hz = hertz(pitch)
        y = partials(n, [(hz * r, b, 1e4) for r, b in zip(ratios, bars, strict=True) if b > 0.0])
        knock = min(n, seconds(0.012))
        y[:knock] += click * velocity * band(rng.standard_normal(knock), 900.0, 6000.0) * decay(knock, 0.01)
        rotor = 1.0 + 0.10 * np.sin(2.0 * np.pi * 6.1 * clock(n))
        return edges(y * attack_release(n, 0.004, held, 0.05) * rotor, 0.002, 0.005)

    return voice


organ = _drawbars((0.7, 0.6, 1.0, 0.5, 0.15, 0.25, 0.0, 0.0, 0.1), 0.25)
bubble_organ = _drawbars((0.9, 0.3, 1.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0), 0.4)


def _chip(wave: str, steps: float) -> Voice:
    """A channel of an old sound chip: fixed wave, volume in sixteen steps."""

    def voice(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(held + 0.015)
        t = clock(n)
        level = np.ceil(15.0 * np.clip(1.0 - t / max(steps * held, 0.05), 0.35, 1.0)) / 15.0
        y = sweep(wave, pitch, 1.0 + 0.004 * np.sin(2.0 * np.pi * 6.5 * t) * (t > 0.18), np.full(n, 128.0))
        return edges(y * level * (0.4 + 0.6 * velocity), 0.001 + 0.0005 * rng.random(), 0.012)

    return voice


chip_lead = _chip("pulse25", 2.5)
chip_thin = _chip("pulse12", 1.2)
chip_square = _chip("square", 2.0)
chip_bass = _chip("triangle", 50.0)


def _bass(wave: str, low: float, high: float, snap: float, resonance: float, sub: float) -> Voice:
    def voice(pitch: int, held: float, velocity: float, rng: np.random.Generator) -> Samples:
        n = seconds(held + 0.05)
        opening = low + high * velocity**1.5 * decay(n, snap)
        y = sweep(wave, pitch, 1.0, opening, resonance=resonance, phase=0.0)
        if sub > 0.0:
            y += sub * sweep("triangle", pitch, 1.0 + 0.0005 * rng.random(), np.full(n, 1.0))
        return y * attack_release(n, 0.004, held, 0.05, 0.8)

    return voice


sub_bass = _bass("triangle", 1.5, 2.0, 0.4, 0.0, 0.5)
synth_bass = _bass("saw", 2.0, 14.0, 0.5, 0.4, 0.6)
acid_bass = _bass("saw", 1.6, 28.0, 0.35, 2.2, 0.0)
rubber_bass = _bass("square", 1.5, 10.0, 0.3, 0.8, 0.3)

#: Instruments by name.
INSTRUMENTS: dict[str, Instrument] = {
    "strings": strings,
    "staccato_strings": staccato_strings,
    "pad": pad,
    "airy_pad": airy_pad,
    "choir": choir,
    "brass_section": brass_section,
    "flute": Instrument(make=flute),
    "clarinet": Instrument(make=clarinet),
    "saxophone": Instrument(make=saxophone),
    "trumpet": Instrument(make=trumpet),
    "muted_trumpet": Instrument(make=muted_trumpet),
    "horn": Instrument(make=horn),
    "tuba": Instrument(make=tuba),
    "violin": Instrument(make=violin),
    "cello": Instrument(make=cello),
    "lead_synth": Instrument(make=lead_synth),
    "square_lead": Instrument(make=square_lead),
    "melodica": Instrument(make=melodica),
    "whistle_synth": Instrument(make=whistle_synth),
    "rock_lead": Instrument(make=rock_lead),
    "organ": Instrument(make=organ),
    "bubble_organ": Instrument(make=bubble_organ),
    "chip_lead": Instrument(make=chip_lead),
    "chip_thin": Instrument(make=chip_thin),
    "chip_square": Instrument(make=chip_square),
    "chip_bass": Instrument(make=chip_bass),
    "sub_bass": Instrument(make=sub_bass),
    "synth_bass": Instrument(make=synth_bass),
    "acid_bass": Instrument(make=acid_bass),
    "rubber_bass": Instrument(make=rubber_bass),
}
