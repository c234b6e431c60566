"""Opened banks, alone and joined: pools, sources, filters, audio, and what happens when the ground moves."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.errors import BankError, UsageError
from soundscape.records import Source
from soundscape.sources import bank as bank_module
from soundscape.sources import places
from soundscape.sources.add import add_bank
from soundscape.sources.bank import Bank, open_bank
from soundscape.sources.bankset import BankSet, open_banks
from soundscape.sources.summary import summarise

RATE = 16_000
TABLE = """path,type,caption,transcription,language,speaker,label,topic,licence,group
anna 1.wav,speech,,guten Tag,de,anna,,home,CC BY 4.0,
anna2.wav,speech,,good day,en,anna,,,CC BY-NC 4.0,
bert.wav,speech,,na so was,de,bert,,home,CC0,
laugh.wav,vocal_burst,a warm chuckle,,,anna,chuckle,,CC0,
rain.wav,sound_event,steady rain on a tin roof,,,,rain,bed,unknown,storm
thunder.wav,sound_event,a long roll of thunder,,,,thunder,,CC0,storm
uncaptioned.wav,music,,,,,,,CC0,
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    lines = TABLE.splitlines()[1:]
    for number, line in enumerate(lines):
        tone = 0.2 * np.sin(2 * np.pi * (300 + 100 * number) * np.arange(RATE // 2) / RATE)
        soundfile.write(folder / line.split(",")[0], tone, RATE)
    (folder / "table.csv").write_text(TABLE)
    return folder


@pytest.fixture
def bank(recordings: Path) -> Bank:
    add_bank("mine", recordings, recordings / "table.csv")
    return open_bank("mine")


def keys(bank: Bank | BankSet, rows: object) -> list[str]:
    return [bank.source(row).key for row in rows]  # type: ignore[attr-defined]


def test_rows_are_in_the_order_of_keys_whatever_the_table_says(bank: Bank, recordings: Path) -> None:
    assert keys(bank, range(len(bank))) == sorted(line.split(",")[0] for line in TABLE.splitlines()[1:])
    header, *lines = TABLE.splitlines()
    (recordings / "other.csv").write_text("\n".join([header, *reversed(lines)]))
    again = add_bank("again", recordings, recordings / "other.csv")
    assert again.info.digest != bank.digest  # the data set is called after the bank
    text = (recordings / "other.csv").read_text()
    (recordings / "third.csv").write_text("\n".join(
        f"{line},{'dataset' if i == 0 else 'mine'}" for i, line in enumerate(text.splitlines())
    ))  # fmt: skip
    assert add_bank("third", recordings, recordings / "third.csv").info.digest == bank.digest


def test_pools(bank: Bank) -> None:
    assert keys(bank, bank.pool(type="speech")) == ["anna 1.wav", "anna2.wav", "bert.wav"]
    assert keys(bank, bank.pool(type="speech", language="de")) == ["anna 1.wav", "bert.wav"]
    assert keys(bank, bank.pool(type="speech", language="de", speaker="anna")) == ["anna 1.wav"]
    assert keys(bank, bank.pool(type="vocal_burst", speaker="anna")) == ["laugh.wav"]
    assert keys(bank, bank.pool(type="sound_event", topic="bed")) == ["rain.wav"]
    assert keys(bank, bank.pool(type="sound_event", label="thunder")) == ["thunder.wav"]
    assert list(bank.pool(type="speech", language="fr")) == []
    assert len(bank.pool()) == 6
    assert bank.languages() == ("de", "en")
    assert bank.speakers("de") == ("anna", "bert")
    assert bank.speakers("fr") == ()


def test_rejected_sources_are_in_no_pool_but_are_there(bank: Bank) -> None:
    row = bank.row("mine:uncaptioned.wav")
    assert bank.source(row).rejected == "needs_caption"
    assert row not in bank.pool()
    assert list(bank.pool(type="music")) == []


def test_a_source_says_what_the_table_and_the_recording_say(bank: Bank, recordings: Path) -> None:
    source = bank.source(bank.row("mine:anna 1.wav"))
    assert isinstance(source, Source)
    assert (source.source_id, source.bank, source.dataset) == ("mine:anna 1.wav", "mine", "mine")
    assert (source.transcription, source.language, source.speaker, source.group) == ("guten Tag", "de", "anna", "anna")
    assert (source.licence, source.caption, source.caption_origin) == ("CC-BY-4.0", None, "human")
    assert (source.sample_rate, source.frames, source.channels, source.duration) == (RATE, RATE // 2, 1, 0.5)
    assert bank.path(source) == recordings / "anna 1.wav"
    expected, _ = soundfile.read(recordings / "anna 1.wav", dtype="float32")
    assert np.array_equal(bank.load_audio(source), expected)


def test_rows_and_ids_belong_together(bank: Bank) -> None:
    for row in range(len(bank)):
        assert bank.row(bank.source(row).source_id) == row
    for wrong in ("mine:none.wav", "other:bert.wav", "mine:zzz", "bert.wav"):
        with pytest.raises(BankError, match="has no source"):
            bank.row(wrong)
    for wrong_row in (-1, len(bank)):
        with pytest.raises(IndexError):
            bank.source(wrong_row)


def test_licence_policies_filter_every_pool(bank: Bank) -> None:
    commercial = bank.filtered(policy="commercial")
    assert keys(commercial, commercial.pool()) == ["anna 1.wav", "bert.wav", "laugh.wav", "thunder.wav"]
    assert commercial.languages() == ("de",)
    assert keys(bank, bank.filtered(policy="research").pool(type="speech")) == ["anna 1.wav", "anna2.wav", "bert.wav"]
    assert commercial.digest == bank.digest
    assert commercial.row("mine:rain.wav") == bank.row("mine:rain.wav")


def test_groups_can_be_kept_apart(bank: Bank) -> None:
    storm = bank.filtered(keep=lambda group: group == "storm")
    rest = bank.filtered(keep=lambda group: group != "storm")
    assert keys(storm, storm.pool()) == ["rain.wav", "thunder.wav"]
    assert sorted([*storm.pool(), *rest.pool()]) == list(bank.pool())


def test_the_frame_holds_every_column_for_other_rooms(bank: Bank) -> None:
    assert bank.frame["transcription"].to_list()[0] == "guten Tag"
    assert len(bank.frame["pcm_sha256"].unique()) == len(bank)


def keep_storm(group: str) -> bool:
    return group.endswith("storm")


def test_banks_are_sent_to_workers_by_their_place(bank: Bank) -> None:
    sent = pickle.dumps(bank.filtered(policy="commercial"))
    assert len(sent) < 1000
    again = pickle.loads(sent)
    assert (again.digest, again.policy, list(again.pool())) == (
        bank.digest,
        "commercial",
        list(bank.filtered(policy="commercial").pool()),
    )


def test_a_bank_that_was_replaced_meanwhile_is_noticed(bank: Bank, recordings: Path) -> None:
    sent = pickle.dumps(bank)
    (recordings / "table.csv").write_text("\n".join(TABLE.splitlines()[:3]))
    add_bank("mine", recordings, recordings / "table.csv", replace=True)
    with pytest.raises(BankError, match="was replaced"):
        pickle.loads(sent)
    assert len([bank.source(row) for row in range(len(bank))]) == 7


@pytest.mark.parametrize("how", ["changed", "gone", "cut"])
def test_a_recording_that_changed_is_noticed(bank: Bank, recordings: Path, how: str) -> None:
    source = bank.source(bank.row("mine:bert.wav"))
    path = recordings / "bert.wav"
    if how == "changed":
        soundfile.write(path, 0.1 * np.ones(source.frames), RATE)
    elif how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BankError, match=r"bert\.wav") as caught:
        bank.load_audio(source)
    assert "bank verify mine" in str(caught.value)
    assert "--replace" in str(caught.value)


def test_a_decoder_that_differs_is_told_from_a_file_that_changed(
    bank: Bank, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = bank.source(bank.row("mine:bert.wav"))
    original = bank_module.decode_as_stored

    def other(path: Path) -> tuple[np.ndarray, int]:
        samples, rate = original(path)
        return samples + samples.dtype.type(1), rate

    monkeypatch.setattr(bank_module, "decode_as_stored", other)
    with pytest.raises(BankError, match="decodes differently here"):
        bank.load_audio(source)


@pytest.mark.parametrize("path", ["../secret.wav", "/etc/passwd", "a/../../b.wav"])
def test_an_index_cannot_reach_out_of_its_folder(bank: Bank, path: str) -> None:
    import dataclasses

    source = dataclasses.replace(bank.source(0), path=path)
    with pytest.raises(BankError, match="leaves the bank's folder"):
        bank.load_audio(source)


def test_a_rewritten_container_with_the_same_samples_is_the_same_recording(bank: Bank, recordings: Path) -> None:
    source = bank.source(bank.row("mine:bert.wav"))
    samples, _ = soundfile.read(recordings / "bert.wav", dtype="int16")
    soundfile.write(recordings / "bert.wav", samples, RATE, format="FLAC")
    assert len(bank.load_audio(source)) == source.frames


# ----------------------------------------------------------------------------------------------------- names and places


def test_opening_by_name_by_folder_and_what_is_neither(bank: Bank, home: Path, tmp_path: Path) -> None:
    assert bank.folder == home / "banks" / "mine"
    assert open_bank(bank.folder).digest == bank.digest
    assert open_bank(str(bank.folder)).digest == bank.digest
    assert bank_module.bank_names() == ("embedded", "mine")
    with pytest.raises(UsageError, match="unknown bank 'mina'; did you mean 'mine'"):
        open_bank("mina")
    with pytest.raises(BankError, match="is no bank"):
        open_bank(tmp_path / "recordings")


def test_a_bank_can_be_moved_as_a_folder(bank: Bank, tmp_path: Path) -> None:
    shutil.move(bank.folder, tmp_path / "moved")
    moved = open_bank(tmp_path / "moved")
    assert len(moved.load_audio(moved.source(0))) == RATE // 2


def test_without_home_the_platform_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOUNDSCAPE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    assert tmp_path in places.banks_folder().parents
    assert tmp_path in places.cache_folder().parents


@pytest.mark.parametrize("name", ["", "Mine", "../x", "a b", ".hidden", "x" * 65, "embedded", "-x"])
def test_names_that_no_bank_may_take(name: str) -> None:
    with pytest.raises(UsageError):
        places.bank_folder(name)


# --------------------------------------------------------------------------------------------------------------- joined


@pytest.fixture
def both(bank: Bank, recordings: Path) -> BankSet:
    header, *lines = TABLE.splitlines()
    kept = [line for line in lines if "anna" in line or "rain" in line]
    (recordings / "half.csv").write_text("\n".join([header, *kept]))
    add_bank("half", recordings, recordings / "half.csv")
    joined = open_banks(["mine", "half"])
    assert isinstance(joined, BankSet)
    return joined


def test_joined_banks_answer_as_one(both: BankSet, bank: Bank) -> None:
    assert both.digests.keys() == {"half", "mine"}
    assert both.digests["mine"] == bank.digest
    ids = [both.source(row).source_id for row in range(len(both))]
    assert len(set(ids)) == len(ids) == len(bank) + 4
    assert [both.row(source_id) for source_id in ids] == list(range(len(both)))
    speech = [both.source(row).source_id for row in both.pool(type="speech", language="de")]
    assert speech == ["half:anna 1.wav", "mine:anna 1.wav", "mine:bert.wav"]
    assert both.languages() == ("de", "en")
    with pytest.raises(IndexError):
        both.source(len(both))
    assert len(both.load_audio(both.source(0))) == RATE // 2


def test_people_of_the_same_name_in_two_banks_are_two(both: BankSet) -> None:
    assert both.speakers("de") == ("half:anna", "mine:anna", "mine:bert")
    rows = both.pool(type="speech", speaker="mine:anna")
    assert [both.source(row).source_id for row in rows] == ["mine:anna 1.wav", "mine:anna2.wav"]
    assert {both.source(row).speaker for row in rows} == {"mine:anna"}
    assert {both.source(row).group for row in rows} == {"mine:anna"}
    assert list(both.pool(speaker="anna")) == []


def test_order_of_the_banks_does_not_matter(both: BankSet) -> None:
    turned = open_banks(["half", "mine"])
    assert [turned.source(row) for row in range(len(turned))] == [both.source(row) for row in range(len(both))]


def test_joined_banks_filter_and_travel(both: BankSet) -> None:
    kept = pickle.loads(pickle.dumps(both.filtered(policy="any", keep=keep_storm)))
    assert [kept.source(row).source_id for row in kept.pool()] == ["half:rain.wav", "mine:rain.wav", "mine:thunder.wav"]


def test_joining_refuses_what_it_cannot_tell_apart(both: BankSet, bank: Bank) -> None:
    with pytest.raises(UsageError, match="given twice"):
        BankSet([bank, bank])
    with pytest.raises(UsageError, match="no bank"):
        open_banks([])
    with pytest.raises(BankError, match="--bank other"):
        both.row("other:x")


def test_one_bank_is_opened_as_itself(bank: Bank) -> None:
    assert isinstance(open_banks(["mine"]), Bank)


# -------------------------------------------------------------------------------------------------------------- summary


def test_summary(bank: Bank) -> None:
    summary = summarise(bank)
    assert (summary.count, summary.usable, summary.hours) == (7, 6, round(3.5 / 3600, 4))
    assert [(s.value, s.sources, s.speakers) for s in summary.languages] == [("de", 2, 2), ("en", 1, 1)]
    assert [(s.value, s.sources) for s in summary.rejected] == [("needs_caption", 1)]
    assert {s.value: s.sources for s in summary.licences}["unknown"] == 1
    assert summary.digest == bank.digest
