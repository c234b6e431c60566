"""Responses: decay as asked for, direct sound on time, repeatable, and a smooth joint."""

import concurrent.futures
import hashlib
import itertools
import math
import multiprocessing
from dataclasses import replace

import numpy as np
import pytest

from soundscape.errors import BuildError
from soundscape.records import RoomPlan
from soundscape.rendering.rooms import band_rt60, bands, measure, measures, response, shoebox, tail
from tests.reference import rooms as reference

RATE = 24_000
ROOM = RoomPlan(dimensions=(6.0, 5.0, 3.0), rt60=0.6, microphone=(2.0, 2.0, 1.5), tail_seed=3)
PLACE = (3.4, 2.5, 1.2)


def random_scene(rng, rt60):
    dimensions = tuple(float(x) for x in np.round(rng.uniform([3, 3, 2.4], [10, 8, 4]), 2))
    places = np.round(rng.uniform(0.5, np.array(dimensions) - 0.5, (2, 3)), 2)
    while math.dist(*places) < 0.5:
        places = np.round(rng.uniform(0.5, np.array(dimensions) - 0.5, (2, 3)), 2)
    microphone, source = (tuple(float(x) for x in place) for place in places)
    seed = int(rng.integers(2**32))
    return RoomPlan(dimensions=dimensions, rt60=rt60, microphone=microphone, tail_seed=seed), source


def errors_over_rooms(count, seed, sample_rate=RATE):
    """Return relative errors of RT60 over random rooms: the room's figure, each band's, and that by the reference."""
    rng = np.random.default_rng(seed)
    mid, ours, theirs = [], [], []
    for k in range(count):
        rt60 = round(0.2 + 1.0 * (k + rng.random()) / count, 3)
        made = response(*random_scene(rng, rt60), sample_rate, name=f"e{k}")
        wanted = np.array(band_rt60(rt60, sample_rate))
        found = np.array(reference.octave_t20(made.samples, bands.CENTRES[: len(wanted)], sample_rate))
        mid.append((made.facts.rt60 / rt60 - 1.0, found[2:4].mean() / rt60 - 1.0))
        ours.append(np.array(made.facts.rt60_bands) / wanted - 1.0)
        theirs.append(found / wanted - 1.0)
    return np.array(mid), np.array(ours), np.array(theirs)


@pytest.mark.parametrize("sample_rate", [16_000, 24_000, 48_000])
def test_decay_is_the_one_asked_for(sample_rate):
    mid, ours, theirs = errors_over_rooms(16, 1, sample_rate)
    assert np.mean(np.abs(mid) < 0.05) >= 0.95
    assert np.mean(np.abs(ours) < 0.10) >= 0.95
    assert np.mean(np.abs(theirs) < 0.10) >= 0.95


@pytest.mark.slow
def test_decay_is_the_one_asked_for_in_240_rooms():
    mid, ours, theirs = errors_over_rooms(240, 2)
    assert np.mean(np.abs(mid) < 0.05, axis=0).min() >= 0.99
    assert np.mean(np.abs(ours) < 0.10, axis=0).min() >= 0.95
    assert np.mean(np.abs(theirs) < 0.10, axis=0).min() >= 0.95


def test_decay_is_smooth_through_the_joint():
    """The energy decay, direct sound left out, stays near a straight line from before the joint to well after it."""
    rng = np.random.default_rng(3)
    worst = []
    for rt60 in (0.2, 0.4, 0.8, 1.2) * 10:
        room, source = random_scene(rng, rt60)
        samples = response(room, source, RATE, name="e").samples.copy()
        samples[0] = 0.0
        level = reference.energy_decay_db(samples)
        mixed = tail.mixing_time(room)
        first, last = int(0.25 * mixed * RATE), int(min(2.0 * mixed, 0.5 * rt60) * RATE)
        t = np.arange(first, last)
        worst.append(np.abs(level[first:last] - np.polyval(np.polyfit(t, level[first:last], 1), t)).max())
    assert np.median(worst) < 0.6
    assert np.quantile(worst, 0.95) < 1.6


