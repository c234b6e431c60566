from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from soundscape.dataset import fingerprints, splits
from soundscape.dataset.build import build, prepare
from soundscape.dataset.fingerprints import LEAST_FRAMES, alike, fingerprint, most_errors
from soundscape.dataset.leakage import leakage
from soundscape.errors import BuildError
from soundscape.randomness import stream
from soundscape.sources.add import add_bank
from soundscape.sources.audio import resample

Audio = tuple[NDArray[np.float32], int]
RATE = 24_000


def rattle(name: str, seconds: float) -> NDArray[np.float32]:
    """Bursts of noise of changing colour, as of something that is shaken: unlike any other of another name."""
    rng = stream(5, "rattle", name)
    out = np.zeros(round(seconds * RATE))
    at = 0
    while at < len(out) - 3000:
        length = int(rng.integers(800, 3000))
        t = np.arange(length) / RATE
        tone = np.sin(2 * np.pi * float(rng.uniform(300, 5000)) * t * (1 + float(rng.uniform(-0.5, 0.5)) * t))
        out[at : at + length] += (tone + 0.3 * rng.standard_normal(length)) * np.exp(-t * float(rng.uniform(10, 60)))
        at += int(rng.integers(1000, 4000))
    return (0.25 * out / np.abs(out).max()).astype(np.float32)


def through(kind: str, x: NDArray[np.float32]) -> Audio:
    data = io.BytesIO()
    if kind == "mp3":
        soundfile.write(data, x, RATE, format="MP3")
    else:
        with soundfile.SoundFile(data, "w", RATE, 1, format="OGG", subtype="VORBIS") as file:
            for start in range(0, len(x), 1 << 14):
                file.write(x[start : start + (1 << 14)])
    data.seek(0)
    found, rate = soundfile.read(data, dtype="float32")
    return found, rate


