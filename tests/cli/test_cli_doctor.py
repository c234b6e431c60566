"""``soundscape doctor``: what is there on this machine, and what is said when something is not."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

import soundscape
from soundscape import diagnosis
from soundscape.cli import main
from soundscape.kernels import compiled

ROOT = Path(soundscape.__file__).parent.parent


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))


def by_name(checks: tuple[diagnosis.Check, ...] | None = None) -> dict[str, diagnosis.Check]:
    return {check.name: check for check in (diagnosis.diagnose() if checks is None else checks)}


def test_this_machine_can_do_the_main_job(tmp_path: Path) -> None:
    checks = diagnosis.diagnose()
    found = by_name(checks)
    assert diagnosis.able(checks), [c for c in checks if c.needed and c.state != "ok"]
    assert found["Python"].found.count(".") == 2
    assert found["numpy"].found == importlib.metadata.version("numpy")
    assert "FLAC" in found["libsndfile"].found
    assert found["eSpeak NG"].found.startswith("speaks: 0.")
    assert str(tmp_path / "home" / "cache") in found["cache folder"].found
    assert "GB free" in found["cache folder"].found
    assert found["embedded bank"].found.startswith("not made yet")
    assert all(check.remedy is None for check in checks if check.state == "ok")
    assert all(check.remedy for check in checks if check.state != "ok")
    assert [c.needed for c in checks] == sorted((c.needed for c in checks), reverse=True)
    assert not (tmp_path / "home").exists()


def test_every_dependency_of_the_project_is_looked_at_and_explained() -> None:
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("only a checkout has the project file to compare with")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [diagnosis._REQUIREMENT.match(text)["name"].lower() for text in project["dependencies"]]  # type: ignore[index]
    assert len(names) > 10
    looked_at = {wanted.name for wanted in diagnosis.requirements() if wanted.extra is None}
    assert set(names) <= looked_at
    assert set(names) <= set(diagnosis.PURPOSES)
    extras = {wanted.extra for wanted in diagnosis.requirements()} - {None}
    assert extras <= set(project["optional-dependencies"]) - {"test", "dev"}


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Make the metadata say that packages are not installed."""
    version = importlib.metadata.version

    def told(name: str) -> str:
        if name in packages:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", told)


def test_a_missing_package_is_told_with_what_it_disables_and_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "soxr", "datasets")
    found = by_name(tuple(diagnosis._packages()))
    assert (found["soxr"].state, found["soxr"].needed) == ("missing", True)
    assert found["soxr"].remedy == "pip install soxr"
    assert (found["datasets"].state, found["datasets"].needed) == ("missing", False)
    assert found["datasets"].remedy == "pip install 'soundscape[hub]'"


def test_an_old_package_and_one_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    version, load = importlib.metadata.version, importlib.import_module
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "polars" else version(name))

    def broken(name: str, *arguments: Any) -> Any:
        if name == "soundfile":
            raise OSError("cannot load library 'libsndfile.so'")
        return load(name, *arguments)

    monkeypatch.setattr(importlib, "import_module", broken)
    found = by_name(tuple(diagnosis._packages()))
    assert (found["polars"].state, found["polars"].remedy) == ("old", "pip install --upgrade polars")
    assert found["polars"].found.startswith("0.1, 1.")
    assert found["soundfile"].state == "broken"
    assert "libsndfile.so" in found["soundfile"].found


def test_no_compiled_kernels_are_told_and_do_no_harm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiled, "LIBRARY", tmp_path / "none.so")
    check = diagnosis._kernels()
    assert (check.state, check.needed) == ("missing", False)
    assert "same" in check.purpose
    assert "gcc" in (check.remedy or "")


def test_no_ffmpeg_is_told_and_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    check = diagnosis._ffmpeg()
    assert (check.state, check.needed, check.found) == ("missing", False, "ffmpeg and ffprobe not installed")
    assert "apt-get install ffmpeg" in (check.remedy or "")


def test_a_cache_without_space_or_leave_to_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage(10**9, 10**9, 10**6))
    check = by_name(tuple(diagnosis._folders()))["cache folder"]
    assert (check.state, check.needed) == ("broken", True)
    assert "1 MB free, 500 MB are needed" in check.found
    (tmp_path / "file").touch()
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "file"))
    check = by_name(tuple(diagnosis._folders()))["cache folder"]
    assert check.state == "broken"
    assert "SOUNDSCAPE_HOME" in (check.remedy or "")


def test_the_command_tells_all_of_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["soundscape", "doctor", "--json"])
    with pytest.raises(SystemExit) as left:
        main()
    told = json.loads(capsys.readouterr().out)
    assert (left.value.code, told["ok"]) == (0, True)
    assert {c["name"] for c in told["checks"]} >= {"numpy", "libsndfile", "eSpeak NG", "ffmpeg", "cache folder"}
    assert set(told["system"]) == {"soundscape", "python", "system", "processors"}


def test_packages_that_are_not_there_are_told_and_not_stumbled_over(tmp_path: Path) -> None:
    # The command line reads and prints JSON with msgspec; the doctor must do without it.
    for name in ("msgspec", "soxr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ModuleNotFoundError('no {name} here')")
    paths = os.pathsep.join([str(tmp_path), str(ROOT), *(p for p in sys.path if p)])
    done = subprocess.run(
        [sys.executable, "-m", "soundscape", "doctor"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("broken  msgspec: ") and "no msgspec here" in line for line in lines)
    assert lines[-1] == "soundscape build cannot run"
    assert done.stderr.startswith("error: the main job cannot run: ")
    assert "soxr is broken" in done.stderr
    assert "pip install --force-reinstall soxr" in done.stderr
