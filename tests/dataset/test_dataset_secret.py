from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from soundscape import schema
from soundscape.cli.build import build as build_command
from soundscape.cli.regenerate import regenerate as command
from soundscape.dataset import lock as locks
from soundscape.dataset import public, secret
from soundscape.dataset.build import build, prepare
from soundscape.dataset.regenerate import maker_of, open_lock, regenerate
from soundscape.errors import BuildError, DataError, UsageError

SEED = "correct-horse-battery-staple-7Q"
OTHER = "incorrect-horse-battery-staple-8R"

Recipe = dict[str, Any]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return {
        "name": "hidden", "clips": 4, "duration": {"uniform": [6, 8]},
        "speech": {"languages_per_scene": 1, "speakers": 1, "turns": 1},
        "effects": {"count": 1, "loudness": "quiet"},
        "background": {"kind": {"choice": ["music", "ambience"]}, "snr_db": 8},
        "room": {"probability": 0.5, "rt60": 0.3},
    }  # fmt: skip


@pytest.fixture(scope="module")
def hidden(recipe: Recipe, small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hidden") / "build"
    build(prepare(recipe, banks=(str(small_bank_folder),), seed=SEED), out, jobs=1, stems=True)
    return out


@pytest.fixture(autouse=True)
def no_seed_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(secret.VARIABLE, raising=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# Seeds


@pytest.mark.parametrize(
    "weak",
    ["", "1", "secret", "a" * 64, "abababababababababababababab", "2024-01-01", "correct horse bat", "x\ny" * 20],
)
def test_a_seed_that_could_be_guessed_is_refused_and_not_repeated(weak: str, small_bank_folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        secret.check(weak, "seed.txt")
    assert len(weak) < 6 or weak not in str(caught.value)
    with pytest.raises(UsageError):
        prepare("sparse_events", banks=(str(small_bank_folder),), seed=weak)


@given(st.integers(0, 2**256 - 1))
def test_seeds_by_chance_are_taken(number: int) -> None:
    data = hashlib.sha256(str(number).encode()).digest()
    for text in (data.hex(), base64.b64encode(data).decode(), data.hex()[:32]):
        assert secret.check(text + "\n", "FILE") == text


def test_drawn_seeds_are_fit_and_differ() -> None:
    drawn = {secret.draw() for _ in range(50)}
    assert len(drawn) == 50
    assert all(secret.check(seed, "x") == seed for seed in drawn)
    assert all(0 <= secret.draw_public() < 2**48 for _ in range(50))


def test_a_seed_comes_from_a_file_or_the_environment_and_from_one_place(tmp_path: Path) -> None:
    file = tmp_path / "seed"
    file.write_text(f"  {SEED}\n")
    there = {secret.VARIABLE: OTHER}
    assert secret.choose(None, None, {}) is None
    assert secret.choose(5, None, {}) == 5
    assert secret.choose(None, None, there) == OTHER
    assert secret.choose(None, file, there) == SEED
    for public_seed, path in ((5, file), (5, None)):
        with pytest.raises(UsageError, match="both given"):
            secret.choose(public_seed, path, there)
    with pytest.raises(UsageError, match="cannot be read"):
        secret.find(tmp_path / "none")
    file.write_bytes(b"\xff" * 40)
    with pytest.raises(UsageError, match="no text"):
        secret.find(file)
    file.write_bytes(os.urandom(3000).hex().encode())
    with pytest.raises(UsageError, match="longer than"):
        secret.find(file)


def test_a_seed_is_drawn_into_a_file_for_its_owner_alone_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "seed"
    drawn = secret.find_or_draw(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret.find_or_draw(file) == drawn == secret.find(file)


# What is written


def test_the_seed_is_nowhere(hidden: Path) -> None:
    lock = locks.read(hidden)
    assert lock.seed is None
    for name, data in contents(hidden).items():
        assert SEED.encode() not in data, name
        assert hashlib.sha256(SEED.encode()).hexdigest().encode() not in data, name
    key = json.loads((hidden / "answer_key/test.jsonl").read_text().splitlines()[0])
    assert (key["seed"], key["seed_commitment"]) == (None, lock.seed_commitment)
    assert schema.problems("lock", json.loads((hidden / locks.NAME).read_text())) == []


def test_the_seed_is_not_in_what_is_printed_of_an_order(small_bank_folder: Path, recipe: Recipe) -> None:
    order = prepare(recipe, banks=(str(small_bank_folder),), seed=SEED).order
    assert order.seed == SEED
    assert SEED not in repr(order)


def test_a_build_under_way_does_not_hold_the_seed_either(
    recipe: Recipe, small_bank_folder: Path, tmp_path: Path
) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int, seconds: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        build(prepare(recipe, banks=(str(small_bank_folder),), seed=SEED), tmp_path / "out", jobs=1, progress=stop)
    found = contents(tmp_path / "out")
    assert ".soundscape/lock.json" in found
    assert not [name for name, data in found.items() if SEED.encode() in data]


# Commitments


def test_the_commitment_can_be_computed_by_anybody_who_is_told_the_seed(hidden: Path, recipe: Recipe) -> None:
    """Without this package: SHA-256 of JSON with sorted keys and no white space."""
    lock = json.loads((hidden / locks.NAME).read_text())
    told = {
        "banks": {bank["name"]: bank["digest"] for bank in lock["banks"]}, "protocol_version": lock["protocol_version"],
        "recipe_digest": lock["recipe_digest"], "seed": SEED, "split": lock["split"], "splits": lock["splits"],
    }  # fmt: skip
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == lock["seed_commitment"]


def test_a_revealed_seed_is_checked_against_the_lock(hidden: Path) -> None:
    lock = locks.read(hidden)
    secret.verify(lock, SEED)
    with pytest.raises(BuildError, match="not the one") as caught:
        secret.verify(lock, OTHER)
    assert OTHER not in str(caught.value)


@pytest.mark.parametrize("change", ["split", "splits", "banks", "recipe_digest", "protocol_version"])
def test_the_commitment_holds_everything_that_decides_the_clips(change: str, hidden: Path) -> None:
    lock = locks.read(hidden)
    other: dict[str, Any] = {
        "split": "dev", "splits": {"test": 0.5, "dev": 0.5}, "recipe_digest": "0" * 64, "protocol_version": 99,
        "banks": (locks.BankPin(name="small", digest="0" * 64),),
    }  # fmt: skip
    with pytest.raises(BuildError, match="not the one"):
        secret.verify(replace(lock, **{change: other[change]}), SEED)


def test_a_public_seed_has_nothing_to_be_checked(recipe: Recipe, small_bank_folder: Path, tmp_path: Path) -> None:
    build(prepare(recipe, banks=(str(small_bank_folder),), seed=3), tmp_path / "out", clips=1, jobs=1)
    with pytest.raises(BuildError, match="its seed is public"):
        secret.verify(locks.read(tmp_path / "out"), SEED)


def test_a_secret_split_is_regenerated_with_its_seed_and_with_no_other(
    hidden: Path, small_bank_folder: Path, tmp_path: Path
) -> None:
    lock, original = open_lock(hidden)
    banks = (str(small_bank_folder),)
    with pytest.raises(UsageError, match="none is given"):
        maker_of(lock, banks=banks)
    with pytest.raises(BuildError, match="not the one"):
        maker_of(lock, banks=banks, seed=OTHER)
    found = regenerate(lock, maker_of(lock, banks=banks, seed=SEED), tmp_path / "again", original=original, jobs=1)
    assert found.same
    assert contents(tmp_path / "again") == contents(hidden)


# Public part and key part


def test_the_two_parts_hold_the_whole_between_them(hidden: Path, tmp_path: Path) -> None:
    before = contents(hidden)
    made = public.separate(hidden, tmp_path / "public", tmp_path / "key")
    assert contents(hidden) == before
    seen, key = contents(tmp_path / "public"), contents(tmp_path / "key")
    assert set(made.public) == set(seen)
    assert set(made.key) == set(key)
    clips = {f"data/test/hidden-test-{k:06d}.flac" for k in range(4)}
    assert set(seen) == {*clips, "data/test/metadata.jsonl", "README.md", "CREDITS.md", "commitment.json"}
    data = {name for name in before if name.startswith("data/")}
    assert {name: seen[name] for name in data} == {name: before[name] for name in data}
    assert key == {name: before[name] for name in before if name not in data}


def test_nothing_in_the_public_part_tells_an_answer(hidden: Path, small_bank_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "public"
    public.separate(hidden, out)
    assert public.telling(out) == []
    keys = [json.loads(line) for line in (hidden / "answer_key/test.jsonl").read_text().splitlines()]
    answers = set()
    for key in keys:
        answers |= {key["plan_digest"], key["pcm_sha256"]}
        for event in key["events"]:
            fields = ("transcription", "description", "emotion", "vocal_burst", "language")
            answers |= {event[f] for f in fields if event.get(f) and len(event[f]) > 2}
            answers |= {event["provenance"]["source_id"], event["provenance"]["key"]}
    assert len(answers) > 20
    for name, data in contents(out).items():
        text = data.decode("latin-1").lower()
        assert not [a for a in answers if a.lower() in text], name
    for line in (out / "data/test/metadata.jsonl").read_text().splitlines():
        assert set(json.loads(line)) == {"file_name", "clip_id", "duration"}


def test_times_rights_and_tags_are_the_same_everywhere(hidden: Path, tmp_path: Path) -> None:
    for k, path in enumerate(sorted((hidden / "data/test").glob("*.flac"))):
        os.utime(path, (10**9 + 1000 * k, 10**9 + 1000 * k))
        path.chmod(0o600 if k % 2 else 0o640)
    out = tmp_path / "public"
    public.separate(hidden, out)
    everything = [out, *out.rglob("*")]
    assert {p.stat().st_mtime for p in everything} == {public.TIME}
    assert {stat.S_IMODE(p.stat().st_mode) for p in everything if p.is_file()} == {0o644}
    for path in out.rglob("*.flac"):
        data = path.read_bytes()
        assert data[:4] == b"fLaC"
        # Stream facts, then a comment block without comments, which is the last one.
        assert (data[4] & 0x7F, data[42] & 0xFF) == (0, 0x84)
        assert soundfile.SoundFile(path).copy_metadata() == {}


def tagged(path: Path) -> None:
    with soundfile.SoundFile(path) as file:
        samples = file.read(dtype="int16")
    with soundfile.SoundFile(path, "w", 24_000, 1, format="FLAC", subtype="PCM_16") as file:
        file.title = "two people, German, a dog"
        file.write(samples)


def with_field(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**line, "language": "de"}) + "\n" for line in lines))


def reversed_lines(path: Path) -> None:
    path.write_text("\n".join(reversed(path.read_text().splitlines())) + "\n")


CLIP = "data/test/hidden-test-000002.flac"


@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        (CLIP, tagged, "title"),
        (
            CLIP,
            lambda p: p.write_bytes(p.read_bytes()[:42] + b"\x02\0\0\4dogs" + p.read_bytes()[42:]),
            "block of type 2",
        ),
        (CLIP, lambda p: p.rename(p.with_name("german-dog-000002.flac")), "named in 2 ways"),
        (CLIP, lambda p: p.rename(p.with_name("hidden-test-000002-dog.flac")), "name is not made of"),
        (CLIP, lambda p: p.write_bytes(b"no sound"), "cannot be read"),
        ("data/test/metadata.jsonl", with_field, "'language'"),
        ("data/test/metadata.jsonl", reversed_lines, "order of their names"),
        ("answers.json", lambda p: p.write_text("{}"), "does not belong"),
        ("data/test/key.json", lambda p: p.write_text("{}"), "does not belong"),
        (CLIP, lambda p: os.utime(p, (10**9, 10**9)), "different times"),
    ],
)
def test_what_would_tell_an_answer_is_found(name: str, spoil: Any, says: str, hidden: Path, tmp_path: Path) -> None:
    out = tmp_path / "public"
    public.separate(hidden, out)
    when = os.stat(out).st_mtime
    spoil(out / name)
    if says != "different times":
        for path in [out, *out.rglob("*")]:
            os.utime(path, (when, when))
    found = public.telling(out)
    assert any(says in line for line in found), found


