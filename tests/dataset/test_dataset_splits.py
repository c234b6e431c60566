from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.dataset import lock as locks
from soundscape.dataset import splits
from soundscape.dataset.build import build, plans, prepare
from soundscape.errors import RecipeError, UsageError
from soundscape.planning.measured import MeasuredFact
from soundscape.sources import index
from soundscape.sources.bank import Bank, open_bank
from soundscape.sources.bankset import BankSet

THIRDS = splits.parse("train=1,dev=1,test=1")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(small_bank_folder: Path) -> Rows:
    return index.read_index(small_bank_folder).rows(named=True)


def bank_of(rows: Rows, folder: Path, name: str = "small") -> Bank:
    folder.mkdir()
    index.write_bank(folder, rows, name=name, root=".", generator="test", generator_version="1")
    return open_bank(folder)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("train=8,dev=1,test=1", {"dev": 0.1, "test": 0.1, "train": 0.8}),
        (" b = 1/3 , a=2/3", {"a": 2 / 3, "b": 1 / 3}),
        ("a=0.5,b=1.5", {"a": 0.25, "b": 0.75}),
    ],
)
def test_a_family_is_read(text: str, shares: dict[str, float]) -> None:
    assert splits.parse(text) == shares


def test_a_family_is_the_same_however_its_shares_are_written() -> None:
    assert splits.parse("train=8,dev=1,test=1") == splits.parse("test=10,train=80,dev=10")


@pytest.mark.parametrize(
    "text", ["", "a", "a=1", "a=1,a=2", "a=1,b=0", "a=1,b=-1", "a=1,b=x", "a=1,b=1/0", "a=1,../b=1"]
)
def test_a_family_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--splits"):
        splits.parse(text)


@given(st.integers(0, 500), st.lists(st.integers(1, 20), min_size=2, max_size=6))
def test_quotas_add_up_stay_near_their_shares_and_leave_nobody_out(count: int, weights: list[int]) -> None:
    shares = {f"s{k}": w / sum(weights) for k, w in enumerate(weights)}
    found = splits.quotas(count, shares)
    assert sum(found.values()) == count
    if count >= len(weights):
        assert min(found.values()) >= 1
    # One is lent to each split that would have none.
    assert all(abs(n - shares[name] * count) < len(weights) for name, n in found.items())


def test_every_group_is_in_one_split_and_speakers_keep_all_they_say(small_bank: Bank) -> None:
    split_of = splits.assignment(small_bank, THIRDS)
    assert set(split_of) == set(small_bank.frame["group"])
    parts = {name: splits.restrict(small_bank, THIRDS, name) for name in THIRDS}
    rows_of = {name: set(part.pool()) for name, part in parts.items()}
    assert set.union(*rows_of.values()) == set(small_bank.pool())
    for a, b in itertools.combinations(rows_of.values(), 2):
        assert not a & b
    for speaker in (f"v{k}" for k in range(6)):
        own = {name for name, part in parts.items() for type_ in ("speech", "vocal_burst")
               if part.pool(type=type_, speaker=speaker)}  # fmt: skip
        assert len(own) == 1


def test_every_split_has_some_of_every_stratum(small_bank: Bank) -> None:
    table = splits.table(small_bank, splits.parse("train=4,dev=1,test=1"))
    assert set(table) == {"speech de", "speech en", "speech fr", "vocal_burst", "sound_event", "bed", "music"}
    for stratum, counts in table.items():
        assert min(counts.values()) >= 1, stratum
    assert table["sound_event"] == {"dev": 2, "test": 2, "train": 8}


