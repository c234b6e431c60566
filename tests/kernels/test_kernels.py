"""The kernels: the compiled ones against the plain ones, to the bit, and the plain ones against what they stand for."""

import ctypes.util
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from soundscape import kernels, loudness
from soundscape.kernels import compiled, plain
from soundscape.truth import cells

COMPILED = compiled.load()
needs_compiled = pytest.mark.skipif(COMPILED is None, reason="built without a C compiler")
RATES = (4_000, 8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000)


def noise(seed, count, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(count).astype(dtype)


def bounds_of(seed, length, count=5):
    return np.sort(np.random.default_rng(seed).integers(0, length + 1, (count, 2)), axis=1)


# --- the same bits -------------------------------------------------------------------------------------------------


@needs_compiled
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3000), max_size=20),
    st.integers(1, 900),
    st.integers(0, 300),
    st.booleans(),
    st.integers(0, 99),
)
def test_k_weighting_has_the_same_bits(lengths, chunk, lead, wide, seed):
    sections = loudness._weighting(24_000)
    signals = [noise(seed + k, n, np.float64 if wide else np.float32) for k, n in enumerate(lengths)]
    expected = plain.k_weight(signals, sections, chunk, lead)
    found = COMPILED.k_weight(signals, sections, chunk, lead)
    assert [x.tobytes() for x in found] == [x.tobytes() for x in expected]


@needs_compiled
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(RATES),
    st.integers(1, 30_000),
    st.integers(0, 20_000),
    st.integers(0, 9000),
    st.floats(0, 4),
    st.integers(0, 99),
)
def test_cells_have_the_same_bits(rate, length, offset, after, gain, seed):
    frames = cells.grid(rate)
    mix = noise(seed, offset + length + after, np.float64)
    events = [
        cells.laid(noise(seed + 1, length), offset, gain, rate),
        cells.laid(noise(seed + 2, length // 3 + 1), offset + length // 2, 0.5 * gain, rate),
    ]
    for by_plain, by_compiled in zip(*(k.scene_cells(frames, mix, events) for k in (plain, COMPILED)), strict=True):
        for expected, found in zip(by_plain, by_compiled, strict=True):
            np.testing.assert_array_equal(found, expected)


@needs_compiled
@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 200), st.floats(0, 4), st.integers(0, 99))
def test_sums_and_peaks_have_the_same_bits(length, block, gain, seed):
    bounds = bounds_of(seed, length)
    narrow, wide, whole = noise(seed, length), noise(seed, length, np.float64), noise(seed + 1, length, np.float64)
    pairs = []
    for k in (plain, COMPILED):
        sums = (k.energies(narrow, bounds), k.energies(wide, bounds), k.rest_energies(wide, whole, gain, bounds))
        pairs.append((*sums, k.peaks(narrow, block), k.peaks(wide, block), k.quantised(wide, 3000.3)))
    for expected, found in zip(*pairs, strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    sums = []
    for k in (plain, COMPILED):
        sums.append(whole.copy())
        k.add_scaled(sums[-1], narrow, np.float32(gain))
    np.testing.assert_array_equal(*sums)


@needs_compiled
@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.floats(0, 1), st.sampled_from([1e-12, 1e-4, 0.1]), st.integers(0, 99))
def test_cells_are_counted_alike(frames, share, floor, seed):
    rng = np.random.default_rng(seed)
    own, rest = (rng.random((frames, 32)).astype(np.float32) ** 8 for _ in range(2))
    active = rng.random(frames) < share
    by_plain, by_compiled = (k.count_cells(own, rest, active, 1e-4, floor, 2.0) for k in (plain, COMPILED))
    assert by_compiled == by_plain


@needs_compiled
def test_halves_go_to_the_even_neighbour():
    x = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 32766.5, -32767.5, 0.49999999999999994])
    assert COMPILED.quantised(x, 1.0).tolist() == np.rint(x).tolist()
    assert plain.quantised(x, 1.0).tolist() == np.rint(x).tolist()


# --- what they stand for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
def test_restarting_the_filter_leaves_no_seam(rate):
    x = noise(1, 7 * rate + 123, np.float64)
    unbroken = sosfilt(loudness._weighting(rate), x)
    np.testing.assert_allclose(loudness.k_weighted(x, rate), unbroken, rtol=0, atol=1e-10)


def test_a_full_scale_past_is_forgotten():
    rate = 24_000
    x = np.zeros(4 * rate)
    x[: 2 * rate - round(0.2 * rate)] = 1.0
    assert np.abs(sosfilt(loudness._weighting(rate), x)[2 * rate :]).max() < 1e-18
    assert not loudness.k_weighted(x, rate)[2 * rate :].any()


