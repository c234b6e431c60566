"""The embedded bank: what the digest list promises comes out, in any order and process, and is made once and whole."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from soundscape import schema
from soundscape.errors import DataError
from soundscape.sources import index
from soundscape.sources.audio import pcm_digest
from soundscape.sources.bank import Bank, open_bank
from soundscape.sources.embedded import build
from soundscape.sources.embedded.item import SAMPLE_RATE, Item
from soundscape.sources.verify import verify_bank

EVERY = 60


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def few() -> tuple[Item, ...]:
    """A few items of every generator, the cheapest to make among them."""
    by_kind: dict[str, list[Item]] = {}
    for item in build.items():
        by_kind.setdefault(item.key.split("/")[0], []).append(item)
    return tuple(item for kind in sorted(by_kind) for item in by_kind[kind][:3])


@pytest.fixture
def small(few: tuple[Item, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[Item, ...]:
    """Let the bank consist of these items alone."""
    monkeypatch.setattr(build, "items", lambda: few)
    monkeypatch.setattr(build, "_JOBS", 1)
    return few


def test_the_bank_holds_what_is_promised() -> None:
    items = build.items()
    types = Counter(item.type for item in items)
    assert len(items) >= 400
    assert len({item.language for item in items if item.type == "speech"}) >= 12
    assert len({item.speaker for item in items if item.speaker}) >= 20
    assert len({item.label for item in items if item.type == "music"}) >= 8
    assert len({item.label for item in items if item.type == "sound_event"}) >= 18
    assert len({item.label for item in items if item.type == "vocal_burst"}) >= 12
    assert {item.topic for item in items if item.type == "sound_event"} >= {"bed", None}
    assert min(types.values()) >= 40
    assert all(item.caption and item.group for item in items)
    bursts = {item.speaker for item in items if item.type == "vocal_burst"}
    assert bursts <= {item.speaker for item in items if item.type == "speech"}


def test_the_digest_list_is_that_of_the_items() -> None:
    listed = build.committed()
    assert {item.key: build.item_digest(item) for item in build.items()} == {
        key: digest.item_sha256 for key, digest in listed.items()
    }, "run: python scripts/embedded_digests.py"
    assert len({digest.pcm_sha256 for digest in listed.values()}) == len(listed)


@pytest.mark.slow
def test_samples_are_those_of_the_digest_list_in_any_order() -> None:
    sample = build.items()[:: -len(build.items()) // EVERY]
    made = {i.key: pcm_digest(s.samples, SAMPLE_RATE) for i, s in zip(sample, build.synthesise(sample), strict=True)}
    assert made == {key: build.committed()[key].pcm_sha256 for key in made}


@pytest.mark.slow
def test_workers_make_the_same_bank_as_one_process(small: tuple[Item, ...], tmp_path: Path) -> None:
    digests = []
    for name, jobs in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        build.build(tmp_path / name, jobs=jobs)
        digests.append(index.read_info(tmp_path / name).digest)
    assert digests[0] == digests[1]
    bank = Bank(tmp_path / "two")
    assert len(bank) == len(bank.pool()) == len(small)
    for row in range(len(bank)):
        source = bank.source(row)
        assert schema.problems("source", schema.to_builtins(source)) == []
        assert (source.dataset, source.licence, source.caption_origin) == (
            "soundscape-embedded",
            "CC0-1.0",
            "synthesis",
        )
        assert (source.sample_rate, source.channels) == (SAMPLE_RATE, 1)
        assert source.clipped_share == 0.0
        assert len(bank.load_audio(source)) == source.frames
        if source.type == "speech":
            assert [word.word for word in source.words]
            assert all(0 <= word.start < word.end <= source.duration for word in source.words)


def test_it_is_made_once_opened_by_name_and_verified(small: tuple[Item, ...]) -> None:
    steps: list[int] = []
    bank = open_bank("embedded", progress=lambda done, total: steps.append(total))
    assert (bank.name, len(bank), set(steps)) == ("embedded", len(small), {len(small)})
    steps.clear()
    assert open_bank("embedded", progress=lambda done, total: steps.append(total)).digest == bank.digest
    assert not steps
    # The rest of the digest list is missing from so small a bank, and said to be.
    findings = verify_bank(bank).findings
    assert {finding.kind for finding in findings} == {"embedded"}
    assert {f.key for f in findings} == build.committed().keys() - {item.key for item in small}


def test_other_samples_than_listed_are_told() -> None:
    rows = [{"key": key, "pcm_sha256": digest.pcm_sha256} for key, digest in build.committed().items()]
    assert build.differences(rows) == []
    rows[0] = {**rows[0], "pcm_sha256": "0" * 64}
    rows[1] = {**rows[1], "key": "effects/none"}
    found = dict(build.differences(rows))
    assert "other samples on this machine" in found.pop(rows[0]["key"])
    assert found.pop("effects/none") == "not in the digest list of this version"
    assert len(found) == 1


@pytest.mark.parametrize("damage", ["index.parquet", "bank.json"])
def test_a_damaged_bank_is_made_again(small: tuple[Item, ...], damage: str) -> None:
    place = build.ensure(jobs=1)
    digest = Bank(place).digest
    (place / damage).write_bytes(b"?")
    assert Bank(build.ensure(jobs=1)).digest == digest


def test_changed_audio_says_how_to_make_it_again(small: tuple[Item, ...]) -> None:
    from soundscape.errors import BankError

    bank = Bank(build.ensure(jobs=1))
    source = bank.source(0)
    bank.path(source).write_bytes(b"?")
    with pytest.raises(BankError, match=f"delete {bank.folder}"):
        bank.load_audio(source)


def test_who_comes_second_waits_and_makes_nothing(small: tuple[Item, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []
    original = build.build
    both = threading.Barrier(2)

    def counted(making: Path, **options: object) -> None:
        calls.append(making)
        original(making, jobs=1)

    def come() -> None:
        both.wait()
        build.ensure(jobs=1)

    monkeypatch.setattr(build, "build", counted)
    threads = [threading.Thread(target=come) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_two_items_of_one_key_are_refused(few: tuple[Item, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_GENERATORS", (*build._GENERATORS, build._GENERATORS[0]))
    with pytest.raises(DataError, match="two items with the key"):
        build.items()


def test_describing_the_bank_makes_no_audio_and_starts_no_process() -> None:
    code = (
        "import sys, subprocess\nsubprocess.Popen = None\n"
        "from soundscape.sources.embedded import build\nprint(len(build.items()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(build.items())
