from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from soundscape import schema
from soundscape.dataset import compare_splits
from soundscape.dataset import lock as locks
from soundscape.dataset.build import build, prepare
from soundscape.dataset.compare_splits import compare
from soundscape.errors import BuildError
from soundscape.records import AnswerKey

Change = Callable[[AnswerKey], AnswerKey]


@pytest.fixture(scope="module")
def two(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two builds of one recipe, of 24 clips each."""
    recipe = {
        "name": "small", "clips": 24, "duration": {"uniform": [4, 6]}, "sample_rate": 8000,
        "speech": {"languages_per_scene": 1, "speakers": 1, "turns": 1}, "effects": {"count": {"integers": [1, 2]}},
        "background": {"kind": {"choice": ["music", "ambience", "silence"]}, "snr_db": 8},
    }  # fmt: skip
    top = tmp_path_factory.mktemp("two")
    for seed in (1, 2):
        build(prepare(recipe, banks=(str(small_bank_folder),), seed=seed), top / str(seed), jobs=1)
    return top / "1", top / "2"


def changed(folder: Path, out: Path, change: Change) -> Path:
    (out / "answer_key").mkdir(parents=True)
    (out / locks.NAME).write_bytes((folder / locks.NAME).read_bytes())
    lines = (folder / "answer_key/test.jsonl").read_bytes().splitlines()
    keys = [change(schema.decode(line, AnswerKey)) for line in lines]
    (out / "answer_key/test.jsonl").write_bytes(b"".join(schema.encode(key) + b"\n" for key in keys))
    return out


def test_two_builds_of_a_recipe_do_not_differ_and_every_factor_is_told(two: tuple[Path, Path]) -> None:
    found = compare(*two)
    assert found.differing == ()
    assert found.clips == (24, 24)
    names = {t.name for t in found.tests}
    planned = {name for line in (two[0] / "plans/test.jsonl").read_text().splitlines()
               for name in json.loads(line)["factors"]}  # fmt: skip
    for factor in planned:
        assert {f"{factor} (requested)", f"{factor} (achieved)"} <= names, factor
    assert {"event_type", "language", "loudness", "data_set", "loudness_lufs", "event_snr_db"} <= names
    tested = [t for t in found.tests if not t.constant]
    assert f"Holm over {len(tested)} tests" in found.method
    assert all(0.0 < t.p <= t.p_adjusted <= 1.0 for t in tested)
    assert all(t.smallest is not None and 0.5 < t.smallest < 1.0 for t in tested if t.kind == "numbers")
    assert any(t.constant for t in found.tests)


def test_a_build_against_itself_is_alike_in_everything(two: tuple[Path, Path]) -> None:
    for test in compare(two[0], two[0]).tests:
        assert (test.statistic, test.p_adjusted) == (0.0, 1.0)


def louder(key: AnswerKey) -> AnswerKey:
    return replace(key, events=tuple(replace(e, level_lufs=e.level_lufs + 9.0) for e in key.events))


def one_language(key: AnswerKey) -> AnswerKey:
    return replace(key, events=tuple(replace(e, language="de") if e.type == "speech" else e for e in key.events))


def in_rooms(key: AnswerKey) -> AnswerKey:
    return replace(key, scene=replace(key.scene, rt60_measured=0.5))


@pytest.mark.parametrize(
    ("change", "factors"),
    [
        (louder, {"event_level_lufs"}),
        (one_language, {"language"}),
        (in_rooms, {"clips with rt60 (achieved)"}),
    ],
)
def test_a_difference_is_found_and_named(
    change: Change, factors: set[str], two: tuple[Path, Path], tmp_path: Path
) -> None:
    found = compare(two[0], changed(two[1], tmp_path / "changed", change))
    assert set(found.differing) == factors


def test_numbers_are_tested_by_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=40).tolist(), rng.normal(0.8, size=60).tolist()
    found = compare_splits._numbers("x", a, b)
    theirs = stats.ks_2samp(a, b, method="exact")
    assert found.statistic == pytest.approx(theirs.statistic, abs=1e-4)
    assert found.p == pytest.approx(theirs.pvalue)


def counters(rng: np.random.Generator, clips: int, shares: list[float], events: int) -> list[Counter[str]]:
    return [Counter(rng.choice(list("abc"), size=events, p=shares).tolist()) for _ in range(clips)]


def test_names_agree_with_chi_square_where_events_are_independent() -> None:
    rng = np.random.default_rng(2)
    a, b = counters(rng, 120, [0.5, 0.3, 0.2], 1), counters(rng, 150, [0.38, 0.36, 0.26], 1)
    found = compare_splits._names("x", a, b)
    table = [[sum(side, Counter())[c] for c in "abc"] for side in (a, b)]
    theirs = stats.chi2_contingency(table, correction=False)
    assert found.statistic == pytest.approx(theirs.statistic, abs=1e-3)
    assert found.p == pytest.approx(theirs.pvalue, abs=0.02)


def test_events_of_one_clip_do_not_count_as_independent() -> None:
    """Each clip holds twenty events of one name: chi-square over events would cry wolf nearly every time."""
    rng = np.random.default_rng(3)
    alarms, false = 0, 0
    for _ in range(40):
        a, b = ([Counter({str(rng.choice(list("abc"))): 20}) for _ in range(30)] for _ in range(2))
        alarms += compare_splits._names("x", a, b).p < 0.05
        table = [[sum(side, Counter())[c] for c in "abc"] for side in (a, b)]
        false += stats.chi2_contingency(table, correction=False).pvalue < 0.05
    assert alarms <= 6
    assert false >= 20


def test_holm_is_holms_method() -> None:
    def test_of(p: float) -> Any:
        return compare_splits.Factor(
            name="x", kind="names", clips=(9, 9), a={}, b={}, statistic=0.0, p=p, constant=p == 1.0
        )

    found = [t.p_adjusted for t in compare_splits._adjusted([test_of(p) for p in (0.01, 0.04, 0.03, 0.005, 1.0)])]
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02, 1.0])


def test_without_a_key_there_is_nothing_to_compare(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / locks.NAME).write_bytes((two[0] / locks.NAME).read_bytes())
    with pytest.raises(BuildError, match="no such file"):
        compare(two[0], tmp_path)
