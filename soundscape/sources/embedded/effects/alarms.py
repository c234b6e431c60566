"""Sirens and alarms: horns and buzzers whose pitch and rhythm follow the standards and habits of the real devices."""

from __future__ import annotations

from functools import partial

import numpy as np

from soundscape.sources.embedded.dsp import Samples, band, clock, curve, edges, lay, seconds
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import blows, gate, harmonics, passing, ring, slow, steps

_HORN = (1.0, 0.55, 0.5, 0.32, 0.3, 0.2, 0.18, 0.12, 0.1, 0.07)
_PIEZO = (1.0, 0.05, 0.4, 0.03, 0.2)
_SQUARE = tuple(1.0 / k if k % 2 else 0.02 for k in range(1, 20))
_TWIN_BELLS = (
    ((1870, 0.8, 0.5), (1896, 0.4, 0.5), (4480, 1.0, 0.35), (7900, 0.5, 0.2)),
    ((2110, 0.8, 0.5), (2131, 0.4, 0.5), (5020, 1.0, 0.35), (8700, 0.5, 0.2)),
)


def sweep(n: int, rate: float, low: float, high: float, rise: float) -> Samples:
    """Return a pitch curve (Hz) that climbs for the share ``rise`` of each cycle and falls for the rest."""
    phase = np.mod(clock(n) * rate, 1.0)
    up = 0.5 - 0.5 * np.cos(np.pi * np.minimum(phase / rise, 1.0))
    down = 0.5 + 0.5 * np.cos(np.pi * np.maximum((phase - rise) / (1.0 - rise), 0.0))
    return np.asarray(low * np.power(high / low, np.where(phase < rise, up, down)))


def horn_speaker(pitch: Samples) -> Samples:
    """Return an electronic siren's tone of the given pitch curve through a horn loudspeaker."""
    return band(harmonics(pitch, len(pitch), _HORN), 450.0, 4200.0)


def siren(
    rng: np.random.Generator, *, duration: float, rate: float, low: float, high: float, rise: float, yelp_from: float
) -> Samples:
    """Return a wailing siren, ``rate`` sweeps a second, that yelps at 3.6 a second from ``yelp_from`` (s) on."""
    n, m = seconds(duration), min(seconds(yelp_from), seconds(duration))
    pitch = np.concatenate([sweep(m, rate, low, high, rise), sweep(n - m, 3.6, low, high, 0.75)])
    return edges(horn_speaker(pitch * (1.0 + 0.002 * slow(rng, n, 2.0))), 0.02, 0.08)


def two_tone(
    rng: np.random.Generator, *, duration: float, high: float, low: float, hold: float, speed: float
) -> Samples:
    """Return a high–low siren, ``hold`` seconds a note; a ``speed`` (m/s) above 0 makes it drive past in mid-sound."""
    n = seconds(duration)
    notes = np.where(np.mod(clock(n), 2.0 * hold) < hold, high, low) * (1.0 + 0.002 * slow(rng, n, 3.0))
    glide = np.ones(240) / 240.0
    pitch = np.convolve(np.pad(notes, (120, 119), mode="edge"), glide, mode="valid")
    if speed == 0.0:
        return edges(horn_speaker(pitch), 0.02, 0.06)
    factor, gain = passing(n, speed, 9.0, 0.5 * duration)
    return edges(horn_speaker(pitch * factor) * gain, 0.02, 0.1)


def air_raid(rng: np.random.Generator, *, wind_up: float, hold: float, run_down: float, top: float) -> Samples:
    """Return a motor siren: two rotors a minor third apart that wind up, hold and run down (seconds each)."""
    n = seconds(wind_up + hold + run_down)
    total = wind_up + hold + run_down
    t = clock(n)
    speed = np.where(t < wind_up + hold, 1.0 - 0.92 * np.exp(-3.2 * t / wind_up), 1.0)
    speed *= np.exp(-1.5 * np.maximum(t - wind_up - hold, 0.0) / run_down)
    speed *= 1.0 + 0.003 * slow(rng, n, 3.0)
    loudness = speed**1.3 * curve(n, [(0, 0.6), (0.05, 1), ((total - 0.5) / total, 1), (1, 0)])
    chopped = [1.0, 0.6, 0.4, 0.3, 0.22, 0.16, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04]
    x = harmonics(top * speed, n, chopped) + 0.8 * harmonics(top * speed / 1.2, n, chopped, 1.0)
    return band(x * loudness, 120.0, 3200.0, 1)


def beeper(
    rng: np.random.Generator,
    *,
    pitch: float,
    groups: tuple[int, ...],
    beep: float,
    gap: float,
    pause: float,
    tone: tuple[float, ...] = _PIEZO,
    droop: float = 0.0,
) -> Samples:
    """Return groups of equal beeps; ``beep``, ``gap`` within a group and ``pause`` between groups, in seconds."""
    spans: list[tuple[float, float]] = []
    at = 0.005
    for count in groups:
        for _ in range(count):
            spans.append((at, beep))
            at += beep + gap
        at += pause - gap
    n = seconds(spans[-1][0] + beep + 0.03)
    f = pitch * (1.0 + 0.001 * slow(rng, n, 1.0))
    if droop:
        f = f * (1.0 - droop * np.mod(clock(n) - 0.005, beep + gap) / beep)
    return harmonics(f, n, tone) * gate(n, spans, 0.004)