def test_the_order_of_rows_changes_nothing_nor_does_the_order_of_names(rows: Rows, tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(rows, len(rows))
    a = splits.assignment(bank_of(rows, tmp_path / "a"), splits.parse("x=2,y=1,z=1"))
    b = splits.assignment(bank_of(shuffled, tmp_path / "b"), splits.parse("z=1,y=1,x=2"))
    assert a == b


def test_other_banks_and_licence_policies_move_nothing(rows: Rows, small_bank: Bank, tmp_path: Path) -> None:
    other = bank_of([r for r in rows if r["type"] == "music"], tmp_path / "other", "other")
    both = splits.restrict(BankSet([small_bank, other]), THIRDS, "dev")
    alone = splits.restrict(small_bank, THIRDS, "dev")
    assert isinstance(both, BankSet)
    assert next(b for b in both.banks if b.name == "small").pool() == alone.pool()
    open_only = small_bank.filtered(policy="commercial")
    assert splits.assignment(open_only, THIRDS) == splits.assignment(small_bank, THIRDS)


def test_groups_that_share_a_speaker_or_a_recording_stay_together(rows: Rows, tmp_path: Path) -> None:
    """Each recording its own group, as a careless table has it: speakers and equal samples tie them all the same."""
    loose = [{**row, "group": row["key"]} for row in rows]
    twins = [{**row, "key": f"{row['key']}-twin", "group": f"{row['key']}-twin"} for row in loose[-4:]]
    split_of = splits.assignment(bank_of(loose + twins, tmp_path / "bank"), THIRDS)
    for speaker in (f"v{k}" for k in range(6)):
        assert len({split_of[row["group"]] for row in loose if row["speaker"] == speaker}) == 1
    for row in loose[-4:]:
        assert split_of[row["group"]] == split_of[f"{row['key']}-twin"]
    assert len(set(split_of.values())) == 3


def fake_rows(rows: Rows, speakers: int, languages: int, each: int) -> Iterator[dict[str, Any]]:
    """Speech of many people, each in some of many languages, as rows of an index."""
    base = next(row for row in rows if row["type"] == "speech")
    for s in range(speakers):
        for k in range(each):
            name = f"{s:03d}-{k}"
            language = f"l{(7 * s + 3 * k * k + k) % languages:02d}"
            own = {"key": name, "path": name, "speaker": f"p{s}", "group": f"p{s}", "language": language}
            yield {**base, **own, "pcm_sha256": f"{s:032x}{k:032x}"}


def test_a_small_share_of_people_who_speak_several_languages_covers_all_of_them(rows: Rows, tmp_path: Path) -> None:
    bank = bank_of(list(fake_rows(rows, 48, 16, 5)), tmp_path / "bank")
    shares = splits.parse("train=8,dev=1,test=1")
    for stratum, counts in splits.table(bank, shares).items():
        assert min(counts.values()) >= 1, stratum
    sizes = Counter(splits.assignment(bank, shares).values())
    assert sizes["train"] >= 0.6 * 48


def test_labels_are_shared_out_evenly(rows: Rows, tmp_path: Path) -> None:
    base = next(row for row in rows if row["type"] == "sound_event" and row["topic"] is None)
    sounds = [
        {**base, "key": f"{label}/{k:02d}", "group": f"{label}/{k:02d}", "label": label, "pcm_sha256": f"{label}{k}"}
        for label in ("dog", "door", "rain", "siren") for k in range(20)
    ]  # fmt: skip
    split_of = splits.assignment(bank_of(sounds, tmp_path / "bank"), splits.parse("train=8,dev=1,test=1"))
    for label in ("dog", "door", "rain", "siren"):
        counts = Counter(name for group, name in split_of.items() if group.startswith(label))
        assert 15 <= counts["train"] <= 17
        assert counts["dev"] >= 1
        assert counts["test"] >= 1


def test_measured_rooms_are_shared_out_too() -> None:
    facts = [
        MeasuredFact(room=f"r{k}", path=f"r{k}/{j}.wav", pcm_sha256="", rt60=0.5) for k in range(9) for j in (0, 1)
    ]
    parts = {name: splits.rooms_of(facts, THIRDS, name) for name in THIRDS}
    assert {name: len({f.room for f in part}) for name, part in parts.items()} == {"train": 3, "dev": 3, "test": 3}
    assert sorted(f.path for part in parts.values() for f in part) == [f.path for f in facts]
    assert splits.rooms_of(facts, None, "test") == tuple(facts)


def test_a_split_outside_its_family_is_refused_with_the_nearest(small_bank: Bank) -> None:
    with pytest.raises(UsageError, match="did you mean 'train'"):
        splits.restrict(small_bank, THIRDS, "trian")


def test_the_lock_tells_the_family_and_builds_without_one_draw_from_everything(
    small_recipe: dict[str, Any], small_bank_folder: Path, tmp_path: Path
) -> None:
    banks = (str(small_bank_folder),)
    halves = splits.parse("a=1,b=1")
    maker = prepare({**small_recipe, "clips": 1}, banks=banks, split="a", splits=halves)
    build(maker, tmp_path / "a", jobs=1)
    assert locks.read(tmp_path / "a").splits == halves
    assert msgspec.json.decode((tmp_path / "a" / locks.NAME).read_bytes())["splits"] == halves
    everything = prepare(small_recipe, banks=banks)
    assert everything.order.splits is None
    assert len(everything.banks.pool()) == len(everything.banks) > len(maker.banks.pool())


def test_a_split_too_small_for_the_recipe_says_so(small_bank_folder: Path) -> None:
    recipe = {"name": "talk", "duration": 20, "speech": {"languages_per_scene": 1, "speakers": 3, "turns": 3}}
    maker = prepare(recipe, banks=(str(small_bank_folder),), split="tiny", splits=splits.parse("rest=20,tiny=1"))
    with pytest.raises(RecipeError, match="speakers"):
        list(plans(maker, 6))


def test_splits_of_one_seed_share_no_room_and_no_draw(small_recipe: dict[str, Any], small_bank_folder: Path) -> None:
    recipe = {**small_recipe, "room": {**small_recipe["room"], "probability": 1.0}}  # type: ignore[dict-item]
    seen = []
    for split in ("a", "b"):
        maker = prepare(recipe, banks=(str(small_bank_folder),), split=split)
        planned = list(plans(maker, 40))
        seen.append(
            {
                "rooms": {p.room.dimensions for p in planned if p.room},
                "tails": {p.room.tail_seed for p in planned if p.room},
                "lengths": {p.duration for p in planned},
                "onsets": {(e.source_id, e.start_time) for p in planned for e in p.events if e.role == "foreground"},
            }
        )
    for name in ("rooms", "tails"):
        assert len(seen[0][name]) == 40
        assert not seen[0][name] & seen[1][name], name
    assert len(seen[0]["lengths"] & seen[1]["lengths"]) <= 4
    assert len(seen[0]["onsets"] & seen[1]["onsets"]) < 0.02 * len(seen[0]["onsets"])
