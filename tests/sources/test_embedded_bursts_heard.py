"""The vocal bursts as they sound: each kind by what can be measured of it, and the voice that makes them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from soundscape.sources.embedded import bursts
from soundscape.sources.embedded.bursts import voice as voices
from soundscape.sources.embedded.item import SAMPLE_RATE
from soundscape.sources.embedded.voices import SPEAKERS

Array = NDArray[np.float64]
ITEMS = {item.key: item for item in bursts.items()}
SPEAKER = {speaker.id: speaker for speaker in SPEAKERS}
COUNTS = {"once": 1, "one": 1, "single": 1, "twice": 2, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7}


@functools.cache
def heard(key: str) -> Array:
    return bursts.synthesise(ITEMS[key]).samples / 32768.0


def of(*kinds: str) -> list[str]:
    return [key for key in ITEMS if key.split("/")[1] in kinds]


def asked(key: str) -> dict[str, Any]:
    """Return the parameters with which a burst is made."""
    made: Any = bursts.takes()[key].make
    return dict(made.keywords)


def own_pitch(key: str) -> float:
    return voices.voice_of(SPEAKER[str(ITEMS[key].speaker)]).f0


# --- measures


def envelope(x: Array, hop: int = 120) -> Array:
    """Return the RMS of blocks of 5 ms."""
    return np.sqrt(np.mean(np.square(x[: len(x) // hop * hop].reshape(-1, hop)), axis=1))


def runs(x: Array, floor_db: float = -26.0, gap_s: float = 0.03) -> list[tuple[float, float]]:
    """Return the stretches above a level under the peak, in s, joined over gaps shorter than ``gap_s``."""
    e = envelope(x)
    loud = e > np.max(e) * 10.0 ** (floor_db / 20.0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
    spans: list[tuple[float, float]] = []
    for start, stop in zip(edges[::2] * 0.005, edges[1::2] * 0.005, strict=True):
        if spans and start - spans[-1][1] < gap_s:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    return [s for s in spans if s[1] - s[0] >= 0.02]


def rhythm(x: Array, slowest: float, fastest: float) -> tuple[float, float]:
    """Return the rate at which the envelope repeats, per second, and how clearly, by autocorrelation."""
    e = np.log(envelope(x) + 0.02 * float(np.max(envelope(x))))
    e = signal.detrend(e)
    auto = np.correlate(e, e, "full")[len(e) - 1 :]
    auto /= auto[0] * (1.0 - np.arange(len(e)) / len(e))
    first, last = int(200.0 / fastest), min(int(200.0 / slowest) + 1, len(e) - 2)
    k = first + int(np.argmax(auto[first:last]))
    return 200.0 / k, float(auto[k])


def flutter(x: Array, slowest: float = 12.0, fastest: float = 150.0) -> float:
    """Return the strongest frequency of the envelope's modulation."""
    e = np.abs(signal.hilbert(x))
    e = signal.detrend(signal.resample_poly(e, 1, 48))
    power = np.abs(np.fft.rfft(e * np.hanning(len(e)), 1 << 13)) ** 2
    f = np.fft.rfftfreq(1 << 13, 48.0 / SAMPLE_RATE)
    inside = (f >= slowest) & (f <= fastest)
    return float(f[inside][np.argmax(power[inside])])


def track(x: Array, low: float, high: float) -> tuple[Array, Array, float]:
    """Return times and F0 where voiced (autocorrelation over 0.55), and the voiced share of the loud frames."""
    n, window = 1024, np.hanning(1024)
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, 4096)) ** 2)
    times, found, loud = [], [], 0
    starts = range(0, len(x) - n, 240)
    powers = [float(np.mean(np.square(x[s : s + n]))) for s in starts]
    for s, power in zip(starts, powers, strict=True):
        if power < 0.02 * max(powers):
            continue
        loud += 1
        r = np.fft.irfft(np.abs(np.fft.rfft(window * x[s : s + n], 4096)) ** 2)
        first, last = int(SAMPLE_RATE / high), int(SAMPLE_RATE / low) + 1
        r = r[:last] / r[0] / (shape[:last] / shape[0])
        peaks = [
            k for k in range(first + 1, last - 1) if r[k - 1] < r[k] >= r[k + 1] and r[k] > 0.9 * np.max(r[first:])
        ]
        if peaks and r[peaks[0]] > 0.55:
            times.append((s + n / 2) / SAMPLE_RATE)
            found.append(SAMPLE_RATE / peaks[0])
    return np.array(times), np.array(found), len(found) / max(1, loud)