CHANGES: dict[str, Callable[[NDArray[np.float32]], Audio]] = {
    "quieter": lambda x: (0.1 * x, RATE),
    "another rate": lambda x: (resample(x, RATE, 16_000), 16_000),
    "mp3": lambda x: through("mp3", x),
    "vorbis": lambda x: through("vorbis", x),
    "cut out": lambda x: (x[len(x) // 4 + 101 : len(x) * 3 // 4], RATE),
    "noise at 20 dB": lambda x: (
        x + (np.sqrt(np.mean(x**2)) * 0.1 * stream(1, "noise").standard_normal(len(x))).astype(np.float32), RATE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(change: str) -> None:
    originals = {f"r{k}": rattle(f"r{k}", 2.5 + 0.2 * k) for k in range(12)}
    bits = {name: fingerprint(x, RATE) for name, x in originals.items()}
    copies = {f"{name} copy": fingerprint(*CHANGES[change](x)) for name, x in originals.items()}
    found = list(alike(bits, copies))
    assert [(x.a, x.b) for x in found] == [(name, f"{name} copy") for name in sorted(originals)]
    for x in found:
        assert 1.0 < x.seconds < 5.0
        assert x.errors <= most_errors(LEAST_FRAMES * 10)


def test_unlike_sounds_of_one_kind_are_not_found() -> None:
    a = {f"a{k}": fingerprint(rattle(f"a{k}", 4.0), RATE) for k in range(25)}
    b = {f"b{k}": fingerprint(rattle(f"b{k}", 4.0), RATE) for k in range(25)}
    assert list(alike(a, b)) == []


def test_silence_and_steady_sounds_are_like_nothing() -> None:
    t = np.arange(4 * RATE) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    clicks = np.zeros(4 * RATE, np.float32)
    clicks[:: RATE // 2] = 0.5
    other = np.roll(clicks, 3000)
    a = {"tone": fingerprint(tone, RATE), "clicks": fingerprint(clicks, RATE)}
    b = {"louder": fingerprint(2 * tone, RATE), "others": fingerprint(rattle("x", 4.0), RATE)}
    assert [x for x in alike(a, b) if x.b == "others"] == []
    assert fingerprint(np.zeros(100, np.float32), RATE).size == 0
    assert list(alike({"clicks": a["clicks"]}, {"rattle": fingerprint(rattle("y", 4.0) + other, RATE)})) == []


def test_what_is_too_short_is_not_judged() -> None:
    x = rattle("short", 0.35)
    assert list(alike({"a": fingerprint(x, RATE)}, {"b": fingerprint(x, RATE)})) == []
    assert list(alike({}, {})) == []


def test_bits_are_the_signs_of_changing_slopes() -> None:
    """Against the definition, in loops."""
    x = rattle("slow", 1.0)
    y = resample(x, RATE, fingerprints.RATE)
    edges = np.geomspace(200.0, 7000.0, 18)
    bins = np.arange(1025) * 16_000 / 2048
    found = fingerprint(x, RATE)
    energies = []
    for n in range(1 + (len(y) - 2048) // 256):
        power = np.abs(np.fft.rfft(y[256 * n : 256 * n + 2048] * fingerprints._WINDOW)) ** 2
        energies.append([power[(bins >= a) & (bins < b)].sum() for a, b in itertools.pairwise(edges)])
    assert len(found) == len(energies) - 1
    wrong = 0
    for n, number in enumerate(found.tolist()):
        for m in range(16):
            change = (energies[n + 1][m] - energies[n + 1][m + 1]) - (energies[n][m] - energies[n][m + 1])
            wrong += (number >> m & 1) != (change > 0)
    assert wrong <= 2


def write_bank(folder: Path, name: str, sounds: dict[str, Audio], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bank of sound effects and music that a recipe without speech can use."""
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(folder / "home"))
    own = folder / name
    own.mkdir(parents=True)
    with (own / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["path", "type", "label", "caption", "licence"])
        writer.writeheader()
        for key, (x, rate) in sounds.items():
            soundfile.write(own / f"{key}.wav", np.rint(x * 32767).astype(np.int16), rate)
            caption = f"a rattle called {key}"
            writer.writerow(
                {"path": f"{key}.wav", "type": "sound_event", "label": key, "caption": caption, "licence": "CC0-1.0"}
            )
    return add_bank(name, own, own / "table.csv", strict=True).folder


RATTLES: dict[str, Any] = {
    "name": "rattles", "clips": 6, "duration": 12, "speech": {"speakers": 0},
    "effects": {"count": 3, "duration": [1, 8]}, "background": {"kind": "silence"},
}  # fmt: skip


def test_copies_in_another_bank_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sounds = {f"r{k}": (rattle(f"r{k}", 3.0), RATE) for k in range(8)}
    copied = {f"c{k}": CHANGES["another rate"](0.5 * sounds[f"r{k}"][0]) for k in range(4)}
    others = {f"d{k}": (rattle(f"d{k}", 3.0), RATE) for k in range(4)}
    same = {"twin": sounds["r7"]}
    one = write_bank(tmp_path, "one", sounds, monkeypatch)
    two = write_bank(tmp_path, "two", {**copied, **others, **same}, monkeypatch)
    build(prepare(RATTLES, banks=(str(one),)), tmp_path / "a", jobs=1)
    build(prepare(RATTLES, banks=(str(two),)), tmp_path / "b", jobs=1)
    found = leakage(tmp_path / "a", tmp_path / "b", banks=(str(one), str(two)))
    assert found.recordings == (("one:r7.wav", "two:twin.wav"),)
    assert [(x.a, x.b) for x in found.near] == [(f"one:r{k}.wav", f"two:c{k}.wav") for k in range(4)]
    assert (found.groups, found.rooms, found.drawable, found.sources) == ((), (), 0, (8, 9))
    assert not found.clean
    deaf = leakage(tmp_path / "a", tmp_path / "b", banks=(str(one), str(two)), listen=False)
    assert (deaf.near, deaf.listened) == ((), False)


@pytest.fixture(scope="module")
def builds(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two splits of one family, and one build that draws from everything."""
    recipe = {
        "name": "small", "clips": 8, "duration": {"uniform": [8, 12]},
        "speech": {"languages_per_scene": 1, "speakers": 1, "coverage": 0.5},
        "bursts": {"count": 1}, "effects": {"count": 2, "loudness": "quiet"},
        "background": {"kind": {"choice": ["music", "ambience"]}, "snr_db": 8},
        "room": {"probability": 1.0, "rt60": {"uniform": [0.2, 0.5]}, "length": {"uniform": [4, 7]}},
    }  # fmt: skip
    halves = splits.parse("a=1,b=1")
    top = tmp_path_factory.mktemp("builds")
    for name, family in (("a", halves), ("b", halves), ("everything", None)):
        maker = prepare(recipe, banks=(str(small_bank_folder),), split=name, splits=family)
        build(maker, top / name, jobs=1)
    return {name: top / name for name in ("a", "b", "everything")}


def test_splits_of_one_family_share_nothing(builds: dict[str, Path], small_bank_folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    found = leakage(
        builds["a"], builds["b"], banks=(str(small_bank_folder),), progress=lambda n, of: steps.append((n, of))
    )
    assert (found.groups, found.recordings, found.rooms, found.drawable) == ((), (), (), 0)
    assert min(found.sources) > 10
    assert steps[-1] == (sum(found.sources), sum(found.sources))


def test_a_build_that_draws_from_everything_shares_groups_and_recordings(
    builds: dict[str, Path], small_bank_folder: Path
) -> None:
    found = leakage(builds["a"], builds["everything"], banks=(str(small_bank_folder),), listen=False)
    assert found.groups
    assert all(name.startswith("small:") for name in found.groups)
    assert found.recordings
    assert all(a == b for a, b in found.recordings)
    assert found.drawable >= len(found.groups)
    assert not found.clean
    # The whole contains what the half has: every drawable group of it is drawable here.
    whole = leakage(builds["everything"], builds["everything"], banks=(str(small_bank_folder),), listen=False)
    assert whole.drawable > found.drawable
    assert len(whole.rooms) == 8


def test_without_plans_there_is_nothing_to_tell_from(
    builds: dict[str, Path], small_bank_folder: Path, tmp_path: Path
) -> None:
    lock = (builds["a"] / "soundscape.lock.json").read_bytes()
    (tmp_path / "soundscape.lock.json").write_bytes(lock)
    with pytest.raises(BuildError, match=r"plans.a\.jsonl: no such file"):
        leakage(tmp_path, tmp_path, banks=(str(small_bank_folder),))
