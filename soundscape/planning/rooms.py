"""Rooms: shoeboxes that can have the RT60 that is asked for, and places in them.

Every number is rounded as the plan states it (positions and dimensions to cm, RT60 to ms) before it is checked, so that
what is planned meets the recipe's limits exactly. Attempts are bounded; what none of them meets is an error that names
the limit.

A room can have an RT60 if the mean absorption that it takes (Eyring 1930), α = 1 − exp(−k V / (S T)) with
k = 24 ln(10) / c, is one that surfaces have and in which a diffuse tail still makes sense: bare concrete is about
0.02, and above 0.8 hardly anything is reflected.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from soundscape.errors import RecipeError
from soundscape.planning.coverage import Draws
from soundscape.planning.specs import RoomSpec
from soundscape.records import Position, RoomPlan

SPEED_OF_SOUND = 343.0
"""In m/s, in air of 20 °C."""

LEAST_ABSORPTION = 0.02
MOST_ABSORPTION = 0.8
"""The mean absorption that a room's surfaces may have."""

SHORTEST_SIDE = 1.5
LONGEST_SIDE = 60.0
"""The sides that a room may have, in m."""

_ATTEMPTS = 64
_FREE_ATTEMPTS = 32
_PLACE_ATTEMPTS = 400
_LAST_QUANTILE = 1.0 - 2.0**-53
_SLACK = 1e-6


def volume(dimensions: Position) -> float:
    """Return the volume of a shoebox in m³."""
    return dimensions[0] * dimensions[1] * dimensions[2]


def surface(dimensions: Position) -> float:
    """Return the surface of a shoebox in m²."""
    x, y, z = dimensions
    return 2.0 * (x * y + y * z + x * z)


def absorption(dimensions: Position, rt60: float) -> float:
    """Return the mean absorption coefficient that gives a shoebox its RT60 in s: Eyring's, air left out."""
    constant = 24.0 * math.log(10.0) / SPEED_OF_SOUND
    return -math.expm1(-constant * volume(dimensions) / (surface(dimensions) * rt60))


def draw_room(spec: RoomSpec, draws: Draws) -> RoomPlan:
    """Return a scene's room: RT60 from its covered factor, dimensions that can have it, a place for the microphone.

    Dimensions are drawn freely at first. Where those cannot have the RT60, later attempts are pulled step by step
    towards the small or the large end of the recipe's ranges, so that a request that some room meets is met.

    Raises:
        RecipeError: no room in the recipe's ranges can have this RT60, or none has a place for the microphone.
    """
    rt60 = round(spec.rt60.number(draws.factor("rt60")), 3)
    if not rt60 > 0.0:
        raise RecipeError(f"room/rt60: drew {rt60:g} s, expected more than 0")
    dimensions = _draw_dimensions(spec, draws, rt60)
    microphone = _place(spec.min_wall, dimensions, [draws.unit("room", "microphone", axis) for axis in "xyz"])
    seed = int(draws.unit("room", "tail") * 2.0**48)
    return RoomPlan(dimensions=dimensions, rt60=rt60, microphone=microphone, tail_seed=seed)


