"""How fast a soundscape is made, as ratios from one interleaved run.

python scripts/bench [--scenes 60] [--scaper] [--out bench.json]

Every figure is CPU time of one process (so that another load on the machine shifts it little), except scaling over
workers, which is wall time. ``floor`` is the bare work of the same scenes; ``build`` our whole path. Run it by hand, on
a quiet machine; quote ratios, not seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import floor as bare
import rates
import rival

from soundscape.dataset.build import prepare
from soundscape.dataset.encode import encode
from soundscape.dataset.make import Maker
from soundscape.planning import recipe as recipes
from soundscape.processes import keep_memory


def wet_and_dry() -> dict[str, dict[str, Any]]:
    """Return the two recipes that are compared: the flagship with a room in every scene, and without any."""
    base = recipes.read("dense_multilingual")
    return {
        "rooms": {**base, "name": "bench_rooms", "room": {**base["room"], "probability": 1.0}},
        "dry": {**base, "name": "bench_dry", "room": {"probability": 0.0}},
    }


def against_the_floor(maker: Maker, scenes: int) -> dict[str, float]:
    """Return seconds a scene of the floor and of the whole path, taken in turn, and their ratio."""
    floor, ours, audio = [], [], 0.0
    for index in range(scenes + 5):
        begun = time.process_time()
        scene = maker.scene(index)
        encode(scene.rendering.master.pcm, scene.plan.sample_rate)
        made = time.process_time() - begun
        ready = bare.ready(scene, maker)
        begun = time.process_time()
        bare.work(ready)
        least = time.process_time() - begun
        if index >= 5:  # the first scenes load tables and open files for the first time
            ours.append(made)
            floor.append(least)
            audio += scene.plan.duration
    return {
        "floor_ms": round(1000 * statistics.fmean(floor), 1),
        "build_ms": round(1000 * statistics.fmean(ours), 1),
        "build_over_floor": round(sum(ours) / sum(floor), 2),
        "times_real_time": round(audio / sum(ours), 0),
    }


def stages(maker: Maker, scenes: int) -> dict[str, float]:
    """Return the share of every stage of the whole path, in percent."""
    from soundscape.dataset import make
    from soundscape.rendering import scene as rendering

    spent: dict[str, float] = {}

    def timed(name: str, function: Any) -> Any:
        def inner(*args: Any, **kwargs: Any) -> Any:
            begun = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] = spent.get(name, 0.0) + time.process_time() - begun

        return inner

    names = [
        (make, "plan_scene", "planning"),
        (make, "arrivals", "decoding, responses, convolution"),
        (make, "weighted", "K-weighting of events"),
        (make, "levelled", "levels"),
        (make, "mixed", "sum, loudness, true peak, quantising"),
        (make, "annotate", "audibility and key"),
    ]
    kept = [(module, attribute, getattr(module, attribute)) for module, attribute, _ in names]
    parts = [
        (rendering, "convolve", "of these: convolution"),
        (rendering, "dry", "of these: crops, loops, fades"),
    ]
    kept += [(module, attribute, getattr(module, attribute)) for module, attribute, _ in parts]
    for module, attribute, label in names + parts:
        setattr(module, attribute, timed(label, getattr(module, attribute)))
    begun = time.process_time()
    try:
        for index in range(1000, 1000 + scenes):
            scene = maker.scene(index)
            t = time.process_time()
            encode(scene.rendering.master.pcm, scene.plan.sample_rate)
            spent["FLAC"] = spent.get("FLAC", 0.0) + time.process_time() - t
    finally:
        for module, attribute, original in kept:
            setattr(module, attribute, original)
    total = time.process_time() - begun
    return {name: round(100 * seconds / total, 1) for name, seconds in spent.items()}


def growth(maker: Maker) -> dict[str, Any]:
    """Return peak memory of this process after 10, 100 and (if few seconds suffice) more scenes, in MB."""
    out = {}
    done = 0
    for count in (10, 100, 300):
        while done < count:
            maker.scene(done)
            done += 1
        out[str(count)] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=60, help="scenes of the comparison with the floor")
    parser.add_argument("--scaper", action="store_true", help="also run Scaper, in an environment of its own")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    figures: dict[str, Any] = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "processors": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "date": time.strftime("%Y-%m-%d"),
        }
    }
    for name, recipe in wet_and_dry().items():
        # As a worker does.
        keep_memory()
        maker = prepare(recipe)
        figures[name] = against_the_floor(maker, options.scenes)
        if name == "rooms":
            figures["stages_percent"] = stages(maker, options.scenes)
            figures["memory_mb_after_scenes"] = growth(maker)
    with tempfile.TemporaryDirectory() as folder:
        figures["workers"] = rates.workers(Path(folder))
        figures["rates"] = rates.rates(Path(folder))
        if options.scaper:
            figures["scaper"] = rival.scaper(Path(folder), prepare(wet_and_dry()["dry"]), options.scenes)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
