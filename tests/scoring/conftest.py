"""The shared cases and the slow reference, as fixtures: test modules are loaded alone and cannot import them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_REFERENCE = Path(__file__).parents[1] / "reference"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"reference_{name}", _REFERENCE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def cases() -> ModuleType:
    return _load("scoring_cases")


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    return _load("scoring")


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    return _load("describing")
