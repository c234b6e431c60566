from __future__ import annotations

import numpy as np
import pytest

from soundscape.rendering.convolution import convolved


@pytest.mark.parametrize("lengths", [(700, 16_384, 40_001), (1, 0, 5)])
@pytest.mark.parametrize("taps", [(90, 90, 1), (9_000, 400)])
def test_convolution_is_that_of_the_definition(lengths: tuple[int, ...], taps: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    responses = [rng.standard_normal(m).astype(np.float32) for m in taps]
    sounds = [(rng.standard_normal(n).astype(np.float32), k % len(taps)) for k, n in enumerate(lengths * 2)]
    found = convolved(sounds, responses)
    for (x, place), wet in zip(sounds, found, strict=True):
        h = responses[place]
        expected = np.convolve(x.astype(float), h) if len(x) else np.zeros(len(h) - 1)
        assert wet.dtype == np.float32
        np.testing.assert_allclose(wet, expected, atol=1e-6 * len(h) ** 0.5 * 10)


def test_a_sound_is_the_same_in_any_company() -> None:
    rng = np.random.default_rng(6)
    h = rng.standard_normal(5000).astype(np.float32)
    sounds = [(rng.standard_normal(n).astype(np.float32), 0) for n in (30_000, 100, 9_000, 20_000, 1)]
    together = convolved(sounds, [h])
    for alone, wet in zip(sounds, together, strict=True):
        np.testing.assert_array_equal(convolved([alone], [h])[0], wet)


def test_there_may_be_nothing_to_do() -> None:
    assert convolved([], []) == []
