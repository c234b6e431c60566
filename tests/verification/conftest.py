"""One small build with stems for all tests of verification, copied by each that breaks it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape.dataset.build import build, prepare

SPLIT = "test"
RECIPE: dict[str, Any] = {
    "name": "small", "clips": 3, "duration": {"uniform": [5, 6]},
    "speech": {"languages_per_scene": 2, "speakers": 2, "coverage": 0.6, "overlap": {"uniform": [0.1, 0.2]}},
    "bursts": {"count": 1},
    "effects": {"count": 1, "loudness": "quiet"},
    "background": {"kind": {"choice": ["music", "ambience", "silence"]}, "snr_db": 8, "duck_db": -6},
    "room": {"probability": 0.5, "rt60": {"uniform": [0.2, 0.4]}},
}  # fmt: skip


class Broken:
    """A copy of a build, with what it takes to break it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "answer_key" / f"{SPLIT}.jsonl"
        self.plans = folder / "plans" / f"{SPLIT}.jsonl"
        self.metadata = folder / "data" / SPLIT / "metadata.jsonl"
        self.lock = folder / "soundscape.lock.json"
        self.clips = [line["clip_id"] for line in self.lines(self.key)]

    @staticmethod
    def lines(path: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def clip(self, index: int) -> dict[str, Any]:
        return self.lines(self.key)[index]

    @property
    def roomy(self) -> int:
        """The index of a clip in a room."""
        return next(i for i, k in enumerate(self.lines(self.key)) if k["scene"]["dimensions"] is not None)

    @property
    def dry(self) -> int:
        """The index of a clip in no room."""
        return next(i for i, k in enumerate(self.lines(self.key)) if k["scene"]["dimensions"] is None)

    def foreground(self, index: int) -> list[str]:
        return [e["event_id"] for e in self.clip(index)["events"] if e["role"] == "foreground"]

    def event_of(self, index: int, **fields: Any) -> str:
        """The id of a clip's first event with such fields."""
        found = (e for e in self.clip(index)["events"] if all(e.get(k) == v for k, v in fields.items()))
        return str(next(found)["event_id"])

    def edit(self, path: Path, index: int, change: Callable[[dict[str, Any]], object]) -> None:
        """Change one line of a JSONL file; everything else stays, byte for byte."""
        rows = path.read_bytes().splitlines()
        value = json.loads(rows[index])
        change(value)
        rows[index] = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        path.write_bytes(b"\n".join(rows) + b"\n")

    def edit_event(self, index: int, event: str, change: Callable[[dict[str, Any]], object]) -> None:
        self.edit(self.key, index, lambda k: change(next(e for e in k["events"] if e["event_id"] == event)))

    def edit_json(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        value = json.loads((self.folder / name).read_text())
        change(value)
        (self.folder / name).write_text(json.dumps(value))

    def audio(self, index: int) -> Path:
        return self.folder / "data" / SPLIT / f"{self.clips[index]}.flac"

    def stem(self, index: int, event: str, kind: str = "stems") -> Path:
        return self.folder / kind / SPLIT / self.clips[index] / f"{event}.flac"

    @staticmethod
    def rewrite(path: Path, change: Callable[[Any], Any], rate: int | None = None, subtype: str | None = None) -> None:
        """Decode a file, change its samples (integers of its own width, in int32's upper bits), write it again."""
        before = soundfile.info(path)
        samples, old_rate = soundfile.read(path, dtype="int32")
        changed = np.asarray(change(samples), dtype=np.int32)
        soundfile.write(path, changed, rate or old_rate, format=before.format, subtype=subtype or before.subtype)


@pytest.fixture(scope="session")
def built(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of 5 to 6 s with stems, at least one in a room and one in none."""
    out = tmp_path_factory.mktemp("verification") / "build"
    makers = (prepare(RECIPE, banks=(str(small_bank_folder),), seed=seed) for seed in range(20))
    maker = next(m for m in makers if {m.plan(i).room is None for i in range(RECIPE["clips"])} == {True, False})
    build(maker, out, jobs=1, stems=True)
    return out


@pytest.fixture
def broken(built: Path, tmp_path: Path) -> Broken:
    return Broken(Path(shutil.copytree(built, tmp_path / "broken")))
