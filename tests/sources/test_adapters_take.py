"""Taking from a data set: quotas, going on after a kill, whole or not at all, and what the hub may answer."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundscape.errors import BankError, EnvironmentFault, UsageError
from soundscape.sources import index
from soundscape.sources.adapters import partial as partial_module
from soundscape.sources.adapters import take as taking
from soundscape.sources.adapters.bring import file_name
from soundscape.sources.adapters.quotas import Quotas
from soundscape.sources.adapters.take import TakeOptions, add_from
from soundscape.sources.bank import bank_names, open_bank
from soundscape.sources.bankset import BankSet
from soundscape.sources.identity import is_unknown
from soundscape.sources.quality import gate_with
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import audio, encoded, noise, parquet, sources, take, tar, voice, write

MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    # Small batches, so that a few recordings are many of them.
    monkeypatch.setattr(taking, "_BATCH", 3)
    return tmp_path / "home"


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """German and French, ten recordings each in two shards, by four speakers; one of each language is rejected."""
    folder = tmp_path_factory.mktemp("mls")
    for language in ("german", "french"):
        rows = [
            {"audio": audio(voice(f"{language}{n}"), f"{n}.flac"), "speaker_id": str(n % 4),
             "transcript": "das 3" if n == 4 else f"das {'x' * n}", "id": f"{language}-{n:02d}"}
            for n in range(10)
        ]  # fmt: skip
        for shard in range(2):
            parquet(folder / language / f"train-{shard}.parquet", rows[5 * shard : 5 * shard + 5], MLS)
    return folder


def keys(bank: Any) -> list[str]:
    return [key for key, source in sources(bank).items() if source.rejected is None]


# --------------------------------------------------------------------------------------------------------------- quotas


def test_hours_are_shared_among_languages(speech: Path) -> None:
    # Three seconds are one and a quarter recordings: a language is full with its second.
    taken, bank = take("mls", speech, languages=("de", "fr"), hours=6.0 / 3600)
    assert keys(bank) == ["de/german-00", "de/german-01", "fr/french-00", "fr/french-01"]
    assert taken.hours == {"de": round(4.8 / 3600, 4), "fr": round(4.8 / 3600, 4)}
    assert taken.short == ()


def test_less_than_was_asked_for_is_told(speech: Path) -> None:
    taken, bank = take("mls", speech, languages=("de",), hours=1.0)
    assert taken.short == ("de",)
    assert len(keys(bank)) == 9


def test_most_of_each_language_and_speaker(speech: Path) -> None:
    assert keys(take("mls", speech, languages=("fr",), per_language=4)[1]) == [f"fr/french-0{n}" for n in range(4)]
    # The fourth speaker's first recording comes after a rejected one, which does not count.
    taken, bank = take("mls", speech, name="c", languages=("de",), per_speaker=1)
    assert keys(bank) == [f"de/german-0{n}" for n in range(4)]
    assert [r.key for r in taken.rejections] == []
    taken, bank = take("mls", speech, name="d", languages=("de",), per_speaker=2)
    assert keys(bank) == [f"de/german-0{n}" for n in (0, 1, 2, 3, 5, 6, 7, 8)]
    assert [r.key for r in taken.rejections] == ["de/german-04"]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_what_is_taken_does_not_depend_on_batches(speech: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    options = {"languages": ("de", "fr"), "hours": 24.0 / 3600, "per_speaker": 2}
    expected = take("mls", speech, **options)[0].info.digest
    monkeypatch.setattr(taking, "_BATCH", size)
    taken, bank = take("mls", speech, name="other", **options)
    assert taken.info.digest == expected
    assert sorted(p.name for p in (bank.folder / "audio").rglob("*.flac")) == sorted(
        Path(s.path).name for s in sources(bank).values()
    )


@pytest.mark.slow
def test_workers_take_the_same(speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "_BATCH", 100)
    options = TakeOptions(path=speech, languages=("de", "fr"))
    one, two = (add_from(f"j{jobs}", "mls", options, jobs=jobs) for jobs in (1, 2))
    assert one.info.digest == two.info.digest


def test_quotas_of_sounds() -> None:
    quotas = Quotas((), 1.0 / 3600, None, None)
    assert quotas.reached == (0, 1)
    row = {"rejected": None, "type": "music", "language": None, "speaker": None, "duration": 0.6}
    quotas.add(row | {"rejected": "clipped"})
    quotas.add(row)
    assert (quotas.done(None), quotas.reached, quotas.short) == (False, (0, 1), ("all",))
    quotas.add(row)
    assert (quotas.done(None), quotas.wants("music", None, None), quotas.short) == (True, False, ())


@pytest.mark.parametrize(
    ("speaker", "unknown"),
    [("unknown:a", True), ("bank:unknown:a", True), ("librivox-1", False), ("bank:f1", False), (None, False)],
)
def test_unknown_voices_are_told_by_their_names(speaker: str | None, unknown: bool) -> None:
    assert is_unknown(speaker) is unknown


@pytest.mark.parametrize("options", [{"hours": 0.0}, {"per_language": 0}, {"per_speaker": -1}, {"type": "noise"}])
def test_senseless_options(speech: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"expected more than 0|unknown type 'noise'"):
        take("mls", speech, **options)


def test_unknown_data_sets() -> None:
    with pytest.raises(UsageError, match="unknown data set 'mlss'; did you mean 'mls'") as caught:
        take("mlss", None)
    assert "--mapping FILE.yaml" in str(caught.value)


def test_the_hub_is_not_taken_whole() -> None:
    with pytest.raises(UsageError, match="how much of mls is wanted"):
        take("mls", None)
    with pytest.raises(UsageError, match="holds no speech"):
        take("ai_music", Path(), languages=("de",))


# ------------------------------------------------------------------------------------------------------------- going on


class Killed(Exception):
    """Stands for the end of the process."""


def interrupted(name: str, options: TakeOptions, after: int) -> None:
    """Begin to take, and end after a number of batches."""
    seen = 0

    def progress(done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            raise Killed

    with pytest.raises(Killed):
        add_from(name, "mls", options, progress=progress)


@pytest.mark.parametrize("after", [1, 3, 5, 6])
def test_a_resumed_run_gives_what_a_fresh_one_gives(speech: Path, home: Path, after: int) -> None:
    options = TakeOptions(path=speech, languages=("de", "fr"), hours=30.0 / 3600)
    fresh = add_from("fresh", "mls", options)
    interrupted("resumed", options, after)
    assert bank_names() == ("embedded", "fresh")
    resumed = add_from("resumed", "mls", options)
    assert resumed.info.digest == fresh.info.digest
    assert (resumed.hours, resumed.rejections) == (fresh.hours, fresh.rejections)
    assert verify_bank(open_bank("resumed")).findings == ()
    assert not partial_module.folder_of(home / "banks" / "resumed").exists()


def test_what_was_taken_is_not_read_again(speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = TakeOptions(path=speech, languages=("de",))
    interrupted("b", options, 2)
    read: list[str] = []
    whole = taking.bring_in
    monkeypatch.setattr(taking, "bring_in", lambda found, *rest: (read.append(found.key), whole(found, *rest))[1])
    add_from("b", "mls", options)
    assert read == [f"german-0{n}" for n in range(6, 10)]


def test_other_wishes_do_not_throw_away_what_was_taken(speech: Path, home: Path) -> None:
    interrupted("b", TakeOptions(path=speech, languages=("de",)), 2)
    other = TakeOptions(path=speech, languages=("de",), per_language=1)
    with pytest.raises(UsageError, match="an unfinished run for bank 'b' was asked for something else") as caught:
        add_from("b", "mls", other)
    assert "--restart" in str(caught.value)
    assert add_from("b", "mls", other, restart=True).info.count == 1


def test_a_run_that_is_killed_at_the_very_end_only_needs_its_name(
    speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = TakeOptions(path=speech, languages=("de",), per_language=2)

    def die(self: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(partial_module.Partial, "publish", die)
        with pytest.raises(Killed):
            add_from("b", "mls", options)
    assert bank_names() == ("embedded",)
    monkeypatch.setattr(taking.registry, "find", die)
    taken = add_from("b", "mls", options)
    assert (taken.info.count, taken.hours) == (2, {"de": round(4.8 / 3600, 4)})


SCRIPT = """
import sys
from pathlib import Path
from soundscape.sources.adapters import take
take._BATCH = 2
def progress(done, total):
    print(done, flush=True)
