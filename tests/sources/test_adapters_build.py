"""Banks of several data sets build the shipped recipes, and an independent check of the build finds nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundscape.dataset.build import build, prepare
from soundscape.randomness import stream
from soundscape.verification.run import verify
from tests.sources.adapters_material import RATE, audio, encoded, noise, parquet, sources, take, tar, voice, write

MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}
WORDS = {
    "de": "ein kurzer satz mit wörtern", "es": "una frase corta con palabras", "fr": "une phrase courte avec des mots",
    "nl": "een korte zin met woorden", "en": "a short sentence of words", "zh": "一句话里有字",
}  # fmt: skip
PARTS = {"de": "german", "es": "spanish", "fr": "french", "nl": "dutch"}


def speech(folder: Path) -> None:
    """Six languages in two data sets, four speakers each with four utterances of three to five seconds."""
    for language, said in WORDS.items():
        rows = [
            (f"{language}-{s}-{u}", f"{language}{s}", said + " ja" * u, voice(f"{language}{s}{u}", 3.2 + 0.5 * u))
            for s in range(4)
            for u in range(4)
        ]
        if language in PARTS:
            mls = [
                {"audio": audio(x, f"{key}.flac"), "transcript": t, "speaker_id": who, "id": key}
                for key, who, t, x in rows
            ]
            parquet(folder / "mls" / PARTS[language] / "train-0.parquet", mls, MLS)
        else:
            told = {"language": language, "dnsmos": 3.1}
            emilia = {
                key: {"flac": encoded(x), "json": {"id": key, "text": t, "speaker": who, **told}}
                for key, who, t, x in rows
            }  # fmt: skip
            tar(folder / "emilia" / "Emilia" / language.upper() / "0.tar", emilia)


def sounds(folder: Path) -> None:
    steady = [0.05 * stream(3, "rain", n).standard_normal(12 * RATE) for n in range(4)]
    recordings = {f"e{n}": (f"a burst of noise, kind {'x' * n}", noise(f"effect{n}", 1.5)) for n in range(12)}
    recordings |= {f"b{n}": (f"steady rain on roof {'x' * n}", rain) for n, rain in enumerate(steady)}
    records = {}
    for key, (caption, x) in recordings.items():
        told = {"comprehensive_caption": caption, "freesound_id": key, "username": key, "attribution_required": False}
        records[key] = {"json": told, "flac": encoded(x)}
    tar(folder / "effects" / "0.tar", records)
    t = np.arange(20 * RATE) / RATE
    music = {
        f"m{n}": {"json": {"Flash 2.0 Annotation": {"caption": f"a humming chord {'x' * n}"}},
                  "flac": encoded(0.05 * sum(np.sin(2 * np.pi * f * (1 + 0.1 * n) * t) for f in (220.0, 277.2, 329.6)))}
        for n in range(3)
    }  # fmt: skip
    tar(folder / "music" / "0.tar", music)
    for n in range(6):
        write(folder / "bursts" / f"f{n:04d}_0_laughter.wav", noise(f"laugh{n}", 0.7))


@pytest.mark.slow
def test_banks_of_data_sets_build_the_shipped_recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    speech(tmp_path)
    sounds(tmp_path)
    take("mls", tmp_path / "mls", name="mls", languages=tuple(PARTS))
    take("mls", tmp_path / "mls", name="three", languages=("de", "es", "fr"))
    take("emilia", tmp_path / "emilia", name="emilia", languages=("en", "zh"))
    _, effects = take("freesound_permissive", tmp_path / "effects", name="effects")
    take("ai_music", tmp_path / "music", name="music", licence="CC0-1.0")
    take("vocalsound", tmp_path / "bursts", name="bursts")
    assert {key for key, source in sources(effects).items() if source.topic == "bed"} == {f"b{n}" for n in range(4)}
    # As many clips as it takes for every language to come up.
    for recipe, clips, speaking in (("soundscape_bench", 6, ("mls", "emilia")), ("dense_multilingual", 2, ("three",))):
        maker = prepare(recipe, banks=(*speaking, "effects", "music", "bursts"), seed=3)
        assert build(maker, tmp_path / recipe, clips=clips, jobs=1).clips == clips
        checked = verify(tmp_path / recipe)
        assert [str(finding) for finding in checked.findings] == []
        assert checked.counts["clips"] == clips
