"""The speech engine: the same samples always, no process left behind, a clear error whatever goes wrong."""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from soundscape.errors import EnvironmentFault
from soundscape.sources.embedded.espeak import RATE, Engine, Spoken, Utterance, speak_all
from soundscape.sources.embedded.voices import LANGUAGES, variant_files

UTTERANCES = [
    Utterance(text="The little boat came back before the storm.", voice="en", variant="spk04", volume=40),
    Utterance(text="Бабушка испекла пирог с яблоками.", voice="ru", variant="spk17-whisper", volume=40, seed=7),
    Utterance(text="Wer hat das Fenster offen gelassen?", voice="de", volume=40, rate=210, pitch=70),
    Utterance(text="[[h@h'a:h@h'a:]]", voice="en", variant="spk14", volume=40, phonemes=True),
    Utterance(text="阳台上的花开了。", voice="cmn", variant="spk18", volume=40),
]


def digests(spoken: Iterable[Spoken]) -> list[str]:
    return [hashlib.sha256(s.samples.tobytes() + repr(s.words).encode()).hexdigest() for s in spoken]


def gone(pid: int, patience: float = 10.0) -> bool:
    """Whether no process has this id (a zombie of another parent counts as gone), within ``patience`` seconds."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def engine() -> Iterable[Engine]:
    with Engine() as running:
        yield running


@pytest.fixture(scope="module")
def expected(engine: Engine) -> list[str]:
    return digests(engine.speak_all(UTTERANCES))


def test_order_does_not_matter(engine: Engine, expected: list[str]) -> None:
    assert len(set(expected)) == len(UTTERANCES)
    assert digests(engine.speak_all(UTTERANCES[::-1])) == expected[::-1]
    assert [digests([engine.speak(u)])[0] for u in (*UTTERANCES, *UTTERANCES)] == expected * 2


def test_worker_does_not_matter(expected: list[str]) -> None:
    assert digests(speak_all(UTTERANCES)) == expected


def test_seed_changes_noise_only(engine: Engine) -> None:
    first, second = engine.speak_all(
        Utterance(text="She sells six thick socks.", voice="en", variant="spk01-whisper", seed=s) for s in (1, 2)
    )
    assert not np.array_equal(first.samples, second.samples)
    assert first.words == second.words


def test_words_are_in_order_and_name_the_text(engine: Engine) -> None:
    utterance = UTTERANCES[0]
    spoken = engine.speak(utterance)
    assert [utterance.text[at : at + n] for at, n, _ in spoken.words] == utterance.text.rstrip(".").split()
    times = [time for _, _, time in spoken.words]
    assert times == sorted(times)
    assert 0.0 <= times[0] < times[-1] < len(spoken.samples) / RATE
    assert spoken.samples.dtype == np.int16
    assert 3000 < np.abs(spoken.samples.astype(int)).max() < 32767


def test_every_language_has_its_voice(engine: Engine) -> None:
    heard = engine.speak_all(Utterance(text="1 2 3", voice=language.voice) for language in LANGUAGES.values())
    assert all(len(spoken.samples) > RATE // 2 for spoken in heard)


def test_every_variant_differs(engine: Engine) -> None:
    heard = digests(engine.speak_all(Utterance(text="Anna", voice="it", variant=name) for name in variant_files()))
    assert len(set(heard)) == len(variant_files()) == 72


@pytest.mark.parametrize("voice", ["en-gb", "zh", "fr-fr", "no", "nonsense", "../en"])
def test_a_voice_that_would_fall_back_is_refused(engine: Engine, voice: str) -> None:
    with pytest.raises(EnvironmentFault, match="has no voice"):
        engine.speak(Utterance(text="Hello.", voice=voice))


def test_an_error_leaves_the_engine_usable(engine: Engine, expected: list[str]) -> None:
    wrong = Utterance(text="Hello.", voice="nonsense")
    with pytest.raises(EnvironmentFault, match="nonsense"):
        list(engine.speak_all([UTTERANCES[0], wrong, *UTTERANCES]))
    with pytest.raises(ValueError, match="no speaker variant 'spk99'"):
        list(engine.speak_all([*UTTERANCES, Utterance(text="Hello.", voice="en", variant="spk99")]))
    next(engine.speak_all(UTTERANCES))  # abandoned with answers under way
    assert digests(engine.speak_all(UTTERANCES)) == expected


@pytest.mark.parametrize("field", [{"rate": 79}, {"rate": 451}, {"pitch": -1}, {"pitch_range": 101}, {"volume": 150}])
def test_parameters_out_of_range_are_refused(field: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(field))):
        Utterance(text="Hello.", voice="en", **field)


def test_a_long_text_passes(engine: Engine) -> None:
    text = "It was raining on the harbour. " * 700  # more than a pipe holds, in the request and in the answer
    spoken = engine.speak(Utterance(text=text, voice="en", rate=450))
    assert len(spoken.words) > 3000


def test_a_killed_worker_is_an_error_and_not_a_hang() -> None:
    with Engine() as engine:
        speech = engine.speak_all(UTTERANCES * 3)
        next(speech)
        os.kill(engine._process.pid, signal.SIGKILL)
        with pytest.raises(EnvironmentFault, match=r"worker process has ended \(signal 9\)"):
            list(speech)
        with pytest.raises(EnvironmentFault, match="signal 9"):
            engine.speak(UTTERANCES[0])


def test_missing_package_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "espeakng_loader.py").write_text("raise ModuleNotFoundError(\"No module named 'espeakng_loader'\")\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(EnvironmentFault) as caught:
        Engine()
    assert "espeakng-loader, which is missing" in caught.value.message
    assert caught.value.hint == "pip install espeakng-loader"


@pytest.mark.skipif(sys.platform != "linux", reason="the stand-in library is libc by its Linux name")
def test_a_broken_library_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    (data / "lang").mkdir(parents=True)
    library = ctypes.util.find_library("c")
    (tmp_path / "espeakng_loader.py").write_text(
        f"def get_library_path(): return {library!r}\ndef get_data_path(): return {str(data)!r}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(EnvironmentFault, match=r"worker process has ended \(exit code 1\): .*espeak_"):
        Engine()


def test_the_library_stays_out_of_its_users_process() -> None:
    # In a process of its own: other tests may have loaded it here.
    code = """
import sys
from pathlib import Path
from soundscape.sources.embedded.espeak import Engine, Utterance
with Engine() as engine:
    engine.speak(Utterance(text="Hello.", voice="en"))
    assert "espeakng_loader" not in sys.modules
    if sys.platform == "linux":
        assert "espeak-ng" not in Path("/proc/self/maps").read_text()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


PARENT = """
from soundscape.sources.embedded.espeak import Engine, Utterance
with Engine() as engine:
    endless = (Utterance(text="Round and round. " * 9, voice="en") for _ in range(10**6))
    for n, spoken in enumerate(engine.speak_all(endless)):
        if n == 3:
            print(engine._process.pid, flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads process states from /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_orphan_and_no_litter(how: signal.Signals, tmp_path: Path) -> None:
    # SIGINT goes to the whole group, as Ctrl-C does; the others hit the parent alone.
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert list(tmp_path.glob("soundscape-espeak-*"))
        if how == signal.SIGINT:
            os.killpg(parent.pid, how)
        else:
            parent.send_signal(how)
        parent.communicate(timeout=20)
    assert parent.returncode != 0
    assert gone(worker)
    assert not list(tmp_path.glob("soundscape-espeak-*"))
