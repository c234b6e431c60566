"""Against an independent simulation: the early images, and the balance of a response against full-order images."""

import math

import numpy as np
import pytest

from soundscape.records import RoomPlan
from soundscape.rendering.rooms import bands, images, response

pytestmark = pytest.mark.slow

RATE = 24_000
SCENES = (
    ((5.29, 7.94, 2.91), (1.3, 2.2, 1.4), (4.1, 4.6, 1.6), 0.4),
    ((4.69, 4.29, 2.70), (2.1, 1.7, 1.2), (2.7, 2.2, 1.5), 0.3),
    ((6.17, 6.04, 2.76), (3.1, 2.2, 1.2), (4.5, 3.3, 1.6), 0.4),
    ((6.15, 4.38, 3.12), (1.1, 1.0, 1.5), (2.9, 1.6, 1.4), 0.3),
    ((5.23, 4.41, 3.83), (1.5, 3.2, 1.1), (3.6, 1.8, 2.0), 0.5),
    ((6.60, 6.57, 3.98), (2.2, 2.4, 1.3), (3.8, 2.9, 1.5), 0.2),
)


@pytest.fixture(scope="module")
def simulate():
    pra = pytest.importorskip("pyroomacoustics")
    pra.constants.set("num_threads", 1)
    pra.constants.set("c", 343.0)
    pra.constants.set("rir_hpf_enable", False)

    def run(dimensions, microphone, source, absorption, order):
        room = pra.ShoeBox(dimensions, fs=RATE, materials=pra.Material(absorption), max_order=order)
        room.add_microphone(microphone)
        room.add_source(source)
        room.compute_rir()
        return np.array(room.rir[0][0], dtype=np.float64) * math.dist(microphone, source)

    return run


def _plan(dimensions, microphone, source, rt60):
    room = RoomPlan(dimensions=dimensions, rt60=rt60, microphone=microphone, tail_seed=1)
    taken = 1.0 - math.exp(-bands.LN_MILLION / rt60 * bands.mean_free_path(room) / 343.0)
    return room, math.dist(microphone, source) / 343.0 * RATE + 40.0, taken


@pytest.mark.parametrize("scene", SCENES)
def test_early_images_agree(simulate, scene):
    """Ours has the way's delay taken out: so agreement proves the alignment too. pyroomacoustics delays by 40 more."""
    dimensions, microphone, source, rt60 = scene
    room, delay, taken = _plan(*scene)
    length, size = 720, 4096
    rates = np.full(bands.shaped_bands(RATE), bands.LN_MILLION / rt60)
    ours = np.fft.rfft(images.early_part(room, source, rates, length, RATE)[: length - 100], size)
    shift = np.exp(2j * np.pi * np.fft.rfftfreq(size) * delay)
    theirs = np.fft.irfft(np.fft.rfft(simulate(dimensions, microphone, source, taken, 14), size) * shift, size)
    theirs = np.fft.rfft(theirs[: length - 100], size)
    band = slice(0, int(0.4 * size))
    error = np.sum(np.abs(ours[band] - theirs[band]) ** 2) / np.sum(np.abs(ours[band]) ** 2)
    assert 10 * math.log10(error) < -38.0


def _mid(x):
    size = 2**16
    f = np.fft.rfftfreq(size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(x, size) * ((f > 354) & (f < 1414)), size)


def _balance(response_, direct, at):
    """Return DRR and C50 in dB in the octaves at 500 Hz and 1 kHz; ``at`` is when the direct sound arrives."""
    lead = np.zeros(2400)
    whole, alone = _mid(np.concatenate([lead, response_])), _mid(np.concatenate([lead, direct]))
    late = round(2400 + at + 0.05 * RATE)
    squares = whole**2
    rest = np.sum((whole - alone) ** 2)
    return 10 * math.log10(np.sum(alone**2) / rest), 10 * math.log10(squares[:late].sum() / squares[late:48_000].sum())


def test_balance_agrees_with_full_order_images(simulate):
    """Full-order images of a shoebox decay too slowly late on, and single rooms differ by chance: means are tight."""
    differences = []
    for dimensions, microphone, source, rt60 in SCENES:
        room, delay, taken = _plan(dimensions, microphone, source, rt60)
        made = response(room, source, RATE, name="e").samples
        full = simulate(dimensions, microphone, source, taken, math.ceil(343.0 * rt60 / min(dimensions)) + 1)
        direct = simulate(dimensions, microphone, source, taken, 0)
        unit = np.zeros(len(made))
        unit[0] = 1.0
        ours = _balance(made, unit, 0.0)
        theirs = _balance(full, np.pad(direct, (0, len(full) - len(direct))), delay)
        differences.append(np.subtract(ours, theirs))
    drr, c50 = np.array(differences).T
    assert abs(drr.mean()) < 0.7
    assert np.abs(drr).max() < 2.0
    assert abs(c50.mean()) < 1.0
    assert np.abs(c50).max() < 3.5
