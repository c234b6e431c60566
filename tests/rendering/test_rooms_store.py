"""The store: the same responses from disk, whole or made again, never more than its bound."""

import concurrent.futures
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundscape.errors import UsageError
from soundscape.records import RoomPlan
from soundscape.rendering.rooms import ResponseStore, response, responses, store

RATE = 16_000
ROOM = RoomPlan(dimensions=(6.0, 5.0, 3.0), rt60=0.3, microphone=(2.0, 2.0, 1.5), tail_seed=3)
PLACE = (3.4, 2.5, 1.2)


@pytest.fixture
def makes(monkeypatch):
    """The names of the responses that were made, not read."""
    made = []

    def spy(room, positions, sample_rate):
        made.extend(positions)
        return responses(room, positions, sample_rate)

    monkeypatch.setattr(store, "responses", spy)
    return made


def ask(kept, name):
    """Return a response through a store."""
    return kept.responses(ROOM, {name: PLACE}, RATE)[name]


def equal(first, second):
    return np.array_equal(first.samples, second.samples) and replace(first, samples=second.samples) == second


def test_what_is_read_is_what_was_made(tmp_path, makes):
    kept = ResponseStore(tmp_path / "responses")
    first = ask(kept, "e")
    again = ask(ResponseStore(tmp_path / "responses"), "e")
    assert makes == ["e"]
    assert equal(first, response(ROOM, PLACE, RATE, name="e"))
    assert equal(again, first)
    assert not again.samples.flags.writeable


def test_everything_that_a_response_depends_on_is_in_its_name(tmp_path, monkeypatch):
    kept = ResponseStore(tmp_path)
    paths = [
        kept.path(ROOM, {"e": PLACE}, RATE),
        kept.path(ROOM, {"f": PLACE}, RATE),
        kept.path(ROOM, {"e": PLACE}, 24_000),
        kept.path(ROOM, {"e": (3.4, 2.5, 1.21)}, RATE),
        kept.path(replace(ROOM, rt60=0.301), {"e": PLACE}, RATE),
        kept.path(replace(ROOM, tail_seed=4), {"e": PLACE}, RATE),
        kept.path(replace(ROOM, dimensions=(6.0, 5.0, 3.01)), {"e": PLACE}, RATE),
        kept.path(replace(ROOM, microphone=(2.0, 2.01, 1.5)), {"e": PLACE}, RATE),
    ]
    monkeypatch.setattr(store, "PROTOCOL_VERSION", store.PROTOCOL_VERSION + 1)
    paths.append(kept.path(ROOM, {"e": PLACE}, RATE))
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "short"])
def test_damaged_entries_are_made_again(tmp_path, makes, damage):
    kept = ResponseStore(tmp_path)
    whole = ask(kept, "e")
    path = kept.path(ROOM, {"e": PLACE}, RATE)
    data = bytearray(path.read_bytes())
    good = bytes(data)
    data[len(data) // 2] ^= 1
    path.write_bytes({"flip": bytes(data), "cut": good[: len(good) // 2], "empty": b"", "short": good[:7]}[damage])
    assert equal(ask(kept, "e"), whole)
    assert makes == ["e", "e"]
    assert path.read_bytes() == good


def test_bound_holds_and_the_least_used_entries_go_first(tmp_path, makes):
    probe = ResponseStore(tmp_path / "probe")
    ask(probe, "x0")
    one = probe.size()
    kept = ResponseStore(tmp_path / "kept", max_bytes=10 * one + one // 2)
    names = [f"x{k}" for k in range(10)]
    for age, name in enumerate(names):
        ask(kept, name)
        os.utime(kept.path(ROOM, {name: PLACE}, RATE), (1000 + age, 1000 + age))
    ask(kept, "x0")
    makes.clear()
    ask(kept, "y")
    there = {name for name in [*names, "y"] if kept.path(ROOM, {name: PLACE}, RATE).exists()}
    assert kept.size() <= kept.max_bytes
    assert {"x0", "y", "x9"} <= there
    assert "x1" not in there
    assert makes == ["y"]


def test_bound_holds_over_many_entries(tmp_path):
    kept = ResponseStore(tmp_path, max_bytes=150_000)
    for k in range(30):
        ask(kept, f"x{k}")
        assert kept.size() <= 150_000


def test_entries_larger_than_the_store_are_not_kept(tmp_path):
    kept = ResponseStore(tmp_path / "s", max_bytes=100)
    assert equal(ask(kept, "e"), response(ROOM, PLACE, RATE, name="e"))
    assert kept.size() == 0


def test_bounds_that_hold_nothing_are_refused(tmp_path):
    with pytest.raises(UsageError, match="holds nothing"):
        ResponseStore(tmp_path, max_bytes=0)


def test_what_killed_writers_left_is_swept(tmp_path):
    kept = ResponseStore(tmp_path, max_bytes=60_000)
    ask(kept, "e")
    folder = kept.path(ROOM, {"e": PLACE}, RATE).parent
    old, new = folder / ".a.response.1.part", folder / ".b.response.2.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    for k in range(6):
        ask(kept, f"x{k}")
    assert not old.exists()
    assert new.exists()


def _fill(folder: str) -> list[bytes]:
    kept = ResponseStore(Path(folder), max_bytes=120_000)
    return [ask(kept, f"x{k % 6}").samples.tobytes() for k in range(18)]


def test_processes_share_a_store(tmp_path):
    expected = [response(ROOM, PLACE, RATE, name=f"x{k % 6}").samples.tobytes() for k in range(18)]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        for found in pool.map(_fill, [str(tmp_path)] * 2):
            assert found == expected
