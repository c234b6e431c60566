from __future__ import annotations

import inspect
import itertools
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import soundscape
from soundscape.dataset import stream
from soundscape.dataset.make import Maker
from soundscape.sources.audio import pcm_digest


def test_scenes_are_those_that_a_build_writes(quick: Maker, tmp_path: Path) -> None:
    soundscape.build(quick, tmp_path / "out", jobs=1)
    for scene in soundscape.scenes(quick, range(4)):
        samples, rate = soundfile.read(tmp_path / "out/data/test" / f"{scene.key.clip_id}.flac", dtype="int16")
        assert (scene.pcm.dtype, scene.sample_rate) == (np.int16, rate)
        assert np.array_equal(scene.pcm, samples)
        assert pcm_digest(scene.pcm, rate) == scene.key.pcm_sha256
        assert scene.plan.clip_id == scene.key.clip_id


def test_a_run_is_entered_anywhere_and_shared_by_workers(quick: Maker) -> None:
    whole = {scene.key.clip_id: scene.key for scene in soundscape.scenes(quick, range(7))}
    shared = [scene.key for worker in (1, 0, 2) for scene in soundscape.scenes(quick, range(worker, 7, 3))]
    assert {key.clip_id: key for key in shared} == whole
    (late,) = soundscape.scenes(quick, [100_000])
    assert late.key.clip_id == "quick-test-100000"


def test_an_endless_run_makes_only_what_is_taken(quick: Maker) -> None:
    endless = soundscape.scenes(quick, itertools.count())
    assert [scene.key.clip_id[-1] for scene in itertools.islice(endless, 3)] == ["0", "1", "2"]


def snippet() -> str:
    """The example for PyTorch in the module's documentation, up to the loader."""
    text = (inspect.getdoc(stream) or "").partition("With PyTorch::")[2]
    return textwrap.dedent(text).partition("loader =")[0]


@pytest.mark.parametrize("workers", [0, 2])
def test_the_pytorch_example_gives_every_scene_once(
    workers: int, quick_recipe: dict[str, Any], small_bank_folder: Path, quick: Maker
) -> None:
    torch = pytest.importorskip("torch", reason="the example is for PyTorch")
    names: dict[str, Any] = {}
    exec(compile(snippet(), "example", "exec"), names)
    dataset = names["Soundscapes"](quick_recipe, 5, first=1, banks=(str(small_bank_folder),))
    loader = torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=workers)
    given = {key.clip_id: (samples.numpy(), rate, key) for samples, rate, key in loader}
    for scene in soundscape.scenes(quick, range(1, 5)):
        samples, rate, key = given.pop(scene.key.clip_id)
        assert np.array_equal(samples, scene.pcm)
        assert (rate, key) == (scene.sample_rate, scene.key)
    assert given == {}
