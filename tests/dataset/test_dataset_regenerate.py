from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset import make
from soundscape.dataset.build import build, prepare
from soundscape.dataset.lock import Lock
from soundscape.dataset.regenerate import Regeneration, fresh, maker_of, notes_on, open_lock, regenerate
from soundscape.errors import BankError, BuildError, UsageError
from soundscape.records import ScenePlan
from soundscape.rendering.rooms import Response, respond
from soundscape.rendering.rooms.store import ResponseStore
from soundscape.sources import index
from soundscape.sources.audio import pcm_digest
from soundscape.sources.bank import Bank
from soundscape.version import PROTOCOL_VERSION

Recipe = dict[str, Any]
CLIPS = 4


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return {
        "name": "small", "clips": CLIPS, "duration": {"uniform": [6, 8]},
        "speech": {"languages_per_scene": 2, "speakers": 2, "coverage": 0.5, "overlap": 0.1},
        "effects": {"count": 1, "loudness": "quiet"},
        "background": {"kind": {"choice": ["music", "ambience"]}, "snr_db": 8, "duck_db": -6},
        "room": {"probability": 1.0, "rt60": 0.3},
    }  # fmt: skip


@pytest.fixture(scope="module")
def original(recipe: Recipe, small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("original") / "build"
    build(prepare(recipe, banks=(str(small_bank_folder),)), out, jobs=1)
    return out


def name(index: int) -> str:
    return f"small-test-{index:06d}"


def again(
    lock: Lock, bank: Path, out: Path, *, clips: tuple[str, ...] = (), folder: Path | None = None
) -> Regeneration:
    return regenerate(lock, maker_of(lock, banks=(str(bank),)), out, original=folder, clips=clips, jobs=1)


def test_a_whole_split_comes_again_byte_for_byte(original: Path, small_bank_folder: Path, tmp_path: Path) -> None:
    # The lock alone, somewhere else.
    lock_alone = shutil.copy(original / locks.NAME, tmp_path / "alone.json")
    lock, folder = open_lock(lock_alone)
    assert folder is None
    found = regenerate(lock, maker_of(lock, banks=(str(small_bank_folder),)), tmp_path / "again", jobs=2)
    assert found.same
    assert found.counts == {"identical": CLIPS}
    assert found.notes == ()
    for path in original.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(original)).read_bytes() == path.read_bytes(), path