@pytest.mark.parametrize("rate", [*RATES, 5_512, 88_200, 192_000])
def test_bands_are_those_of_a_librarys_spectra(rate):
    frames = cells.grid(rate)
    assert frames.size % 8 == 0
    mix, x, offset = noise(2, 20 * frames.hop, np.float64), noise(3, 6 * frames.hop), 5 * frames.hop + 3
    event = cells.laid(x, offset, 0.7, rate)
    ((own, rest),) = kernels.scene_cells(frames, mix, [event])

    def expected(signal, at):
        padded = np.zeros(40 * frames.hop + 2 * frames.size)
        padded[frames.size + at :][: len(signal)] = signal
        starts = [frames.size + f * frames.hop - frames.width // 2 for f in range(event.first, event.stop)]
        spectra = np.fft.rfft([2.0 * frames.window * padded[s : s + frames.size] for s in starts], axis=1)
        return np.abs(spectra[:, frames.bands.low : frames.bands.high]) ** 2 @ frames.bands.matrix.toarray().T

    without = mix.copy()
    without[offset : offset + len(x)] -= 0.7 * x
    np.testing.assert_allclose(own, expected(x, offset), rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(rest, expected(without, 0), rtol=1e-4, atol=1e-9)


def test_blocks_of_frames_leave_no_seam(monkeypatch):
    frames, mix = cells.grid(24_000), noise(4, 120_000, np.float64)
    events = [cells.laid(noise(3, 90_000), 5000, 0.7, 24_000)]
    ((own, rest),) = plain.scene_cells(frames, mix, events)
    monkeypatch.setattr(plain, "_TOGETHER", 7)
    ((other_own, other_rest),) = plain.scene_cells(frames, mix, events)
    np.testing.assert_array_equal(own, other_own)
    np.testing.assert_array_equal(rest, other_rest)


def test_energies_are_sums_of_squares():
    x = noise(5, 5000)
    bounds = bounds_of(6, 5000)
    expected = [np.square(x[a:b].astype(np.float64)).sum() for a, b in bounds]
    np.testing.assert_allclose(kernels.energies(x, bounds), expected, rtol=1e-12)


# --- what is refused -----------------------------------------------------------------------------------------------


@needs_compiled
def test_what_would_reach_beyond_memory_is_refused():
    frames, x = cells.grid(24_000), noise(1, 1000)
    wide = x.astype(np.float64)
    with pytest.raises(ValueError, match="parts from"):
        COMPILED.energies(x, np.array([[0, 1001]]))
    with pytest.raises(ValueError, match="parts from"):
        COMPILED.rest_energies(wide, wide[:10], 1.0, np.array([[0, 11]]))
    with pytest.raises(ValueError, match="frames -1 to 3"):
        COMPILED.scene_cells(frames, wide, [kernels.Laid(x, 0, -1, 3, 1.0)])
    with pytest.raises(ValueError, match="1000 samples against 10"):
        COMPILED.add_scaled(wide, x[:10], np.float32(1.0))
    with pytest.raises(ValueError, match="writeable row"):
        COMPILED.add_scaled(x, x, np.float32(1.0))
    with pytest.raises(ValueError, match="active frames"):
        COMPILED.count_cells(np.ones((4, 32), np.float32), np.ones((4, 32), np.float32), np.ones(3, bool), 1, 1, 1)


@needs_compiled
def test_what_is_not_contiguous_is_read_right():
    x = noise(1, 4000)
    bounds = np.array([[0, 2000]])
    np.testing.assert_array_equal(COMPILED.energies(x[::2], bounds), plain.energies(x[::2], bounds))
    np.testing.assert_array_equal(COMPILED.peaks(x[::2], 32), plain.peaks(x[::2], 32))


# --- which are used ------------------------------------------------------------------------------------------------


def form(**environment):
    code = "from soundscape import kernels; print(kernels.FORM)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout.strip()


def test_the_environment_chooses_numpy():
    assert form(SOUNDSCAPE_KERNELS="numpy") == "numpy"
    assert form(SOUNDSCAPE_KERNELS="") == ("compiled" if COMPILED else "numpy")


def test_a_library_that_is_not_there_or_is_none_of_ours_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "LIBRARY", tmp_path / "none.so")
    assert compiled.load() is None
    (tmp_path / "text.so").write_text("no library")
    monkeypatch.setattr(compiled, "LIBRARY", tmp_path / "text.so")
    assert compiled.load() is None
    other = ctypes.util.find_library("m")
    if other:
        monkeypatch.setattr(compiled, "LIBRARY", other)
        assert compiled.load() is None


@needs_compiled
def test_another_version_is_left_alone(monkeypatch):
    monkeypatch.setattr(compiled, "VERSION", compiled.VERSION + 1)
    assert compiled.load() is None
