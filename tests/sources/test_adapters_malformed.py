"""Every adapter against malformed cousins of its layout: a field missing, a wrong type, corrupt audio, nothing in it.

``CASES`` is the table: for each adapter a function that writes its layout with one thing wrong, and for each cousin
what comes of it. That is either a record that is rejected with a reason while the others are taken, or an error that
says what was found and what was expected. Never anything else, never a traceback.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soundscape.errors import BankError
from soundscape.sources.adapters.registry import ADAPTERS
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import audio, encoded, noise, parquet, reasons, sources, take, tar, voice, write

COUSINS = ("missing field", "wrong type", "corrupt audio", "empty")
#: What is written in place of a recording.
GARBAGE = b"this is no recording" * 40
#: A value that is neither text nor a number.
WRONG = ["x", {"y": 1}]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@dataclass(frozen=True)
class Case:
    """How a layout is written with a cousin in it (None: as it should be), and what then happens.

    ``outcomes``, in the order of ``COUSINS``: the reason of the one record that is rejected, or part of an error's
    message after ``error:``.
    """

    write: Callable[[Path, str | None], None]
    outcomes: tuple[str, str, str, str]
    options: Mapping[str, Any] = ()  # type: ignore[assignment]


def replaced(record: Mapping[str, Any], path: str, cousin: str | None) -> dict[str, Any]:
    """Return a record with the value at a path taken out, or of another type, as the cousin has it."""
    result, (first, *rest) = dict(record), path.split("/")
    if rest:
        result[first] = replaced(result[first], "/".join(rest), cousin)
    elif cousin == "missing field":
        del result[first]
    elif cousin == "wrong type":
        result[first] = WRONG
    return result


# ------------------------------------------------------------------------------------------------------ hub, Parquet


def shards(
    place: str, features: Mapping[str, Any], needed: str, row: Callable[[int], dict[str, Any]]
) -> Callable[[Path, str | None], None]:
    """Return what writes three rows in a Parquet shard; a column is missing, or of another type, for all rows alike."""

    def written(root: Path, cousin: str | None) -> None:
        rows, kinds = [row(n) for n in range(3)], dict(features)
        if cousin == "missing field":
            del kinds[needed]
            rows = [{name: value for name, value in r.items() if name != needed} for r in rows]
        elif cousin == "wrong type":
            kinds[needed] = "bool"
            rows = [r | {needed: True} for r in rows]
        elif cousin == "corrupt audio":
            rows[1]["audio"] = {"bytes": GARBAGE, "path": rows[1]["audio"]["path"]}
        parquet(root / place, [] if cousin == "empty" else rows, kinds)

    return written


MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}
FLEURS = {"id": "int", "path": "text", "audio": "audio", "transcription": "text", "gender": ["male", "female", "other"],
          "lang_id": ["de_de"]}  # fmt: skip
VOX = {"audio_id": "text", "language": ["de"], "audio": "audio", "normalized_text": "text", "gender": "text",
       "speaker_id": "text", "accent": "text"}  # fmt: skip
ESC = {"filename": "text", "category": "text", "src_file": "int", "audio": "audio"}
PARQUET = ("error:no column for", "error:is as expected", "format", "error:it holds no recordings")


def mls_row(n: int) -> dict[str, Any]:
    return {"audio": audio(voice(f"m{n}"), f"{n}.flac"), "transcript": "ein satz", "speaker_id": str(n), "id": f"m{n}"}


def fleurs_row(n: int) -> dict[str, Any]:
    return {"id": n, "path": f"/x/{n}.wav", "audio": audio(voice(f"f{n}"), f"{n}.wav", "WAV"), "gender": 1,
            "transcription": "ein satz", "lang_id": 0}  # fmt: skip


def vox_row(n: int) -> dict[str, Any]:
    return {"audio_id": f"v{n}", "language": 0, "audio": audio(voice(f"v{n}"), f"{n}.wav", "WAV"), "gender": "female",
            "normalized_text": "ein satz", "speaker_id": "1", "accent": "None"}  # fmt: skip


def esc_row(n: int) -> dict[str, Any]:
    return {"filename": f"1-{n}-A-0.wav", "category": "dog", "src_file": n,
            "audio": audio(noise(f"e{n}"), f"1-{n}-A-0.wav", "WAV")}  # fmt: skip


def crema_shard(root: Path, cousin: str | None) -> None:
    """Only the name of a recording tells what it is; there is no column that could be missing for all."""
    names = [f"100{n}_DFA_ANG_XX.wav" for n in range(3)]
    rows: list[dict[str, Any]] = [{"audio": audio(voice(name), name, "WAV"), "Age": "31"} for name in names]
    kinds: dict[str, Any] = {"audio": "audio", "Age": "text"}
    if cousin == "missing field":
        rows[1]["audio"]["path"] = None
    elif cousin == "wrong type":
        kinds["Age"] = "bool"
        rows = [row | {"Age": True} for row in rows]
    elif cousin == "corrupt audio":
        rows[1]["audio"]["bytes"] = GARBAGE
    parquet(root / "data" / "train-0.parquet", [] if cousin == "empty" else rows, kinds)


# --------------------------------------------------------------------------------------------------------- hub, tars


def tars(
    place: str, needed: str, told: Callable[[int], dict[str, Any]], sound: Callable[[str], Any], mode: str = "w"
) -> Callable[[Path, str | None], None]:
    """Return what writes three records in a tar shard, of which the second is the cousin."""

    def written(root: Path, cousin: str | None) -> None:
        records: dict[str, dict[str, Any]] = {
            f"r{n}": {"json": told(n), "flac": encoded(sound(f"{place}{n}"))} for n in range(3)
        }
        records["r1"]["json"] = replaced(records["r1"]["json"], needed, cousin)
        if cousin == "corrupt audio":
            records["r1"]["flac"] = GARBAGE
        tar(root / place, {} if cousin == "empty" else records, mode)

    return written


def emilia(n: int) -> dict[str, Any]:
    return {"id": f"e{n}", "text": "Ein Satz.", "speaker": f"s{n}", "language": "de", "dnsmos": 3.2}


def emolia(n: int) -> dict[str, Any]:
    return emilia(n) | {"emotion_caption": "quiet and rather tired", "Gender_best": 1.5}


TARS = ("malformed", "malformed", "format", "error:it holds no recordings")
GROUNDED, FLASH_25, FLASH_20 = "Flash 2.0 Annotation with Hint", "Flash 2.5 Annotation", "Flash 2.0 Annotation"


def grounded(n: int) -> dict[str, Any]:
    return {GROUNDED: {"caption": f"a door {'x' * n}"}}


def freesound(n: int) -> dict[str, Any]:
    return {"comprehensive_caption": "a hiss", "freesound_id": n, "username": "anna", "attribution_required": False}


def ai_music(n: int) -> dict[str, Any]:
    return {FLASH_20: {"caption": "a slow piano"}}


def ai_burst(n: int) -> dict[str, Any]:
    return {FLASH_25: {"caption": "a chuckle", "interpretation": "amused"}, "gender": "female"}


def tune(name: str) -> Any:
    return voice(name, 4.0)


# ------------------------------------------------------------------------------------------------------------- disk


def lines(path: Path, rows: Iterable[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def recordings(root: Path, names: Iterable[str], sound: Callable[[str], Any], cousin: str | None) -> None:
    """Write recordings, the second of them corrupt where that is the cousin."""
    for n, name in enumerate(names):
        path = write(root / name, sound(name))
        if n == 1 and cousin == "corrupt audio":
            path.write_bytes(GARBAGE)


def text(path: Path, *rows: str, cousin: str | None = None) -> None:
    """Write a text table; the type that text cannot have is that of bytes which are no text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{row}\n" for row in rows).encode()
    path.write_bytes(data + b"\xff\xfe\n" if cousin == "wrong type" else data)


