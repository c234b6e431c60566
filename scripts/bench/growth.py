"""How the cost of a scene grows: with its length, its events, the RT60 of its room, and the size of the bank."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pipeline
import rows

from soundscape.dataset.build import prepare
from soundscape.sources.bank import open_bank

_LENGTHS = (10, 20, 40, 60)
_EFFECTS = (0, 4, 8)
_RT60 = (0.2, 0.4, 0.8, 1.2)
_ROWS = (2_000, 20_000, 200_000)


def _cost(recipe: dict[str, Any], scenes: int) -> dict[str, float]:
    pipeline.forget_responses()
    maker = prepare(recipe)
    events, taken = [], []
    for index in range(scenes + 3):
        scene, seconds = pipeline.whole(maker, index)
        if index >= 3:
            events.append(len(scene.plan.events))
            taken.append(seconds)
    return {"ms": round(1000 * statistics.fmean(taken), 1), "events": round(statistics.fmean(events), 1)}


def growth(folder: Path, scenes: int) -> dict[str, Any]:
    """Return milliseconds of CPU time and events a scene as one thing changes and the others stay."""
    base = pipeline.recipe(rooms=True)
    some = max(8, scenes // 3)
    still = {
        **base,
        "duration": 30,
        "effects": {**base["effects"], "count": 4},
        "bursts": {**base["bursts"], "count": 1},
    }
    still["speech"] = {**base["speech"], "speakers": 2, "languages_per_scene": 2}
    still["room"] = {**base["room"], "rt60": 0.5}
    by_rows = {}
    for count in _ROWS:
        place = rows.multiplied(open_bank("embedded"), folder / f"rows-{count}", count)
        by_rows[str(count)] = _planning(place)
    return {
        "seconds": {str(n): _cost({**still, "duration": n}, some) for n in _LENGTHS},
        "effects": {str(n): _cost({**still, "effects": {**still["effects"], "count": n}}, some) for n in _EFFECTS},
        "rt60": {str(t): _cost({**still, "room": {**still["room"], "rt60": t}}, some) for t in _RT60},
        "bank_rows": by_rows,
    }


def _planning(place: Path) -> dict[str, float]:

    maker = prepare("dense_multilingual", banks=(str(place),))
    maker.plan(0)
    begun = time.process_time()
    for index in range(1, 301):
        maker.plan(index)
    return {"plan_ms": round(1000 * (time.process_time() - begun) / 300, 2)}
