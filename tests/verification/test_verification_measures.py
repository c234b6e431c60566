from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from scipy.signal import fftconvolve

from soundscape import activity, loudness
from soundscape.randomness import stream
from soundscape.records import Span
from soundscape.rendering.rooms import measure
from soundscape.sources.audio import pcm_digest
from soundscape.verification import Sound, glimpses, measures
from soundscape.verification.activity import extent
from soundscape.verification.room import passage
from soundscape.verification.signals import read_clip, read_stem
from tests.reference import glimpses as reference

RATES = (8000, 16_000, 24_000, 44_100, 48_000)


def sine(frequency: float, seconds: float, rate: int, phase: float = 0.0) -> np.ndarray:
    return np.sin(2.0 * math.pi * frequency * np.arange(round(seconds * rate)) / rate + phase)


def noise(name: str, n: int) -> np.ndarray:
    return stream(3, "verification", name).standard_normal(n)


def at(x: np.ndarray, offset: int) -> Sound:
    return Sound(offset=offset, samples=np.asarray(x, dtype=np.float64))


# --- loudness and peak -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
def test_a_full_scale_sine_of_997_hz_reads_minus_3_01(rate: int) -> None:
    assert measures.integrated(sine(997.0, 3.0, rate), rate) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize(
    "steps",
    [
        # EBU Tech 3341, cases 1 to 4, in levels (dBFS) and seconds.
        [(-23.0, 20.0)],
        [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],
        [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
        [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],
    ],
)
def test_conformance_signals_read_minus_23(steps: list[tuple[float, float]]) -> None:
    rate = 8000
    # Stereo in the standard: one channel with both channels' power reads the same.
    x = np.concatenate([10.0 ** ((level + 3.01) / 20.0) * sine(1000.0, seconds, rate) for level, seconds in steps])
    assert measures.integrated(x, rate) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("seconds", [0.3, 0.4, 1.23, 7.0])
def test_loudness_at_48_khz_is_that_of_two_other_implementations(seconds: float) -> None:
    x = 0.1 * noise("loudness", round(seconds * 48_000)) * (1.0 + sine(0.7, seconds, 48_000))
    found = measures.integrated(x, 48_000)
    assert found == pytest.approx(loudness.integrated(x, 48_000), abs=0.002)
    if seconds > 1.0:
        assert found == pytest.approx(pyloudnorm.Meter(48_000, filter_class="DeMan").integrated_loudness(x), abs=0.02)


def test_silence_and_what_is_too_short_have_no_loudness() -> None:
    assert measures.integrated(np.zeros(24_000), 24_000) == -math.inf
    assert measures.integrated(sine(500.0, 0.39, 24_000), 24_000) == -math.inf
    assert measures.true_peak(np.zeros(100)) == -math.inf


@pytest.mark.parametrize("rate", RATES)
def test_true_peak_lies_between_the_samples(rate: int) -> None:
    x = sine(rate / 4.0, 0.5, rate, phase=math.pi / 4.0)
    assert 20.0 * math.log10(np.abs(x).max()) == pytest.approx(-3.01, abs=0.01)
    inner = x * np.hanning(len(x))
    assert measures.true_peak(inner) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("n", [1, 100, 5000, (1 << 15) - 1, (1 << 15) + 700, 100_000])
def test_true_peak_is_that_of_the_windowed_sinc(n: int) -> None:
    x = 0.3 * noise("peak", n) * np.hanning(n + 2)[1:-1]
    # White up to half the sample rate, where the two filters differ most.
    assert measures.true_peak(x) == pytest.approx(loudness.true_peak(x, 24_000), abs=0.08)


def test_level_is_ungated_over_the_active_samples() -> None:
    rate = 48_000
    x = 0.2 * noise("level", 2 * rate)
    spans = [Span(start=0.25, end=0.4), Span(start=1.0, end=1.5)]
    active = glimpses.ranges(spans, 0, len(x), rate)
    weighted = measures.k_weighted(x, rate)
    found = glimpses.levels(x, weighted, 0.1 * weighted, active)
    assert found.level_lufs == pytest.approx(loudness.active_level(x, rate, spans), abs=0.001)
    assert found.rms_dbfs == pytest.approx(loudness.active_rms_dbfs(x, rate, spans), abs=1e-9)
    assert found.snr_db == pytest.approx(20.0, abs=1e-9)


# --- onset and offset ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
def test_a_steady_sound_is_found_to_a_millisecond(rate: int) -> None:
    found = extent(at(sine(500.0, 1.0, rate), round(0.3 * rate)), rate)
    assert found is not None
    assert found.start == pytest.approx(0.3, abs=0.0011)
    assert found.end == pytest.approx(1.3, abs=0.0011)


@pytest.mark.parametrize("seed", range(8))
def test_in_silence_it_is_where_the_bank_measures_it(seed: int) -> None:
    rng = stream(seed, "extent")
    rate, total = 24_000, np.zeros(72_000)
    for _ in range(int(rng.integers(1, 5))):
        first, length = int(rng.integers(2000, 50_000)), int(rng.integers(60, 20_000))
        total[first : first + length] += rng.uniform(0.002, 0.3) * rng.standard_normal(length)
    spans = activity.active_regions(total, rate)
    found = extent(at(total[1000:71_500], 1000), rate)
    assert found is not None
    # With so much silence the bank's threshold lies 40 dB under the strongest window too.
    assert (found.start, found.end) == pytest.approx((spans[0].start, spans[-1].end), abs=1e-9)


def test_what_lies_40_db_under_the_strongest_does_not_count() -> None:
    rate = 24_000
    tone = sine(440.0, 0.5, rate)
    for gain, end in ((0.012, 1.0), (0.0085, 0.5)):
        found = extent(at(np.concatenate([tone, gain * tone]), 0), rate)
        assert found is not None
        # Near the threshold up to 9 ms are lost.
        assert found.end == pytest.approx(end, abs=0.0091)


def test_a_click_far_from_a_sound_is_not_part_of_it() -> None:
    rate = 24_000
    x = np.zeros(48_000)
    x[100:110] = 1.0
    x[24_000:36_000] = 0.3 * sine(440.0, 0.5, rate)
    found = extent(at(x, 0), rate)
    assert found is not None
    assert found.start == pytest.approx(1.0, abs=0.002)
    assert extent(at(np.zeros(0), 0), rate) is None
    alone = extent(at(x[:1000], 0), rate)
    assert alone is not None
    assert alone.end - alone.start < 0.02


# --- audibility ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "rate"), [(0, 8000), (1, 16_000), (2, 24_000), (3, 24_000)])
def test_glimpses_are_those_of_the_slow_reference(seed: int, rate: int) -> None:
    rng = stream(seed, "glimpses")
    n = round(0.8 * rate)
    mix = 0.02 * rng.standard_normal(n)
    offset, length = round(0.1 * rate), round(0.5 * rate)
    envelope = 1.0 + np.sin(40.0 * np.arange(length) / length)
    stem = 0.1 * envelope * sine(300.0 + 200.0 * seed, length / rate, rate) + 0.01 * rng.standard_normal(length)
    mix[offset : offset + length] += stem
    spans = [(offset + 100, offset + length // 3), (offset + length // 2, offset + length - 50)]
    expected = reference.audibility(stem, offset, mix, spans, rate, math.floor(0.032 * rate + 0.5))
    alone = np.zeros(n)
    alone[offset : offset + length] = stem
    found = glimpses.glimpses(alone, mix - alone, 0, spans, rate)
    assert found == pytest.approx(expected[:2], abs=1e-9)
    # Where the event's part of the clip begins does not matter.
    first = offset - rate // 10
    part = glimpses.glimpses(
        alone[first:], (mix - alone)[first:], first, [(a - first, b - first) for a, b in spans], rate
    )
    assert part == pytest.approx(found, abs=0.03)


def test_ranges_are_joined_and_kept_within() -> None:
    spans = [Span(start=0.5, end=0.7), Span(start=0.1, end=0.3), Span(start=0.25, end=0.4), Span(start=2.0, end=3.0)]
    assert glimpses.ranges(spans, 200, 650, 1000) == [(0, 200), (300, 450)]


# --- rooms -----------------------------------------------------------------------------------------------------------


def response(rt60: float, rate: int) -> np.ndarray:
    n = round(rt60 * rate)
    out = 0.05 * noise("room", n) * 10.0 ** (-3.0 * np.arange(n) / n)
    out[: round(0.004 * rate)] = 0.0
    out[0] = 1.0
    return out.astype(np.float32)


@pytest.mark.parametrize("rt60", [0.2, 0.4, 0.8])
def test_a_room_is_found_between_direct_sound_and_stem(rt60: float) -> None:
    rate = 16_000
    dry = 0.1 * noise("dry", rate) * np.hanning(rate)
    walls = response(rt60, rate)
    wet = fftconvolve(dry, walls)
    found = passage(at(wet, 700), at(dry, 700), rate)
    assert found.known > 0.9
    assert found.direct_gain == pytest.approx(1.0, abs=0.02)
    assert found.rt60 == pytest.approx(measure(walls, rate).rt60, rel=0.01)
    louder = passage(at(wet, 700), at(0.8 * dry, 700), rate)
    assert louder.direct_gain == pytest.approx(1.25, abs=0.03)
    late = passage(at(wet, 700), at(dry, 740), rate)
    assert abs(late.direct_gain) < 0.3


def test_no_room_shows_in_a_stem_that_is_its_direct_sound() -> None:
    x = 0.1 * noise("same", 16_000)
    found = passage(at(x, 0), at(x, 0), 16_000)
    assert found.direct_gain == pytest.approx(1.0, abs=1e-3)
    assert found.rt60 is None


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_digest_is_the_one_that_the_build_writes(tmp_path: Path) -> None:
    x = np.rint(8000.0 * noise("digest", 5000)).clip(-32768, 32767).astype(np.int16)
    soundfile.write(tmp_path / "x.flac", x, 24_000)
    clip = read_clip(tmp_path / "x.flac")
    assert clip.digest == pcm_digest(x, 24_000)
    assert (clip.announced, clip.sample_rate, clip.subtype, dict(clip.tags)) == (5000, 24_000, "PCM_16", {})


def test_a_stem_is_kept_from_first_to_last_sound(tmp_path: Path) -> None:
    x = np.zeros(3000)
    x[500:900] = 0.25
    soundfile.write(tmp_path / "x.flac", x, 24_000, subtype="PCM_24")
    stem = read_stem(tmp_path / "x.flac")
    assert (stem.frames, stem.sound.offset, stem.sound.stop) == (3000, 500, 900)
    assert stem.sound.within(490, 510).tolist() == 10 * [0.0] + 10 * [0.25]


def test_what_is_no_audio_says_why(tmp_path: Path) -> None:
    (tmp_path / "x.flac").write_bytes(b"no audio at all")
    with pytest.raises(ValueError, match=r"[Ff]ormat"):
        read_clip(tmp_path / "x.flac")
    with pytest.raises(FileNotFoundError):
        read_stem(tmp_path / "y.flac")
