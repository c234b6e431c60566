"""Audibility: against a slow second implementation, and on scenes whose answer is known."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.fft
from numpy.typing import NDArray

from soundscape import kernels, loudness
from soundscape.records import Span
from soundscape.truth import cells as module
from soundscape.truth.audibility import audibility
from tests.reference import glimpses as reference

RATE = 24_000


@dataclass(frozen=True)
class Stem:
    event_id: str
    offset: int
    samples: NDArray[np.float32]


def noise(seed, seconds, level_db=-20.0, rate=RATE):
    x = np.random.default_rng(seed).standard_normal(round(seconds * rate)) * 10 ** (level_db / 20)
    return x.astype(np.float32)


def tone(frequency, seconds, level_db=-20.0, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * frequency * t) * 10 ** (level_db / 20) * math.sqrt(2)).astype(np.float32)


def mixed(stems, seconds, rate=RATE):
    mix = np.zeros(round(seconds * rate))
    for stem in stems:
        mix[stem.offset : stem.offset + len(stem.samples)] += stem.samples
    return mix


def whole(stem, rate=RATE):
    return [Span(start=stem.offset / rate, end=(stem.offset + len(stem.samples)) / rate)]


def heard(stems, seconds, spans=None, rate=RATE, **more):
    active = {stem.event_id: whole(stem, rate) for stem in stems} | (spans or {})
    return audibility(stems, mixed(stems, seconds, rate), rate, active, **more)


# --- the slow reference ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "rate"), [(1, 8_000), (2, 8_000), (3, 11_025), (4, 16_000)])
def test_figures_agree_with_reference(seed, rate):
    """Random scenes of gated, coloured, decaying noises; a cell at a threshold may fall either way in float32."""
    rng = np.random.default_rng(seed)
    seconds = 1.1
    stems, spans = [], {}
    for k in range(4):
        length = round(rng.uniform(0.1, 0.6) * rate)
        offset = int(rng.integers(0, round(seconds * rate) - length))
        x = np.convolve(rng.standard_normal(length), rng.standard_normal(8))[:length]
        x *= 10 ** (rng.uniform(-50, -10) / 20) * np.exp(-np.arange(length) / rate * rng.uniform(0, 40))
        stems.append(Stem(f"e{k}", offset, x.astype(np.float32)))
        starts = np.sort(rng.uniform(offset, offset + 0.7 * length, 4)) / rate
        spans[f"e{k}"] = [
            Span(start=float(a), end=float(b)) for a, b in (starts[:2], starts[2:]) if b - a > 2.0 / rate
        ] or whole(stems[-1], rate)
    stems.append(Stem("bed", 0, noise(seed, seconds, -45.0, rate)))
    found = heard(stems, seconds, spans, rate)
    mix = mixed(stems, seconds, rate)
    size = scipy.fft.next_fast_len(math.floor(0.032 * rate + 0.5), real=True)
    for stem in stems:
        ranges = [
            (math.floor(s.start * rate + 0.5), math.floor(s.end * rate + 0.5))
            for s in spans.get(stem.event_id, whole(stem, rate))
        ]
        proportion, masked, end = reference.audibility(stem.samples, stem.offset, mix, ranges, rate, size)
        result = found[stem.event_id]
        assert result.glimpse_proportion == pytest.approx(proportion, abs=0.005)
        assert result.masked_share == pytest.approx(masked, abs=1e-9)
        assert result.audible.end == pytest.approx(end, abs=0.001)


def test_levels_and_snr_are_those_of_the_loudness_module():
    stems = [
        Stem("a", 5000, noise(1, 1.0)),
        Stem("b", 12_000, noise(2, 1.0, -26.0)),
        Stem("c", 0, noise(3, 2.0, -40.0)),
    ]
    spans = {"a": [Span(start=0.3, end=0.5), Span(start=0.9, end=1.1)]}
    found = heard(stems, 2.0, spans)
    mix = mixed(stems, 2.0)
    for stem in stems:
        active = spans.get(stem.event_id, whole(stem))
        alone = mixed([stem], 2.0)
        level = loudness.active_level(alone, RATE, active)
        result = found[stem.event_id]
        assert result.level_lufs == pytest.approx(level, abs=1e-6)
        assert result.rms_dbfs == pytest.approx(loudness.active_rms_dbfs(alone, RATE, active), abs=1e-6)
        assert result.snr_db == pytest.approx(level - loudness.active_level(mix - alone, RATE, active), abs=1e-6)


# --- scenes whose answer is known ------------------------------------------------------------------------------------


def test_alone_everything_is_heard():
    for x in (noise(1, 1.0), tone(1000, 1.0)):
        result = heard([Stem("a", 4800, x)], 2.0)["a"]
        assert result.glimpse_proportion == 1.0
        assert result.masked_share == 0.0
        assert result.snr_db is None


def test_far_under_the_rest_nothing_is_heard():
    stems = [Stem("a", 4800, noise(1, 1.0, -60.0)), Stem("bed", 0, noise(2, 2.0, -20.0))]
    result = heard(stems, 2.0)["a"]
    assert result.glimpse_proportion < 0.001
    assert result.masked_share > 0.95
    assert result.snr_db == pytest.approx(-40.0, abs=0.3)


def test_glimpses_follow_the_level():
    shares = []
    for level in (-45.0, -35.0, -25.0, -15.0, -5.0):
        stems = [Stem("a", 4800, noise(1, 1.0, level)), Stem("bed", 0, noise(2, 2.0, -25.0))]
        shares.append(heard(stems, 2.0)["a"].glimpse_proportion)
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    # A cell of one degree of freedom exceeds its equal by 3 dB once in three times, wider bands more seldom.
    assert 0.02 < shares[2] < 1 / 3
    assert shares[-1] > 0.97


def test_snr_alone_does_not_say_who_is_heard():
    """At −10 dB a tone stands out of noise, and noise of the same level drowns in it."""
    bed = Stem("bed", 0, noise(2, 2.0, -20.0))
    drowned = heard([Stem("a", 4800, noise(1, 1.0, -30.0)), bed], 2.0)["a"]
    plain = heard([Stem("a", 4800, tone(1000, 1.0, -30.0)), bed], 2.0)["a"]
    assert drowned.rms_dbfs == pytest.approx(plain.rms_dbfs, abs=0.1)
    assert plain.masked_share == 0.0
    assert drowned.masked_share > 0.15
    assert plain.glimpse_proportion > 4 * drowned.glimpse_proportion


def test_other_bands_do_not_mask():
    stems = [Stem("a", 0, tone(3000, 2.0, -40.0)), Stem("b", 0, tone(300, 2.0, -10.0))]
    result = heard(stems, 2.0)["a"]
    # Cells that hold only the skirts of its own window may drown in those of the other tone.
    assert result.masked_share == 0.0
    assert result.glimpse_proportion > 0.5


def test_masked_share_counts_frames():
    """The first half of the event lies under a burst 40 dB above it."""
    stems = [Stem("a", 0, noise(1, 2.0, -40.0)), Stem("b", 0, noise(2, 1.0, 0.0))]
    result = heard(stems, 2.0)["a"]
    assert result.masked_share == pytest.approx(0.5, abs=0.02)
    assert result.glimpse_proportion == pytest.approx(0.5, abs=0.02)


def test_only_active_frames_count():
    loud = noise(1, 2.0, -20.0)
    stems = [Stem("a", 0, loud), Stem("b", RATE, noise(2, 1.0, 10.0))]
    first = heard(stems, 2.0, {"a": [Span(start=0.1, end=0.9)]})["a"]
    second = heard(stems, 2.0, {"a": [Span(start=1.1, end=1.9)]})["a"]
    assert first.glimpse_proportion == 1.0
    assert second.glimpse_proportion < 0.02


def test_a_span_shorter_than_a_hop_has_a_frame():
    result = heard([Stem("a", 0, noise(1, 1.0))], 1.0, {"a": [Span(start=0.5, end=0.502)]})["a"]
    assert result.glimpse_proportion == 1.0


def decaying(rt60, active, total, level_db=-20.0):
    x = noise(5, total, level_db)
    t = np.maximum(np.arange(len(x)) / RATE - active, 0.0)
    return (x * 10.0 ** (-3.0 * t / rt60)).astype(np.float32)


@pytest.mark.parametrize("rt60", [0.3, 0.8])
def test_tail_is_audible_until_sixty_decibels_down(rt60):
    stem = Stem("a", 2400, decaying(rt60, 0.5, 2.0))
    result = heard([stem], 3.0, {"a": [Span(start=0.1, end=0.6)]})["a"]
    assert result.audible.start == 0.1
    assert result.audible.end == pytest.approx(0.6 + rt60, abs=0.04)


def test_tail_is_audible_until_it_is_masked():
    """20 dB over the bed in level, so the tail sinks into it after a third of the RT60, chance peaks a little later."""
    stems = [Stem("a", 2400, decaying(0.6, 0.5, 2.0)), Stem("bed", 0, noise(9, 3.0, -40.0))]
    result = heard(stems, 3.0, {"a": [Span(start=0.1, end=0.6)]})["a"]
    assert 0.6 + 0.15 < result.audible.end < 0.6 + 0.33


def test_audible_span_never_leaves_the_stem_or_undercuts_the_active_span():
    stems = [Stem("a", 2400, noise(1, 0.5)), Stem("b", 0, noise(2, 1.0, 10.0))]
    found = heard(stems, 1.0)
    assert found["a"].audible == Span(start=0.1, end=0.6)
    assert found["b"].audible == Span(start=0.0, end=1.0)


def test_beds_are_judged_over_all_of_their_span():
    stems = [Stem("bed", 0, noise(1, 10.0, -40.0)), Stem("a", 24_000, noise(2, 2.0, 0.0))]
    result = heard(stems, 10.0)["bed"]
    assert result.masked_share == pytest.approx(0.2, abs=0.01)
    assert result.audible == Span(start=0.0, end=10.0)


def test_what_lies_under_the_absolute_floor_is_not_heard():
    stem = Stem("a", 0, tone(1000, 1.0, -92.0))
    silent = heard([stem], 1.0)["a"]
    assert (silent.glimpse_proportion, silent.masked_share) == (0.0, 1.0)
    raised = heard([stem], 1.0, gain=10.0)["a"]
    assert raised.glimpse_proportion == 1.0


def test_silent_events_have_no_level():
    stems = [Stem("a", 0, np.zeros(RATE, dtype=np.float32)), Stem("b", 0, noise(1, 1.0))]
    result = heard(stems, 1.0)["a"]
    assert (result.level_lufs, result.rms_dbfs, result.snr_db) == (-math.inf, -math.inf, -math.inf)
    assert (result.glimpse_proportion, result.masked_share) == (0.0, 1.0)


def test_gain_changes_nothing_far_above_the_floor():
    stems = [Stem("a", 4800, noise(1, 1.0)), Stem("bed", 0, noise(2, 2.0, -25.0))]
    louder = [Stem(s.event_id, s.offset, s.samples * np.float32(0.5)) for s in stems]
    one, other = heard(stems, 2.0), heard(louder, 2.0)
    for name in one:
        assert other[name].glimpse_proportion == one[name].glimpse_proportion
        assert other[name].level_lufs == pytest.approx(one[name].level_lufs - 6.0206, abs=1e-3)


# --- the machinery ---------------------------------------------------------------------------------------------------


def test_order_of_events_does_not_matter():
    stems = [Stem(f"e{k}", 3000 * k, noise(k, 1.0, -20.0 - 3 * k)) for k in range(5)]
    assert heard(stems, 2.0) == heard(stems[::-1], 2.0)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_every_band_holds_bins(rate):
    assert (module.grid(rate).bands.counts > 0).all()


def test_a_tone_has_its_mean_square_in_its_band():
    corners = module.band_centres(RATE)
    for band in (2, 10, 20, 30):
        x = tone(float(corners[band + 1]), 1.0, -20.0)
        ((powers, _),) = module.powers([kernels.Laid(x, 0, 10, 50, 1.0)], x, RATE)
        assert int(powers.mean(axis=0).argmax()) == band
        neighbours = powers[:, max(0, band - 1) : band + 2].sum(axis=1)
        np.testing.assert_allclose(10 * np.log10(neighbours), -20.0, atol=0.6)


@pytest.mark.parametrize(
    ("stem", "span", "words"),
    [
        (Stem("a", 20_000, noise(1, 1.0)), None, "outside the scene"),
        (Stem("a", 0, noise(1, 1.0)), Span(start=2.0, end=3.0), "active"),
        (Stem("a", 0, np.full(RATE, np.nan, dtype=np.float32)), None, "NaN"),
    ],
)
def test_scenes_that_make_no_sense_are_refused(stem, span, words):
    spans = {"a": [span]} if span else {"a": [Span(start=stem.offset / RATE, end=stem.offset / RATE + 1.0)]}
    with pytest.raises(ValueError, match=words):
        audibility([stem], np.zeros(RATE), RATE, spans)
