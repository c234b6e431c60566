"""Finished builds in the formats of other systems: whole or not at all, the same bytes, readable by what reads them."""

from __future__ import annotations

import gc
import gzip
import io
import json
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from click.testing import CliRunner

from soundscape import schema
from soundscape.cli.export import export as command
from soundscape.dataset import lock as locks
from soundscape.dataset.build import build
from soundscape.dataset.exports import pack
from soundscape.dataset.exports.run import FORMATS, export
from soundscape.dataset.layouts import LAYOUTS
from soundscape.dataset.make import Maker
from soundscape.errors import BuildError, SoundscapeError, UsageError
from soundscape.records import AnswerKey
from soundscape.sources.audio import resample
from soundscape.truth.captions.facts import facts_of
from soundscape.truth.captions.fused import fused
from soundscape.truth.captions.mecat import captions
from soundscape.truth.captions.questions import questions

Contents = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def made(quick: Maker, tmp_path: Path) -> Path:
    """A finished build of five clips."""
    return _built(quick, tmp_path / "build")


def _built(maker: Maker, folder: Path, **options: Any) -> Path:
    build(maker, folder, clips=5, jobs=1, **options)
    return folder


def keys_of(folder: Path) -> list[AnswerKey]:
    lines = (folder / "answer_key" / "test.jsonl").read_bytes().splitlines()
    return [schema.decode(line, AnswerKey) for line in lines]


def members(path: Path) -> dict[str, bytes]:
    """Names and bytes in a tar.gz, in its order."""
    with tarfile.open(path, "r:gz") as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pairs(path: Path) -> list[tuple[str, Any]]:
    """Key and value of every line of a file of one-key objects."""
    return [pair for line in lines_of(path) for pair in line.items()]


@pytest.mark.parametrize("to", FORMATS)
def test_exports_are_the_same_bytes_from_every_layout_and_every_time(
    to: str, quick: Maker, made: Path, tmp_path: Path, contents: Contents
) -> None:
    export(made, to, tmp_path / "a")
    export(made, to, tmp_path / "b")
    first = contents(tmp_path / "a")
    assert contents(tmp_path / "b") == first
    assert {"README.md", "CREDITS.md", "export.json"} <= set(first)
    assert first["CREDITS.md"] == (made / "CREDITS.md").read_bytes()
    for name in sorted(set(LAYOUTS) - {"folder"}):
        other = _built(quick, tmp_path / f"build-{name}", layout=name)
        export(other, to, tmp_path / f"out-{name}")
        assert contents(tmp_path / f"out-{name}") == first, name


def test_mecat_has_its_files_and_they_say_what_the_key_says(made: Path, tmp_path: Path) -> None:
    done = export(made, "mecat", tmp_path / "out")
    keys = {key.clip_id: key for key in keys_of(made)}
    told: dict[str, Any] = {}
    for path in sorted((tmp_path / "out/reference/caption/test").glob("*.jsonl")):
        for line in lines_of(path):
            ((name, fields),) = line.items()
            assert fields["domain"] == path.stem
            told[name] = fields
    assert set(told) == set(keys)
    for name, fields in told.items():
        facts = facts_of(keys[name])
        expected = {k: list(v) for k, v in captions(facts).items()}
        assert fields == {**expected, "domain": facts.domain}
        shards = sorted((tmp_path / "out" / facts.domain).glob("test_*.tar.gz"))
        (packed,) = [files for files in map(members, shards) if f"{name}.flac" in files]
        assert json.loads(packed[f"{name}.json"]) == fields
    asked = [q for p in (tmp_path / "out/reference/qa/test").glob("*.jsonl") for q in pairs(p)]
    assert len(asked) == len(dict(asked)) == 25
    for name, value in asked:
        clip, _, digest = name.rpartition("_")
        assert len(digest) == 8
        (own,) = [q for q in questions(facts_of(keys[clip])) if q.question == value["question"]]
        assert (own.answer, own.category, own.difficulty) == (value["answer"], value["category"], value["difficulty"])
        assert value["domain"] == facts_of(keys[clip]).domain
    assert done.report["captions"] == 5 * 18
    assert done.report["questions"] == 25


