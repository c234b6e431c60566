"""Data sets of the hub, each read by the real library from shards in its documented layout, and malformed cousins."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from soundscape.errors import BankError, UsageError
from soundscape.sources.adapters.candidate import LayoutError
from soundscape.sources.adapters.registry import ADAPTERS
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import audio, encoded, noise, parquet, reasons, sources, take, tar, voice


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --------------------------------------------------------------------------------------------- multilingual LibriSpeech

MLS = {
    "audio": "audio", "original_path": "text", "begin_time": "float", "end_time": "float", "transcript": "text",
    "audio_duration": "float", "speaker_id": "text", "chapter_id": "text", "file": "text", "id": "text",
}  # fmt: skip


def mls_row(number: int, speaker: str = "4800", **more: Any) -> dict[str, Any]:
    name = f"{speaker}_10003_{number:06d}"
    return {
        "audio": audio(voice(name), f"{name}.flac"), "original_path": "http://www.archive.org/x.mp3", "begin_time": 1.5,
        "end_time": 3.9, "transcript": "es war einmal ein kleiner text", "audio_duration": 2.4, "speaker_id": speaker,
        "chapter_id": "10003", "file": "", "id": name, **more,
    }  # fmt: skip


def mls(folder: Path, language: str, rows: list[dict[str, Any]], split: str = "train", shard: int = 0) -> Path:
    return parquet(folder / language / f"{split}-{shard:05d}-of-00002.parquet", rows, MLS)


def test_mls(tmp_path: Path) -> None:
    mls(tmp_path, "german", [mls_row(1), mls_row(2, "99")])
    mls(tmp_path, "german", [mls_row(3)], shard=1)
    mls(tmp_path, "german", [mls_row(9)], split="9_hours")
    mls(tmp_path, "polish", [mls_row(4, "4800", transcript="był sobie tekst")])
    taken, bank = take("mls", tmp_path, languages=("de", "pl"))
    found = sources(bank)
    assert list(found) == ["de/4800_10003_000001", "de/4800_10003_000003", "de/99_10003_000002", "pl/4800_10003_000004"]
    source = found["de/4800_10003_000001"]
    expected = {
        "type": "speech", "language": "de", "transcription": "es war einmal ein kleiner text", "licence": "CC-BY-4.0",
        "speaker": "librivox-4800", "group": "librivox-4800", "dataset": "facebook/multilingual_librispeech",
        "sample_rate": 16000, "duration": 2.4, "rejected": None, "path": "de/4800_10003_000001.flac",
    }  # fmt: skip
    assert {name: getattr(source, name) for name in expected} == expected
    assert (bank.folder / "audio" / source.path).read_bytes() == mls_row(1)["audio"]["bytes"]
    # One reader in two languages is one person.
    assert set(bank.speakers("de")) & set(bank.speakers("pl")) == {"librivox-4800"}
    assert taken.rejections == ()
    assert verify_bank(bank).ok


def test_mls_splits_and_languages(tmp_path: Path) -> None:
    mls(tmp_path, "german", [mls_row(1)])
    mls(tmp_path, "german", [mls_row(9)], split="9_hours")
    assert list(sources(take("mls", tmp_path, languages=("de",), split="9_hours")[1])) == ["de/4800_10003_000009"]
    with pytest.raises(LayoutError, match=r"no shards of the split 'dev'; found german/9_hours-00000"):
        take("mls", tmp_path, name="c", languages=("de",), split="dev")
    with pytest.raises(LayoutError, match="no parquet shards of fr; expected french in the name of a folder"):
        take("mls", tmp_path, name="c", languages=("de", "fr"))
    # German in the copy is not taken for the one language that is asked for and not there.
    with pytest.raises(LayoutError, match=r"no parquet shards of pt; expected portuguese in the name of a folder"):
        take("mls", tmp_path, name="c", languages=("pt",))
    with pytest.raises(UsageError, match="has no part in 'en'"):
        take("mls", tmp_path, name="c", languages=("en",))
    with pytest.raises(LayoutError, match=r"nowhere is not there; expected facebook/multilingual_librispeech"):
        take("mls", tmp_path / "nowhere", name="c", languages=("de",))


def test_english_mls(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / "train-00000-of-01416.parquet", [mls_row(1, transcript="there was a text")], MLS)
    _, bank = take("mls_eng", tmp_path)
    (source,) = sources(bank).values()
    assert (source.key, source.language, source.dataset) == ("en/4800_10003_000001", "en", "parler-tts/mls_eng")


def test_malformed_parquet(tmp_path: Path) -> None:
    rows = [
        mls_row(1),
        mls_row(2, audio={"bytes": b"this is no audio" * 20, "path": "2.flac"}),
        mls_row(3, audio={"bytes": encoded(voice("3"))[:8000], "path": "3.flac"}),
        mls_row(4, audio={"bytes": None, "path": None}),
        mls_row(5, transcript=None),
        mls_row(6, speaker_id=None),
        mls_row(1),
        mls_row(8, audio=mls_row(1)["audio"]),
    ]
    mls(tmp_path, "german", rows)
    taken, bank = take("mls", tmp_path, languages=("de",))
    assert reasons(taken) == {
        "de/4800_10003_000002": "format",
        "de/4800_10003_000003": "truncated",
        "de/4800_10003_000004": "malformed",
        "de/4800_10003_000005": "needs_transcription",
        "de/4800_10003_000001#2": "duplicate",
        "de/4800_10003_000008": "duplicate",
    }
    assert "no audio in the record" in next(r.note for r in taken.rejections if r.reason == "malformed")
    assert sources(bank)["de/4800_10003_000006"].speaker == "unknown:de/4800_10003_000006"
    assert verify_bank(bank).ok


def test_parquet_of_another_layout(tmp_path: Path) -> None:
    features = {name: kind for name, kind in MLS.items() if name != "transcript"}
    rows = [{name: value for name, value in mls_row(1).items() if name in features}]
    parquet(tmp_path / "german" / "train-0.parquet", rows, features)
    with pytest.raises(
        LayoutError, match="no column for transcription: expected transcript, found audio, original"
    ) as e:
        take("mls", tmp_path, languages=("de",))
    assert "--mapping" in str(e.value)


def test_parquet_of_other_types(tmp_path: Path) -> None:
    parquet(tmp_path / "german" / "train-0.parquet", [mls_row(1) | {"speaker_id": 4800}], MLS | {"speaker_id": "int"})
    (source,) = sources(take("mls", tmp_path, languages=("de",))[1]).values()
    assert source.speaker == "librivox-4800"
    odd = [mls_row(1) | {"transcript": False}, mls_row(2) | {"transcript": True}]
    parquet(tmp_path / "polish" / "train-0.parquet", odd, MLS | {"transcript": "bool"})
    with pytest.raises(
        LayoutError, match=r"none of the first 2 records is as expected; transcript: found False \(bool\)"
    ):
        take("mls", tmp_path, name="c", languages=("pl",))


def test_empty_and_damaged_parquet(tmp_path: Path) -> None:
    mls(tmp_path, "german", [])
    mls(tmp_path, "german", [mls_row(1)], shard=1)
    assert len(take("mls", tmp_path, languages=("de",))[1]) == 1
    mls(tmp_path, "french", [])
    with pytest.raises(BankError, match="nothing can be used; it holds no recordings that are wanted"):
        take("mls", tmp_path, name="c", languages=("fr",))
    shard = mls(tmp_path, "dutch", [mls_row(1)])
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(
        BankError, match=r"a shard cannot be read \(nl, after record 0\): Parquet magic bytes not found"
    ):
        take("mls", tmp_path, name="c", languages=("nl",))


# ---------------------------------------------------------------------------------------------------- FLEURS, VoxPopuli

FLEURS = {
    "id": "int", "num_samples": "int", "path": "text", "audio": "audio", "transcription": "text",
    "raw_transcription": "text", "gender": ["male", "female", "other"], "lang_id": ["af_za", "de_de", "cmn_hans_cn"],
    "language": "text", "lang_group_id": ["western_european_we", "chinese_japanase_korean_cjk"],
}  # fmt: skip


def fleurs_row(sentence: int, number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": sentence, "num_samples": 38400, "path": f"/home/x/train/{number}.wav",
        "audio": audio(voice(f"fleurs{number}"), f"train/{number}.wav", "WAV"),
        "transcription": "ein satz ohne sprecher", "raw_transcription": "Ein Satz, ohne Sprecher.",
        "gender": 1, "lang_id": 1, "language": "German", "lang_group_id": 0, **more,
    }  # fmt: skip


def test_fleurs_has_voices_that_nobody_knows(tmp_path: Path) -> None:
    rows = [fleurs_row(7, 100), fleurs_row(7, 101, gender=0), fleurs_row(8, 102, transcription="es war 1999"),
            fleurs_row(9, 103, lang_id=0)]  # fmt: skip
    parquet(tmp_path / "de_de" / "train-00000-of-00001.parquet", rows, FLEURS)
    zh = fleurs_row(7, 200, transcription="一个没有说话人的句子", lang_id=2)
    parquet(tmp_path / "cmn_hans_cn" / "train-00000-of-00001.parquet", [zh], FLEURS)
    taken, bank = take("fleurs", tmp_path, languages=("de", "zh"))
    found = sources(bank)
    assert list(found) == ["de/100", "de/101", "de/102", "de/103", "zh/200"]
    assert [found[key].speaker for key in ("de/100", "de/101")] == ["unknown:de/100", "unknown:de/101"]
    # The same sentence, in whatever language, is kept in one split.
    assert {found[key].group for key in ("de/100", "de/101", "zh/200")} == {"sentence-7"}
    assert [found[key].gender for key in ("de/100", "de/101")] == ["female", "male"]
    assert found["zh/200"].language == "zh"
    assert reasons(taken) == {"de/102": "digits", "de/103": "language"}
    assert "the record says 'af' in the part that is 'de'" in taken.rejections[1].note
    assert len(ADAPTERS["fleurs"].languages) == 102


def test_voxpopuli(tmp_path: Path) -> None:
    features = {
        "audio_id": "text", "language": ["en", "de", "fr"], "audio": "audio", "raw_text": "text",
        "normalized_text": "text", "gender": "text", "speaker_id": "text", "is_gold_transcript": "bool",
        "accent": "text",
    }  # fmt: skip
    row = {
        "audio_id": "20100210-0900-PLENARY-3-fr_20100210-09:06:43_1", "language": 2,
        "audio": audio(voice("vox"), "train/1.wav", "WAV"), "raw_text": "", "normalized_text": "madame la présidente",
        "gender": "female", "speaker_id": "None", "is_gold_transcript": True, "accent": "None",
    }  # fmt: skip
    rows = [row, row | {"audio_id": "2", "audio": audio(voice("vox2"), "2.wav", "WAV"), "speaker_id": "28353"}]
    parquet(tmp_path / "fr" / "train-00000-of-00001.parquet", rows, features)
    _, bank = take("voxpopuli", tmp_path, languages=("fr",))
    first, second = sources(bank)[f"fr/{row['audio_id']}"], sources(bank)["fr/2"]
    assert (first.speaker, first.accent, first.gender) == (f"unknown:{first.key}", None, "female")
    assert (second.speaker, second.licence, second.language) == ("voxpopuli-28353", "CC0-1.0", "fr")
    assert first.path == "fr/20100210-0900-PLENARY-3-fr_20100210-09%3A06%3A43_1.wav"


# ------------------------------------------------------------------------------------------------------ ESC-50, CREMA-D


def test_esc50(tmp_path: Path) -> None:
    features = {
        "filename": "text", "fold": "int", "target": "int", "category": "text", "esc10": "bool", "src_file": "int",
        "take": "text", "audio": "audio",
    }  # fmt: skip
    row = {"fold": 1, "target": 0, "esc10": True, "src_file": 100032, "take": "A"}
    names = {"1-100032-A-0": "dog", "1-100032-B-12": "crackling_fire", "1-17150-A-26": "laughing"}
    rows = [
        row | {"filename": f"{name}.wav", "category": category, "audio": audio(noise(name), f"{name}.wav", "WAV")}
        for name, category in names.items()
    ]
    parquet(tmp_path / "data" / "train-00000-of-00002.parquet", rows, features)
    _, bank = take("esc50", tmp_path)
    found = sources(bank)
    assert {key: (s.type, s.caption, s.label) for key, s in found.items()} == {
        "1-100032-A-0": ("sound_event", "dog", "dog"),
        "1-100032-B-12": ("sound_event", "crackling fire", "crackling_fire"),
        "1-17150-A-26": ("vocal_burst", "laughing", "laughing"),
    }
    assert {s.group for s in found.values()} == {"freesound-100032"}
    assert {(s.licence, s.caption_origin, s.dataset) for s in found.values()} == {
        ("CC-BY-NC-3.0", "template", "ESC-50")
    }


def test_crema_d_from_parquet_says_what_was_acted(tmp_path: Path) -> None:
    names = ("1001_DFA_ANG_XX", "1002_IEO_HAP_LO", "1002_TSI_NEU_XX")
    rows = [{"audio": audio(voice(name), f"{name}.wav", "WAV"), "major_emotion": "x"} for name in names]
    rows.append({"audio": audio(voice("odd"), "odd.wav", "WAV"), "major_emotion": "x"})
    parquet(tmp_path / "data" / "train-00000-of-00002.parquet", rows, {"audio": "audio", "major_emotion": "text"})
    taken, bank = take("crema_d", tmp_path)
    found = sources(bank)
    assert [(found[n].emotion, found[n].emotion_label, found[n].transcription) for n in names] == [
        ("angry", "anger", "Don't forget a jacket."),
        ("slightly happy", "happiness", "It's eleven o'clock."),
        ("neutral", "neutral", "The surface is slick."),
    ]
    assert {(found[n].speaker, found[n].caption_origin) for n in names} == {
        ("crema-d-1001", "template"), ("crema-d-1002", "template"),
    }  # fmt: skip
    assert reasons(taken) == {"00000004": "malformed"}
    assert "expected a name such as 1001_DFA_ANG_XX.wav" in taken.rejections[0].note


# ------------------------------------------------------------------------------------------------------- tars with JSON


def mp3(name: str, seconds: float = 2.4) -> bytes:
    return encoded(voice(name, seconds), "MP3")


def emilia(number: int, language: str = "de", **more: Any) -> dict[str, Any]:
    key = f"{language.upper()}_B00000_S00{number:03d}_W000000"
    return {
        "id": key, "wav": f"x/mp3/{key}.mp3", "text": "Das ist ein Beispiel.", "duration": 2.4, "language": language,
        "speaker": f"{language.upper()}_B00000_S00{number:03d}", "dnsmos": 3.2927, **more,
    }  # fmt: skip


def test_emilia_and_its_yodas_part(tmp_path: Path) -> None:
    first = {f"DE_B0_S{n}": {"mp3": mp3(f"e{n}"), "json": emilia(n)} for n in range(3)}
    first["DE_B0_S1"]["json"] = emilia(1, dnsmos=2.1)
    tar(tmp_path / "Emilia" / "DE" / "DE-B000000.tar", first)
    tar(tmp_path / "Emilia" / "FR" / "FR-B000000.tar", {"FR_1": {"mp3": mp3("f"), "json": emilia(4, "fr")}})
    yodas = {"DE_y_W1": {"json": emilia(8), "mp3": mp3("y")}}
    tar(tmp_path / "Emilia-YODAS" / "DE" / "DE-B000000.tar", yodas)
    taken, bank = take("emilia", tmp_path, languages=("de",))
    assert reasons(taken) == {"de/DE_B00000_S00001_W000000": "low_dnsmos"}
    source = sources(bank)["de/DE_B00000_S00000_W000000"]
    assert (source.licence, source.speaker, source.language) == ("CC-BY-NC-4.0", "DE_B00000_S00000", "de")
    assert source.path.endswith("W000000.mp3")
    from soundscape.sources.index import read_provenance

    assert sorted(read_provenance(bank.folder)["dnsmos"].to_list()) == [2.1, 3.2927, 3.2927]
    _, other = take("emilia_yodas", tmp_path, name="y", languages=("de",))
    (source,) = sources(other).values()
    assert (source.key, source.licence) == ("de/DE_B00000_S00008_W000000", "CC-BY-4.0")
    assert verify_bank(other).ok


def test_tars_that_do_not_tell_languages_apart(tmp_path: Path) -> None:
    records = {f"{x}{n}": {"mp3": mp3(f"{x}{n}"), "json": emilia(n, x)} for x in ("de", "fr") for n in range(2)}
    tar(tmp_path / "shards" / "000.tar", records)
    _, bank = take("emilia", tmp_path, languages=("de", "fr"), per_language=1)
    assert [(s.key, s.language) for s in sources(bank).values()] == [
        ("DE_B00000_S00000_W000000", "de"), ("FR_B00000_S00000_W000000", "fr"),
    ]  # fmt: skip


LONG = (
    "The speaker sounds deeply frustrated and slightly exasperated, with a strained and rising tone that suggests "
    "mounting impatience. There is an undercurrent of sadness, and the voice breaks once towards the end of it all."
)


@pytest.mark.parametrize("nested", ["flat", "annotation", "json", "both"])
def test_emolia_in_each_of_its_shapes(tmp_path: Path, nested: str) -> None:
    scores = {"emotion_caption": LONG, "Gender_best": -1.8, "Age_best": 3.1, "Valence_best": -1.2, "Arousal_best": 2.0}
    said = emilia(1)
    meta: dict[str, Any] = {**said, **scores}
    if nested in ("annotation", "both"):
        meta = {**said, "emotion_annotation": scores}
    if nested in ("json", "both"):
        meta = {"json": meta}
    shard = tar(tmp_path / "DE-B000000_standard.tar.gz", {"w/DE_1": {"mp3": mp3("m"), "json": meta}}, "w:gz")
    taken, bank = take("emolia", tmp_path, languages=("de",))
    (source,) = sources(bank).values()
    assert source.emotion == "deeply frustrated and slightly exasperated, with a strained and rising tone"
    assert (source.gender, source.age, source.caption_origin) == ("male", None, "model")
    # Its own declaration does not free what it took from Emilia.
    assert source.licence == "CC-BY-NC-4.0"
    assert "CC-BY-NC-4.0" in taken.notes[0]
    from soundscape.sources.index import read_provenance

    assert read_provenance(bank.folder)["prose"].to_list() == [LONG]
    shard.rename(tmp_path / "DE-B000000_yodas.tar.gz")
    assert {s.licence for s in sources(take("emolia", tmp_path, name="y", languages=("de",))[1]).values()} == {
        "CC-BY-4.0"
    }


SOUND = {"Flash 2.0 Annotation with Hint": {"caption": "The audio features a heavy wooden door creaking open."}}


def test_audioset_with_grounded_captions(tmp_path: Path) -> None:
    clip = {"caption": "Door", "duration_ms": 1000}
    speech = {"caption": "A man is speaking while a door slams loudly."}
    records: dict[str, Mapping[str, Any]] = {
        "a1": {"json": clip | SOUND, "mp3": encoded(noise("a1"), "MP3")},
        "a2": {"json": clip | {"Flash 2.0 Annotation with Hint": speech}, "mp3": encoded(noise("a2"), "MP3")},
        "a3": {"json": clip, "mp3": encoded(noise("a3"), "MP3")},
        "a4": {"json": clip | {"Flash 2.0 Annotation with Hint": {"caption": ""}, "caption": None},
               "mp3": encoded(noise("a4"), "MP3")},
        "a5": {"json": {"duration_ms": 3}, "mp3": encoded(noise("a5"), "MP3")},
        "a6": {"json": clip | {"Flash 2.0 Annotation with Hint": {"caption": ["x"]}},
               "mp3": encoded(noise("a6"), "MP3")},
        "a7": {"json": clip | SOUND},
    }  # fmt: skip
    tar(tmp_path / "0.tar", records)
    taken, bank = take("audioset_grounded", tmp_path)
    found = sources(bank)
    assert found["0/a1"].caption == "a heavy wooden door creaking open"
    assert (found["0/a1"].licence, found["0/a1"].label) == ("LicenseRef-research-only", "door")
    # A key that only a later record has is not lost to the types of the first ones.
    assert found["0/a3"].caption == "Door"
    assert reasons(taken) == {
        "0/a2": "speech_inside", "0/a4": "needs_caption", "0/a5": "malformed", "0/a6": "malformed", "0/a7": "malformed",
    }  # fmt: skip
    notes = {r.key: r.note for r in taken.rejections}
    assert "expected a column for caption" in notes["0/a5"]
    assert "found ['x'] (list), expected text or a number" in notes["0/a6"]
    assert verify_bank(bank).ok


def test_freesound(tmp_path: Path) -> None:
    meta = {"freesound_id": 123, "username": "anna", "attribution_required": True, "duration_ms": 1000,
            "comprehensive_caption": "Rain on a tin roof."}  # fmt: skip
    records: dict[str, Mapping[str, Any]] = {
        "1": {"json": meta | {"Flash 2.5 Annotation": {"caption": "steady rain"}}, "flac": encoded(noise("1"))},
        "2": {"json": meta | {"freesound_id": 4, "attribution_required": False}, "flac": encoded(noise("2"))},
        "3": {"json": {"comprehensive_caption": "a bell", "freesound_id": 5}, "ogg": encoded(noise("3"), "OGG")},
    }
    tar(tmp_path / "fs-0.tar", records)
    _, bank = take("freesound_permissive", tmp_path)
    told = {k: (s.caption, s.licence, s.attribution, s.group) for k, s in sources(bank).items()}
    assert told == {
        "123": ("steady rain", "LicenseRef-CC-BY", "anna on Freesound (123)", "freesound-user-anna"),
        "4": ("Rain on a tin roof", "CC0-1.0", "anna on Freesound (4)", "freesound-user-anna"),
        "5": ("a bell", "unknown", "", "5"),
    }


def test_music_without_voices(tmp_path: Path) -> None:
    texts = {"m1": "A calm piano piece without any vocals.", "m2": "A woman sings over a slow beat."}
    tar(
        tmp_path / "0.tar",
        {k: {"json": {"Flash 2.0 Annotation": {"caption": t}}, "mp3": mp3(k, 4.0)} for k, t in texts.items()},
    )
    taken, bank = take("ai_music", tmp_path)
    found = sources(bank)
    assert (found["0/m1"].type, found["0/m1"].caption) == ("music", "A calm piano piece without any vocals")
    assert reasons(taken) == {"0/m2": "vocals"}
    # The captions have a licence, the music does not say; unknown is never treated as free.
    assert {s.licence for s in found.values()} == {"unknown"}
    assert len(bank.filtered(policy="research").pool()) == 0
    declared = take("ai_music", tmp_path, name="c", licence="Apache-2.0")[1]
    assert len(declared.filtered(policy="commercial").pool()) == 1


def test_vocal_bursts(tmp_path: Path) -> None:
    told = {"caption": "A short, breathy chuckle.", "interpretation": "mild amusement"}
    records = {"b": {"json": {"Flash 2.5 Annotation": told, "gender": "Female"}, "wav": encoded(noise("b"), "WAV")}}
    tar(tmp_path / "b.tar", records)
    (source,) = sources(take("vocal_bursts", tmp_path)[1]).values()
    assert (source.type, source.caption, source.emotion) == (
        "vocal_burst",
        "A short, breathy chuckle",
        "mild amusement",
    )
    assert (source.gender, source.speaker, source.licence) == ("female", None, "unknown")


def test_damaged_tars(tmp_path: Path) -> None:
    def shard(name: str, content: bytes) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "0.tar").write_bytes(content)
        return folder

    whole = tar(tmp_path / "w.tar", {f"{n}": {"json": SOUND, "mp3": encoded(noise(f"{n}"), "MP3")} for n in range(4)})
    data = whole.read_bytes()
    for name, content, message in (
        ("cut", data[: len(data) // 2 // 512 * 512], "the tar is cut off"),
        ("none", b"", "the tar is cut off"),
        ("json", data.replace(b'{"Flash', b"[[Flash ", 1), "a shard cannot be read"),
        ("text", b"not a tar".ljust(2048, b"\0"), "a shard cannot be read"),
    ):
        with pytest.raises(BankError, match=message) as caught:
            take("audioset_grounded", shard(name, content), name=name)
        assert "what was taken so far is kept" in str(caught.value) or "download it again" in str(caught.value)
    empty = shard("empty", b"\0" * 10240)
    with pytest.raises(BankError, match="it holds no recordings that are wanted"):
        take("audioset_grounded", empty)
    tar(empty / "1.tar", {"a": {"json": SOUND, "mp3": encoded(noise("a"), "MP3")}})
    assert len(take("audioset_grounded", empty)[1]) == 1


def test_tars_of_another_layout(tmp_path: Path) -> None:
    tar(tmp_path / "0.tar", {f"{n}": {"json": {"texte": "x"}, "mp3": mp3(f"{n}", 0.2)} for n in range(25)})
    with pytest.raises(LayoutError, match=r"none of the first 20 records is as expected; json/Flash 2.0 .* found only"):
        take("audioset_grounded", tmp_path)


def test_every_declaration_of_the_hub_is_read_in_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    declared = {name for name, adapter in ADAPTERS.items() if adapter.on_hub}
    # Read file by file, from disk, in tests of their own.
    assert {name for name in declared if f'take("{name}"' not in text} == {"fsd50k"}
    assert all(dataclasses.is_dataclass(adapter) and adapter.holds for adapter in ADAPTERS.values())