take.add_from("killed", "vocalsound", take.TakeOptions(path=Path(sys.argv[1])), progress=progress)
"""


@pytest.mark.slow
def test_a_killed_process_leaves_no_bank_and_is_gone_on_with(tmp_path: Path, home: Path) -> None:
    for number in range(60):
        write(tmp_path / "vs" / f"f{number:04d}_0_cough.wav", noise(f"k{number}", 0.5))
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "vs")], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        for _ in range(3):
            run.stdout.readline()
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    assert bank_names() == ("embedded",)
    assert any((partial_module.folder_of(home / "banks" / "killed") / "batches").iterdir())
    options = TakeOptions(path=tmp_path / "vs")
    begun = time.perf_counter()
    resumed = add_from("killed", "vocalsound", options)
    assert time.perf_counter() - begun < 30.0
    assert resumed.info.digest == add_from("fresh", "vocalsound", options).info.digest
    assert resumed.info.count == 60


def test_banks_are_replaced_only_when_asked(speech: Path, home: Path) -> None:
    options = TakeOptions(path=speech, languages=("de",), per_language=1)
    first = add_from("b", "mls", options)
    with pytest.raises(UsageError, match="exists already"):
        add_from("b", "mls", options)
    more = add_from("b", "mls", TakeOptions(path=speech, languages=("de",), per_language=2), replace=True)
    assert (first.info.count, more.info.count) == (1, 2)
    told = json.loads((home / "banks" / "b" / "request.json").read_text())
    assert (told["asked"]["adapter"], told["asked"]["per_language"]) == ("mls", 2)


def test_nothing_usable_leaves_nothing(speech: Path, home: Path) -> None:
    strict = gate_with(seconds=(5.0, 6.0))
    with pytest.raises(BankError, match="nothing can be used; all 10 recordings of it are rejected") as caught:
        add_from("b", "mls", TakeOptions(path=speech, languages=("de",), gate=strict))
    assert "too_short (active for" in str(caught.value)
    assert not partial_module.folder_of(home / "banks" / "b").exists()


def test_without_a_gate_everything_that_can_be_decoded_is_usable(speech: Path) -> None:
    taken, bank = take("mls", speech, languages=("de",), gate=None)
    assert len(keys(bank)) == taken.info.count == 10


def test_progress_counts_what_is_asked_for(speech: Path) -> None:
    steps: list[tuple[int, int]] = []
    options = TakeOptions(path=speech, languages=("de", "fr"), hours=12.0 / 3600)
    add_from("b", "mls", options, progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (12, 12)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


# ------------------------------------------------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("de/a-1.b_2", "de/a-1.b_2.wav"),
        ("../up", "%2E%2E/up.wav"),
        ("a//b", "a/%/b.wav"),
        ("ü:?*|\\", "%C3%BC%3A%3F%2A%7C%5C.wav"),
    ],
)
def test_names_of_files(key: str, expected: str) -> None:
    assert file_name(key, ".wav") == expected


def test_names_that_some_file_systems_confuse(tmp_path: Path) -> None:
    assert len(Path(file_name("x" * 400, ".wav")).name) < 200
    assert file_name("x" * 400, "") != file_name("x" * 401, "")
    records = {name: {"json": {"comprehensive_caption": "a hiss", "freesound_id": name},
                      "wav": encoded(noise(name), "WAV")} for name in ("aBc", "Abc")}  # fmt: skip
    tar(tmp_path / "0.tar", records)
    bank = take("freesound_permissive", tmp_path)[1]
    paths = [source.path for source in sources(bank).values()]
    assert len({path.casefold() for path in paths}) == 2
    assert verify_bank(bank).ok


# ------------------------------------------------------------------------------------------------------------------ hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A server that answers as the hub does; the real client asks it."""
    import huggingface_hub.constants

    answer: dict[str, Any] = {"status": 200, "headers": {}, "body": {}}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answer["body"]).encode()
            self.send_response(answer["status"])
            for name, value in {"Content-Length": str(len(body)), **answer["headers"]}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield answer
    server.shutdown()
    server.server_close()
    thread.join()


