"""Real recordings from Debian packages: the script's bank is whole, described, and honest about licences."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from soundscape import schema
from soundscape.errors import EnvironmentFault
from soundscape.sources.bank import Bank, open_bank
from soundscape.sources.verify import verify_bank

SHARE = Path("/usr/share")


def _script() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "debian_bank.py"
    spec = importlib.util.spec_from_file_location("debian_bank", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["debian_bank"] = module
    spec.loader.exec_module(module)
    return module


script = _script()


def installed() -> bool:
    try:
        script.recordings(SHARE)
    except EnvironmentFault:
        return False
    return True


needs_packages = pytest.mark.skipif(
    not installed(), reason=f"needs apt-get install -y --no-install-recommends {' '.join(script.PACKAGES)}"
)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSCAPE_HOME", str(home))
        script.make("debian", share=SHARE, folder=home / "recordings")
        return open_bank("debian")


def test_missing_packages_are_named_with_their_command(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="not installed: asterisk-core-sounds-en-wav, alsa-utils") as caught:
        script.recordings(tmp_path)
    assert "apt-get install -y --no-install-recommends" in str(caught.value)
    assert caught.value.exit_code == 3


def test_copyright_files_are_read_as_their_format_says(tmp_path: Path) -> None:
    (tmp_path / "copyright").write_text(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
        "Files: *\nCopyright: 2001, Someone\n           2002, Another\nComment: a\n .\n License: MIT\n"
        "License: CC-BY-SA-3.0\n\n"
        "Files: stereo/a.oga stereo/b*.oga\nCopyright: Ann\nLicense: GPL-2+\n\n"
        "License: GPL-2+\n the text\n"
    )
    rights = script.Rights.read(tmp_path / "copyright")
    assert rights.of("stereo/a.oga") == ("GPL-2+", "Ann")
    assert rights.of("stereo/bell.oga") == ("GPL-2+", "Ann")
    assert rights.of("other") == ("CC-BY-SA-3.0", "2001, Someone; 2002, Another")
    assert script.Rights(rights.paragraphs[1:]).of("other") == ("", "")


def test_transcripts_are_words() -> None:
    words = script.spoken_files()
    assert words["digits/17"] == "seventeen"
    assert words["digits/h-20"] == "twentieth"
    assert words["digits/h-9"] == "ninth"
    assert words["digits/day-0"] == "Sunday"
    assert words["digits/mon-11"] == "December"
    assert words["phonetic/x_p"] == "x-ray"
    assert len({name for name in words if name.startswith("phonetic/")}) == 27
    assert all(text and not any(c.isdigit() for c in text) for text in words.values())


@needs_packages
def test_every_recording_is_usable_and_described(bank: Bank) -> None:
    assert len(bank) == len(bank.pool()) > 150
    for row in range(len(bank)):
        source = bank.source(row)
        assert schema.problems("source", schema.to_builtins(source)) == []
        assert source.transcription if source.type == "speech" else len((source.caption or "").split()) >= 6
        assert source.attribution or source.licence == "unknown"
    assert bank.languages() == ("en",)
    assert bank.speakers("en") == ("allison-smith", "alsa-speaker-test")
    assert len(bank.pool(type="sound_event", topic="bed")) == 1


@needs_packages
def test_licences_come_from_the_copyright_files(bank: Bank) -> None:
    found = {bank.source(row).key: bank.source(row).licence for row in range(len(bank))}
    assert found["telephone/digits/1.wav"] == "CC-BY-SA-3.0"
    assert found["alsa/Front_Left.wav"] == "GPL-2.0-only"
    assert found["desktop/bell.oga"] == "CC-BY-3.0"
    assert found["desktop/phone-incoming-call.oga"] == "GPL-2.0-or-later"
    unknown = [key for key, licence in found.items() if licence == "unknown"]
    commercial = bank.filtered(policy="commercial")
    assert len(commercial.pool()) == len(bank) - len(unknown)


@needs_packages
def test_words_are_spoken_at_a_human_rate(bank: Bank) -> None:
    for row in bank.pool(type="speech"):
        source = bank.source(row)
        letters = sum(c.isalpha() for c in source.transcription or "")
        assert 3.0 < letters / (source.active_end - source.active_start) < 25.0, source.key
        assert source.bandwidth_hz <= source.sample_rate / 2
    telephone = bank.source(bank.row("debian:telephone/digits/1.wav"))
    assert (telephone.sample_rate, telephone.channels) == (8000, 1)


@needs_packages
def test_samples_load_and_the_bank_verifies(bank: Bank) -> None:
    for row in list(bank.pool())[::10]:
        samples = bank.load_audio(bank.source(row))
        assert samples.ndim == 1
        assert np.isfinite(samples).all()
    verification = verify_bank(bank)
    assert verification.findings == ()


@needs_packages
def test_pitches_are_those_of_the_captions(bank: Bank) -> None:
    def strongest(key: str) -> float:
        source = bank.source(bank.row(f"debian:{key}"))
        samples = bank.load_audio(source)
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        return float(np.argmax(spectrum) * source.sample_rate / len(samples))

    assert strongest("desktop/alarm-clock-elapsed.oga") > 8000
    assert 690 < strongest("telephone/beep.wav") < 710
    assert 415 < strongest("desktop/phone-outgoing-calling.oga") < 435
    assert strongest("desktop/complete.oga") > 2 * strongest("desktop/dialog-warning.oga")


@needs_packages
def test_the_command_says_what_it_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: object) -> None:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["debian_bank.py", "--name", "real"])
    assert script.main() == 0
    assert script.main() == 2
    assert capsys.readouterr().out.startswith("bank 'real': ")  # type: ignore[attr-defined]
