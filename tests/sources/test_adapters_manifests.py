"""Lhotse cuts, NeMo manifests and Kaldi directories: parts of recordings anywhere, cut and copied."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape.errors import BankError, UsageError
from soundscape.records import Word
from soundscape.sources.adapters.candidate import LayoutError
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import RATE, reasons, sources, take, voice, write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def long_recording(tmp_path: Path) -> Path:
    """Nine seconds, of which parts are meant."""
    return write(tmp_path / "elsewhere" / "meeting.wav", np.concatenate([voice(f"part{n}", 3.0) for n in range(3)]))


def lines(path: Path, records: list[Any]) -> Path:
    text = "".join(f"{json.dumps(record)}\n" for record in records)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def part_of(recording: Path, copy: Path, start: float) -> float:
    """Return how far a copy is from its part of a recording, in steps of 16 bits."""
    whole, _ = soundfile.read(recording, dtype="int16")
    part, _ = soundfile.read(copy, dtype="int16")
    first = round(start * RATE)
    return float(np.abs(whole[first : first + len(part)].astype(int) - part).max())


# --------------------------------------------------------------------------------------------------------------- Lhotse


def cut(recording: Path, supervisions: Any, **more: Any) -> dict[str, Any]:
    source = {"type": "file", "channels": [0], "source": str(recording)}
    about = {"id": "meeting", "sources": [source], "sampling_rate": RATE, "num_samples": 9 * RATE, "duration": 9.0}
    return {
        "id": "cut-1", "start": 3.0, "duration": 6.0, "channel": 0, "supervisions": supervisions, "recording": about,
        "type": "MonoCut", **more,
    }  # fmt: skip


def said(start: float, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"sup-{start:g}", "recording_id": "meeting", "start": start, "duration": 2.8, "channel": 0, "text": text,
        "language": "German", "speaker": "anna", **more,
    }  # fmt: skip


def test_lhotse(tmp_path: Path, long_recording: Path) -> None:
    alignment = {"word": [["guten", 3.1, 0.4, 0.9], ["Tag", 3.6, 0.5, None], ["", 4.2, 0.1, None]]}
    url = {"type": "url", "channels": [0], "source": "https://example.org/x.wav"}
    remote = cut(long_recording, [said(9.0, "fern")])
    remote["recording"] |= {"sources": [url]}
    manifest = lines(tmp_path / "libri_cuts_train.jsonl.gz", [
        cut(long_recording, [said(0.0, "eins und zwei"), said(3.0, "guten Tag", gender="F", alignment=alignment)]),
        cut(long_recording, [said(1.0, "", custom={"emotion": "calm"})]),
        cut(long_recording, []),
        remote,
        cut(long_recording, [said(99.0, "zu spät")]),
    ])  # fmt: skip
    taken, bank = take("lhotse", manifest)
    found = sources(bank)
    one, two = found["sup-0"], found["sup-3"]
    assert (one.transcription, one.language, one.speaker, one.duration) == ("eins und zwei", "de", "anna", 2.8)
    assert part_of(long_recording, bank.root / one.path, 3.0) == 0
    assert part_of(long_recording, bank.root / two.path, 6.0) == 0
    assert two.gender == "female"
    assert two.words == (Word(word="guten", start=0.1, end=0.5), Word(word="Tag", start=0.6, end=1.1))
    assert (one.dataset, one.licence) == ("libri_cuts_train", "unknown")
    assert reasons(taken) == {
        "sup-1": "needs_transcription", "00000003-0": "malformed", "sup-9": "unsupported", "sup-99": "truncated",
    }  # fmt: skip
    assert verify_bank(bank).ok


def test_lhotse_manifests(tmp_path: Path, long_recording: Path) -> None:
    with pytest.raises(LayoutError, match=r"found 0 files \*cuts\*\.jsonl\.gz or \*cuts\*\.jsonl, expected one"):
        take("lhotse", tmp_path)
    broken = tmp_path / "cuts.jsonl"
    broken.write_text('{"id": 1}\n{"id": ')
    with pytest.raises(LayoutError, match="after line 2: Expecting value"):
        take("lhotse", broken)
    broken.write_text("[1]\n")
    with pytest.raises(LayoutError, match="line 1: found list, expected an object"):
        take("lhotse", tmp_path)
    gz = tmp_path / "cuts.jsonl.gz"
    gz.write_bytes(gzip.compress(b'{"id": 1}\n' * 1000)[:-20])
    with pytest.raises(LayoutError, match="after line"):
        take("lhotse", gz, name="c")


# ----------------------------------------------------------------------------------------------------------------- NeMo


def test_nemo(tmp_path: Path, long_recording: Path) -> None:
    folder = long_recording.parent
    whole = write(folder / "short.flac", voice("short"))
    manifest = lines(folder / "train_manifest.json", [
        {"audio_filepath": "short.flac", "duration": 2.4, "text": "kurz und gut", "lang": "de", "speaker": 17},
        {"audio_filepath": str(long_recording), "offset": 3.0, "duration": 3.0, "text": "das ist ein teil"},
        {"audio_filepath": "gone.wav", "duration": 2.0, "text": "weg", "lang": "de"},
        {"duration": 2.0, "text": "ohne datei", "lang": "de"},
        {"audio_filepath": "short.flac", "duration": 2.4, "text": "fremd", "lang": "ru"},
    ])  # fmt: skip
    taken, bank = take("nemo", manifest, languages=("de",))
    found = sources(bank)
    assert (found["00000001"].speaker, found["00000001"].language) == ("17", "de")
    # A whole recording is copied as it is, a part is cut.
    assert (bank.root / found["00000001"].path).read_bytes() == whole.read_bytes()
    # Where a manifest tells no language, the only one that is asked for is meant.
    assert (found["00000002"].language, found["00000002"].duration) == ("de", 3.0)
    assert found["00000002"].speaker == "unknown:00000002"
    assert part_of(long_recording, bank.root / found["00000002"].path, 3.0) == 0
    assert reasons(taken) == {"00000003": "missing", "00000004": "malformed"}
    assert verify_bank(bank).ok


def test_nemo_without_text(tmp_path: Path, long_recording: Path) -> None:
    manifest = lines(tmp_path / "m.json", [{"audio_filepath": str(long_recording), "duration": 9.0, "answer": "x"}])
    with pytest.raises(BankError, match=r"malformed \(text: found only .*audio_filepath, duration, answer"):
        take("nemo", manifest, languages=("de",))


# ---------------------------------------------------------------------------------------------------------------- Kaldi


def kaldi(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_scp", ".scp")).write_text(text, encoding="utf-8")
    return folder


def test_kaldi(tmp_path: Path, long_recording: Path) -> None:
    egs = tmp_path / "egs"
    write(egs / "corpus" / "b.wav", voice("b", 3.0))
    folder = kaldi(
        egs / "data" / "train",
        wav_scp=f"rec1 {long_recording}\nrec2 corpus/b.wav\nrec3 sph2pipe -f wav x.sph |\n",
        segments="utt1 rec1 0.0 3.0\nutt2 rec1 6.0 9.0\nutt3 rec2 0 3\nutt4 rec3 0 1\nutt5 rec9 0 1\nutt6 rec1 x 1\n",
        text="utt1 der erste teil\nutt2 der dritte teil\nutt3\nutt4 rohr\nutt5 nichts\nutt6 falsch\n",
        utt2spk="utt1 spk1\nutt2 spk2\nutt3 spk1\n",
        spk2gender="spk1 f\nspk2 m\n",
        utt2lang="utt2 deu\n",
    )
    taken, bank = take("kaldi", folder, languages=("de",))
    found = sources(bank)
    assert (found["utt1"].transcription, found["utt1"].speaker, found["utt1"].gender) == (
        "der erste teil", "spk1", "female",
    )  # fmt: skip
    assert (found["utt2"].language, found["utt2"].gender) == ("de", "male")
    assert part_of(long_recording, bank.root / found["utt2"].path, 6.0) == 0
    assert reasons(taken) == {
        "utt3": "needs_transcription", "utt4": "unsupported", "utt5": "malformed", "utt6": "malformed",
    }  # fmt: skip
    # Commands are never run.
    assert "a command: sph2pipe" in next(r.note for r in taken.rejections if r.key == "utt4")
    assert verify_bank(bank).ok


def test_kaldi_without_segments(tmp_path: Path, long_recording: Path) -> None:
    folder = kaldi(tmp_path / "data", wav_scp=f"utt1 {long_recording}\n", text="utt1 alles zusammen\n")
    (source,) = sources(take("kaldi", folder, languages=("de",))[1]).values()
    assert (source.duration, source.speaker) == (9.0, "unknown:utt1")
    (folder / "text").unlink()
    with pytest.raises(LayoutError, match=r"text: there is no such file; expected a Kaldi directory"):
        take("kaldi", folder, name="c", languages=("de",))


def test_a_manifest_must_be_named() -> None:
    with pytest.raises(UsageError, match="Lhotse cuts needs to be told where they are"):
        take("lhotse", None)
