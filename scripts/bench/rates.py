"""How many a second: workers, plans, scores, rewards, validations, recordings indexed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from soundscape.dataset.build import build, prepare
from soundscape.records import AnswerKey


def workers(folder: Path) -> dict[str, float]:
    """Return the wall seconds of one build with one and with two workers, and the start to end of one clip."""
    out: dict[str, float] = {}
    maker = prepare("dense_multilingual")
    for jobs in (1, 2, 1, 2):
        begun = time.monotonic()
        build(maker, folder / f"jobs{jobs}-{begun}", clips=100, jobs=jobs)
        seconds = time.monotonic() - begun
        name = f"seconds_with_{jobs}"
        out[name] = round(min(out.get(name, seconds), seconds), 2)
    out["speed_up"] = round(out["seconds_with_1"] / out["seconds_with_2"], 2)
    command = [sys.executable, "-m", "soundscape", "build", "--recipe", "dense_multilingual", "--clips", "1"]
    begun = time.monotonic()
    subprocess.run([*command, "--out", str(folder / "single")], check=True, capture_output=True)
    out["one_clip_start_to_end_s"] = round(time.monotonic() - begun, 2)
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "soundscape", "--help"], check=True, capture_output=True)
    out["help_s"] = round(time.monotonic() - begun, 2)
    return out


def _per_second(count: int, function: Any) -> int:
    begun = time.process_time()
    function()
    return round(count / (time.process_time() - begun))


def rates(folder: Path) -> dict[str, int]:
    """Return scenes planned, clips scored and rewarded, and keys validated a second."""
    from soundscape import schema
    from soundscape.scoring.baselines import baseline
    from soundscape.scoring.embedders import open_embedder
    from soundscape.scoring.reward import Rewarder
    from soundscape.scoring.score import score

    maker = prepare("dense_multilingual")
    maker.plan(0)
    build_folder = next(folder.glob("jobs1-*"))
    lines = (build_folder / "answer_key" / "test.jsonl").read_bytes().splitlines()
    keys = [msgspec.json.decode(line, type=AnswerKey) for line in lines]
    guesses = baseline("shuffled", keys, seed=1)
    rewarder = Rewarder(embedder="lexical")
    by_clip = {k.clip_id: k for k in keys}
    pairs = [(g, by_clip[g.clip_id]) for g in guesses]
    for guess, key in pairs:
        rewarder(guess, key)
    values = [msgspec.json.decode(line) for line in lines]
    schema.problems("uaap", values[0])
    embedder = open_embedder("lexical")
    score(keys, guesses, embedder=embedder)
    return {
        "plans_a_second": _per_second(500, lambda: [maker.plan(i) for i in range(500)]),
        "clips_scored_a_second": _per_second(len(keys), lambda: score(keys, guesses, embedder=embedder)),
        "rewards_a_second": _per_second(20 * len(pairs), lambda: [rewarder(g, k) for _ in range(20) for g, k in pairs]),
        "answer_keys_validated_a_second": _per_second(
            len(values), lambda: [schema.problems("uaap", value) for value in values]
        ),
    }