def test_one_clip_of_a_thousand_costs_one_clip(
    original: Path, small_bank_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, _ = open_lock(original)
    many = replace(lock, clip_count=1000, clips={name(i): lock.clips.get(name(i), "0" * 64) for i in range(1000)})
    maker = maker_of(many, banks=(str(small_bank_folder),))
    planned, plan_scene = [], make.plan_scene

    def counted(*args: Any) -> ScenePlan:
        planned.append(args[4])
        return plan_scene(*args)

    monkeypatch.setattr(make, "plan_scene", counted)
    found = regenerate(many, maker, tmp_path / "one", original=original, clips=(name(2),))
    assert found.same
    assert planned == [2]
    files = sorted(p.relative_to(tmp_path / "one").as_posix() for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert files == ["answer_key/test.jsonl", f"data/test/{name(2)}.flac", "plans/test.jsonl"]
    for kind in ("answer_key", "plans"):
        lines = (original / kind / "test.jsonl").read_bytes().splitlines(keepends=True)
        assert (tmp_path / "one" / kind / "test.jsonl").read_bytes() == lines[2]
    audio = f"data/test/{name(2)}.flac"
    assert (tmp_path / "one" / audio).read_bytes() == (original / audio).read_bytes()


def test_one_step_off_is_told_from_different(original: Path, small_bank_folder: Path, tmp_path: Path) -> None:
    # The original is changed on the disk and in its lock, as if another processor had made it.
    changed = tmp_path / "changed"
    shutil.copytree(original, changed)
    lock, _ = open_lock(original)
    clips = dict(lock.clips)
    for number, steps, where in ((1, 1, slice(1000, 1012)), (2, 3, slice(50, 53))):
        path = changed / f"data/test/{name(number)}.flac"
        samples, rate = soundfile.read(path, dtype="int16")
        samples[where] += np.where(samples[where] > 0, -steps, steps).astype(np.int16)
        soundfile.write(path, samples, rate)
        clips[name(number)] = pcm_digest(samples, rate)
    lock = replace(lock, clips=clips)
    for part, wanted in (("whole", ()), ("some", (name(0), name(1), name(2)))):
        found = again(lock, small_bank_folder, tmp_path / part, clips=wanted, folder=changed)
        same, one, more = found.outcomes[:3]
        assert same.status == "identical"
        assert (one.status, one.samples, one.steps, one.stage) == ("one step off", 12, 1, "mix")
        assert (more.status, more.samples, more.steps) == ("different", 3, 3)
    alone = again(lock, small_bank_folder, tmp_path / "alone", clips=(name(1),)).outcomes[0]
    assert (alone.status, alone.samples) == ("different", None)
    assert "cannot be counted" in alone.detail


def test_a_damaged_original_is_told_from_a_difference(original: Path, small_bank_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "changed")
    lock, _ = open_lock(original)
    lock = replace(lock, clips={**lock.clips, name(1): "0" * 64})
    found = again(lock, small_bank_folder, tmp_path / "one", clips=(name(1),), folder=tmp_path / "changed")
    assert "does not hold what its lock says" in found.outcomes[0].detail


@pytest.mark.parametrize("stage", ["plan", "sources", "responses", "mix"])
def test_the_first_stage_that_differs_is_named(
    stage: str, original: Path, small_bank_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, folder = open_lock(original)
    if stage == "plan":
        lock = replace(lock, seed=2)
    elif stage == "sources":
        real = Bank.load_stored
        monkeypatch.setattr(Bank, "load_stored", lambda bank, source: np.roll(real(bank, source), 3))
    elif stage == "responses":
        made = respond.responses

        def shorter(*args: Any) -> dict[str, Response]:
            found = made(*args)
            fall = {n: np.linspace(1, 0, len(r.samples), dtype=np.float32) for n, r in found.items()}
            return {n: replace(r, samples=r.samples * fall[n]) for n, r in found.items()}

        monkeypatch.setattr(respond, "responses", shorter)
    else:
        mixed = make.mixed
        monkeypatch.setattr(make, "mixed", lambda plan, arrived: mixed(replace(plan, loudness_lufs=-24.0), arrived))
    found = again(lock, small_bank_folder, tmp_path / "out", clips=(name(1),), folder=folder)
    (outcome,) = found.outcomes
    assert (outcome.status, outcome.stage) == ("different", stage)
    assert not found.same


def test_kept_responses_are_not_trusted(
    original: Path, small_bank_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(*args: object, **more: object) -> None:
        raise AssertionError("a response was read from the store")

    monkeypatch.setattr(ResponseStore, "responses", kept)
    assert again(open_lock(original)[0], small_bank_folder, tmp_path / "out", clips=(name(0),)).same


@pytest.fixture
def own_bank(small_bank_folder: Path, tmp_path: Path) -> Path:
    """A copy of the small bank with recordings of its own, which a test may break."""
    bank = tmp_path / "bank"
    shutil.copytree(small_bank_folder, bank)
    info = json.loads((bank / "bank.json").read_bytes())
    shutil.copytree(small_bank_folder / info["root"], tmp_path / "recordings")
    (bank / "bank.json").write_text(json.dumps(info | {"root": str(tmp_path / "recordings")}))
    return bank


def used_by(original: Path, index: int) -> str:
    """Return a source that a clip uses and, of the others, none does."""
    lines = (original / "plans/test.jsonl").read_text().splitlines()
    uses = [{e["source_id"] for e in json.loads(line)["events"]} for line in lines]
    return sorted(uses[index] - set.union(*(u for k, u in enumerate(uses) if k != index)))[0]


@pytest.mark.parametrize("fault", ["missing", "changed"])
@pytest.mark.parametrize("with_original", [True, False])
def test_a_source_that_is_missing_or_changed_is_named_and_the_other_clips_are_proved(
    fault: str, with_original: bool, original: Path, own_bank: Path, tmp_path: Path
) -> None:
    source = used_by(original, 1)
    path = tmp_path / "recordings" / f"{source.partition(':')[2]}"
    path = path if path.suffix else path.with_suffix(".wav")
    if fault == "missing":
        path.unlink()
    else:
        samples, rate = soundfile.read(path, dtype="int16")
        soundfile.write(path, samples[::-1], rate)
    lock, folder = open_lock(original)
    found = again(lock, own_bank, tmp_path / "out", folder=folder if with_original else None)
    assert found.counts == {"identical": CLIPS - 1, "source": 1}
    outcome = found.outcomes[1]
    assert outcome.clip_id == name(1)
    assert str(path) in outcome.detail
    assert ("no such file" if fault == "missing" else "changed since it was indexed") in outcome.detail


def test_another_bank_is_named_with_the_sources_that_it_lacks(original: Path, own_bank: Path, tmp_path: Path) -> None:
    source = used_by(original, 1)
    frame = index.read_index(own_bank)
    rows = [row for row in frame.rows(named=True) if f"small:{row['key']}" != source]
    index.write_bank(
        own_bank, rows, name="small", root=str(tmp_path / "recordings"), generator="test", generator_version="1"
    )
    lock, folder = open_lock(original)
    found = again(lock, own_bank, tmp_path / "out", clips=(name(1),), folder=folder)
    (outcome,) = found.outcomes
    assert outcome.status == "source"
    assert repr(source) in outcome.detail
    assert any("bank 'small'" in note for note in found.notes)


def test_what_is_not_as_in_the_lock_is_named(original: Path, small_bank_folder: Path) -> None:
    lock, _ = open_lock(original)
    maker = maker_of(lock, banks=(str(small_bank_folder),))
    assert notes_on(lock, maker) == ()
    other = replace(
        lock, protocol_version=99, soundscape_version="0.0.1", versions={**lock.versions, "numpy": "1.0"},
        machine={**lock.machine, "architecture": "abacus"},
    )  # fmt: skip
    text = "\n".join(notes_on(other, maker))
    here = f"protocol version: 99 in the lock, {PROTOCOL_VERSION} here"
    for part in (here, "soundscape: 0.0.1", "numpy: 1.0", "abacus"):
        assert part in text


def test_a_regeneration_that_was_stopped_goes_on(original: Path, small_bank_folder: Path, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Stop

    lock, _ = open_lock(original)
    maker = maker_of(lock, banks=(str(small_bank_folder),))
    with pytest.raises(Stop):
        regenerate(lock, maker, tmp_path / "out", jobs=1, progress=stop)
    assert regenerate(lock, maker, tmp_path / "out", jobs=1).counts == {"identical": CLIPS}


def test_what_would_prove_nothing_is_refused(original: Path, small_bank_folder: Path, tmp_path: Path) -> None:
    lock, _ = open_lock(original)
    maker = maker_of(lock, banks=(str(small_bank_folder),))
    with pytest.raises(BuildError, match="nothing proved"):
        regenerate(lock, maker, original)
    (tmp_path / "thesis.txt").write_text("three years of work")
    for clips in ((), (name(0),)):
        with pytest.raises(BuildError, match=r"not (an )?empty"):
            regenerate(lock, maker, tmp_path, clips=clips, jobs=1)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match=f"did you mean '{name(3)}'"):
        regenerate(lock, maker, tmp_path / "out", clips=("small-tset-000003",))
    unfinished = tmp_path / "unfinished.json"
    unfinished.write_bytes(schema.encode(replace(lock, complete=False, clips={})))
    with pytest.raises(BuildError, match="not finished"):
        open_lock(unfinished)


def test_a_fresh_seed_makes_another_split_of_the_same_recipe(
    original: Path, small_bank_folder: Path, own_bank: Path, tmp_path: Path
) -> None:
    lock, _ = open_lock(original)
    banks = (str(small_bank_folder),)
    with pytest.raises(UsageError, match="that of the original"):
        fresh(lock, tmp_path / "same", seed=1, banks=banks, jobs=1)
    result = fresh(lock, tmp_path / "new", seed=77, banks=banks, jobs=1)
    new = locks.read(tmp_path / "new")
    assert (result.made, new.seed, new.recipe_digest) == (CLIPS, 77, lock.recipe_digest)
    assert not set(new.clips.values()) & set(lock.clips.values())
    rows = index.read_index(own_bank).rows(named=True)[1:]
    index.write_bank(own_bank, rows, name="small", root="x", generator="test", generator_version="1")
    with pytest.raises(BankError, match="another distribution"):
        fresh(lock, tmp_path / "other", seed=78, banks=(str(own_bank),))