def test_audio_is_that_of_the_build_at_16_khz(made: Path, tmp_path: Path) -> None:
    export(made, "xares", tmp_path / "out")
    (shard,) = (tmp_path / "out").glob("*/test_0000000.tar.gz")
    found = members(shard)
    assert list(found) == sorted(found)
    for name in locks.read(made).clips:
        assert "." not in name
        samples, rate = soundfile.read(io.BytesIO(found[f"{name}.flac"]), dtype="int16")
        original, own = soundfile.read(made / f"data/test/{name}.flac", dtype="float64")
        assert rate == 16_000
        wanted = np.clip(np.floor(resample(original, own, 16_000) * 32768 + 0.5), -32768, 32767)
        assert np.array_equal(samples, wanted.astype(np.int16))


def test_a_peak_that_resampling_raises_is_cut_not_wrapped() -> None:
    square = np.sign(np.sin(2 * np.pi * 1000 * np.arange(24_000) / 24_000)) * 32767
    buffer = io.BytesIO()
    soundfile.write(buffer, square.astype(np.int16), 24_000, format="FLAC")
    made, _ = soundfile.read(io.BytesIO(pack.flac_16k(buffer.getvalue(), "x")), dtype="int16")
    assert made.max() == 32767
    assert np.max(np.abs(np.diff(made.astype(int)))) < 65535


def test_xares_has_one_caption_a_clip_and_two_yaml_files(made: Path, tmp_path: Path) -> None:
    export(made, "xares", tmp_path / "out")
    (shard,) = (tmp_path / "out").glob("*/*.tar.gz")
    found = members(shard)
    for key in keys_of(made):
        assert json.loads(found[f"{key.clip_id}.json"]) == {"caption": captions(facts_of(key))["long"][0]}
    train = yaml.safe_load((tmp_path / "out/train.yaml").read_text())
    evaluation = yaml.safe_load((tmp_path / "out/eval.yaml").read_text())
    ((task, entry),) = train["train_data"].items()
    assert set(entry) == {"prompt", "data", "key", "prob"}
    assert set(train) == {"train_data", "num_training_workers"}
    own = evaluation[f"eval_{task}"]
    assert set(own) == {"data", "batch_size", "num_workers", "metric", "weight"}
    assert own["metric"] == "DATE"
    assert own["data"] == {"data": entry["data"], "key": "caption", "prompt": entry["prompt"]}
    assert [tmp_path / "out" / name for name in entry["data"]] == [shard]


def test_webdataset_reads_the_shards(made: Path, tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset")
    export(made, "xares", tmp_path / "out")
    shards = [str(path) for path in sorted((tmp_path / "out").glob("*/*.tar.gz"))]
    with warnings.catch_warnings():
        # The library leaves its files to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        samples = list(wds.WebDataset(shards, shardshuffle=False, empty_check=False))
        gc.collect()
    assert [s["__key__"] for s in samples] == sorted(locks.read(made).clips)
    assert all({"flac", "json"} <= set(s) for s in samples)


def test_shards_are_divided_and_say_nothing_of_when_and_who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "CLIPS_PER_SHARD", 2)
    shards = pack.Shards(tmp_path, "d/test")
    for number in range(5):
        shards.add(f"c{number}", {"json": b"{}", "flac": bytes([number])})
    shards.close()
    assert shards.names == [f"d/test_{n:07d}.tar.gz" for n in range(3)]
    assert [name for n in shards.names for name in members(tmp_path / n)] == [
        f"c{n}.{ending}" for n in range(5) for ending in ("flac", "json")
    ]
    with tarfile.open(tmp_path / shards.names[0], "r:gz") as tar:
        assert all(m.mtime == 0 and m.uid == 0 and m.uname == "" for m in tar)
    raw = (tmp_path / shards.names[0]).read_bytes()
    assert raw[4:8] == b"\0\0\0\0"
    assert raw[3] == 0
    assert gzip.decompress(raw)


