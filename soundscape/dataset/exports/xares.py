"""XARES-LLM: shards of clips with one caption each, and the two YAML files that add a task without a fork.

    <task>/<split>_0000000.tar.gz    <clip>.flac (16 kHz) and <clip>.json {"caption": …}
    train.yaml                       train_data: {<Task>: {prompt, data, key, prob}}, num_training_workers
    eval.yaml                        {eval_<task>: {data: {data, key, prompt}, batch_size, num_workers, metric, weight}}

A list of captions would become one row each there, so that captions of one clip compete with each other in DATE: every
clip has one. Paths are relative to the export's folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import yaml

from soundscape.dataset.exports.finished import Finished
from soundscape.dataset.exports.pack import Shards, flac_16k
from soundscape.dataset.exports.statistics import Statistics
from soundscape.files import write_bytes
from soundscape.truth.captions.facts import facts_of
from soundscape.truth.captions.mecat import captions

FIELD = "caption"
PROMPT = "Describe in full what can be heard."


def write(build: Finished, folder: Path, statistics: Statistics, told: Callable[[], None]) -> None:
    """Fill a folder with a build's clips as XARES-LLM takes them."""
    split = build.lock.split
    task = f"soundscape_{build.lock.recipe['name']}"
    shards = Shards(folder, f"{task}/{split}")
    try:
        for clip in build.clips():
            facts, name = facts_of(clip.key), clip.key.clip_id
            caption = captions(facts)["long"][0]
            shards.add(name, {"flac": flac_16k(clip.audio, name), "json": msgspec.json.encode({FIELD: caption})})
            statistics.add(facts, [caption])
            told()
    finally:
        shards.close()
    train = {
        "train_data": {task: {"prompt": PROMPT, "data": shards.names, "key": FIELD, "prob": 1.0}},
        "num_training_workers": 4,
    }
    evaluation = {
        f"eval_{task}": {
            "data": {"data": shards.names, "key": FIELD, "prompt": PROMPT},
            "batch_size": 16, "num_workers": 0, "metric": "DATE", "weight": 1.0,
        }
    }  # fmt: skip
    note = (
        ""
        if split == "train"
        else f"# The clips are those of the split {split!r}. Training on them spoils it as a test.\n"
    )
    _yaml(folder / "train.yaml", train, note)
    _yaml(folder / "eval.yaml", evaluation, "")


def _yaml(path: Path, value: dict[str, Any], note: str) -> None:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
    write_bytes(path, f"# Paths are relative to the folder of this file.\n{note}{text}".encode())
