"""Data sets on a user's disk, each read from its documented layout and from malformed cousins."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape.errors import BankError, UsageError
from soundscape.records import Span
from soundscape.sources.adapters.candidate import LayoutError, Request
from soundscape.sources.adapters.registry import ADAPTERS
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import RATE, noise, reasons, sources, take, voice, write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    return tmp_path / "set"


def tabulate(path: Path, head: Sequence[str], rows: Sequence[Sequence[Any]], delimiter: str = ",") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows([head, *rows])
    return path


@pytest.mark.parametrize("name", [name for name, adapter in ADAPTERS.items() if not adapter.on_hub])
def test_each_says_what_it_needs(name: str, root: Path) -> None:
    with pytest.raises(UsageError, match=r"--path|needs to be told"):
        take(name, None)
    with pytest.raises((LayoutError, UsageError), match=r"expected|no files such as|has no metadata"):
        take(name, root)
    with pytest.raises(LayoutError, match="expected"):
        take(name, root / "nowhere")


# ---------------------------------------------------------------------------------------------------------- VocalSound


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_vocalsound(root: Path, kind: str) -> None:
    for name in ("f0003_0_cough", "f0003_0_laughter", "m0099_1_throatclearing"):
        write(root / "audio_16k" / f"{name}.wav", noise(name))
    (root / "audio_16k" / "m0600_0_sigh.wav").write_bytes(b"broken")
    write(root / "audio_16k" / "readme_cough.wav", noise("other"))
    people = [["f0003", "female", "24", "US", "English", "no"], ["m0099", "male", "61", "IN", "Hindi", "no"]]
    if kind == "csv":
        head = ["spk_id", "gender", "age", "country", "native language", "health condition"]
        tabulate(root / "meta" / "all_meta.csv", head, people)
    else:
        (root / "meta").mkdir()
        (root / "meta" / "all_meta.json").write_text(json.dumps(people))
    taken, bank = take("vocalsound", root)
    found = sources(bank)
    assert set(found) == {"f0003_0_cough", "f0003_0_laughter", "m0099_1_throatclearing", "m0600_0_sigh"}
    source = found["m0099_1_throatclearing"]
    assert (source.type, source.caption, source.label) == (
        "vocal_burst",
        "a man clearing the throat",
        "throat_clearing",
    )
    assert (source.speaker, source.gender, source.age) == ("vocalsound-m0099", "male", "senior_60s")
    assert (source.licence, source.caption_origin, source.group) == ("CC-BY-SA-4.0", "template", "vocalsound-m0099")
    assert found["f0003_0_cough"].age == "young_adult_20s"
    assert reasons(taken) == {"m0600_0_sigh": "format"}
    # The recordings stay where they are.
    assert bank.root == root.resolve()
    assert source.path == "audio_16k/m0099_1_throatclearing.wav"
    assert not (bank.folder / "audio").exists()
    assert verify_bank(bank).ok


# ---------------------------------------------------------------------------------------------------------------- TACOS


def tacos(root: Path, rows: Sequence[Sequence[Any]]) -> None:
    clip = np.concatenate([noise("a"), np.zeros(RATE), noise("b"), 0.05 * noise("c"), np.zeros(2 * RATE)])
    for name in ("12.mp3", "13.mp3"):
        write(root / "audio" / name, clip + (1e-3 if name == "13.mp3" else 0.0))
    tabulate(root / "annotations_strong.csv", ["filename", "text", "onset", "offset"], rows)
    head = ["filename", "keywords", "freesound_id", "sound_link", "manufacturer", "license", "superclass", "subclass"]
    licence = "http://creativecommons.org/licenses/by/3.0/"
    tabulate(
        root / "metadata.csv", head, [[f"{n}.mp3", "k", n, "l", "anna", licence, "s", "Hand Tools"] for n in (12, 13)]
    )


def test_marks_become_active_regions(root: Path) -> None:
    tacos(root, [
        ["12.mp3", "a hiss fades", 0.0, 0.9], ["12.mp3", "a hiss fades", 2.1, 2.6],
        ["12.mp3", "a faint hiss", 3.0, 3.8], ["13.mp3", "a hiss", 0.0, 1.0], ["13.mp3", "another hiss", 0.5, 1.5],
        ["13.mp3", "a click", "x", 2.0], ["13.mp3", "beyond the end", 40.0, 41.0],
    ])  # fmt: skip
    taken, bank = take("tacos", root)
    found = sources(bank)
    twice = found["12-1"]
    assert twice.caption == "a hiss fades"
    assert twice.duration == pytest.approx(2.6)
    assert twice.active_regions == (Span(start=0.0, end=0.9), Span(start=2.1, end=2.6))
    assert (twice.licence, twice.caption_origin, twice.label) == ("CC-BY-3.0", "human", "hand_tools")
    assert (twice.attribution, twice.group) == ("anna on Freesound (12), captions by TACOS", "freesound-12")
    assert found["12-2"].active_regions == (Span(start=0.0, end=0.8),)
    # The cut is the marked part of the clip, to within the quantisation of 16 bits.
    clip, _ = soundfile.read(root / "audio" / "12.mp3")
    cut, _ = soundfile.read(bank.root / found["12-2"].path)
    assert np.max(np.abs(cut - clip[3 * RATE : round(3.8 * RATE)])) <= 0.51 / 32768
    assert reasons(taken) == {"13-1": "overlapped", "13-2": "overlapped", "13-3": "malformed", "13-4": "truncated"}
    notes = {r.key: r.note for r in taken.rejections}
    assert "another sound is marked at 0.5 to 1.5 s" in notes["13-1"]
    assert "has nothing from 40 to 41 s" in notes["13-4"]
    assert verify_bank(bank).ok


def test_tacos_without_a_column(root: Path) -> None:
    tabulate(root / "annotations_strong.csv", ["filename", "caption", "onset", "offset"], [["12.mp3", "x", 0, 1]])
    with pytest.raises(LayoutError, match="no column 'text'; found filename, caption, onset, offset"):
        take("tacos", root)


# --------------------------------------------------------------------------------------------------------- Common Voice

COMMON = ["client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes", "age", "gender",
          "accents", "variant", "locale", "segment"]  # fmt: skip


def common_voice(folder: Path, locale: str, sentences: dict[str, str], table: str = "validated") -> None:
    lines = ["\t".join(COMMON)]
    for number, (name, sentence) in enumerate(sentences.items()):
        write(folder / "clips" / name, voice(name))
        row = [
            f"{locale}{number % 2}" * 40, name, "s", sentence, "", "2", "0", "thirties", "female_feminine", "Bayerisch",
            "", locale, "",
        ]  # fmt: skip
        lines.append("\t".join(row))
    (folder / f"{table}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_common_voice(root: Path) -> None:
    sentences = {"common_voice_de_1.mp3": 'Er sagte: "Na, so was.', "common_voice_de_2.mp3": "Noch ein Satz.",
                 "common_voice_de_3.mp3": "Um 8 Uhr.", "common_voice_de_4.mp3": "Es kommt der Zug."}  # fmt: skip
    common_voice(root / "de", "de", sentences)
    common_voice(root / "zh-CN", "zh-CN", {"common_voice_zh_1.mp3": "他们来了。"})
    with (root / "de" / "validated.tsv").open("a", encoding="utf-8") as file:
        file.write("\t".join(["c", "gone.mp3", "s", "Weg ist er.", *[""] * 7, "de", ""]) + "\n")
    taken, bank = take("common_voice", root, languages=("de", "zh"), per_speaker=1)
    found = sources(bank)
    assert [key for key, s in found.items() if s.rejected is None] == [
        "de/common_voice_de_1", "de/common_voice_de_2", "zh/common_voice_zh_1",
    ]  # fmt: skip
    source = found["de/common_voice_de_1"]
    assert source.transcription == 'Er sagte: "Na, so was.'
    assert (source.age, source.gender, source.accent) == ("adult_30s", "female", "Bayerisch")
    assert (source.speaker, source.licence) == ("cv-" + ("de0" * 11)[:32], "CC0-1.0")
    assert found["zh/common_voice_zh_1"].language == "zh"
    assert reasons(taken) == {"de/gone": "missing"}
    assert verify_bank(bank).ok


def test_common_voice_tables(root: Path) -> None:
    common_voice(root, "de", {"a.mp3": "Ein Satz."}, "train")
    with pytest.raises(LayoutError, match=r"no validated\.tsv"):
        take("common_voice", root)
    assert len(take("common_voice", root, split="train")[1]) == 1
    (root / "validated.tsv").write_text("client_id\tpath\n")
    with pytest.raises(LayoutError, match="no column 'sentence'; found client_id, path"):
        take("common_voice", root, name="c")


# ---------------------------------------------------------------------------------------------------------- MTG-Jamendo

TAGS = {
    "track_0000214": (
        "14/214.mp3", ["genre---ambient", "instrument---piano", "instrument---synthesizer", "mood/theme---calm"]
    ),
    "track_0000215": ("15/215.mp3", ["genre---rock", "instrument---voice"]),
    "track_0000216": ("16/216.mp3", []),
    "track_0000217": ("17/217.mp3", ["genre---hiphop"]),
}  # fmt: skip


def jamendo(root: Path) -> None:
    lines = ["TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"]
    for number, (track, (path, tags)) in enumerate(TAGS.items()):
        lines.append("\t".join([track, f"artist_{number:06d}", "album_000001", path, "4.0", *tags]))
        if track != "track_0000217":
            write(root / "audio" / path, voice(track, 4.0))
    write(root / "audio" / "17" / "217.low.mp3", voice("low", 4.0))
    (root / "data").mkdir()
    (root / "data" / "autotagging.tsv").write_text("\n".join(lines) + "\n")
    (root / "audio_licenses.txt").write_text(
        "14/214.mp3\n"
        "Intro chiante by David TMX from Jamendo: http://www.jamendo.com/track/214\n"
        "Available under a Creative Commons Attribution-Noncommercial-Share Alike license: "
        "http://creativecommons.org/licenses/by-nc-sa/3.0/\n"
        "17/217.mp3\n"
        "Two by Three by Four from Jamendo: http://www.jamendo.com/track/217\n"
        "Available under a Creative Commons Attribution license: http://creativecommons.org/licenses/by/3.0/\n\n"
    )


def test_mtg_jamendo(root: Path) -> None:
    jamendo(root)
    taken, bank = take("mtg_jamendo", root)
    found = sources(bank)
    assert found["track_0000214"].caption == "calm ambient music with piano and synthesizer"
    assert (found["track_0000214"].licence, found["track_0000214"].group) == (
        "CC-BY-NC-SA-3.0",
        "jamendo-artist_000000",
    )
    assert found["track_0000214"].attribution == "Intro chiante by David TMX (Jamendo)"
    assert (found["track_0000217"].caption, found["track_0000217"].path) == ("hip hop music", "audio/17/217.low.mp3")
    assert (found["track_0000217"].licence, found["track_0000217"].attribution) == (
        "CC-BY-3.0", "Two by Three by Four (Jamendo)",
    )  # fmt: skip
    assert reasons(taken) == {"track_0000215": "vocals", "track_0000216": "needs_caption"}
    # A track without an entry has no known licence.
    assert found["track_0000216"].licence == "unknown"
    assert verify_bank(bank).ok


def test_mtg_jamendo_of_another_layout(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "raw.tsv").write_text("TRACK\tARTIST\n")
    with pytest.raises(LayoutError, match="expected the columns TRACK_ID, ARTIST_ID, ALBUM_ID, PATH, DURATION, TAGS"):
        take("mtg_jamendo", root)
    (root / "data" / "raw.tsv").write_text("TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\ntrack_1\tartist_2\n")
    with pytest.raises(LayoutError, match="line 2 has 2 columns"):
        take("mtg_jamendo", root)


# --------------------------------------------------------------------------------------------- CREMA-D, ESC-50, FSD50K


def test_crema_d_with_votes(root: Path) -> None:
    for name in ("1001_DFA_ANG_XX", "1002_IEO_HAP_HI", "1002_TAI_SAD_XX"):
        write(root / "AudioWAV" / f"{name}.wav", voice(name))
    head = ["ActorID", "Age", "Sex", "Race", "Ethnicity"]
    tabulate(root / "VideoDemographics.csv", head, [["1001", 51, "Male", "C", "N"], ["1002", 21, "Female", "C", "N"]])
    head = ["", "FileName", "VoiceVote", "VoiceLevel", "FaceVote", "FaceLevel", "MultiModalVote", "MultiModalLevel"]
    votes = [["1", "1001_DFA_ANG_XX", "A", "70.5", "A", "1", "A", "1"],
             ["2", "1002_IEO_HAP_HI", "N:H", "50:30", "H", "1", "H", "1"]]  # fmt: skip
    tabulate(root / "processedResults" / "summaryTable.csv", head, votes)
    found = sources(take("crema_d", root)[1])
    heard = found["1001_DFA_ANG_XX"]
    assert (heard.emotion, heard.emotion_label, heard.caption_origin) == ("clearly angry", "anger", "human")
    assert (heard.age, heard.gender, heard.licence) == ("middle_aged_50s", "male", "ODbL-1.0")
    divided = found["1002_IEO_HAP_HI"]
    assert (divided.emotion, divided.emotion_label) == ("neutral or happy", None)
    assert (found["1002_TAI_SAD_XX"].emotion, found["1002_TAI_SAD_XX"].caption_origin) == ("sad", "template")


def test_esc50_from_its_repository(root: Path) -> None:
    head = ["filename", "fold", "target", "category", "esc10", "src_file", "take"]
    tabulate(root / "meta" / "esc50.csv", head, [["1-9-A-0.wav", 1, 0, "dog", "True", 9, "A"]])
    write(root / "audio" / "1-9-A-0.wav", noise("dog"))
    (source,) = sources(take("esc50", root)[1]).values()
    assert (source.caption, source.group, source.path) == ("dog", "freesound-9", "audio/1-9-A-0.wav")


def fsd50k(root: Path, archives: bool) -> None:
    places = (
        ("FSD50K.dev_audio", "FSD50K.ground_truth", "FSD50K.metadata")
        if archives
        else ("clips/dev", "labels", "metadata")
    )
    labels = {"64760": "Electric_guitar,Guitar,Musical_instrument,Music", "37199": "Bark,Dog,Animal",
              "41": "Cough,Respiratory_sounds", "42": "Male_speech_and_man_speaking,Speech,Human_voice"}  # fmt: skip
    tabulate(root / places[1] / "dev.csv", ["fname", "labels", "mids", "split"],
             [[name, value, "/m/x", "train"] for name, value in labels.items()])  # fmt: skip
    about = {
        name: {"title": "x.wav", "description": "", "tags": [], "uploader": f"user{name}",
               "license": "http://creativecommons.org/publicdomain/zero/1.0/"}
        for name in labels
    }  # fmt: skip
    about["37199"]["license"] = "http://creativecommons.org/licenses/sampling+/1.0/"
    (root / places[2]).mkdir()
    (root / places[2] / "dev_clips_info_FSD50K.json").write_text(json.dumps(about))
    for name in labels:
        write(root / places[0] / f"{name}.wav", noise(name), 44_100)


@pytest.mark.parametrize("archives", [True, False])
def test_fsd50k(root: Path, archives: bool) -> None:
    fsd50k(root, archives)
    taken, bank = take("fsd50k", root)
    found = sources(bank)
    assert (found["37199"].caption, found["37199"].label, found["37199"].type) == ("bark", "bark", "sound_event")
    assert found["37199"].licence.startswith("LicenseRef-")
    assert (found["41"].type, found["41"].licence, found["41"].group) == (
        "vocal_burst",
        "CC0-1.0",
        "freesound-user-user41",
    )
    assert reasons(taken) == {"64760": "music_inside", "42": "speech_inside"}
    assert verify_bank(bank).ok


def test_fsd50k_is_fetched_file_by_file_from_elsewhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    from soundscape.sources.adapters import clips
    from soundscape.sources.adapters.shelf import Shelf

    fsd50k(root, archives=False)
    memory = fsspec.filesystem("memory")
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        memory.pipe_file(f"/fsd/{path.relative_to(root).as_posix()}", path.read_bytes())
    read: list[str] = []
    whole = Shelf.read
    monkeypatch.setattr(Shelf, "read", lambda self, name: (read.append(name), whole(self, name))[1])
    # Only where the files are is another place than the hub; everything after that is as it is.
    monkeypatch.setattr(clips, "open_shelf", lambda name, request: (Shelf(name, "memory://fsd"), "0123abc"))
    taken, bank = take("fsd50k", None, per_language=1)
    # Enough was taken with the first sound that passed, and the table is read in its order.
    assert {key: s.rejected for key, s in sources(bank).items()} == {"64760": "music_inside", "37199": None}
    assert bank.info.generator == "soundscape bank add --from fsd50k@0123abc"
    assert "clips/dev/37199.wav" in read
    assert bank.root == bank.folder / "audio"
    assert taken.hours == {"all": round(1.0 / 44100 * RATE / 3600, 4)}
    memory.rm("/fsd", recursive=True)


def test_fsd50k_without_its_metadata(root: Path) -> None:
    fsd50k(root, archives=False)
    path = root / "metadata" / "dev_clips_info_FSD50K.json"
    path.write_text("[1, 2")
    with pytest.raises(LayoutError, match="cannot be read"):
        take("fsd50k", root)
    path.unlink()
    with pytest.raises(LayoutError, match=r"neither metadata/dev_clips_info_FSD50K\.json nor FSD50K\.metadata"):
        take("fsd50k", root)


# ---------------------------------------------------------------------------------------------------------- audiofolder


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_audiofolder_with_metadata(root: Path, kind: str) -> None:
    import polars as pl

    write(root / "a.wav", noise("a"))
    write(root / "deep" / "b.flac", voice("b"))
    rows = [
        {"file_name": "a.wav", "type": "sound_event", "caption": "a hiss", "transcription": None, "language": None,
         "license": "cc0"},
        {"file_name": "deep/b.flac", "type": "speech", "caption": None, "transcription": "Guten Tag.", "language": "de",
         "license": "CC BY 4.0"},
    ]  # fmt: skip
    frame, path = pl.DataFrame(rows), root / f"metadata.{kind}"
    {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}[kind](path)
    taken, bank = take("audiofolder", root)
    found = sources(bank)
    assert (found["a.wav"].caption, found["a.wav"].licence) == ("a hiss", "CC0-1.0")
    assert (found["deep/b.flac"].language, found["deep/b.flac"].licence) == ("de", "CC-BY-4.0")
    assert (bank.root, taken.rejections) == (root.resolve(), ())


def test_audiofolder_agrees_with_the_library(root: Path) -> None:
    import datasets

    for number in range(3):
        write(root / f"{number}.wav", noise(f"{number}"))
    rows = [{"file_name": f"{n}.wav", "caption": f"hiss {n}"} for n in (2, 0, 1)]
    (root / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    theirs = datasets.load_dataset("audiofolder", data_dir=str(root), split="train", streaming=True)
    columns = {name: datasets.Value("string") for name in ("file_name", "caption")}
    read = datasets.load_dataset(
        "audiofolder", data_dir=str(root), split="train", streaming=True, features=datasets.Features(columns)
    )
    found = sources(take("audiofolder", root, type="sound_event")[1])
    assert set(theirs.features) == {"audio", "caption"}
    assert {row["file_name"]: row["caption"] for row in read} == {key: s.caption for key, s in found.items()}


def test_audiofolder_of_labels(root: Path) -> None:
    write(root / "door_slam" / "1.wav", noise("1"))
    write(root / "rain" / "1.ogg", noise("2"))
    write(root / "stray.wav", noise("3"))
    with pytest.raises(UsageError, match="has no metadata that tells types"):
        take("audiofolder", root)
    found = sources(take("audiofolder", root, type="sound_event")[1])
    assert {key: (s.caption, s.label) for key, s in found.items()} == {
        "door_slam/1.wav": ("door slam", "door_slam"), "rain/1.ogg": ("rain", "rain"),
    }  # fmt: skip


def test_audiofolder_keeps_to_its_folder(root: Path) -> None:
    write(root.parent / "secret.wav", noise("s"))
    tabulate(root / "metadata.csv", ["file_name", "type", "caption"], [["../secret.wav", "sound_event", "x"]])
    with pytest.raises(BankError, match=r"'\.\./secret\.wav' leaves the folder"):
        take("audiofolder", root)
    tabulate(root / "metadata.csv", ["file", "type"], [["a.wav", "sound_event"]])
    with pytest.raises(LayoutError, match="no column 'file_name'; found file, type"):
        take("audiofolder", root)


def test_a_request_can_be_opened_without_taking(root: Path) -> None:
    write(root / "audio_16k" / "f0003_0_cough.wav", noise("a"))
    opened = ADAPTERS["vocalsound"].open(Request(path=root))
    (stream,) = opened.streams
    assert [candidate.key for candidate in stream.read(None)] == ["f0003_0_cough"]
    assert list(stream.read(stream.position())) == []