def vocalsound(root: Path, cousin: str | None) -> None:
    """Names are all there is: one without its class is no recording of the data set."""
    names = [f"f000{n}_0_cough.wav" for n in range(3)]
    if cousin == "missing field":
        names = [f"f000{n}_0.wav" for n in range(3)]
    recordings(root / "audio_16k", [] if cousin == "empty" else names, noise, cousin)
    text(root / "meta" / "all_meta.csv", "f0001,female,24,US,English,no", cousin=cousin)


def tacos(root: Path, cousin: str | None) -> None:
    recordings(root / "audio", [f"{n}.wav" for n in range(3)], noise, cousin)
    rows = [f"{n}.wav,a hiss {'x' * n},0.0,0.8" for n in range(3)]
    head = "filename,text,onset" if cousin == "missing field" else "filename,text,onset,offset"
    if cousin == "wrong type":
        rows[1] = "1.wav,a hiss,soon,0.8"
    text(root / "annotations_strong.csv", head, *([] if cousin == "empty" else rows))
    text(root / "metadata.csv", "filename,license", *(f"{n}.wav,CC0" for n in range(3)))


def common_voice(root: Path, cousin: str | None) -> None:
    recordings(root / "de" / "clips", [f"{n}.wav" for n in range(3)], voice, cousin)
    head = "client_id\tpath\tlocale" if cousin == "missing field" else "client_id\tpath\tsentence\tlocale"
    rows = [] if cousin == "empty" else [f"c{n}\t{n}.wav\tEin Satz.\tde" for n in range(3)]
    text(root / "de" / "validated.tsv", head, *rows, cousin=cousin)


