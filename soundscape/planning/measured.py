"""Scenes heard through measured responses: which room, and which of its responses for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from soundscape.errors import RecipeError
from soundscape.planning.coverage import Draws
from soundscape.planning.draft import Draft
from soundscape.records import MeasuredPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFact:
    """What is known of a measured response: its room (the subfolder it lies in), its file, digest and RT60 (s)."""

    room: str
    path: str
    pcm_sha256: str
    rt60: float


def in_measured_room(
    facts: Sequence[MeasuredFact], draws: Draws, drafts: Sequence[Draft], diegetic_beds: bool
) -> list[Draft]:
    """Return the events with a response each: one room for all, one response for each voice and each other sound.

    Rooms are ordered by their mean RT60 and covered evenly over the scenes.

    Raises:
        RecipeError: no room has as many responses as the scene has places.
    """
    rooms: dict[str, list[MeasuredFact]] = {}
    for fact in sorted(facts, key=lambda f: f.path):
        rooms.setdefault(fact.room, []).append(fact)
    places = list(dict.fromkeys(_place(k, d) for k, d in enumerate(drafts) if d.role == "foreground" or diegetic_beds))
    able = [r for r in rooms.values() if len(r) >= len(places)]
    if not able:
        most = max((len(r) for r in rooms.values()), default=0)
        raise RecipeError(
            f"/room/responses: a scene has {len(places)} places, and no room has more than {most} measured responses",
            hint="add responses, or ask for fewer voices and effects",
        )
    able.sort(key=lambda r: (sum(f.rt60 for f in r) / len(r), r[0].path))
    room = able[int(draws.factor("rt60") * len(able))]
    order = draws.stream("room", "responses").permutation(len(room))[: len(places)]
    chosen = {
        place: MeasuredPlace(path=room[k].path, pcm_sha256=room[k].pcm_sha256)
        for place, k in zip(places, order.tolist(), strict=True)
    }
    return [replace(d, response=chosen.get(_place(k, d))) for k, d in enumerate(drafts)]


def _place(number: int, draft: Draft) -> str:
    return draft.voice or f"event {number}"