def test_acavcaps_and_fusionaudio_lines(made: Path, tmp_path: Path) -> None:
    export(made, "acavcaps", tmp_path / "a")
    export(made, "fusionaudio", tmp_path / "f")
    keys = keys_of(made)
    acav, fusion = lines_of(tmp_path / "a/acavcaps.jsonl"), lines_of(tmp_path / "f/fusionaudio.jsonl")
    assert [line["key"] for line in acav] == [line["key"] for line in fusion] == [key.clip_id for key in keys]
    for key, one, two in zip(keys, acav, fusion, strict=True):
        for folder, line in (("a", one), ("f", two)):
            data = (tmp_path / folder / line["audio"]).read_bytes()
            assert data == (made / f"data/test/{key.clip_id}.flac").read_bytes()
        assert [c["style"] for c in one["captions"]] == ["plain", "narrative", "report"]
        assert [e["event_id"] for e in one["events"]] == [e.event_id for e in facts_of(key).events]
        assert len(one["qa"]) == 5
        assert two["caption"] == fused(key).caption
        for event in key.events:
            for word in (event.transcription or "").split():
                assert not (len(word) > 5 and word in two["caption"]), word


def test_figures_are_those_of_the_files(made: Path, tmp_path: Path) -> None:
    report = export(made, "fusionaudio", tmp_path / "out").report
    lines = lines_of(tmp_path / "out/fusionaudio.jsonl")
    words = " ".join(line["caption"] for line in lines).lower()
    for mark in ",.;:()":
        words = words.replace(mark, " ")
    assert report["unique_tokens"] == len({part for word in words.split() for part in word.split("-")})
    mixed = [line for line in lines if len(line["modalities"]) >= 2]
    assert report["mixed_share"] == len(mixed) / 5
    assert sum(report["modality_shares"].values()) == pytest.approx(1.0)
    assert report == json.loads((tmp_path / "out/export.json").read_text())


def test_a_folder_that_holds_something_is_refused_untouched(made: Path, tmp_path: Path, contents: Contents) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(BuildError, match="not an empty folder"):
        export(made, "mecat", tmp_path / "out")
    assert contents(tmp_path / "out") == {"mine.txt": b"mine"}
    (tmp_path / "out/mine.txt").unlink()
    export(made, "mecat", tmp_path / "out")
    with pytest.raises(BuildError, match="not an empty folder"):
        export(made, "mecat", tmp_path / "out")


@pytest.mark.parametrize("to", FORMATS)
def test_an_export_that_fails_or_is_stopped_leaves_nothing(to: str, made: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(made, to, tmp_path / "out", progress=stop)
    (made / "data/test" / f"{list(locks.read(made).clips)[-1]}.flac").unlink()
    with pytest.raises(BuildError, match="holds no audio of it"):
        export(made, to, tmp_path / "out")
    left = [p.name for p in tmp_path.iterdir() if "out" in p.name]
    assert left == [".out.lock"]


def test_faults_are_named(made: Path, tmp_path: Path) -> None:
    def fails(
        error: type[SoundscapeError], match: str, place: Path = made, to: str = "mecat", out: str = "out"
    ) -> None:
        with pytest.raises(error, match=match):
            export(place, to, tmp_path / out)

    fails(UsageError, "did you mean 'mecat'", to="mekat")
    fails(UsageError, "no such folder", place=tmp_path / "nowhere")
    fails(UsageError, "lie in one another", out="build/inside")
    fails(BuildError, "no such file", place=tmp_path)
    name = list(locks.read(made).clips)[1]
    (made / f"data/test/{name}.flac").write_bytes(b"no audio")
    fails(BuildError, f"{name}: cannot be decoded")
    keys = (made / "answer_key/test.jsonl").read_bytes().splitlines(keepends=True)
    (made / "answer_key/test.jsonl").write_bytes(b"".join(keys[:3]))
    fails(BuildError, "3 clips in the answer key, expected 5", to="fusionaudio")
    (made / "answer_key/test.jsonl").write_bytes(keys[0].replace(b"-000000", b"-000009"))
    fails(BuildError, "has clip '.*-000009', and data/test holds no audio of it", to="fusionaudio")
    (made / "CREDITS.md").unlink()
    fails(BuildError, "CREDITS")


def test_the_command_prints_the_figures(made: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [str(made), "--to", "mecat", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "5 clips as mecat, 90 captions, 25 questions" in done.output
    assert "unique tokens" in done.output
    again = CliRunner().invoke(command, [str(made), "--to", "acavcaps", "--out", str(tmp_path / "o2"), "--json"])
    assert json.loads(again.output)["format"] == "acavcaps"
