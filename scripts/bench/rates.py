"""How many a second: plans, scores, rewards, validated predictions; how fast recordings are indexed."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import rows

from soundscape.dataset.build import build, prepare
from soundscape.dataset.engines import default_jobs
from soundscape.records import AnswerKey
from soundscape.sources.add import add_bank
from soundscape.sources.bank import Bank, open_bank

_ROUNDS = 3
_LARGE = 1_000_000
_TYPES = ("path", "type", "caption", "transcription", "language", "speaker", "licence")


def _seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process that work takes: the median of a few times."""
    taken = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def rates(folder: Path, scenes: int) -> dict[str, Any]:
    """Return the rates of everything that is not making scenes."""
    maker = prepare("dense_multilingual")
    maker.plan(0)
    planning = _seconds(lambda: [maker.plan(i) for i in range(400)])
    return {
        "plans_a_second": round(400 / planning),
        **_large_bank(folder),
        **_marking(folder),
        "bank_hours_a_minute": round(_indexing(folder), 1),
    }


def _large_bank(folder: Path) -> dict[str, Any]:
    place = rows.multiplied(open_bank("embedded"), folder / "large", _LARGE)
    begun = time.monotonic()
    Bank(place)
    opened = time.monotonic() - begun
    maker = prepare("dense_multilingual", banks=(str(place),))
    begun = time.monotonic()
    maker.plan(0)
    first = time.monotonic() - begun
    seconds = _seconds(lambda: [maker.plan(i) for i in range(1, 401)])
    shutil.rmtree(place)
    return {
        "large_bank_opens_s": round(opened, 2),
        "large_bank_first_plan_s": round(first, 2),
        "large_bank_plans_a_second": round(400 / seconds),
    }


def _keys(folder: Path, recipe: Any, clips: int) -> list[AnswerKey]:
    place = folder / f"keys-{clips}-{time.monotonic_ns()}"
    build(prepare(recipe), place, clips=clips)
    lines = (place / "answer_key" / "test.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=AnswerKey) for line in lines]


def _marking(folder: Path) -> dict[str, Any]:
    from soundscape.scoring.baselines import baseline
    from soundscape.scoring.embedders import open_embedder
    from soundscape.scoring.reward import Rewarder
    from soundscape.scoring.score import score
    from soundscape.validation import validate

    dense = [replace(key, events=key.events * 2) for key in _keys(folder, "dense_multilingual", 200)]
    guesses = tuple(baseline("shuffled", dense, seed=1))
    embedder = open_embedder("lexical")
    scoring = _seconds(lambda: score(dense, guesses, embedder=embedder))

    small = [replace(key, events=key.events[:5]) for key in dense if len(key.events) >= 5]
    answers = tuple(baseline("shuffled", small, seed=1))
    rewarder = Rewarder(embedder="lexical")
    pairs = list(zip(answers, small, strict=True))
    for answer, key in pairs:
        rewarder(answer, key)
    rewarding = _seconds(lambda: [rewarder(answer, key) for _ in range(10) for answer, key in pairs])

    lines = [msgspec.json.encode({"clip_id": g.clip_id, "events": g.events}) for g in answers]
    file = folder / "predictions.jsonl"
    file.write_bytes(b"\n".join(lines * 10) + b"\n")
    validating = _seconds(lambda: validate([str(file)], kind="prediction"))
    return {
        "events": sum(len(key.events) for key in dense),
        "score_s": round(scoring, 2),
        "rewards_a_second": round(10 * len(pairs) / rewarding),
        "predictions_validated_a_second": round(10 * len(lines) / validating),
    }


def _indexing(folder: Path) -> float:
    """Return the hours of audio that ``bank add`` indexes in a minute of wall time, over all processors."""
    bank: Any = open_bank("embedded")
    chosen = bank.frame.gather_every(4)
    place = folder / "recordings"
    for path in chosen["path"]:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bank.root / path, place / path)
    table = folder / "table.parquet"
    chosen.select(_TYPES).write_parquet(table)
    home = os.environ.get("SOUNDSCAPE_HOME")
    os.environ["SOUNDSCAPE_HOME"] = str(folder / "home")
    try:
        begun = time.monotonic()
        add_bank("indexed", place, table, jobs=default_jobs())
        seconds = time.monotonic() - begun
    finally:
        os.environ.pop("SOUNDSCAPE_HOME")
        if home is not None:
            os.environ["SOUNDSCAPE_HOME"] = home
    return float(chosen["duration"].sum()) / 3600 / (seconds / 60)
