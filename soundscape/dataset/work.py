"""What a worker does: makes one scene and puts its files in place, or packs finished clips into a shard."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from soundscape.dataset import layouts
from soundscape.dataset import lock as locks
from soundscape.dataset.encode import encode
from soundscape.dataset.layouts import Clip, Shard
from soundscape.dataset.lock import Lock
from soundscape.dataset.make import Maker, Order, Scene
from soundscape.dataset.store import SceneRecord, Store
from soundscape.errors import BuildError, EnvironmentFault
from soundscape.planning.scene import clip_id
from soundscape.processes import keep_memory
from soundscape.rendering.mix import quantise_stem
from soundscape.version import __version__

#: One scene at a time in a process: a cluster may run several tasks in one, and a maker is not made for that.
_ALONE = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a worker tells of a finished scene; ``seconds`` of audio were made for it now."""

    index: int
    clip_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Worker:
    """A callable that can be sent to any process on any machine: scene index → files in a build's place.

    ``order`` and ``lock`` are JSON: hashable, so that a process keeps its open banks and decoded sources from scene to
    scene.
    """

    order: str
    lock: str
    place: str

    @property
    def store(self) -> Store:
        """Where the files go."""
        lock = _lock(self.lock)
        return Store(self.place, lock.split, packed=lock.layout != "folder")

    def __call__(self, index: int) -> Done:
        """Make a scene, unless its record says that it is finished.

        Raises:
            BuildError, EnvironmentFault: this machine cannot make what was asked for elsewhere (:func:`_maker`).
        """
        with _ALONE:
            maker, lock, store = _maker(self.order, self.lock, self.place), _lock(self.lock), self.store
            name = clip_id(maker.recipe.name, lock.split, index)
            if store.done(name):
                return Done(index=index, clip_id=name, seconds=0.0)
            scene = maker.scene(index)
            # On the disk before the record says so: a machine that goes down leaves no record without its audio.
            put(scene, lock, store)
            store.keep(SceneRecord(plan=scene.plan, key=scene.key, stages=scene.stages))
            return Done(index=index, clip_id=name, seconds=scene.plan.duration)


def put(scene: Scene, lock: Lock, store: Store) -> None:
    """Write a scene's audio and, where the lock asks for them, its stems and the direct sounds of those in a room."""
    name, finished, rate = scene.plan.clip_id, scene.rendering.master, scene.plan.sample_rate
    store.write(store.audio(name, lock.audio), encode(finished.pcm, rate, lock.audio), durable=True)
    if not lock.stems:
        return
    for kind, stems in (("stems", scene.rendering.stems), ("direct", scene.rendering.direct)):
        for stem in stems:
            data = encode(quantise_stem(stem, finished.gain, len(finished.pcm)), rate, "flac", "PCM_24")
            store.write(store.stem(name, stem.event_id, kind), data, durable=True)


@dataclass(frozen=True, slots=True)
class Packer:
    """A callable that can be sent to any process: number of a shard → the shard in its place.

    The clips that were waiting for it are removed once it is there, so the disk holds everything twice at no time.
    """

    worker: Worker
    shards: tuple[Shard, ...]

    def __call__(self, number: int) -> int:
        """Write a shard, unless it is there."""
        shard, store, lock = self.shards[number], self.worker.store, _lock(self.worker.lock)
        write = layouts.layout(lock.layout).write
        waiting = [store.audio(clip_id(lock.recipe["name"], lock.split, i), lock.audio) for i in shard.indices]
        if write is not None and shard.name not in store.output.names(shard.name.rpartition("/")[0]):
            with store.output.writer(shard.name) as file:
                write(file, self._clips(shard, store, lock))
        store.output.remove(waiting)
        return number

    def _clips(self, shard: Shard, store: Store, lock: Lock) -> Iterator[Clip]:
        for index, duration in zip(shard.indices, shard.durations, strict=True):
            name = clip_id(lock.recipe["name"], lock.split, index)
            audio = store.output.read(store.audio(name, lock.audio))
            yield Clip(clip_id=name, ending=lock.audio, audio=audio, duration=duration)


@lru_cache(maxsize=2)
def _lock(text: str) -> Lock:
    return msgspec.json.decode(text, type=Lock)


@lru_cache(maxsize=1)
def _maker(order: str, lock_text: str, place: str) -> Maker:
    """Return the maker of an order, once it is certain that this machine makes the same as the one that asks.

    Raises:
        BuildError: it sees another folder, or has other banks.
        EnvironmentFault: it has other versions of what makes samples.
    """
    lock = _lock(lock_text)
    here = f"the worker {os.getpid()} on {socket.gethostname()}"
    if not Store(place, lock.split).begun():
        raise BuildError(
            f"{here} sees no build at {place}", hint="--out must be a folder that all machines share, or a bucket"
        )
    own = {"soundscape": __version__, **locks.versions()}
    for package, version in {"soundscape": lock.soundscape_version, **lock.versions}.items():
        if package != "python" and own.get(package) != version:
            raise EnvironmentFault(
                f"{here} has {package} {own.get(package)}, expected {version}",
                hint="workers need the same packages as the machine that asks",
            )
    keep_memory()
    maker = Maker(msgspec.json.decode(order, type=Order))
    for pin in lock.banks:
        if maker.digests.get(pin.name) != pin.digest:
            raise BuildError(
                f"{here} has another bank {pin.name!r}: {maker.digests.get(pin.name)}, expected {pin.digest}",
                hint="workers need the same banks as the machine that asks",
            )
    return maker
