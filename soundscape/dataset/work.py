"""What a worker does: makes one scene and puts its files in place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from soundscape.dataset.encode import encode
from soundscape.dataset.make import Maker, Order
from soundscape.dataset.store import SceneRecord, Store
from soundscape.planning.scene import clip_id
from soundscape.rendering.mix import quantise_stem


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a worker tells of a finished scene."""

    index: int
    clip_id: str
    seconds: float


@lru_cache(maxsize=2)
def _maker(order: str) -> Maker:
    import msgspec

    return Maker(msgspec.json.decode(order, type=Order))


@dataclass(frozen=True, slots=True)
class Worker:
    """A callable that can be sent to any process: scene index → files in a build's folder.

    ``order`` is JSON: hashable, so that a process keeps its open banks and decoded sources from scene to scene.
    """

    order: str
    folder: Path
    audio: str
    stems: bool

    def __call__(self, index: int) -> Done:
        """Make a scene, unless its record says that it is finished."""
        maker = _maker(self.order)
        store = Store(self.folder, maker.order.split)
        name = clip_id(maker.recipe.name, maker.order.split, index)
        if store.done(name):
            return Done(index=index, clip_id=name, seconds=0.0)
        scene = maker.scene(index)
        rate = scene.plan.sample_rate
        # On the disk before the record says so: a machine that goes down leaves no record without its audio.
        store.write(store.audio(name, self.audio), encode(scene.rendering.master.pcm, rate, self.audio), durable=True)
        if self.stems:
            made, finished = scene.rendering, scene.rendering.master
            for kind, stems in (("stems", made.stems), ("direct", made.direct)):
                for stem in stems:
                    data = encode(quantise_stem(stem, finished.gain, len(finished.pcm)), rate, "flac", "PCM_24")
                    store.write(store.stem(name, stem.event_id, kind), data)
        store.keep(SceneRecord(plan=scene.plan, key=scene.key))
        return Done(index=index, clip_id=name, seconds=scene.plan.duration)