def jamendo(root: Path, cousin: str | None) -> None:
    recordings(root / "audio", [f"14/{n}.mp3" for n in range(3)], tune, cousin)
    head = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]
    rows = [] if cousin == "empty" else [f"t{n}\ta{n}\tb\t14/{n}.mp3\t4.0\tgenre---ambient" for n in range(3)]
    text(root / "data" / "raw.tsv", "\t".join(head[: 3 if cousin == "missing field" else 6]), *rows, cousin=cousin)


def fsd50k(root: Path, cousin: str | None) -> None:
    recordings(root / "clips" / "dev", [f"{n}.wav" for n in range(3)], noise, cousin)
    rows = [] if cousin == "empty" else [f'{n},"Bark,Dog",/m/x,train' for n in range(3)]
    text(root / "labels" / "dev.csv", "fname,mids" if cousin == "missing field" else "fname,labels,mids,split", *rows)
    about: dict[str, Any] = {str(n): {"title": "x", "uploader": "anna", "license": "CC0"} for n in range(3)}
    if cousin == "wrong type":
        about["1"] = WRONG
    lines(root / "metadata" / "dev_clips_info_FSD50K.json", [about])


def audiofolder(root: Path, cousin: str | None) -> None:
    recordings(root, [f"{n}.wav" for n in range(3)], noise, cousin)
    rows = [{"file_name": f"{n}.wav", "type": "sound_event", "caption": f"a hiss {'x' * n}"} for n in range(3)]
    if cousin == "missing field":
        rows = [replaced(row, "file_name", cousin) for row in rows]
    rows[1] = replaced(rows[1], "caption", cousin if cousin == "wrong type" else None)
    lines(root / "metadata.jsonl", [] if cousin == "empty" else rows)


def nemo(root: Path, cousin: str | None) -> None:
    recordings(root, [f"{n}.wav" for n in range(3)], voice, cousin)
    rows = [{"audio_filepath": f"{n}.wav", "duration": 2.4, "text": "ein satz", "lang": "de"} for n in range(3)]
    rows[1] = replaced(rows[1], "text", cousin)
    lines(root / "manifest.json", [] if cousin == "empty" else rows)


