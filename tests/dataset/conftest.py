"""What the tests of builds share: a recipe whose scenes are made in no time, and looks at folders and processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from soundscape.dataset.build import prepare
from soundscape.dataset.make import Maker


@pytest.fixture
def quick_recipe() -> dict[str, Any]:
    return {
        "name": "quick", "clips": 4, "duration": {"uniform": [3, 5]},
        "speech": {"speakers": 1, "turns": 1, "duration": [2, 4.5]}, "effects": {"count": 1},
    }  # fmt: skip


@pytest.fixture
def quick(quick_recipe: dict[str, Any], small_bank_folder: Path) -> Maker:
    return prepare(quick_recipe, banks=(str(small_bank_folder),))


@pytest.fixture
def arguments(quick_recipe: dict[str, Any], small_bank_folder: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Arguments of a command line that builds the quick recipe, or another one."""

    def make(out: object, *more: str, recipe: dict[str, Any] = quick_recipe) -> list[str]:
        file = tmp_path / "recipe.yaml"
        file.write_bytes(msgspec.json.encode(recipe))
        return ["build", "--recipe", str(file), "--bank", str(small_bank_folder), "--out", str(out), *more]

    return make


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Name and bytes of every file below a folder."""

    def read(folder: Path) -> dict[str, bytes]:
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    return read


@pytest.fixture
def below() -> Callable[[int], dict[int, int]]:
    """The processes that descend from one, each with its parent."""
    if not Path("/proc/self/stat").is_file():
        pytest.skip("needs /proc to find the processes of a build")

    def find(top: int) -> dict[int, int]:
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    state, parent = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[:2]
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if state not in "ZX":
                    parents[int(entry)] = int(parent)
        found: dict[int, int] = {}
        level = {top}
        while level:
            level = {pid for pid, parent in parents.items() if parent in level}
            found |= {pid: parents[pid] for pid in level}
        return found

    return find
