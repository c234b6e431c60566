"""The early part: every image is there, at its time, with its strength."""

import math

import numpy as np
import pytest

from soundscape.records import RoomPlan
from soundscape.rendering.rooms import bands, images
from tests.reference import rooms as reference

RATE = 24_000


def a_room(rng):
    dimensions = tuple(float(x) for x in np.round(rng.uniform([3, 3, 2.4], [10, 8, 4]), 2))
    microphone = tuple(float(x) for x in np.round(rng.uniform(0.5, np.array(dimensions) - 0.5), 2))
    room = RoomPlan(dimensions=dimensions, rt60=0.5, microphone=microphone, tail_seed=1)
    while True:
        source = tuple(float(x) for x in np.round(rng.uniform(0.5, np.array(dimensions) - 0.5), 2))
        if math.dist(source, microphone) > 0.5:
            return room, source


def test_images_agree_with_mirroring_step_by_step():
    rng = np.random.default_rng(1)
    for _ in range(8):
        room, source = a_room(rng)
        distances, orders = images.image_sources(room, source, 16.0)
        expected = reference.images(room.dimensions, source, room.microphone, 16.0)
        found = sorted(zip(distances, orders, strict=True))
        np.testing.assert_allclose([d for d, _ in found], [d for d, _ in expected], atol=1e-9)
        # Images at equal distances may swap; their orders still count.
        assert sorted(int(k) for _, k in found) == sorted(k for _, k in expected)


def test_direct_sound_is_the_nearest_image_and_of_order_zero():
    rng = np.random.default_rng(2)
    for _ in range(20):
        room, source = a_room(rng)
        distances, orders = images.image_sources(room, source, 12.0)
        assert np.flatnonzero(orders == 0).tolist() == [int(np.argmin(distances))]
        assert distances.min() == pytest.approx(math.dist(source, room.microphone), abs=1e-12)


def test_early_part_agrees_with_sums_of_sincs():
    """Below 0.4 of the rate, where windowed and full sinc agree, to better than −50 dB."""
    rng = np.random.default_rng(3)
    length, margin, size = int(0.03 * RATE), 200, 4096
    for _ in range(6):
        room, source = a_room(rng)
        rate = bands.LN_MILLION / 0.4
        reflection = math.exp(-0.5 * rate * bands.mean_free_path(room) / reference.SOUND)
        made = images.early_part(room, source, np.full(bands.shaped_bands(RATE), rate), length, RATE)
        exact = reference.early(room.dimensions, source, room.microphone, reflection, length, RATE, margin)
        spectra = [np.fft.rfft(x, size) for x in (np.concatenate([np.zeros(margin), made]), exact)]
        difference = (spectra[0] - spectra[1])[: int(0.4 * size)]
        whole = spectra[1][: int(0.4 * size)]
        assert np.sum(np.abs(difference) ** 2) < 1e-5 * np.sum(np.abs(whole) ** 2)


def test_reflections_are_filtered_by_order_and_never_sound_before_they_arrive():
    """In a huge cube with the microphone near one wall only the first reflection comes early: look at it alone."""
    room = RoomPlan(dimensions=(60.0, 60.0, 60.0), rt60=1.0, microphone=(30.0, 30.0, 4.0), tail_seed=1)
    source = (31.0, 30.0, 4.0)
    rates = bands.decay_rates(0.2, RATE) * 0.2
    length = int(0.06 * RATE)
    early = images.early_part(room, source, rates, length, RATE)
    distance = math.sqrt(1.0 + 64.0)
    delay = (distance - 1.0) / reference.SOUND * RATE
    before = early[1 : int(delay) - images.HALF_TAPS]
    assert np.abs(before).max() < 1e-4 / distance
    spectrum = np.abs(np.fft.rfft(early[int(delay) - 40 :], 8192)) * distance
    wall = np.exp(-0.5 * rates * bands.mean_free_path(room) / reference.SOUND)
    for centre, expected in zip(bands.CENTRES[1:6], wall[1:6], strict=True):
        assert spectrum[round(centre * 8192 / RATE)] == pytest.approx(expected, rel=0.03), centre


def test_direct_sound_is_a_unit_sample():
    room, source = a_room(np.random.default_rng(5))
    early = images.early_part(room, source, bands.decay_rates(0.5, RATE), 480, RATE)
    first = min(d for d, k in zip(*images.image_sources(room, source, 30.0), strict=True) if k == 1)
    quiet = int((first - math.dist(source, room.microphone)) / reference.SOUND * RATE) - images.HALF_TAPS
    assert quiet > 5
    assert early[0] == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(early[1:quiet], 0.0, atol=1e-4)