def lhotse(root: Path, cousin: str | None) -> None:
    recordings(root, [f"{n}.wav" for n in range(3)], voice, cousin)
    cuts = [
        {"id": f"c{n}", "start": 0.0, "duration": 2.4,
         "recording": {"id": f"r{n}", "sources": [{"type": "file", "channels": [0], "source": f"{n}.wav"}]},
         "supervisions": [{"id": f"s{n}", "start": 0.0, "duration": 2.4, "text": "ein satz", "language": "de"}]}
        for n in range(3)
    ]  # fmt: skip
    cuts[1]["supervisions"] = [replaced(cuts[1]["supervisions"][0], "text", cousin)]  # type: ignore[index]
    data = "".join(f"{json.dumps(cut)}\n" for cut in ([] if cousin == "empty" else cuts))
    (root / "cuts.jsonl.gz").write_bytes(gzip.compress(data.encode()))


def kaldi(root: Path, cousin: str | None) -> None:
    recordings(root, [f"{n}.wav" for n in range(3)], voice, cousin)
    rows = [] if cousin == "empty" else [f"u{n} {n}.wav" for n in range(3)]
    text(root / "wav.scp", *rows)
    if cousin != "missing field":
        text(root / "text", *(f"u{n} ein satz" for n in range(3)), cousin=cousin)
    text(root / "utt2lang", *(f"u{n} de" for n in range(3)))


DE = {"languages": ("de",)}
NOTHING = "error:it holds no recordings"
CASES = {
    "mls": Case(shards("german/train-0.parquet", MLS, "transcript", mls_row), PARQUET, DE),
    "mls_eng": Case(shards("data/train-0.parquet", MLS, "transcript", mls_row), PARQUET),
    "fleurs": Case(shards("de_de/train-0.parquet", FLEURS, "transcription", fleurs_row), PARQUET, DE),
    "voxpopuli": Case(shards("de/train-0.parquet", VOX, "normalized_text", vox_row), PARQUET, DE),
    "esc50": Case(shards("data/train-0.parquet", ESC, "category", esc_row), PARQUET),
    "crema_d": Case(crema_shard, ("malformed", "error:is as expected", "format", NOTHING)),
    "emilia": Case(tars("Emilia/DE/0.tar", "text", emilia, voice), TARS, DE),
    "emilia_yodas": Case(tars("Emilia-YODAS/DE/0.tar", "speaker", emilia, voice), TARS, DE),
    "emolia": Case(tars("DE-0.tar.gz", "emotion_caption", emolia, voice, "w:gz"), TARS, DE),
    "audioset_grounded": Case(tars("0.tar", f"{GROUNDED}/caption", grounded, noise), TARS),
    "freesound_permissive": Case(tars("0.tar", "comprehensive_caption", freesound, noise), TARS),
    "ai_music": Case(tars("0.tar", f"{FLASH_20}/caption", ai_music, tune), TARS),
    "vocal_bursts": Case(tars("0.tar", f"{FLASH_25}/caption", ai_burst, noise), TARS),
    "fsd50k": Case(fsd50k, ("error:no column 'labels'", "malformed", "format", NOTHING)),
    "vocalsound": Case(
        vocalsound, ("error:no files such as", "error:cannot be read: 'utf-8'", "format", "error:no files such as")
    ),
    "tacos": Case(tacos, ("error:no column 'offset'", "malformed", "format", NOTHING)),
    "common_voice": Case(common_voice, ("error:no column 'sentence'", "error:is not UTF-8", "format", NOTHING)),
    "mtg_jamendo": Case(jamendo, ("error:expected the columns TRACK_ID", "error:is not UTF-8", "format", NOTHING)),
    "audiofolder": Case(audiofolder, ("error:no column 'file_name'", "malformed", "format", NOTHING)),
    "nemo": Case(nemo, ("malformed", "malformed", "format", NOTHING), DE),
    "lhotse": Case(lhotse, ("needs_transcription", "malformed", "format", NOTHING), DE),
    "kaldi": Case(kaldi, ("error:expected a Kaldi directory", "error:is not UTF-8", "format", NOTHING), DE),
}


