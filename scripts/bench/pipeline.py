"""The whole path against the floor, and where its time goes."""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import floor

from soundscape import schema
from soundscape.dataset.build import prepare
from soundscape.dataset.encode import encode
from soundscape.dataset.make import Maker, Scene
from soundscape.planning import recipe as recipes
from soundscape.sources import places

#: The first scenes load tables and open files for the first time.
_WARM_UP = 5


def recipe(rooms: bool) -> dict[str, Any]:
    """Return the flagship recipe with a room in every scene, or in none."""
    base = recipes.read("dense_multilingual")
    name = "bench_rooms" if rooms else "bench_dry"
    return {**base, "name": name, "room": {**base["room"], "probability": 1.0 if rooms else 0.0}}


def whole(maker: Maker, index: int, audio: str = "flac") -> tuple[Scene, float]:
    """Return a scene made from plan to encoded audio and JSON, and the CPU seconds that took."""
    begun = time.process_time()
    scene = maker.scene(index)
    encode(scene.rendering.master.pcm, scene.plan.sample_rate, audio)
    schema.encode(scene.key)
    schema.encode(scene.plan)
    return scene, time.process_time() - begun


def forget_responses() -> None:
    """Remove the room responses that earlier runs have kept."""
    shutil.rmtree(places.cache_folder() / "responses", ignore_errors=True)


def against_the_floor(folder: Path, scenes: int) -> dict[str, Any]:
    """Return milliseconds a scene of the floor and of the whole path, and their ratio, with rooms and dry."""
    return {name: _compared(prepare(recipe(rooms)), scenes) for name, rooms in (("rooms", True), ("dry", False))}


def _compared(maker: Maker, scenes: int) -> dict[str, float]:
    forget_responses()
    least, ours, audio = [], [], 0.0
    for index in range(scenes + _WARM_UP):
        scene, seconds = whole(maker, index)
        ready = floor.ready(scene, maker)
        begun = time.process_time()
        floor.work(ready)
        if index >= _WARM_UP:
            least.append(time.process_time() - begun)
            ours.append(seconds)
            audio += scene.plan.duration
    return {
        "floor_ms": round(1000 * statistics.fmean(least), 1),
        "build_ms": round(1000 * statistics.fmean(ours), 1),
        "build_over_floor": round(sum(ours) / sum(least), 2),
        "times_real_time": round(audio / sum(ours)),
    }


def stages(folder: Path, scenes: int) -> dict[str, float]:
    """Return the share of every stage of the whole path with rooms, in per cent."""
    from soundscape.dataset import make
    from soundscape.rendering import mix, scene
    from soundscape.rendering.rooms.respond import Responder
    from soundscape.sources.bank import Bank
    from soundscape.truth.audibility import Listener

    spent: dict[str, float] = {}
    parts: list[tuple[Any, str, str]] = [
        (make, "plan_scene", "planning"),
        (Bank, "load_stored", "decoding and checking sources"),
        (scene, "dry", "crops, loops, fades"),
        (Responder, "__call__", "room responses"),
        (scene, "_in_rooms", "convolution"),
        (make, "Listener", "K-weighting and levels of events"),
        (mix, "total", "sum"),
        (make, "mixed", "gains, loudness, true peak, quantising"),
        (Listener, "heard", "SNR, cells, glimpses"),
        (make, "annotate", "key"),
    ]

    def timed(label: str, function: Any) -> Any:
        def inner(*args: Any, **kwargs: Any) -> Any:
            begun, inside = time.process_time(), sum(spent.values())
            try:
                return function(*args, **kwargs)
            finally:
                # What a stage inside took is that one's.
                own = time.process_time() - begun - (sum(spent.values()) - inside)
                spent[label] = spent.get(label, 0.0) + own

        return inner

    maker = prepare(recipe(rooms=True))
    for index in range(_WARM_UP):
        whole(maker, index)
    forget_responses()
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in parts]
    total = 0.0
    try:
        for owner, name, label in parts:
            setattr(owner, name, timed(label, getattr(owner, name)))
        for index in range(_WARM_UP, _WARM_UP + scenes):
            made, seconds = whole(maker, index)
            total += seconds
            begun = time.process_time()
            encode(made.rendering.master.pcm, made.plan.sample_rate)
            spent["FLAC"] = spent.get("FLAC", 0.0) + time.process_time() - begun
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)
    shares = {label: round(100 * seconds / total, 1) for label, seconds in spent.items()}
    return {**shares, "all else": round(100 - sum(shares.values()), 1)}
