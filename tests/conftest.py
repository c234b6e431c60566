"""What the tests share: a small bank of invented recordings, made through the same door as a user's own."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.randomness import stream
from soundscape.sources.add import add_bank
from soundscape.sources.bank import Bank, open_bank

RATE = 24_000


def voice_like(name: str, seconds: float, f0: float) -> np.ndarray:
    """Harmonics under a syllable envelope: loud enough everywhere inside to be active, silent outside."""
    rng = stream(7, "test voice", name)
    t = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * f0 * k * t + 6.28 * rng.random()) / k for k in range(1, 20))
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * (3 + rng.random()) * t + 6.28 * rng.random())
    return np.asarray(0.2 * tone * envelope / np.max(np.abs(tone)))


def padded(x: np.ndarray, before: float, after: float) -> np.ndarray:
    return np.concatenate([np.zeros(round(before * RATE)), x, np.zeros(round(after * RATE))])


def _recordings() -> list[tuple[dict[str, str], np.ndarray]]:
    out: list[tuple[dict[str, str], np.ndarray]] = []
    rng = stream(7, "test bank")

    def add(path: str, x: np.ndarray, **fields: str) -> None:
        out.append(({"path": f"{path}.wav", "licence": "CC0-1.0", "attribution": "the tests", **fields}, x))

    for s in range(6):
        speaker, f0 = f"v{s}", 100.0 + 25.0 * s
        for language in (("de", "en"), ("en", "fr"), ("de", "fr"))[s % 3]:
            for u in range(6):
                name = f"speech/{language}-{speaker}-{u}"
                x = padded(voice_like(name, 2.1 + 2.0 * rng.random(), f0), 0.1, 0.3)
                add(name, x, type="speech", speaker=speaker, language=language, emotion="flat and even",
                    transcription=f"{language} words of {speaker} number {u}")  # fmt: skip
        for b in range(3):
            name = f"bursts/{speaker}-{b}"
            add(name, padded(voice_like(name, 0.5, 1.5 * f0), 0.05, 0.1), type="vocal_burst", speaker=speaker,
                label="laugh", caption="a short buzzing laugh")  # fmt: skip
    for e in range(12):
        t = np.arange(round((0.4 + 1.5 * rng.random()) * RATE)) / RATE
        x = 0.3 * np.sin(2 * np.pi * (400 + 170 * e) * t) * np.exp(-t * 2)
        add(f"effects/{e}", padded(x, 0.05, 0.2), type="sound_event", label=f"beep {e}", caption=f"a beep, kind {e}")
    for b in range(3):
        noise = 0.05 * rng.standard_normal(8 * RATE)
        add(f"beds/{b}", noise, type="sound_event", topic="bed", label=f"hiss {b}", caption=f"steady hiss, kind {b}")
    for m in range(4):
        t = np.arange(20 * RATE) / RATE
        x = 0.1 * sum(np.sin(2 * np.pi * f * (1 + 0.1 * m) * t) for f in (220.0, 277.2, 329.6))
        x *= 0.7 + 0.3 * np.sin(2 * np.pi * 0.5 * t)
        add(f"music/{m}", x, type="music", label="chord", caption=f"a humming chord, kind {m}")
    return out


@pytest.fixture(scope="session")
def small_bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank of 123 recordings: speech in three languages by six speakers, bursts, effects, beds and music."""
    folder = tmp_path_factory.mktemp("recordings")
    rows = _recordings()
    for fields, x in rows:
        path = folder / fields["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.rint(x * 32768).astype(np.int16), RATE)
    names = sorted({name for fields, _ in rows for name in fields})
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(fields for fields, _ in rows)
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSCAPE_HOME", str(home))
        added = add_bank("small", folder, folder / "table.csv", strict=True)
    return added.folder


@pytest.fixture(scope="session")
def small_bank(small_bank_folder: Path) -> Bank:
    return open_bank(small_bank_folder)


@pytest.fixture
def small_recipe() -> dict[str, object]:
    """A recipe that the small bank serves in a fraction of a second a scene."""
    return {
        "name": "small",
        "clips": 6,
        "duration": {"uniform": [8, 12]},
        "speech": {
            "languages_per_scene": 2, "speakers": 2, "coverage": {"uniform": [0.5, 0.7]},
            "overlap": {"uniform": [0.1, 0.25]},
        },
        "bursts": {"count": 1},
        "effects": {"count": {"integers": [1, 2]}, "loudness": {"choice": ["quiet", "moderate"]}},
        "background": {
            "kind": {"choice": ["music", "ambience", "silence"]}, "snr_db": {"uniform": [6, 12]}, "duck_db": -6,
        },
        "room": {
            "probability": 0.5, "rt60": {"uniform": [0.2, 0.5]}, "length": {"uniform": [4, 7]},
            "width": {"uniform": [3, 6]}, "height": {"uniform": [2.5, 3.5]},
        },
    }  # fmt: skip