def draw_position(spec: RoomSpec, room: RoomPlan, draws: Draws, name: str, others: Sequence[Position]) -> Position:
    """Return a place for a source: even over the room, at the recipe's distances from walls, microphone and sources.

    Args:
        spec: holds the least distances, in m.
        room: the scene's room.
        draws: the scene's draws; equal names give equal places.
        name: whom or what the place is for.
        others: the places of the other sources.

    Raises:
        RecipeError: no place was found; names the limit that ruled out most.
    """
    farthest = math.sqrt(
        sum(
            max(at - spec.min_wall, side - spec.min_wall - at) ** 2
            for at, side in zip(room.microphone, room.dimensions, strict=True)
        )
    )
    if farthest < spec.min_microphone:
        raise RecipeError(
            f"room/min_microphone: asks for {spec.min_microphone:g} m, and no place in a room of "
            f"{_metres(room.dimensions)} is more than {farthest:.2f} m from the microphone",
            hint="lower room/min_microphone or raise the dimensions of the room",
        )
    refused: Counter[str] = Counter()
    for attempt in range(_PLACE_ATTEMPTS):
        quantiles = [draws.unit("room", "position", name, attempt, axis) for axis in "xyz"]
        place = _place(spec.min_wall, room.dimensions, quantiles)
        if math.dist(place, room.microphone) < spec.min_microphone:
            refused["min_microphone"] += 1
        elif any(math.dist(place, other) < spec.min_source for other in others):
            refused["min_source"] += 1
        else:
            return place
    limit = refused.most_common(1)[0][0]
    raise RecipeError(
        f"room/{limit}: no place for {name} in {_PLACE_ATTEMPTS} attempts, in a room of {_metres(room.dimensions)} "
        f"with {len(others)} other sources, {getattr(spec, limit):g} m asked for",
        hint=f"lower room/{limit}, the number of sources, or raise the dimensions of the room",
    )


def _draw_dimensions(spec: RoomSpec, draws: Draws, rt60: float) -> Position:
    axes = {"length": spec.length, "width": spec.width, "height": spec.height}
    towards = 0.0
    reason = ""
    for attempt in range(_ATTEMPTS):
        pull = max(0.0, (attempt + 1 - _FREE_ATTEMPTS) / (_ATTEMPTS - _FREE_ATTEMPTS))
        quantiles = [draws.unit("room", axis, min(attempt, _FREE_ATTEMPTS - 1)) for axis in axes]
        pulled = [min(u + pull * (towards - u), _LAST_QUANTILE) for u in quantiles]
        x, y, z = (round(sides.number(u), 2) for sides, u in zip(axes.values(), pulled, strict=True))
        if min(x, y, z) < SHORTEST_SIDE or max(x, y, z) > LONGEST_SIDE:
            reason = f"room: drew sides of {_metres((x, y, z))}, expected {SHORTEST_SIDE:g} to {LONGEST_SIDE:g} m"
            towards = 1.0 if min(x, y, z) < SHORTEST_SIDE else 0.0
            continue
        needed = absorption((x, y, z), rt60)
        if LEAST_ABSORPTION <= needed <= MOST_ABSORPTION:
            return x, y, z
        reason = (
            f"room/rt60: {rt60:g} s in a room of {_metres((x, y, z))} takes a mean absorption of {needed:.3f}, "
            f"expected {LEAST_ABSORPTION:g} to {MOST_ABSORPTION:g}"
        )
        towards = 1.0 if needed < LEAST_ABSORPTION else 0.0
    raise RecipeError(
        f"{reason}; no room in the recipe's ranges was found in {_ATTEMPTS} attempts",
        hint="a long RT60 takes large rooms, a short one small rooms: change room/rt60 or the ranges of the dimensions",
    )


def _place(margin: float, dimensions: Position, quantiles: Sequence[float]) -> Position:
    """Return the place at so many quantiles of the space that keeps a margin from the walls, on a grid of 1 cm.

    Raises:
        RecipeError: the room has no such space.
    """
    place = []
    for u, side in zip(quantiles, dimensions, strict=True):
        first, last = math.ceil(100.0 * margin - _SLACK), math.floor(100.0 * (side - margin) + _SLACK)
        if last < first:
            raise RecipeError(
                f"room/min_wall: nothing in a room of {_metres(dimensions)} lies {margin:g} m from every wall",
                hint="lower room/min_wall or raise the least dimensions of the room",
            )
        place.append((first + math.floor(u * (last - first + 1))) / 100.0)
    return place[0], place[1], place[2]


def _metres(dimensions: Sequence[float]) -> str:
    return " × ".join(f"{side:g}" for side in dimensions) + " m"