def centroid(x: Array) -> float:
    power = np.abs(np.fft.rfft(x)) ** 2
    return float(np.sum(np.fft.rfftfreq(len(x), 1.0 / SAMPLE_RATE) * power) / np.sum(power))


def share_below(x: Array, hertz: float) -> float:
    power = np.abs(np.fft.rfft(x)) ** 2
    return float(np.sum(power[: int(hertz * len(x) / SAMPLE_RATE)]) / np.sum(power))


def weight(x: Array) -> float:
    """Return where the energy lies in time: 0 all at the start, 1 all at the end."""
    power = np.square(x)
    return float(np.sum(np.arange(len(x)) * power) / np.sum(power) / len(x))


# --- what is heard, kind by kind


@pytest.mark.parametrize("key", of("chuckle", "giggle", "belly_laugh", "snicker"))
def test_laughs_repeat_four_to_six_times_a_second(key: str) -> None:
    rate, clear = rhythm(heard(key), 3.3, 7.5)
    assert 3.9 <= rate <= 6.3
    assert rate == pytest.approx(asked(key)["rate"], rel=0.16)
    assert clear > 0.35
    third = len(heard(key)) // 3
    assert np.std(heard(key)[:third]) > 1.3 * np.std(heard(key)[2 * third :])  # it dies away


@pytest.mark.parametrize("key", of("chuckle", "giggle", "belly_laugh"))
def test_laughs_lie_above_the_speaking_pitch_and_fall(key: str) -> None:
    own = own_pitch(key)
    times, f0, _ = track(heard(key), 0.7 * own, 3.2 * own)
    assert np.median(f0) > 1.1 * own
    half = times < np.median(times)
    assert np.median(f0[half]) > np.median(f0[~half])


def test_a_belly_laugh_is_louder_pitched_than_a_chuckle() -> None:
    def height(kind: str) -> float:
        return float(np.mean([np.median(track(heard(k), 55.0, 700.0)[1]) / own_pitch(k) for k in of(kind)]))

    assert height("belly_laugh") > 1.3 * height("chuckle")


