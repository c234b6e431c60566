"""Captions cut from prose by the documented rules, and captions for a bank that is there already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape import files
from soundscape.errors import BankError, EnvironmentFault, UsageError
from soundscape.sources import index
from soundscape.sources.bank import Bank, open_bank
from soundscape.sources.captions import MOST_WORDS, derive_caption
from soundscape.sources.recaption import caption_bank
from soundscape.sources.table import TableError
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import RATE, noise, sources, take, write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("prose", "caption"),
    [
        ("A dog barks.", "A dog barks"),
        ("Dog", "Dog"),
        ('"Birds chirping in a forest"', "Birds chirping in a forest"),
        ("It is raining.", "It is raining"),
        ("The audio features a dog barking twice, with a long echo, in a large and empty hall. It stops.",
         "a dog barking twice, with a long echo"),
        ("**The audio clip primarily features** a high beep that repeats.", "a high beep that repeats"),
        ("In this recording, we can hear rain falling steadily on a tin roof while thunder rumbles over the hills.",
         "rain falling steadily on a tin roof"),
        ("It is. A bell rings (once) and fades.", "A bell rings and fades"),
        ("A cat meows loudly and repeatedly for food in the kitchen at night near its bowl.", "A cat meows loudly"),
        ("one two three four five six seven eight nine ten eleven of the thirteen – fourteen",
         "one two three four five six seven eight nine ten eleven"),
        ("A door – heavy and old and made of oak – creaks open in a long and empty corridor",
         "A door heavy and old and made of oak"),
        ("犬が吠えている。", None),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)  # fmt: skip
def test_captions_are_cut_by_rules(prose: str | None, caption: str | None) -> None:
    assert derive_caption(prose) == caption


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("abc ABC.,;:–()!?\"'*_\n and with the of while"), max_size=300))
def test_captions_are_short_and_add_no_word(prose: str) -> None:
    caption = derive_caption(prose)
    if caption is not None:
        assert 1 <= len(caption.split()) <= MOST_WORDS
        assert caption == caption.strip(" \t,;:–—-.!…。")
        # Letter for letter from the prose, in its order.
        letters = iter("".join(prose.split()))
        assert all(letter in letters for letter in "".join(caption.split()))


# ------------------------------------------------------------------------------------------------------- captions later


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """Five effects without captions, one of which is too short as well, and one speech recording."""
    folder = tmp_path / "set"
    rows = []
    for number in range(5):
        write(folder / f"{number}.wav", noise(f"r{number}", 0.02 if number == 4 else 1.0))
        rows.append({"file_name": f"{number}.wav", "type": "sound_event", "caption": "a hiss" if number == 0 else None})
    (folder / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return take("audiofolder", folder)[1]


def table(path: Path, rows: list[dict[str, Any]], kind: str = "csv") -> Path:
    frame, file = pl.DataFrame(rows), path / f"captions.{kind}"
    {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}[kind](file)
    return file


LONG = "The audio features a heavy wooden door that creaks open slowly, and then somebody closes it again with a bang."


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_sources_are_captioned_later(bank: Bank, tmp_path: Path, kind: str) -> None:
    audio = {path: path.read_bytes() for path in sorted(bank.root.rglob("*.wav"))}
    given = [
        {"key": "1.wav", "caption": "a long hiss", "caption_origin": None, "label": "hiss"},
        {"key": "2.wav", "caption": LONG, "caption_origin": "model", "label": None},
        {"key": "3.wav", "caption": "a man is speaking", "caption_origin": "human", "label": None},
        {"key": "4.wav", "caption": "a click", "caption_origin": "human", "label": None},
    ]
    done = caption_bank("b", table(tmp_path, given, kind))
    assert (done.captioned, done.usable, done.waiting) == (4, 2, 0)
    after = open_bank("b")
    found = sources(after)
    assert (found["1.wav"].caption, found["1.wav"].caption_origin, found["1.wav"].label) == (
        "a long hiss",
        "human",
        "hiss",
    )
    assert (found["2.wav"].caption, found["2.wav"].caption_origin) == (
        "a heavy wooden door that creaks open slowly",
        "model",
    )
    assert {key: source.rejected for key, source in found.items()} == {
        "0.wav": None, "1.wav": None, "2.wav": None, "3.wav": "speech_inside", "4.wav": "too_short",
    }  # fmt: skip
    provenance = index.read_provenance(after.folder).filter(pl.col("key") == "2.wav").to_dicts()[0]
    assert (provenance["prose"], provenance["faults"]) == (LONG, None)
    assert after.digest == done.info.digest != bank.digest
    assert {path: path.read_bytes() for path in audio} == audio
    assert verify_bank(after).findings == ()


def test_other_figures_stay(bank: Bank, tmp_path: Path) -> None:
    before = bank.frame
    caption_bank("b", table(tmp_path, [{"key": "1.wav", "caption": "a hiss"}]))
    changed = ["caption", "rejected", "note", "caption_origin"]
    assert open_bank("b").frame.drop(changed).equals(before.drop(changed))
    assert open_bank("b").info.rejected == bank.info.rejected - 1


def test_every_problem_of_the_table_is_told(bank: Bank, tmp_path: Path) -> None:
    rows = [
        {"key": "9.wav", "caption": "x", "caption_origin": ""},
        {"key": "1.wav", "caption": "", "caption_origin": ""},
        {"key": "2.wav", "caption": "a hiss", "caption_origin": "people"},
        {"key": "3.wav", "caption": "a hiss", "caption_origin": ""},
        {"key": "3.wav", "caption": "another", "caption_origin": ""},
    ]
    with pytest.raises(TableError) as caught:
        caption_bank("b", table(tmp_path, rows))
    assert [(p.row, p.column) for p in caught.value.problems] == [
        ("row 1", "key"), ("row 2", "caption"), ("row 3", "caption_origin"), ("row 5", "key"),
    ]  # fmt: skip
    assert "did you mean" in str(caught.value)
    assert open_bank("b").digest == bank.digest
    with pytest.raises(BankError, match="no column 'caption'; found key"):
        caption_bank("b", table(tmp_path, [{"key": "1.wav"}]))
    with pytest.raises(BankError, match="there is no such table"):
        caption_bank("b", tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="unknown bank 'c'"):
        caption_bank("c", tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="belongs to the bank that comes with the package"):
        caption_bank("embedded", tmp_path / "gone.csv")


@pytest.mark.parametrize("name", ["index-", index.INFO_FILE])
def test_captions_come_whole_or_not_at_all(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole = files.write_bytes

    def full(path: Path, data: bytes, **more: Any) -> None:
        if path.name.startswith(name):
            raise EnvironmentFault("no space left")
        whole(path, data, **more)

    given = table(tmp_path, [{"key": "1.wav", "caption": "a hiss"}])
    with monkeypatch.context() as patch:
        patch.setattr(files, "write_bytes", full)
        with pytest.raises(EnvironmentFault):
            caption_bank("b", given)
    assert open_bank("b").digest == bank.digest
    caption_bank("b", given)
    assert sources(open_bank("b"))["1.wav"].caption == "a hiss"
    # A second time: what the first one left behind is swept away, and whoever has the bank open is not disturbed.
    held = open_bank("b")
    caption_bank("b", table(tmp_path, [{"key": "1.wav", "caption": "another hiss"}]))
    assert len(list(held.folder.glob("index*.parquet"))) == 2
    assert len(held.load_audio(held.source(0))) == RATE


def test_speech_has_no_caption(tmp_path: Path) -> None:
    from tests.sources.adapters_material import voice

    folder = tmp_path / "speech"
    write(folder / "a.wav", voice("a"))
    row = {"file_name": "a.wav", "type": "speech", "transcription": "ein satz", "language": "de"}
    (folder / "metadata.jsonl").write_text(json.dumps(row))
    take("audiofolder", folder, name="s")
    assert soundfile.info(folder / "a.wav").samplerate == RATE
    with pytest.raises(TableError, match=r"'a\.wav' is speech, which has no caption"):
        caption_bank("s", table(tmp_path, [{"key": "a.wav", "caption": "a voice"}]))