def test_gated_data_sets_say_what_to_do(hub: dict[str, Any]) -> None:
    hub |= {"status": 403, "headers": {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"}}
    with pytest.raises(EnvironmentFault, match="amphion/Emilia-Dataset is given only to those who accepted") as caught:
        take("emilia", None, hours=1.0, languages=("de",))
    assert caught.value.exit_code == 3
    for part in ("https://huggingface.co/datasets/amphion/Emilia-Dataset", "hf auth login", "--path"):
        assert part in str(caught.value)


def test_data_sets_that_are_not_there_are_looked_for_under_their_other_name(hub: dict[str, Any]) -> None:
    hub |= {"status": 404, "headers": {"X-Error-Code": "RepoNotFound"}}
    with pytest.raises(EnvironmentFault, match="improved_synthetic_vocal_burts was not found on the hub") as caught:
        take("vocal_bursts", None, hours=1.0)
    assert "--path" in str(caught.value)


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, hub: dict[str, Any]) -> None:
    import huggingface_hub.constants

    hub |= {"status": 500}
    with pytest.raises(EnvironmentFault, match="facebook/multilingual_librispeech: the hub cannot be read"):
        take("mls", None, hours=1.0, languages=("de",))
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentFault, match="the hub cannot be read") as caught:
        take("mls", None, hours=1.0, languages=("de",))
    assert "what was taken so far is kept" in str(caught.value)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentFault, match="offline"):
        take("fsd50k", None, hours=1.0)