@pytest.mark.parametrize("key", of("cough"))
def test_coughs_burst_and_die_away(key: str) -> None:
    x = heard(key)
    found = runs(x, -22.0)
    assert len(found) == asked(key)["times"]
    for start, stop in found:
        part = x[int(start * SAMPLE_RATE) : int(stop * SAMPLE_RATE)]
        e = envelope(part)
        assert np.argmax(e) * 0.005 < 0.04  # explosive
        assert np.mean(e[len(e) // 2 :]) < 0.45 * np.max(e)
        assert 0.12 < stop - start < 0.45
    first = x[: int(0.06 * SAMPLE_RATE)]
    assert share_below(first, 2000.0) < 0.97  # broad
    assert track(x, 60.0, 900.0)[2] < 0.5  # mostly noise


@pytest.mark.parametrize("key", of("throat_clearing"))
def test_clearing_the_throat_scrapes(key: str) -> None:
    times = asked(key).get("times", 1)
    rasp = heard(key)[: int(asked(key).get("length", 0.3) * SAMPLE_RATE)]
    assert 20.0 < flutter(rasp, 15.0, 60.0) < 42.0
    assert track(rasp, 50.0, 400.0)[2] < 0.6
    assert len(runs(heard(key), -30.0, 0.06)) >= times


@pytest.mark.parametrize("key", of("sneeze"))
def test_a_sneeze_draws_breath_waits_and_bursts(key: str) -> None:
    x = heard(key)
    found = runs(x, -34.0, 0.05)
    assert len(found) == asked(key).get("intakes", 1) + 1
    burst = x[int(found[-1][0] * SAMPLE_RATE) :]
    before = x[: int(found[-2][1] * SAMPLE_RATE)]
    assert np.max(np.abs(burst)) > 1.4 * np.max(np.abs(before))
    assert found[-1][0] - found[-2][1] > 0.08
    hiss = burst[: int(0.08 * SAMPLE_RATE)]
    assert centroid(hiss) > 2500.0


@pytest.mark.parametrize("key", of("hiccup"))
def test_a_hiccup_is_a_short_rising_gulp_that_is_cut_off(key: str) -> None:
    x = heard(key)
    assert len(runs(x, -14.0, 0.1)) == asked(key)["times"]
    gulp = x[: int(0.16 * SAMPLE_RATE)]
    assert weight(gulp) > 0.35
    e = envelope(gulp)
    last = np.flatnonzero(e > 0.5 * np.max(e))[-1]
    assert e[min(last + 5, len(e) - 1)] < 0.25 * np.max(e)  # gone within 25 ms


@pytest.mark.parametrize("key", of("sigh"))
def test_a_sigh_is_let_go(key: str) -> None:
    x = heard(key)
    out = x[int((asked(key).get("intake", 0.0) + 0.02) * SAMPLE_RATE) :]
    assert weight(out) < 0.42
    _, f0, voiced = track(x, 60.0, 500.0)
    if asked(key).get("voiced", 0.0) == 0.0:
        assert voiced < 0.1
    else:
        assert voiced > 0.25
        assert np.median(f0[: len(f0) // 3]) > 1.05 * np.median(f0[-len(f0) // 3 :])


@pytest.mark.parametrize("key", of("gasp"))
def test_a_gasp_swells_and_stops(key: str) -> None:
    x = heard(key)
    assert weight(x) > 0.55
    e = envelope(x)
    assert np.mean(e[-4:]) < 0.4 * np.max(e)
    assert len(x) / SAMPLE_RATE <= 0.55
    own = own_pitch(key)
    assert (track(x, 0.9 * own, 3.5 * own)[2] > 0.2) is (asked(key).get("voiced", 0.0) > 0.0)


@pytest.mark.parametrize("key", of("yawn"))
def test_a_yawn_is_long_and_slides_down(key: str) -> None:
    x = heard(key)
    assert 1.5 <= len(x) / SAMPLE_RATE <= 3.6
    intake = x[: int(asked(key)["intake"] * 0.85 * SAMPLE_RATE)]
    own = own_pitch(key)
    assert track(intake, 0.6 * own, 2.0 * own)[2] < 0.15
    _, f0, _ = track(x, 0.45 * own, 2.0 * own)
    if asked(key).get("voiced", 1.0) == 1.0:
        assert np.median(f0[: len(f0) // 3]) > 1.15 * np.median(f0[-len(f0) // 4 :])


@pytest.mark.parametrize("key", of("pant"))
def test_panting_goes_in_and_out(key: str) -> None:
    rate, clear = rhythm(heard(key), 1.2, 3.6)
    assert rate == pytest.approx(asked(key)["rate"], rel=0.15)
    assert clear > 0.3
    assert track(heard(key), 70.0, 500.0)[2] < 0.15


@pytest.mark.parametrize("key", of("sniff"))
def test_sniffs_are_high_unvoiced_and_counted(key: str) -> None:
    x = heard(key)
    assert centroid(x) > 3000.0
    assert track(x, 70.0, 500.0)[2] < 0.15
    assert len(runs(x, -24.0, 0.1)) == asked(key)["times"]


@pytest.mark.parametrize("key", of("snore"))
def test_a_snore_rattles_low(key: str) -> None:
    inward = heard(key)[: int(asked(key)["length"] * SAMPLE_RATE)]
    assert flutter(inward, 15.0, 70.0) == pytest.approx(asked(key)["rate"], rel=0.25)
    assert share_below(inward, 1000.0) > 0.6


@pytest.mark.parametrize("key", of("shush"))
def test_a_hush_is_a_steady_hiss(key: str) -> None:
    x = heard(key)
    assert share_below(x, 1500.0) < 0.05
    assert 2800.0 < centroid(x) < 5000.0
    assert track(x, 70.0, 500.0)[2] == 0.0
    assert len(runs(x, -20.0)) == asked(key).get("times", 1)


def test_scoffs_are_short_and_breathy() -> None:
    for key in of("scoff"):
        assert len(heard(key)) / SAMPLE_RATE < 0.45
    puffed = [centroid(heard(key)) for key in of("scoff") if asked(key)["manner"] == "pfft"]
    hummed = [centroid(heard(key)) for key in of("scoff") if asked(key)["manner"] == "hmph"]
    assert min(puffed) > 2500.0 > 1500.0 > max(hummed)


@pytest.mark.parametrize("key", [k for k in of("sob") if "bouts" in asked(k)])
def test_sobs_come_in_bouts_of_falling_notes(key: str) -> None:
    x = heard(key)
    own = own_pitch(key)
    _, f0, voiced = track(x, 0.75 * own, 2.6 * own)
    assert voiced > 0.2
    assert np.median(f0) > 1.05 * own
    # The jerks of drawn breath between the bouts are weaker than the notes.
    assert rhythm(x, 2.2, 5.5)[0] == pytest.approx(4.0, abs=1.2)
    e = np.convolve(envelope(x), np.ones(20) / 20.0, mode="same")
    assert np.min(e[40:-40]) < 0.35 * np.max(e)


@pytest.mark.parametrize("key", of("scream"))
def test_screams_are_high_loud_and_rough(key: str) -> None:
    x, hertz = heard(key), asked(key)["hertz"]
    middle = x[len(x) // 3 : 2 * len(x) // 3]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 16))
    f = np.fft.rfftfreq(1 << 16, 1.0 / SAMPLE_RATE)
    grid = np.geomspace(0.6 * hertz, 1.6 * hertz, 80)  # within an octave
    comb = [sum(np.max(spectrum[np.abs(f - k * c) < 0.04 * c]) for k in (1, 2, 3)) for c in grid]
    assert grid[int(np.argmax(comb))] == pytest.approx(hertz, rel=0.2)
    assert hertz > 2.5 * own_pitch(key)
    assert flutter(x, 25.0, 150.0) == pytest.approx(asked(key).get("flutter", 70.0), rel=0.25)
    assert np.std(x) > 0.15  # of a peak of 0.7


@pytest.mark.parametrize("key", of("groan", "ugh"))
def test_groans_sink(key: str) -> None:
    own = own_pitch(key)
    _, f0, voiced = track(heard(key), 0.45 * own, 2.0 * own)
    assert voiced > 0.4
    assert np.median(f0[: len(f0) // 3]) > 1.08 * np.median(f0[-len(f0) // 4 :])
    assert centroid(heard(key)) < 1500.0


@pytest.mark.parametrize("key", of("whimper"))
def test_whimpers_are_small_falling_notes(key: str) -> None:
    own = own_pitch(key)
    assert len(runs(heard(key), -20.0, 0.02)) == asked(key)["notes"]
    _, f0, _ = track(heard(key), 0.8 * own, 2.6 * own)
    assert np.median(f0) > 1.1 * own
    assert share_below(heard(key), 1500.0) > 0.9


def test_grunts_are_short_and_low() -> None:
    for key in of("grunt"):
        own = own_pitch(key)
        _, f0, voiced = track(heard(key)[: int(0.35 * SAMPLE_RATE)], 0.6 * own, 2.0 * own)
        assert voiced > 0.15
        assert 0.75 * own < np.median(f0) < 1.6 * own
        assert len(runs(heard(key), -16.0, 0.1)) == asked(key).get("times", 1)


@pytest.mark.parametrize("key", of("hum"))
def test_hums_are_dark_steady_tones(key: str) -> None:
    x, own = heard(key), own_pitch(key)
    assert share_below(x, 1500.0) > 0.97
    times, f0, voiced = track(x, 0.6 * own, 2.6 * own)
    assert voiced > 0.75
    label = ITEMS[key].label
    if label in ("hum_of_agreement", "questioning_hum"):
        assert np.median(f0[-6:]) > 1.1 * np.median(f0[:8])
    elif label in ("hum_of_disagreement", "thoughtful_hum"):
        assert np.median(f0[-8:]) < 0.92 * np.median(f0[:8])
    else:
        assert label == "humming"
        at = 0.0
        for step, length in asked(key)["tune"]:
            inside = (times > at + 0.1) & (times < at + length - 0.05)
            expected = own * asked(key)["pitch"] * 2.0 ** (step / 12.0)
            if np.count_nonzero(inside) >= 3:
                assert np.median(f0[inside]) == pytest.approx(expected, rel=0.04)
            at += length


@pytest.mark.parametrize("key", of("ooh", "wow", "aww", "cheer"))
def test_calls_follow_their_contour(key: str) -> None:
    own = own_pitch(key)
    made = asked(key)
    calls = made.get("calls") or [(0.0, made["length"], made["shape"], made["pitch"])]
    times, f0, voiced = track(heard(key), 0.6 * own, 3.0 * own)
    assert voiced > 0.6
    for start, length, _, pitch in calls:
        inside = (times > start + 0.15 * length) & (times < start + 0.8 * length)
        places = (times[inside] - start) / length
        expected = own * np.exp(np.interp(places, [p for p, _ in pitch], [np.log(v) for _, v in pitch]))
        assert np.median(np.abs(f0[inside] / expected - 1.0)) < 0.06


def test_wow_opens_and_closes() -> None:
    for key in of("wow"):
        x = heard(key)
        third = len(x) // 4
        opened = share_below(x[int(1.7 * third) : int(2.7 * third)], 600.0 * own_scale(key))
        assert opened < share_below(x[: int(0.8 * third)], 600.0 * own_scale(key)) - 0.1


def own_scale(key: str) -> float:
    return voices.voice_of(SPEAKER[str(ITEMS[key].speaker)]).tract


def test_raspberries_flap() -> None:
    for key in of("raspberry"):
        assert 17.0 < flutter(heard(key), 10.0, 60.0) < 32.0
