from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.build import build, prepare
from soundscape.errors import BuildError, RecipeError, UsageError
from soundscape.records import AnswerKey, ScenePlan
from soundscape.sources.audio import pcm_digest

Recipe = dict[str, Any]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def finished(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = {
        "name": "small", "clips": 6, "duration": {"uniform": [8, 12]},
        "speech": {"languages_per_scene": 2, "speakers": 2, "coverage": 0.6, "overlap": {"uniform": [0.1, 0.25]}},
        "bursts": {"count": 1},
        "effects": {"count": 2, "loudness": "quiet"},
        "background": {"kind": {"choice": ["music", "ambience", "silence"]}, "snr_db": 8, "duck_db": -6},
        "room": {"probability": 0.5, "rt60": {"uniform": [0.2, 0.5]}},
    }  # fmt: skip
    out = tmp_path_factory.mktemp("finished") / "build"
    build(prepare(recipe, banks=(str(small_bank_folder),)), out, jobs=1, stems=True)
    return out


def test_the_folder_holds_what_the_contract_names(finished: Path) -> None:
    top = {p.name for p in finished.iterdir()}
    assert top == {
        "README.md", "CREDITS.md", "soundscape.lock.json", "report.json", "data", "answer_key", "plans", "stems",
        "direct",
    }  # fmt: skip
    assert len(list((finished / "data/test").glob("*.flac"))) == 6
    assert not list(finished.rglob(".*"))


def test_every_file_is_valid_against_its_schema(finished: Path) -> None:
    for line in lines(finished / "answer_key/test.jsonl"):
        assert schema.problems("uaap", line) == []
    for line in lines(finished / "plans/test.jsonl"):
        assert schema.problems("plan", line) == []
    assert schema.problems("lock", json.loads((finished / locks.NAME).read_text())) == []


def test_the_key_tells_the_truth_about_the_files(finished: Path) -> None:
    lock = locks.read(finished)
    for line in lines(finished / "answer_key/test.jsonl"):
        samples, rate = soundfile.read(finished / f"data/test/{line['clip_id']}.flac", dtype="int16")
        assert len(samples) == round(line["duration"] * rate)
        assert pcm_digest(samples, rate) == line["pcm_sha256"] == lock.clips[line["clip_id"]]
        assert np.abs(samples.astype(int)).max() < 32767


def test_the_public_part_names_file_clip_and_duration_only(finished: Path) -> None:
    for line in lines(finished / "data/test/metadata.jsonl"):
        assert set(line) == {"file_name", "clip_id", "duration"}


def test_stems_add_up_to_the_mix_within_one_step(finished: Path) -> None:
    for clip in (finished / "stems/test").iterdir():
        mix, rate = soundfile.read(finished / f"data/test/{clip.name}.flac", dtype="int16")
        total = np.zeros(len(mix))
        for stem in sorted(clip.iterdir()):
            x, stem_rate = soundfile.read(stem, dtype="float64")
            assert soundfile.info(stem).subtype == "PCM_24"
            assert (len(x), stem_rate) == (len(mix), rate)
            total += x
        assert np.abs(total * 32768 - mix).max() <= 1.0


def test_plan_and_key_belong_together(finished: Path) -> None:
    plans = {p["clip_id"]: schema.convert(p, ScenePlan) for p in lines(finished / "plans/test.jsonl")}
    for line in lines(finished / "answer_key/test.jsonl"):
        key = schema.convert(line, AnswerKey)
        plan = plans[key.clip_id]
        assert schema.digest(plan) == key.plan_digest
        assert [e.event_id for e in plan.events] == [e.event_id for e in key.events]


def test_records_survive_the_way_through_json(finished: Path) -> None:
    for line in lines(finished / "answer_key/test.jsonl"):
        assert schema.to_builtins(schema.convert(line, AnswerKey)) == line


def digests(out: Path) -> dict[str, str]:
    return locks.read(out).clips


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_two_workers_give_the_same_bytes_as_one(small_bank_folder: Path, small_recipe: Recipe, tmp_path: Path) -> None:
    maker = prepare(small_recipe, banks=(str(small_bank_folder),), seed=3)
    build(maker, tmp_path / "one", jobs=1)
    build(maker, tmp_path / "two", jobs=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_scenes_made_alone_and_in_any_order_are_the_same(
    small_bank_folder: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    banks = (str(small_bank_folder),)
    build(prepare(small_recipe, banks=banks), tmp_path / "all", jobs=1)
    order = list(range(6))
    random.Random(1).shuffle(order)
    for index in order:
        scene = prepare(small_recipe, banks=banks).scene(index)
        assert digests(tmp_path / "all")[scene.plan.clip_id] == scene.key.pcm_sha256


def test_fewer_clips_are_the_first_of_more(small_bank_folder: Path, small_recipe: Recipe, tmp_path: Path) -> None:
    maker = prepare(small_recipe, banks=(str(small_bank_folder),))
    build(maker, tmp_path / "two", clips=2, jobs=1)
    build(maker, tmp_path / "four", clips=4, jobs=1)
    assert digests(tmp_path / "two").items() <= digests(tmp_path / "four").items()


def test_running_again_finds_nothing_to_do(finished: Path, small_bank_folder: Path) -> None:
    before = files(finished)
    recipe = locks.read(finished).recipe
    result = build(prepare(recipe, banks=(str(small_bank_folder),)), finished, jobs=1, stems=True)
    assert result.made == 0
    assert files(finished) == before


@pytest.mark.parametrize("change", [{"seed": 2}, {"split": "dev"}, {"clips": 5}, {"audio": "wav"}])
def test_a_folder_with_another_build_is_refused_and_kept(
    change: dict[str, Any], finished: Path, small_bank_folder: Path
) -> None:
    before = files(finished)
    recipe = locks.read(finished).recipe
    scene = {k: v for k, v in change.items() if k in ("seed", "split")}
    rest = {k: v for k, v in change.items() if k not in scene}
    maker = prepare(recipe, banks=(str(small_bank_folder),), **scene)
    with pytest.raises(BuildError, match="holds another build"):
        build(maker, finished, jobs=1, stems=True, **rest)
    assert files(finished) == before


def test_a_folder_of_somebody_else_is_refused_and_kept(
    small_bank_folder: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(BuildError, match="not empty and holds no build"):
        build(prepare(small_recipe, banks=(str(small_bank_folder),)), tmp_path, jobs=1)
    assert files(tmp_path) == {"thesis.txt": b"three years of work"}


def test_a_build_that_was_stopped_goes_on_to_the_same_bytes(
    small_bank_folder: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    maker = prepare(small_recipe, banks=(str(small_bank_folder),))
    build(maker, tmp_path / "whole", jobs=1)

    class Stop(Exception):
        pass

    def stop(done: int, total: int, seconds: float) -> None:
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        build(maker, tmp_path / "stopped", jobs=1, progress=stop)
    assert not (tmp_path / "stopped" / locks.NAME).exists()
    result = build(maker, tmp_path / "stopped", jobs=1)
    assert result.made == 3
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"speech": {"languages": ["xx"], "turns": 1, "speakers": 1}}, "no speech in 'xx'"),
        ({"speech": {"speakers": 9, "turns": 30}, "duration": 300}, "different speakers"),
        ({"speech": {"speakers": 2, "turns": 2, "overlap": 0.9}}, "overlap of 0.900"),
        ({"speech": {"speakers": 1, "turns": 1, "duration": [20, 30]}, "duration": 40}, "no utterance of v"),
        ({"effects": {"count": 1, "duration": [50, 60]}}, "no effect of 50 to 60 s"),
        ({"music": {"count": 1, "duration": 60}, "duration": 70}, "no piece of music"),
        ({"speech": {"languages_per_scene": 5, "speakers": 5, "turns": 5}, "duration": 60}, "5 languages"),
    ],
)
def test_what_nothing_can_give_is_named_and_nothing_is_written(
    change: dict[str, Any], says: str, small_bank_folder: Path, tmp_path: Path
) -> None:
    maker = prepare({"name": "wrong", "duration": 20, **change}, banks=(str(small_bank_folder),))
    with pytest.raises(RecipeError) as caught:
        build(maker, tmp_path / "out", clips=2, jobs=1)
    assert says in str(caught.value)
    assert not list((tmp_path / "out").glob("data/**/*.flac"))


def test_a_split_is_a_plain_name(small_bank_folder: Path, small_recipe: Recipe) -> None:
    with pytest.raises(UsageError, match="split"):
        prepare(small_recipe, banks=(str(small_bank_folder),), split="../up")


@pytest.mark.parametrize("audio", ["wav", "ogg", "mp3"])
def test_other_formats_hold_the_same_sound(
    audio: str, small_bank_folder: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    maker = prepare(small_recipe, banks=(str(small_bank_folder),))
    build(maker, tmp_path / audio, clips=1, jobs=1, audio=audio)
    (path,) = (tmp_path / audio / "data/test").glob(f"*.{audio}")
    samples, rate = soundfile.read(path, dtype="float64")
    mine = maker.scene(0).rendering.master.pcm / 32768
    n = min(len(mine), len(samples))
    assert rate == 24_000
    assert abs(len(mine) - len(samples)) <= (0 if audio == "wav" else 2400)
    shift = max(range(-1200, 1201, 1 if audio == "wav" else 5), key=lambda k: float(np.dot(
        mine[2000 : n - 2000], np.roll(samples[:n], k)[2000 : n - 2000])))  # fmt: skip
    moved = np.roll(samples[:n], shift)[2000 : n - 2000]
    assert np.corrcoef(mine[2000 : n - 2000], moved)[0, 1] > (0.9999 if audio == "wav" else 0.95)