def twin_bell_clock(rng: np.random.Generator, *, duration: float, rate: float, slowing: float) -> Samples:
    """Return a wind-up alarm clock: a hammer between two bells, ``rate`` blows a second, slower by ``slowing``."""
    count = int(duration * rate)
    gaps = (1.0 + slowing * np.linspace(0.0, 1.0, count) ** 2) / rate * (1.0 + 0.03 * rng.standard_normal(count))
    times = 0.01 + np.cumsum(gaps) - gaps[0]
    n = seconds(float(times[-1]) + 0.5)
    gains = rng.uniform(0.75, 1.0, count)
    y = np.zeros(n)
    for side, partials in enumerate(_TWIN_BELLS):
        y += ring(blows(n, times[side::2], gains[side::2], 0.00025), partials)
    rattle = blows(n, times, 0.3 * gains, 0.0008)
    return y + ring(rattle, [(640, 1.0, 0.04), (1130, 0.6, 0.03)])


def buzzer_clock(rng: np.random.Generator, *, count: int, on: float, off: float, hum: float) -> Samples:
    """Return a bedside alarm's harsh, rasping buzz: ``count`` bursts of a pulse-rich low note at ``hum`` Hz."""
    times = steps(rng, count, on + off, 0.0, 0.005)
    n = seconds(float(times[-1]) + on + 0.03)
    x = band(harmonics(hum, n, [1.0] * 60), 300.0, 5200.0)
    y = np.zeros(n)
    for at in times:
        lay(y, edges(x[: seconds(on)], 0.004, 0.008), float(at))
    return y


KINDS = (
    Kind(
        name="siren",
        label="siren",
        takes=(
            Take(
                caption="a police siren wails, its pitch climbing and sinking again and again in long, even sweeps",
                make=partial(siren, duration=7.6, rate=0.4, low=560, high=1420, rise=0.45, yelp_from=99.0),
            ),
            Take(
                caption="a shrill siren yelps frantically, whooping upwards more than three times every second",
                make=partial(siren, duration=4.2, rate=1.0, low=640, high=1560, rise=0.5, yelp_from=0.0),
            ),
            Take(
                caption="a siren wails in broad, slow sweeps and then switches over to quick, urgent yelps",
                make=partial(siren, duration=7.8, rate=0.5, low=520, high=1300, rise=0.5, yelp_from=4.0),
            ),
            Take(
                caption="a two-tone emergency siren swaps steadily between a high and a low horn note",
                make=partial(two_tone, duration=5.5, high=585, low=440, hold=0.55, speed=0.0),
            ),
            Take(
                caption="an ambulance with a high-low siren approaches, rushes past with sagging pitch and recedes",
                make=partial(two_tone, duration=8.0, high=960, low=770, hold=0.4, speed=20.0),
            ),
            Take(
                caption="a mechanical air-raid siren winds up into a mournful howl, holds it and slowly runs down",
                make=partial(air_raid, wind_up=3.0, hold=1.2, run_down=3.6, top=520),
            ),
        ),
    ),
    Kind(
        name="alarm_clock",
        label="alarm clock",
        takes=(
            Take(
                caption="a digital alarm clock gives quick groups of four thin, piercing beeps, one group a second",
                make=partial(beeper, pitch=2048, groups=(4, 4, 4, 4), beep=0.06, gap=0.065, pause=0.565),
            ),
            Take(
                caption="a wind-up alarm clock rings furiously, its little hammer clattering between two bright bells",
                make=partial(twin_bell_clock, duration=4.0, rate=21.0, slowing=0.15),
            ),
            Take(
                caption="a bedside alarm buzzes in six harsh, rasping bursts with short silences in between",
                make=partial(buzzer_clock, count=6, on=0.45, off=0.3, hum=118),
            ),
            Take(
                caption="a travel alarm grows insistent: first single beeps, then pairs, then threes, then fours",
                make=partial(beeper, pitch=2730, groups=(1, 1, 2, 2, 3, 3, 4, 4), beep=0.05, gap=0.07, pause=0.6),
            ),
            Take(
                caption="an old mechanical alarm clock runs down, its jangling bells slowing to a tired rattle",
                make=partial(twin_bell_clock, duration=3.6, rate=17.0, slowing=2.6),
            ),
        ),
    ),
    Kind(
        name="smoke_alarm",
        label="smoke alarm",
        takes=(
            Take(
                caption="a smoke alarm shrieks three long, piercing beeps, pauses, and shrieks three more",
                make=partial(beeper, pitch=3150, groups=(3, 3), beep=0.5, gap=0.5, pause=1.5),
            ),
            Take(
                caption="a low-pitched fire alarm sounds three square, hooting blasts in the evacuation rhythm",
                make=partial(beeper, pitch=520, groups=(3,), beep=0.5, gap=0.5, pause=1.5, tone=_SQUARE),
            ),
            Take(
                caption="a carbon monoxide detector fires off four short shrill beeps, waits, and repeats the four",
                make=partial(beeper, pitch=3400, groups=(4, 4), beep=0.1, gap=0.1, pause=2.6),
            ),
            Take(
                caption="a smoke detector screams without a break, a fast chain of shrill chirps that slide downwards",
                make=partial(
                    beeper, pitch=3600, groups=(26,), beep=0.12, gap=0.03, pause=0.0, droop=0.25, tone=(1, 0.2, 0.3)
                ),
            ),
            Take(
                caption="a smoke detector with a dying battery lets out two lonely high chirps, seconds apart",
                make=partial(beeper, pitch=3050, groups=(1, 1), beep=0.07, gap=0.0, pause=3.4),
            ),
        ),
    ),
)
