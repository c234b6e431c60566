"""MECAT: captions and questions by domain, and the clips at 16 kHz in shards by domain.

reference/caption/<split>/<domain>.jsonl   {clip: {short: [3], long: [3], speech: [3], …, "domain": "SMA"}} a line
reference/qa/<split>/<domain>.jsonl        {clip_digest: {category, difficulty, question, answer, domain}} a line
<domain>/<split>_0000000.tar.gz            <clip>.flac and <clip>.json (the six fields and the domain)
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from soundscape.dataset.exports.finished import ExportClip, Finished
from soundscape.dataset.exports.pack import Shards, flac_16k
from soundscape.dataset.exports.statistics import Statistics
from soundscape.truth.captions.facts import facts_of
from soundscape.truth.captions.mecat import captions
from soundscape.truth.captions.questions import questions


def write(build: Finished, folder: Path, statistics: Statistics, told: Callable[[], None]) -> None:
    """Fill a folder with a build's clips as MECAT has them."""
    split = build.lock.split
    with contextlib.ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        shards: dict[str, Shards] = {}

        def append(name: str, value: object) -> None:
            if name not in files:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                files[name] = stack.enter_context(path.open("xb"))
            files[name].write(msgspec.json.encode(value) + b"\n")

        for clip in build.clips():
            domain = _clip(clip, split, statistics, append)
            if domain not in shards:
                shards[domain] = Shards(folder, f"{domain}/{split}")
                stack.callback(shards[domain].close)
            _pack(clip, shards[domain])
            told()


def fields(clip: ExportClip) -> dict[str, object]:
    """Return the six fields of a clip, three strings each, and its domain."""
    facts = facts_of(clip.key)
    return {**{name: list(texts) for name, texts in captions(facts).items()}, "domain": facts.domain}


def _clip(clip: ExportClip, split: str, statistics: Statistics, append: Callable[[str, object], None]) -> str:
    facts = facts_of(clip.key)
    name, domain = clip.key.clip_id, facts.domain
    told, asked = captions(facts), questions(facts)
    append(f"reference/caption/{split}/{domain}.jsonl", {name: fields(clip)})
    for question in asked:
        value = {
            "category": question.category, "difficulty": question.difficulty, "question": question.question,
            "answer": question.answer, "domain": domain,
        }  # fmt: skip
        append(f"reference/qa/{split}/{domain}.jsonl", {question.name(name): value})
    statistics.add(facts, [text for texts in told.values() for text in texts], len(asked))
    return domain


def _pack(clip: ExportClip, shards: Shards) -> None:
    name = clip.key.clip_id
    shards.add(name, {"flac": flac_16k(clip.audio, name), "json": msgspec.json.encode(fields(clip))})
