"""What scenes are drawn from banks of data sets: people whom nobody knows, and two tracks of speech."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from soundscape.dataset.build import prepare
from soundscape.errors import RecipeError
from soundscape.sources.bankset import open_banks
from soundscape.sources.identity import is_unknown
from tests.sources.adapters_material import audio, parquet, take, voice

FLEURS = {"id": "int", "path": "text", "audio": "audio", "transcription": "text", "gender": ["male", "female", "other"],
          "lang_id": ["de_de", "fr_fr"]}  # fmt: skip
MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}
PARTS = {"de": "german", "fr": "french", "nl": "dutch"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))


def fleurs(folder: Path) -> None:
    """German and French, twelve recordings each; who reads is not said."""
    for number, (language, name) in enumerate((("de", "de_de"), ("fr", "fr_fr"))):
        rows = [
            {"id": n, "path": f"/x/{language}{n}.wav", "audio": audio(voice(f"{language}{n}", 3.0), f"{n}.wav", "WAV"),
             "transcription": f"ein satz {'x' * n}", "gender": n % 2, "lang_id": number}
            for n in range(12)
        ]  # fmt: skip
        parquet(folder / name / "train-0.parquet", rows, FLEURS)


def mls(folder: Path, readers: int = 3) -> None:
    for language, name in PARTS.items():
        rows = [
            {"audio": audio(voice(f"mls{language}{s}{n}", 3.0), f"{n}.flac"), "transcript": f"wort {'y' * (6 * s + n)}",
             "speaker_id": f"{language}{s}", "id": f"{language}-{s}-{n}"}
            for s in range(readers)
            for n in range(6)
        ]  # fmt: skip
        parquet(folder / name / "train-0.parquet", rows, MLS)


def talk(banks: tuple[str, ...], count: int, **speech: Any) -> list[list[tuple[str, str, bool, str]]]:
    """Return what is said in scenes: by whom (for bank and scene), with an emotion or not, in what language."""
    tolerance = {"languages": 9} if speech.get("emotional") else {}
    maker = prepare({"name": "talk", "duration": 30, "speech": speech, "tolerance": tolerance}, banks=banks, seed=2)
    sources = open_banks(banks)
    scenes = []
    for index in range(count):
        events = maker.plan(index).events
        found = [(event, sources.source(sources.row(event.source_id))) for event in events]
        scenes.append([(str(s.speaker), str(e.speaker_id), s.emotion is not None, str(s.language)) for e, s in found])
    return scenes


def test_two_recordings_of_nobody_knows_whom_are_never_called_two_people(tmp_path: Path) -> None:
    fleurs(tmp_path / "fleurs")
    mls(tmp_path / "mls")
    take("fleurs", tmp_path / "fleurs", name="fleurs", languages=("de", "fr"))
    take("mls", tmp_path / "mls", name="mls", languages=tuple(PARTS))
    # Alone, it gives scenes of one voice of each language, who says one thing.
    for scene in talk(("fleurs",), 12, speakers=2, turns=2, languages_per_scene=2):
        assert sorted(language for *_, language in scene) == ["de", "fr"]
        assert all(is_unknown(speaker) for speaker, *_ in scene)
        assert len({label for _, label, *_ in scene}) == 2
    with pytest.raises(RecipeError, match=r"of de|of fr") as caught:
        talk(("fleurs",), 1, speakers=2, turns=2)
    assert "beside 12 voices that nobody knows, of which a scene has one at most" in str(caught.value)
    with pytest.raises(RecipeError, match="attempts"):
        talk(("fleurs",), 1, speakers=1, turns=3)
    # Beside people who are known, it is heard where it is enough, and never twice in a scene.
    heard: Counter[str] = Counter()
    for speech in ({"speakers": 1, "turns": 1}, {"speakers": 2, "turns": 4, "overlap": 0.1}):
        for scene in talk(("fleurs", "mls"), 40, **speech):
            unknown = [(speaker, language) for speaker, _, _, language in scene if is_unknown(speaker)]
            assert len({language for _, language in unknown}) == len(unknown)
            heard["unknown" if unknown else "known"] += 1
            assert len({speaker for speaker, *_ in scene}) == len({label for _, label, *_ in scene})
    assert heard["unknown"] >= 15
    assert heard["known"] >= 45


def test_two_tracks_of_speech(tmp_path: Path) -> None:
    """Languages evenly on one half of the speakers, acted emotions on the other."""
    mls(tmp_path / "mls", readers=4)
    sentences = ("DFA", "IEO", "IOM", "ITH", "ITS", "IWL")
    names = [f"10{actor:02d}_{sentence}_ANG_XX.wav" for actor in range(6) for sentence in sentences]
    rows = [{"audio": audio(voice(name, 3.0), name, "WAV"), "Age": "31"} for name in names]
    parquet(tmp_path / "crema" / "data" / "train-0.parquet", rows, {"audio": "audio", "Age": "text"})
    take("mls", tmp_path / "mls", name="mls", languages=tuple(PARTS))
    _, bank = take("crema_d", tmp_path / "crema", name="crema")
    assert len(bank.pool(type="speech", emotional=True)) == len(bank.pool()) == 36
    together = open_banks(("mls", "crema"))
    assert together.languages() == ("de", "en", "fr", "nl")
    assert together.languages(emotional=True) == ("en",)
    assert len(together.speakers("en", emotional=True)) == 6
    assert together.speakers("de", emotional=True) == ()
    scenes = talk(("mls", "crema"), 90, speakers=2, turns=2, languages=["de", "fr", "nl", "en"], emotional=0.5)
    spoken = Counter((language, felt) for scene in scenes for _, _, felt, language in scene)
    # Of the even half a quarter is English, and all English here is emotional.
    assert spoken["en", True] == pytest.approx(90 + 90 / 4, abs=4)
    assert {spoken[language, False] for language in ("de", "fr", "nl")} <= {20, 21, 22, 23, 24, 25}
    assert all(any(felt for _, _, felt, _ in scene) for scene in scenes)
