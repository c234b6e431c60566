"""One scene, made: planned, rendered, measured, and planned again where somebody could not hear it.

Any scene can be made alone, in any order, on any machine, with the same bytes: nothing here depends on another scene.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from soundscape.planning import recipe as recipes
from soundscape.planning.scene import plan_scene
from soundscape.planning.specs import Recipe
from soundscape.records import AnswerKey, ScenePlan, Source
from soundscape.rendering.scene import Arrivals, Rendering, arrivals, mixed
from soundscape.rendering.sources import SourceCache
from soundscape.sources.audio import pcm_digest
from soundscape.sources.bankset import AnyBank, open_banks
from soundscape.truth import gate
from soundscape.truth.annotate import Origin, annotate, regions
from soundscape.truth.levels import levelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make, in a form that can be sent to a worker. ``recipe`` is the resolved recipe as plain data."""

    recipe: dict[str, Any]
    banks: tuple[str, ...]
    seed: int | str
    seed_commitment: str | None
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A finished scene: its final plan, its answer key and its samples."""

    plan: ScenePlan
    key: AnswerKey
    rendering: Rendering


class Maker:
    """Makes the scenes of one order; keeps the banks open and decoded sources at hand between scenes."""

    def __init__(self, order: Order, banks: AnyBank | None = None) -> None:
        self.order = order
        self.recipe: Recipe = recipes.from_data(order.recipe)
        self._digest = recipes.digest(self.recipe)
        self.banks = banks if banks is not None else open_banks(order.banks)
        self._load = SourceCache(self.banks)
        public = order.seed if isinstance(order.seed, int) else None
        self._origin = Origin(seed=public, seed_commitment=order.seed_commitment)

    def plan(self, index: int) -> ScenePlan:
        """Return the plan of a scene as first drawn, before anybody has heard it."""
        return plan_scene(self.recipe, self._digest, self.banks, self.order.seed, index, self.order.split)

    def scene(self, index: int) -> Scene:
        """Return a finished scene: levels set, the gate passed or its failing events marked as not scored.

        Raises:
            RecipeError: the banks cannot give what the recipe asks.
            BankError: a recording is missing or changed.
        """
        spec = self.recipe.audibility
        plan = self.plan(index)
        arrived = arrivals(plan, self._load)
        sources = self._sources(plan)
        spans = {e.event_id: regions(e, sources[e.source_id]) for e in plan.events}
        plan = levelled(plan, arrived, spans, self.recipe.mix.peak_margin_db)
        louder: Counter[str] = Counter()
        while True:
            scene = self._measured(plan, arrived, sources)
            failing = gate.failing(scene.key, spec) if spec.on_failure == "replan" else []
            able = [e for e in failing if (louder[e] + 1) * spec.step_db <= spec.most_db]
            if not able:
                return scene
            louder.update(able)
            plan = gate.raised(plan, able, spec.step_db)

    def again(self, plan: ScenePlan) -> Scene:
        """Return the scene of a plan that is final."""
        return self._measured(plan, arrivals(plan, self._load), self._sources(plan))

    def _sources(self, plan: ScenePlan) -> dict[str, Source]:
        return {e.source_id: self._load.source(e.source_id) for e in plan.events}

    def _measured(self, plan: ScenePlan, arrived: Arrivals, sources: dict[str, Source]) -> Scene:
        rendering = mixed(plan, arrived)
        digest = pcm_digest(rendering.master.pcm, plan.sample_rate)
        key = gate.marked(annotate(rendering, sources, digest, self._origin), self.recipe.audibility)
        return Scene(plan=plan, key=key, rendering=rendering)