def test_energy_of_images_meets_that_of_the_tail_at_the_joint():
    """Where the early part ends, images and diffuse field are two measures of one thing."""
    rng = np.random.default_rng(4)
    differences = []
    for _ in range(60):
        room, source = random_scene(rng, 0.5)
        rates = bands.decay_rates(room.rt60, RATE)
        start, stop = (round(x * tail.mixing_time(room) * RATE) for x in (0.5, 1.0))
        early = shoebox.early_part(room, source, rates, stop, RATE)[start:stop]
        direct = math.dist(source, room.microphone)
        t = np.arange(start, stop) / RATE + direct / 343.0
        widths = np.diff([0.0, *(c * math.sqrt(2) for c in bands.CENTRES[:6]), RATE / 2]) / (RATE / 2)
        decay = sum(w * np.exp(-rate * t) for w, rate in zip(widths, rates, strict=True))
        expected = float(np.sum(decay)) * tail.tail_level(room, direct, RATE) ** 2
        differences.append(10.0 * math.log10(float(np.sum(early**2)) / expected))
    assert abs(np.median(differences)) < 0.7
    assert np.std(differences) < 2.0


def test_responses_made_together_are_those_made_alone():
    room, _ = random_scene(np.random.default_rng(6), 0.5)
    x, y, z = room.dimensions
    places = {f"e{k}": (0.5 + (x - 1.0) * k / 6, 0.4 * y, 0.45 * z) for k in range(6)}
    together = shoebox.responses(room, places, RATE)
    for name, place in places.items():
        alone = response(room, place, RATE, name=name)
        np.testing.assert_array_equal(together[name].samples, alone.samples)
        assert together[name].facts == alone.facts


def test_direct_sound_is_a_unit_sample_at_index_zero():
    rng = np.random.default_rng(5)
    for _ in range(20):
        made = response(*random_scene(rng, 0.4), RATE, name="e")
        assert made.direct == 0
        assert made.samples[0] == pytest.approx(1.0, abs=0.02)


def test_facts_are_those_of_the_samples():
    made = response(ROOM, PLACE, RATE, name="e")
    squares = made.samples.astype(np.float64) ** 2
    assert made.facts.energy == pytest.approx(squares.sum(), rel=1e-9)
    assert made.facts.drr_db == pytest.approx(10 * np.log10(1.0 / (squares.sum() - 1.0)), abs=1e-6)
    assert made.facts.c50_db == pytest.approx(10 * np.log10(squares[:1200].sum() / squares[1200:].sum()), abs=1e-6)
    assert made.facts.rt60_broadband == pytest.approx(reference.t20(made.samples, RATE), rel=0.01)
    assert made.facts.rt60_bands == pytest.approx(reference.octave_t20(made.samples, bands.CENTRES[:7], RATE), rel=0.05)
    assert made.distance == pytest.approx(math.dist(PLACE, ROOM.microphone))
    assert made.samples.dtype == np.float32
    assert not made.samples.flags.writeable


def test_gains_keep_white_and_pink_noise_at_their_level():
    rng = np.random.default_rng(6)
    white = np.fft.rfft(rng.standard_normal(2**18))
    f = np.fft.rfftfreq(2**18, 1 / RATE)
    band = (f > 125 / math.sqrt(2)) & (f < 8000 * math.sqrt(2))
    for rt60, distance in itertools.product((0.3, 0.9), (0.5, 1.5, 3.0)):
        made = response(replace(ROOM, rt60=rt60), (2.0 + distance, 2.0, 1.5), RATE, name="e")
        through = np.fft.rfft(made.samples, 2**18)
        for gain, noise in ((made.unit_gain, white), (made.pink_gain, white * band / np.sqrt(np.maximum(f, 1.0)))):
            before, after = (np.sum(np.abs(x) ** 2) for x in (noise, noise * through * gain))
            assert 10 * np.log10(after / before) == pytest.approx(0.0, abs=0.35)


def test_distance_lowers_the_direct_share():
    shares = [response(ROOM, (2.0 + d, 2.0, 1.5), RATE, name="e").facts.drr_db for d in (0.3, 0.6, 1.2, 2.4)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] > 12.0