def test_with_an_old_library(speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.delattr(datasets, "Json")
    with pytest.raises(EnvironmentFault, match=r"needs datasets 4\.7 or newer; found \d"):
        take("mls", speech, languages=("de",))


def test_without_the_library(speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(EnvironmentFault, match="reading data sets needs datasets") as caught:
        take("mls", speech, languages=("de",))
    assert "pip install 'soundscape[hub]'" in str(caught.value)


# ---------------------------------------------------------------------------------------------------- several data sets


def test_banks_of_three_data_sets_work_together(speech: Path, tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "vs" / f"f{number:04d}_0_laughter.wav", noise(f"v{number}"))
    said = {"comprehensive_caption": "a hiss"}
    records = {f"{n}": {"json": said | {"freesound_id": n}, "flac": encoded(noise(f"s{n}"))} for n in range(3)}
    tar(tmp_path / "fs" / "0.tar", records)
    banks = [
        take("mls", speech, name="voices", languages=("de", "fr"))[1],
        take("vocalsound", tmp_path / "vs", name="bursts")[1],
        take("freesound_permissive", tmp_path / "fs", name="effects")[1],
    ]
    together = BankSet(banks)
    assert together.languages() == ("de", "fr")
    assert [len(together.pool(type=t)) for t in ("speech", "vocal_burst", "sound_event")] == [18, 3, 3]
    assert all(verify_bank(bank).findings == () for bank in banks)
    frame = index.read_provenance(banks[0].folder)
    assert frame.filter(frame["faults"].is_not_null())["key"].to_list() == ["de/german-04", "fr/french-04"]
    assert set(frame["script_share"].to_list()) == {1.0}
