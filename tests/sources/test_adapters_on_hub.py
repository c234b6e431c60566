"""From the hub to a bank: the command line and the real client, against a hub on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundscape.sources.bank import open_bank
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import audio, encoded, noise, parquet, sources, take, tar, voice
from tests.sources.hub import SHA, Hub, served
from tests.sources.test_adapters_disk import fsd50k

MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}
CARD = """---
configs:
- config_name: german
  data_files: [{split: train, path: german/train-*}, {split: dev, path: german/dev-*}]
- config_name: french
  data_files: [{split: train, path: french/train-*}]
---
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "hub").mkdir()
    with served(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def run(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``soundscape bank add`` in a process of its own, for which the hub is the one on this machine."""
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    environment = {k: v for k, v in os.environ.items() if k.casefold() not in proxies and k != "HF_HUB_OFFLINE"}
    environment |= {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "soundscape", "bank", "add", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    return call


def mls(root: Path) -> Path:
    """German in three shards of fifty recordings, French in one; the readers are ten."""
    folder = root / "facebook" / "multilingual_librispeech"
    sounds = [audio(voice(f"{n}"), f"{n}.flac") for n in range(150)]
    for language, shards in (("german", 3), ("french", 1)):
        rows = [
            {"audio": sounds[n] if language == "german" else audio(voice(f"fr{n}"), f"{n}.flac"),
             "transcript": f"das {'x' * (n % 40)}", "speaker_id": str(n % 10), "id": f"{language}-{n:03d}"}
            for n in range(50 * shards if language == "german" else 5)
        ]  # fmt: skip
        for shard in range(shards):
            parquet(folder / language / f"train-{shard}.parquet", rows[50 * shard : 50 * shard + 50], MLS, group=25)
    parquet(folder / "german" / "dev-0.parquet", rows[:1], MLS)
    (folder / "README.md").write_text(CARD)
    return folder


@pytest.mark.slow
def test_parquet_is_streamed_as_far_as_is_asked_for(run: Run, hub: Hub, tmp_path: Path) -> None:
    folder = mls(hub.root)
    done = run("part", "--from", "mls", "--languages", "de", "--per-language", 20)
    assert done.returncode == 0, done.stderr
    assert "part: 20 of 20 recordings can be drawn" in done.stdout
    # Of the other shards no byte of a recording is read, and nothing of what is not wanted.
    assert "german/train-0.parquet" in hub.asked
    assert not [path for path in hub.asked if "french" in path or path == "german/train-2.parquet"]
    bank = open_bank("part")
    assert bank.info.generator == f"soundscape bank add --from mls@{SHA}"
    assert verify_bank(bank).findings == ()
    # A copy of it on disk gives the same bank.
    assert take("mls", folder, name="copy", languages=("de",), per_language=20)[1].digest == bank.digest


@pytest.mark.slow
def test_what_was_taken_is_kept_when_a_shard_cannot_be_had(run: Run, hub: Hub, tmp_path: Path) -> None:
    folder = mls(hub.root)
    hub.gone.add("german/train-2.parquet")
    command = ("all", "--from", "mls", "--languages", "de,fr", "--hours", 1, "--jobs", 1)
    done = run(*command)
    assert (done.returncode, done.stdout) == (3, "")
    assert "facebook/multilingual_librispeech: the hub cannot be read (de, after record 100)" in done.stderr
    assert "run again when there is a network, what was taken so far is kept" in done.stderr
    assert "Traceback" not in done.stderr
    hub.gone.clear()
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert "all: 155 of 155 recordings can be drawn" in done.stdout
    assert take("mls", folder, name="copy", languages=("de", "fr"), hours=1.0)[1].digest == open_bank("all").digest


def emilia(n: int, language: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{language}{n}",
        "text": "Ein Satz.",
        "speaker": f"s{n}",
        "language": language,
        "dnsmos": 3.2,
        **more,
    }


@pytest.mark.slow
def test_tars_and_single_files(run: Run, hub: Hub) -> None:
    for language in ("de", "fr"):
        records = {f"r{n}": {"json": emilia(n, language), "flac": encoded(voice(f"{language}{n}"))} for n in range(3)}
        tar(hub.root / "amphion/Emilia-Dataset/Emilia" / language.upper() / "0.tar", records)
        tar(hub.root / "amphion/Emilia-Dataset/Emilia-YODAS" / language.upper() / "1.tar", records)
        felt = {
            f"r{n}": {"json": emilia(n, language, emotion_caption="rather tired"), "flac": encoded(voice(f"{n}"))}
            for n in range(3)
        }
        tar(hub.root / "laion/Emolia" / f"{language.upper()}-B0_yodas.tar.gz", felt, "w:gz")
    hisses = {f"{n}": {"json": {"comprehensive_caption": "a hiss", "freesound_id": n}, "flac": encoded(noise(f"{n}"))}
              for n in range(3)}  # fmt: skip
    tar(hub.root / "laion/freesound-commercially-permissive-subset-with-captions/a/0.tar", hisses)
    (hub.root / "Fhrozen/FSD50k").mkdir(parents=True)
    fsd50k(hub.root / "Fhrozen/FSD50k", archives=False)
    for name, options in (("emilia", ["--languages", "de"]), ("emolia", ["--languages", "de"]),
                          ("freesound_permissive", []), ("fsd50k", [])):  # fmt: skip
        hub.asked.clear()
        done = run(name, "--from", name, *options, "--hours", 1, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["info"]["count"] == (4 if name == "fsd50k" else 3)
        assert told["info"]["generator"].endswith(f"@{SHA}")
        assert not [path for path in hub.asked if "FR" in path or "YODAS" in path]
    assert {s.language for s in sources(open_bank("emilia")).values()} == {"de"}
    # Recordings that stand alone are fetched one by one.
    assert sum(path.endswith(".wav") for path in hub.asked) == 4


@pytest.mark.slow
def test_another_spelling_and_none(run: Run, hub: Hub) -> None:
    told = {"Flash 2.5 Annotation": {"caption": "a chuckle"}}
    records = {f"{n}": {"json": told, "flac": encoded(noise(f"{n}", 0.6))} for n in range(2)}
    tar(hub.root / "laion/improved_synthetic_vocal_burts/0.tar", records)
    done = run("bursts", "--from", "vocal_bursts", "--per-language", 5)
    assert done.returncode == 0, done.stderr
    assert "terms: it calls itself permissive without naming a licence" in done.stdout
    assert {s.dataset for s in sources(open_bank("bursts")).values()} == {"laion/improved_synthetic_vocal_burts"}
    done = run("clips", "--from", "esc50", "--per-language", 5)
    assert (done.returncode, done.stdout) == (3, "")
    assert "ashraq/esc50 was not found on the hub" in done.stderr