def test_names_part_the_tails_of_sources_and_nothing_else():
    one, again, other = (response(ROOM, PLACE, RATE, name=name).samples for name in ("a", "a", "b"))
    np.testing.assert_array_equal(one, again)
    early = round(0.5 * tail.mixing_time(ROOM) * RATE)
    np.testing.assert_array_equal(one[: early - 1], other[: early - 1])
    late = slice(2 * early, None)
    assert abs(np.corrcoef(one[late], other[late])[0, 1]) < 0.06
    reseeded = response(replace(ROOM, tail_seed=4), PLACE, RATE, name="a").samples
    assert abs(np.corrcoef(one[late], reseeded[late])[0, 1]) < 0.06


def _digest(job):
    room, place, name = job
    made = response(room, place, RATE, name=name)
    return hashlib.sha256(made.samples.tobytes() + repr(made.facts).encode()).hexdigest()


def test_bits_do_not_depend_on_order_or_process():
    rng = np.random.default_rng(7)
    jobs = [(*random_scene(rng, rt60), f"e{k}") for k, rt60 in enumerate((0.2, 0.35, 0.6, 0.9))]
    here = [_digest(job) for job in jobs]
    assert [_digest(job) for job in reversed(jobs)] == here[::-1]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        assert list(pool.map(_digest, jobs[::-1])) == here[::-1]


@pytest.mark.parametrize(
    ("room", "place", "words"),
    [
        (ROOM, (6.5, 2.0, 1.0), "source"),
        (ROOM, (3.0, 0.0, 1.0), "source"),
        (ROOM, ROOM.microphone, "on the microphone"),
        (replace(ROOM, microphone=(2.0, 2.0, 3.2)), PLACE, "microphone"),
        (replace(ROOM, rt60=0.0), PLACE, "RT60"),
        (replace(ROOM, rt60=math.nan), PLACE, "finite"),
        (replace(ROOM, dimensions=(6.0, -5.0, 3.0)), PLACE, "dimensions"),
    ],
)
def test_impossible_plans_are_refused(room, place, words):
    with pytest.raises(BuildError, match=words):
        response(room, place, RATE, name="e")


def test_too_low_a_rate_is_refused():
    with pytest.raises(BuildError, match="sample rate"):
        response(ROOM, PLACE, 4_000, name="e")


@pytest.mark.parametrize(
    ("dimensions", "rt60"), [((1.5, 1.5, 1.5), 0.1), ((30.0, 20.0, 12.0), 3.0), ((60, 40, 3), 1.0)]
)
def test_extreme_rooms_have_finite_responses(dimensions, rt60):
    room = RoomPlan(dimensions=dimensions, rt60=rt60, microphone=(0.6, 0.7, 0.8), tail_seed=1)
    made = response(room, (dimensions[0] - 0.6, dimensions[1] - 0.5, 0.6), RATE, name="e")
    assert np.isfinite(made.samples).all()
    assert made.facts.rt60 == pytest.approx(rt60, rel=0.05)


def test_a_click_has_no_decay_to_measure():
    click = np.zeros(4000, dtype=np.float32)
    click[100] = 1.0
    facts = measure(click, RATE, direct=100)
    assert facts.rt60_broadband is None
    assert facts.drr_db == math.inf
    assert facts.c50_db == math.inf


def test_block_energies_sum_to_the_energy_of_the_octave():
    made = response(ROOM, PLACE, RATE, name="e").samples
    found = measures.band_energies(made, None, RATE).first.sum(axis=1)
    spectrum = np.abs(np.fft.rfft(made, 2**16)) ** 2
    f = np.fft.rfftfreq(2**16, 1 / RATE)
    f[0] = 1e-6
    for centre, energy in zip(bands.CENTRES, found, strict=False):
        q = (f / centre - centre / f) * math.sqrt(2)
        assert energy == pytest.approx(2 * np.sum(spectrum / (1 + q**8)) / 2**16, rel=0.02), centre