def test_no_adapter_is_left_out() -> None:
    assert sorted(CASES) == sorted(ADAPTERS)


@pytest.mark.parametrize("name", CASES)
def test_the_layout_as_it_should_be(name: str, tmp_path: Path) -> None:
    """Otherwise a cousin might fail for another reason than the one that it stands for."""
    (tmp_path / "set").mkdir()
    CASES[name].write(tmp_path / "set", None)
    taken, bank = take(name, tmp_path / "set", **dict(CASES[name].options))
    assert (taken.rejections, len(bank)) == ((), 3)


@pytest.mark.parametrize("cousin", COUSINS)
@pytest.mark.parametrize("name", CASES)
def test_cousins(name: str, cousin: str, tmp_path: Path) -> None:
    case = CASES[name]
    outcome = case.outcomes[COUSINS.index(cousin)]
    (tmp_path / "set").mkdir()
    case.write(tmp_path / "set", cousin)
    if outcome.startswith("error:"):
        with pytest.raises(BankError) as caught:
            take(name, tmp_path / "set", **dict(case.options))
        assert outcome.removeprefix("error:") in str(caught.value)
        assert not (tmp_path / "home" / "banks" / "b").exists()
        return
    taken, bank = take(name, tmp_path / "set", **dict(case.options))
    assert list(reasons(taken).values()) == [outcome]
    assert taken.rejections[0].note
    assert len(sources(bank)) == 3
    assert len(bank.pool()) == 2
    assert verify_bank(bank).ok


# ------------------------------------------------------------------------------------- more that manifests may hold


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"offset": "0.5"}, "malformed"),
        ({"offset": -1.0}, "malformed"),
        ({"offset": 0.5, "duration": "2"}, "malformed"),
        ({"offset": None}, None),
        ({"audio_filepath": ["1.wav"]}, "missing"),
        ({"audio_filepath": None}, "malformed"),
        ({"speaker": {"id": 3}}, "malformed"),
        ({"lang": "klingon or so"}, "needs_language"),
    ],
)
def test_odd_values_in_a_nemo_manifest(odd: dict[str, Any], reason: str | None, tmp_path: Path) -> None:
    nemo(tmp_path, None)
    rows = [json.loads(line) for line in (tmp_path / "manifest.json").read_text().splitlines()]
    lines(tmp_path / "manifest.json", [rows[0], rows[1] | odd, rows[2]])
    assert list(reasons(take("nemo", tmp_path / "manifest.json")[0]).values()) == [reason] * (reason is not None)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"supervisions": ["x"]}, "malformed"),
        ({"supervisions": "x"}, "malformed"),
        ({"supervisions": []}, "malformed"),
        ({"recording": "r"}, "unsupported"),
        ({"recording": {"sources": [{"type": "url", "source": "https://x/y.wav"}]}}, "unsupported"),
        ({"start": "0"}, None),
    ],
)
def test_odd_values_in_lhotse_cuts(odd: dict[str, Any], reason: str | None, tmp_path: Path) -> None:
    lhotse(tmp_path, None)
    cuts = [json.loads(x) for x in gzip.decompress((tmp_path / "cuts.jsonl.gz").read_bytes()).splitlines()]
    # Words that cannot be timed are left out; the recording stays.
    cuts[0]["supervisions"][0]["alignment"] = {"word": [["ein", "0", 0.3], ["satz", 0.4, 0.4], "x", ["?", 1.0]]}
    data = "".join(f"{json.dumps(cut)}\n" for cut in (cuts[0], cuts[1] | odd, cuts[2]))
    (tmp_path / "cuts.jsonl.gz").write_bytes(gzip.compress(data.encode()))
    taken, bank = take("lhotse", tmp_path, languages=("de",))
    assert list(reasons(taken).values()) == [reason] * (reason is not None)
    assert [word.word for word in sources(bank)["s0"].words] == ["satz"]
