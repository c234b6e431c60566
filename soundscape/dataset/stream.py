"""Scenes without a disk: an iterator of audio and answer key for training loops.

Any scene can be asked for at any time, so a run is resumed by going on with the next index, and shared by giving every
worker its own indices. With PyTorch::

    import soundscape
    import torch

    class Soundscapes(torch.utils.data.IterableDataset):
        def __init__(self, recipe, clips, first=0, **options):
            self.recipe, self.indices, self.options = recipe, range(first, clips), options

        def __iter__(self):
            worker = torch.utils.data.get_worker_info()
            own = self.indices if worker is None else self.indices[worker.id :: worker.num_workers]
            maker = soundscape.prepare(self.recipe, **self.options)
            for scene in soundscape.scenes(maker, own):
                yield torch.from_numpy(scene.pcm), scene.sample_rate, scene.key

    loader = torch.utils.data.DataLoader(Soundscapes("sparse_events", 1000, seed=7), batch_size=None, num_workers=2)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.dataset.make import Maker
from soundscape.records import AnswerKey, ScenePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneAudio:
    """A finished scene in memory: int16 samples ``(n,)`` at ``sample_rate`` Hz, its key and its final plan."""

    pcm: NDArray[np.int16]
    sample_rate: int
    key: AnswerKey
    plan: ScenePlan


def scenes(maker: Maker, indices: Iterable[int]) -> Iterator[SceneAudio]:
    """Yield scenes by their index, the same as a build of the same recipe, banks and seed would write.

    Any index can be asked for at any time. To share a run between workers, give each its own indices, for example
    ``range(worker, clips, workers)``.

    Args:
        maker: from :func:`soundscape.prepare`.
        indices: which scenes, in the order wanted; may be endless (``itertools.count()``).

    Raises:
        RecipeError: the banks cannot give what the recipe asks.
        BankError: a recording is missing or changed.
    """
    for index in indices:
        scene = maker.scene(index)
        yield SceneAudio(
            pcm=scene.rendering.master.pcm, sample_rate=scene.plan.sample_rate, key=scene.key, plan=scene.plan
        )
