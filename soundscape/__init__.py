"""Synthetic soundscapes with exact answer keys, and the marking of systems that claim to hear.

    import soundscape

    maker = soundscape.prepare("dense_multilingual", seed=7)      # recipe checked, banks open
    soundscape.build(maker, Path("demo"), clips=8)                # what the command line does
    for scene in soundscape.scenes(maker, range(8)):              # or without touching the disk
        scene.pcm, scene.sample_rate, scene.key                   # int16 samples, Hz, AnswerKey

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from soundscape.version import PROTOCOL_VERSION, __version__

if TYPE_CHECKING:
    from soundscape.dataset.build import build, prepare
    from soundscape.dataset.build import plans as plan
    from soundscape.dataset.stream import scenes
    from soundscape.planning.recipe import load as load_recipe
    from soundscape.records import AnswerKey, Prediction, ScenePlan
    from soundscape.rendering.scene import render
    from soundscape.scoring.reward import reward
    from soundscape.scoring.score import score
    from soundscape.sources.bank import open_bank
    from soundscape.validation import validate

#: Public name → where it lives.
_HOMES = {
    "AnswerKey": "records:AnswerKey",
    "Prediction": "records:Prediction",
    "ScenePlan": "records:ScenePlan",
    "build": "dataset.build:build",
    "load_recipe": "planning.recipe:load",
    "open_bank": "sources.bank:open_bank",
    "plan": "dataset.build:plans",
    "prepare": "dataset.build:prepare",
    "render": "rendering.scene:render",
    "reward": "scoring.reward:reward",
    "scenes": "dataset.stream:scenes",
    "score": "scoring.score:score",
    "validate": "validation:validate",
}

__all__ = [
    "PROTOCOL_VERSION",
    "AnswerKey",
    "Prediction",
    "ScenePlan",
    "__version__",
    "build",
    "load_recipe",
    "open_bank",
    "plan",
    "prepare",
    "render",
    "reward",
    "scenes",
    "score",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'soundscape' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value = getattr(importlib.import_module(f"soundscape.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
