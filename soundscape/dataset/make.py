"""One scene, made: planned, rendered, measured, and planned again where somebody could not hear it.

Any scene can be made alone, in any order, on any machine, with the same bytes: nothing here depends on another scene.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset import splits
from soundscape.dataset.stages import Checker
from soundscape.errors import BankError, BuildError, RecipeError
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import plan_scene
from soundscape.planning.specs import Recipe
from soundscape.records import AnswerKey, ScenePlan, Source, samples
from soundscape.rendering.rooms.respond import Responder, measured_facts
from soundscape.rendering.rooms.store import ResponseStore
from soundscape.rendering.scene import Arrivals, Rendering, arrivals, mixed
from soundscape.rendering.sources import SourceCache
from soundscape.sources import licences, places
from soundscape.sources.audio import pcm_digest
from soundscape.sources.bankset import AnyBank, open_banks
from soundscape.truth import gate
from soundscape.truth.annotate import Origin, annotate, regions
from soundscape.truth.audibility import Listener
from soundscape.truth.levels import levelled
from soundscape.truth.timing import settled

#: The bound of the store of room responses in the user's cache.
RESPONSE_BYTES = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make, in a form that can be sent to a worker. ``recipe`` is the resolved recipe as plain data.

    ``seed``: an integer is public, a text secret; a maker then adds ``seed_commitment``. ``splits``: the family of
    splits whose sources are kept apart (:mod:`soundscape.dataset.splits`); None draws from everything. ``anew``: make
    room responses again, rather than read those that an earlier build has kept.
    """

    recipe: dict[str, Any]
    banks: tuple[str, ...]
    seed: int | str = field(repr=False)
    seed_commitment: str | None = None
    split: str
    splits: dict[str, float] | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A finished scene: its final plan, its answer key, its samples, and the checks of its stages."""

    plan: ScenePlan
    key: AnswerKey
    rendering: Rendering
    stages: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sounds:
    """What stays of a scene while its gains change."""

    arrived: Arrivals
    listener: Listener
    sources: dict[str, Source]


class Maker:
    """Makes the scenes of one order; keeps the banks open and decoded sources at hand between scenes."""

    def __init__(self, order: Order, banks: AnyBank | None = None) -> None:
        self.order = order
        self.recipe: Recipe = recipes.from_data(order.recipe)
        self._digest = recipes.digest(self.recipe)
        opened = banks if banks is not None else open_banks(order.banks)
        if self.recipe.licences != "any":
            opened = opened.filtered(policy=licences.checked_policy(self.recipe.licences))
        self.banks = opened if order.splits is None else splits.restrict(opened, order.splits, order.split)
        # Splits and recipes of one seed share no draw: neither rooms nor anything else comes out alike.
        kind = "public" if isinstance(order.seed, int) else "secret"
        self._seed = f"{kind} {order.seed}/{order.split}/{self.recipe.name}"
        self._load = SourceCache(self.banks)
        folder = None if self.recipe.room.responses is None else Path(self.recipe.room.responses)
        self._responses = () if folder is None else measured_facts(folder, self.recipe.sample_rate)
        self._rooms = splits.rooms_of(self._responses, order.splits, order.split)
        store = None if order.anew else ResponseStore(places.cache_folder() / "responses", RESPONSE_BYTES)
        self._respond = Responder(store, folder)
        self._stages = Checker(self._load)
        if isinstance(order.seed, str):
            own = locks.commitment(order.seed, self._digest, locks.pins(self.digests), order.split, order.splits)
            self.order = replace(order, seed_commitment=own)
        public = order.seed if isinstance(order.seed, int) else None
        self._origin = Origin(seed=public, seed_commitment=self.order.seed_commitment)

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each bank under its name, and of the measured responses under ``room responses``."""
        if not self._responses:
            return self.banks.digests
        return {**self.banks.digests, locks.RESPONSES: schema.digest(self._responses)}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the recipe draws from: those it names, or all that the banks have."""
        named = self.recipe.speech.languages
        return tuple(self.banks.languages()) if isinstance(named, str) else tuple(named)

    def plan(self, index: int) -> ScenePlan:
        """Return the plan of a scene as first drawn, before anybody has heard it; errors as :func:`plan_scene`."""
        try:
            return plan_scene(self.recipe, self._digest, self.banks, self._seed, index, self.order.split, self._rooms)
        except RecipeError as error:
            if self.recipe.licences == "any":
                raise
            let_in = f"licences {self.recipe.licences!r} lets in {len(self.banks.pool()):,} of {len(self.banks):,}"
            hint = f"{error.hint}; {let_in} sources" if error.hint else f"{let_in} sources"
            raise RecipeError(error.message, hint=hint) from None

    def scene(self, index: int) -> Scene:
        """Return a finished scene: levels set, the gate passed or its failing events marked as not scored.

        Raises:
            RecipeError: the banks cannot give what the recipe asks.
            BankError: a recording is missing or changed.
        """
        spec = self.recipe.audibility
        drawn = self.plan(index)
        indexed = {e.source_id: self._load.source(e.source_id) for e in drawn.events}
        plan = settled(drawn, indexed, self._heard(drawn), self._load)
        sounds = self._sounds(plan)
        stages = self._stages(drawn, sounds.arrived.responses)
        plan = levelled(plan, sounds.arrived, sounds.listener, self.recipe.mix.peak_margin_db)
        louder: Counter[str] = Counter()
        while True:
            scene = self._measured(plan, sounds)
            failing = gate.failing(scene.key, spec) if spec.on_failure == "replan" else []
            able = [e for e in failing if (louder[e] + 1) * spec.step_db <= spec.most_db]
            if not able:
                return replace(scene, stages=stages)
            louder.update(able)
            plan = gate.raised(plan, able, spec.step_db)

    def faults(self, plan: ScenePlan) -> list[str]:
        """Return what is wrong with the recordings of a plan, one line each: missing, changed, or others by now."""
        found = []
        for event in plan.events:
            try:
                self._load(event.source_id, event.pcm_sha256, plan.sample_rate)
                if event.response is not None:
                    self._respond.measured(event.response, plan.sample_rate)
            except BankError as error:
                found.append(error.message)
        return list(dict.fromkeys(found))

    def again(self, plan: ScenePlan) -> Scene:
        """Return the scene of a plan that is final."""
        return self._measured(plan, self._sounds(plan))

    def _heard(self, plan: ScenePlan) -> dict[str, Source]:
        """Return the sources of a plan by id, the foreground's with their activity at its sample rate."""
        return {
            e.source_id: self._load.source(e.source_id)
            if e.role == "background"
            else self._load.heard(e.source_id, plan.sample_rate)
            for e in plan.events
        }

    def _sounds(self, plan: ScenePlan) -> _Sounds:
        sources = self._heard(plan)
        spans = {e.event_id: regions(e, sources[e.source_id]) for e in plan.events}
        arrived = arrivals(plan, self._load, self._respond)
        length = samples(plan.duration, plan.sample_rate)
        try:
            listener = Listener(tuple(arrived.stems.values()), length, plan.sample_rate, spans)
        except ValueError as error:
            raise BuildError(f"clip {plan.clip_id}: {error}", hint="the plan does not fit the banks") from None
        return _Sounds(arrived=arrived, listener=listener, sources=sources)

    def _measured(self, plan: ScenePlan, sounds: _Sounds) -> Scene:
        rendering = mixed(plan, sounds.arrived)
        gains = {stem.event_id: float(stem.gain) for stem in rendering.stems}
        master = rendering.master
        heard = sounds.listener.heard(gains, rendering.mix, master.weighted, still_to_come=master.gain)
        digest = pcm_digest(master.pcm, plan.sample_rate)
        key = annotate(rendering, heard, sounds.sources, digest, self._origin)
        return Scene(plan=plan, key=gate.marked(key, self.recipe.audibility), rendering=rendering)
