"""Rooms and places: within the recipe's limits, the same at every call, and an error where nothing fits."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.errors import RecipeError
from soundscape.planning import rooms
from soundscape.planning.coverage import Draws
from soundscape.planning.distributions import constant, parse
from soundscape.planning.specs import RoomSpec

SPEC = RoomSpec(
    probability=1.0,
    rt60=parse({"uniform": [0.2, 1.2]}, "rt60"),
    length=parse({"uniform": [3, 10]}, "length"),
    width=parse({"uniform": [3, 8]}, "width"),
    height=parse({"uniform": [2.4, 4]}, "height"),
)


def on_grid(x, step):
    return abs(x / step - round(x / step)) < 1e-6


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), index=st.integers(0, 10_000), attempt=st.integers(0, 5))
def test_rooms_and_places_keep_the_limits(seed, index, attempt):
    draws = Draws(seed, index, attempt)
    room = rooms.draw_room(SPEC, draws)
    assert 0.2 <= room.rt60 <= 1.2
    assert on_grid(room.rt60, 0.001)
    for side, low, high in zip(room.dimensions, (3, 3, 2.4), (10, 8, 4), strict=True):
        assert low <= side <= high
        assert on_grid(side, 0.01)
    needed = rooms.absorption(room.dimensions, room.rt60)
    assert rooms.LEAST_ABSORPTION <= needed <= rooms.MOST_ABSORPTION
    assert 0 <= room.tail_seed < 2**53
    places = []
    for k in range(5):
        places.append(rooms.draw_position(SPEC, room, draws, f"voice {k}", places))
    for k, place in enumerate(places):
        assert math.dist(place, room.microphone) >= SPEC.min_microphone
        assert all(math.dist(place, other) >= SPEC.min_source for other in places[:k])
    for place in (*places, room.microphone):
        for x, side in zip(place, room.dimensions, strict=True):
            assert on_grid(x, 0.01)
            assert SPEC.min_wall - 1e-9 <= x <= side - SPEC.min_wall + 1e-9


def test_draws_are_named_not_counted():
    room = rooms.draw_room(SPEC, Draws(7, 3))
    assert rooms.draw_room(SPEC, Draws(7, 3)) == room
    assert rooms.draw_room(SPEC, Draws(7, 4)) != room
    alone = rooms.draw_position(SPEC, room, Draws(7, 3), "b", [])
    rooms.draw_position(SPEC, room, Draws(7, 3), "a", [])
    assert rooms.draw_position(SPEC, room, Draws(7, 3), "b", []) == alone


def test_rt60_covers_its_range_evenly():
    found = sorted(rooms.draw_room(SPEC, Draws(1, k)).rt60 for k in range(100))
    assert all(abs(x - (0.2 + (k + 0.5) / 100)) < 0.03 for k, x in enumerate(found))


@pytest.mark.parametrize(
    ("dimensions", "rt60", "expected"),
    # α = 1 − exp(−0.16113 V / (S T)): 6 × 5 × 3 m has V = 90, S = 126; a 10 m cube 1000 and 600.
    [((6, 5, 3), 0.5, 0.2055), ((10, 10, 10), 1.0, 0.2355), ((6, 5, 3), 0.1, 0.6836)],
)
def test_absorption_is_eyrings(dimensions, rt60, expected):
    assert rooms.absorption(dimensions, rt60) == pytest.approx(expected, abs=2e-3)


def test_dimensions_follow_the_rt60_where_few_can_have_it():
    """0.1 s needs a small room, and only a corner of these ranges is small enough."""
    spec = replace(
        SPEC,
        rt60=constant(0.1),
        length=parse({"uniform": [3, 40]}, "length"),
        width=parse({"uniform": [3, 40]}, "width"),
        height=parse({"uniform": [2.4, 30]}, "height"),
    )
    for index in range(40):
        room = rooms.draw_room(spec, Draws(1, index))
        assert rooms.absorption(room.dimensions, 0.1) <= rooms.MOST_ABSORPTION


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rt60": constant(0.1), "length": constant(40), "width": constant(30), "height": constant(15)}, "room/rt60"),
        ({"rt60": constant(3.0), "length": constant(2), "width": constant(2), "height": constant(2)}, "room/rt60"),
        ({"rt60": constant(0.0)}, "room/rt60"),
        ({"height": constant(0.5)}, "sides"),
        ({"length": constant(200)}, "sides"),
        ({"min_wall": 1.6}, "room/min_wall"),
    ],
)
def test_impossible_rooms_name_the_limit(change, words):
    spec = replace(SPEC, height=constant(3.0))
    with pytest.raises(RecipeError, match=words):
        rooms.draw_room(replace(spec, **change), Draws(1, 0))


@pytest.mark.parametrize(
    ("change", "others", "words"),
    [
        ({"min_microphone": 12.0}, [], "room/min_microphone"),
        ({"min_source": 20.0}, [(1.0, 1.0, 1.0)], "room/min_source"),
        ({"min_wall": 1.6}, [], "room/min_wall"),
    ],
)
def test_impossible_places_name_the_limit(change, others, words):
    spec = replace(SPEC, rt60=constant(0.5), length=constant(6), width=constant(5), height=constant(3))
    room = rooms.draw_room(spec, Draws(1, 0))
    with pytest.raises(RecipeError, match=words):
        rooms.draw_position(replace(spec, **change), room, Draws(1, 0), "e", others)


def test_places_reach_all_of_the_space():
    spec = replace(
        SPEC, rt60=constant(0.5), length=constant(6), width=constant(5), height=constant(3), min_microphone=0
    )
    room = rooms.draw_room(spec, Draws(1, 0))
    places = [rooms.draw_position(spec, room, Draws(1, 0), f"e{k}", []) for k in range(400)]
    for axis, side in enumerate((6, 5, 3)):
        values = [place[axis] for place in places]
        assert min(values) < 0.5 + 0.05 * side
        assert max(values) > side - 0.5 - 0.05 * side
