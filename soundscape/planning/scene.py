"""One scene, decided: ``(recipe, banks, seed, scene index) -> ScenePlan``, pure and the same on every machine.

A scene whose request cannot be met at the first attempt is drawn again, a bounded number of times; its factors stay.
What no attempt meets is an error that names the constraint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from soundscape.errors import RecipeError
from soundscape.planning import beds, pieces, sounds, talk
from soundscape.planning.catalogue import Catalogue
from soundscape.planning.conversation import Unschedulable
from soundscape.planning.coverage import Draws
from soundscape.planning.draft import Draft
from soundscape.planning.measured import MeasuredFact, in_measured_room
from soundscape.planning.rooms import draw_position, draw_room
from soundscape.planning.specs import Recipe
from soundscape.records import PlannedEvent, Position, RoomPlan, ScenePlan, milliseconds
from soundscape.schema import SCHEMA_VERSION
from soundscape.version import PROTOCOL_VERSION


def clip_id(recipe: str, split: str, index: int) -> str:
    """Return the name of a clip: recipe, split and six digits."""
    return f"{recipe}-{split}-{index:06d}"


def plan_scene(
    recipe: Recipe,
    recipe_digest: str,
    catalogue: Catalogue,
    seed: int | str,
    index: int,
    split: str = "test",
    responses: Sequence[MeasuredFact] = (),
) -> ScenePlan:
    """Return the plan of one scene.

    Args:
        recipe: what is asked.
        recipe_digest: what identifies it (:func:`soundscape.planning.recipe.digest`).
        catalogue: the facts of the banks (of this split).
        seed: the build's seed, an integer or a secret text.
        index: which scene, from 0.
        split: the split's name; part of the clip's name only, the catalogue decides what may be drawn.
        responses: the measured responses, where the recipe names a folder of them.

    Raises:
        RecipeError: the banks or the recipe's own limits cannot give what it asks; names the constraint.
    """
    reason = ""
    for attempt in range(recipe.limits.attempts):
        draws = Draws(seed, index, attempt)
        try:
            drafts, factors, duration = _drafts(recipe, catalogue, draws)
            room, drafts = _in_room(recipe, draws, drafts, factors, responses)
        except Unschedulable as failure:
            reason = str(failure)
            continue
        return ScenePlan(
            schema_version=SCHEMA_VERSION,
            protocol_version=PROTOCOL_VERSION,
            clip_id=clip_id(recipe.name, split, index),
            recipe=recipe.name,
            recipe_digest=recipe_digest,
            split=split,
            scene_index=index,
            duration=duration,
            sample_rate=recipe.sample_rate,
            loudness_lufs=recipe.mix.loudness_lufs,
            true_peak_dbtp=recipe.mix.true_peak_dbtp,
            room=room,
            events=_numbered(drafts),
            factors=factors,
            attempt=attempt,
        )
    raise RecipeError(
        f"recipe {recipe.name!r}, scene {index}: no schedule in {recipe.limits.attempts} attempts: {reason}",
        hint="loosen that constraint in the recipe, add sources, or raise limits.attempts",
    )


def _drafts(recipe: Recipe, catalogue: Catalogue, draws: Draws) -> tuple[list[Draft], dict[str, float | str], float]:
    duration = milliseconds(recipe.duration.number(draws.factor("duration")))
    overlap = round(recipe.speech.overlap.number(draws.factor("overlap")), 4)
    kind = str(recipe.background.kind.at(draws.factor("background")))
    drafts = talk.speech(recipe, catalogue, draws, duration, overlap)
    factors: dict[str, float | str] = {"duration": duration, "background": kind}
    voices = {d.voice for d in drafts if d.type == "speech"}
    turns = talk.turns_asked(recipe, draws, duration)
    if turns is not None:
        factors["turns"] = float(turns)
    if voices:
        factors["speakers"] = float(len(voices))
        factors["speech_overlap"] = overlap if len(voices) > 1 else 0.0
        if recipe.speech.coverage is not None:
            factors["speech_coverage"] = round(recipe.speech.coverage.number(draws.factor("coverage")), 4)
    for lay_more in (sounds.bursts, sounds.effects, pieces.music):
        drafts += lay_more(recipe, catalogue, draws, duration, drafts)
    factors["foreground_events"] = float(len(drafts))
    drafts += beds.bed(recipe, catalogue, draws, duration, kind, drafts)
    beds_level = next((d.level_lufs for d in drafts if d.role == "background"), None)
    front = [d for d in drafts if d.type == "speech"] or [d for d in drafts if d.role == "foreground"]
    if beds_level is not None and front:
        factors["background_snr_db"] = round(_mean_level(front) - beds_level, 2)
    return drafts, factors, duration


def _mean_level(drafts: list[Draft]) -> float:
    """Return the duration-weighted mean power of events, in LUFS."""
    time = sum(d.active.duration for d in drafts)
    return 10.0 * math.log10(sum(d.active.duration * 10.0 ** (d.level_lufs / 10.0) for d in drafts) / time)


def _in_room(
    recipe: Recipe,
    draws: Draws,
    drafts: list[Draft],
    factors: dict[str, float | str],
    responses: Sequence[MeasuredFact],
) -> tuple[RoomPlan | None, list[Draft]]:
    """Return the scene's room and its events with their positions: one for each voice, one for each other sound."""
    if draws.factor("room") >= recipe.room.probability:
        return None, drafts
    if recipe.room.responses is not None:
        return None, in_measured_room(responses, draws, drafts, recipe.room.diegetic_beds)
    room = draw_room(recipe.room, draws)
    factors["rt60"] = room.rt60
    places: dict[str, Position] = {}
    out = []
    for k, draft in enumerate(drafts):
        if draft.role == "background" and not recipe.room.diegetic_beds:
            out.append(draft)
            continue
        who = draft.voice or f"event {k}"
        if who not in places:
            places[who] = _placed(recipe, room, draws, who, list(places.values()))
        out.append(replace(draft, position=places[who]))
    return room, out


def _placed(recipe: Recipe, room: RoomPlan, draws: Draws, who: str, others: list[Position]) -> Position:
    """Return somebody's place; where this attempt's room has none, the next may."""
    try:
        return draw_position(recipe.room, room, draws, who, others)
    except RecipeError as error:
        raise Unschedulable(error.message) from None


def _numbered(drafts: list[Draft]) -> tuple[PlannedEvent, ...]:
    """Return the events in order of their onset, background last, with ids and the scene's own names for speakers."""
    ordered = sorted(drafts, key=lambda d: (d.role == "background", d.active.start, d.type, d.source.source_id))
    names: dict[str, str] = {}
    for draft in ordered:
        if draft.voice is not None:
            names.setdefault(draft.voice, f"S{len(names) + 1}")
    return tuple(
        PlannedEvent(
            event_id=f"e{k:02d}",
            role=d.role,
            type=d.type,
            source_id=d.source.source_id,
            pcm_sha256=d.source.pcm_sha256,
            crop=d.crop,
            placed=d.placed,
            start_time=d.active.start,
            end_time=d.active.end,
            gain_db=d.gain_db,
            level_lufs=d.level_lufs,
            fade_in=d.fade_in,
            fade_out=d.fade_out,
            loop_crossfade=d.loop_crossfade,
            gain_curve=d.gain_curve,
            position=d.position,
            response=d.response,
            speaker_id=names.get(d.voice) if d.voice else None,
        )
        for k, d in enumerate(ordered)
    )