def test_a_build_that_would_tell_is_not_separated(hidden: Path, tmp_path: Path) -> None:
    shutil.copytree(hidden, tmp_path / "build")
    (tmp_path / "build/data/test/notes.txt").write_text("clip 3 has a dog")
    with pytest.raises(BuildError, match=r"notes\.txt: does not belong"):
        public.separate(tmp_path / "build", tmp_path / "public")


def test_folders_in_use_are_refused(hidden: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(BuildError, match="not an empty folder"):
        public.separate(hidden, tmp_path)
    with pytest.raises(BuildError, match="not an empty folder"):
        public.separate(hidden, tmp_path / "public", tmp_path)
    assert not (tmp_path / "public").exists()


@pytest.mark.parametrize("layout", ["webdataset", "parquet"])
def test_shards_are_separated_too(layout: str, recipe: Recipe, small_bank_folder: Path, tmp_path: Path) -> None:
    if layout == "parquet":
        pytest.importorskip("pyarrow")
    maker = prepare(recipe, banks=(str(small_bank_folder),), seed=SEED)
    build(maker, tmp_path / "build", jobs=1, layout=layout)
    made = public.separate(tmp_path / "build", tmp_path / "public")
    assert any(name.startswith("data/test/") for name in made.public)
    assert public.telling(tmp_path / "public") == []


def test_credits_name_authors_without_sources(hidden: Path, tmp_path: Path) -> None:
    public.separate(hidden, tmp_path / "public")
    text = (tmp_path / "public/CREDITS.md").read_text()
    assert "| small | CC0-1.0 | the tests |" in text
    assert "small:" not in text


# The command line


def run(*arguments: object, environment: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(command, [str(a) for a in arguments], env=environment)


def test_the_command_checks_a_revealed_seed(hidden: Path, tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(SEED)
    wrong.write_text(OTHER)
    assert "is the one" in run(hidden, "--check-seed", "--seed-file", right).output
    assert "is the one" in run(hidden, "--check-seed", environment={secret.VARIABLE: SEED}).output
    assert isinstance(run(hidden, "--check-seed", "--seed-file", wrong).exception, BuildError)
    assert isinstance(run(hidden, "--check-seed").exception, UsageError)


def test_the_command_makes_a_fresh_secret_split_and_compares(
    hidden: Path, small_bank_folder: Path, tmp_path: Path
) -> None:
    new, file = tmp_path / "new", tmp_path / "seed"
    common = (hidden, "--fresh-seed", "--bank", small_bank_folder, "--jobs", 1, "--out", new)
    assert "secret seed, and so should" in str(run(*common).exception)
    done = run(*common, "--seed-file", file)
    assert done.exit_code == 0, done.output
    assert "no factor differs" in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    drawn = file.read_text().strip()
    secret.verify(locks.read(new), drawn)
    assert not set(locks.read(new).clips.values()) & set(locks.read(hidden).clips.values())
    report = json.loads((new / "comparison.json").read_text())
    assert report["clips"] == [4, 4]
    assert "Holm" in report["method"]


def test_the_command_tells_what_differs_and_exits_with_the_data_code(
    hidden: Path, small_bank_folder: Path, tmp_path: Path
) -> None:
    clip = "hidden-test-000001"
    done = run(
        hidden, "--clip", clip, "--bank", small_bank_folder, "--out", tmp_path / "one",
        environment={secret.VARIABLE: SEED},
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    assert "1 clip, 1 identical" in done.output
    lock = json.loads((hidden / locks.NAME).read_text())
    lock["clips"][clip] = "0" * 64
    (tmp_path / "lock.json").write_text(json.dumps(lock))
    done = run(
        tmp_path / "lock.json", "--clip", clip, "--bank", small_bank_folder, "--out", tmp_path / "two",
        environment={secret.VARIABLE: SEED},
    )  # fmt: skip
    assert isinstance(done.exception, DataError)
    assert done.exception.exit_code == 1
    assert f"{clip}: different since the mix" in done.output


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--check-seed", "--fresh-seed"),
        ("--seed", "3", "--out", "x"),
        ("--fresh-seed", "--clip", "x", "--out", "x"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: tuple[str, ...], hidden: Path) -> None:
    assert isinstance(run(hidden, *options).exception, UsageError)


def test_build_takes_splits_a_secret_seed_and_a_public_folder(
    recipe: Recipe, small_bank_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "r.json").write_text(json.dumps({**recipe, "clips": 1, "room": {"probability": 1.0, "rt60": 0.3}}))
    (tmp_path / "seed").write_text(SEED)
    common = [
        "--recipe", str(tmp_path / "r.json"), "--bank", str(small_bank_folder), "--splits", "a=1,b=1", "--jobs", "1",
        "--seed-file", str(tmp_path / "seed"),
    ]  # fmt: skip
    one = [*common, "--split", "a", "--out", str(tmp_path / "a"), "--public", str(tmp_path / "public")]
    done = CliRunner().invoke(build_command, one)
    assert done.exit_code == 0, done.exception
    assert "split a of a, b" in done.output
    lock = locks.read(tmp_path / "a")
    assert (lock.seed, lock.splits) == (None, {"a": 0.5, "b": 0.5})
    assert public.telling(tmp_path / "public") == []
    two = [*common, "--split", "b", "--out", str(tmp_path / "b"), "--against", str(tmp_path / "a")]
    done = CliRunner().invoke(build_command, two)
    assert "0 groups that both could draw" in done.output
    # One room of fixed size in the recipe is one room in every split, and is told.
    assert "share 1 rooms" in str(done.exception)
