"""What is installed on this machine, what is missing, and what that disables. Needs nothing but the standard library.

Everything is tried rather than looked up: packages are imported, the speech synthesiser speaks a word, the cache folder
is written to. What a package is for stands in :data:`PURPOSES`; which ones there are, in the package's own metadata.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from soundscape.errors import SoundscapeError
from soundscape.version import __version__

State: TypeAlias = Literal["ok", "missing", "broken", "old"]

PYTHONS = ((3, 11), (3, 14))
#: Space for the embedded bank, its making and a first build, in bytes.
SPACE = 500 * 10**6

#: What each package is for, and whether ``soundscape build`` on the embedded bank needs it. Others count as needed.
PURPOSES: dict[str, tuple[str, bool]] = {
    "click": ("the command line", True),
    "espeakng-loader": ("speech of the embedded bank", True),
    "fsspec": ("builds in buckets and other remote places", False),
    "jsonschema": ("checking recipes and files", True),
    "msgspec": ("reading and writing JSON", True),
    "numpy": ("samples", True),
    "platformdirs": ("finding cache and data folders", True),
    "polars": ("the index of a bank", True),
    "rapidfuzz": ("word errors in scores", False),
    "pyyaml": ("reading recipes", True),
    "regex": ("normalising transcriptions for scores", False),
    "rich": ("progress bars", True),
    "scipy": ("filters, transforms and even coverage", True),
    "soundfile": ("reading and writing audio", True),
    "soxr": ("resampling", True),
    "whisper-normalizer": ("normalising transcriptions for scores", False),
    "audioop-lts": ("recordings in formats that libsndfile does not know", False),
    "pydub": ("recordings in formats that libsndfile does not know (M4A, WebM, WMA …), with ffmpeg", False),
    "datasets": ("data sets from and for the Hugging Face Hub", False),
    "sentence-transformers": ("scores with the published caption embedder, and DATE of prose", False),
    "meeteval": ("cpWER and tcpWER beside the scores", False),
    "dask": ("builds on a cluster (--engine dask)", False),
    "distributed": ("builds on a cluster (--engine dask)", False),
    "webdataset": ("--layout webdataset", False),
}

_MODULES = {"pyyaml": "yaml", "audioop-lts": "audioop"}
_FOR_DEVELOPERS = ("test", "dev")
_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:\(?>=\s*(?P<least>[0-9.]+))?")
_SINCE = re.compile(r"python_version\s*>=\s*['\"](\d+)\.(\d+)['\"]")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_INSTALL_FFMPEG = "apt-get install ffmpeg, or brew install ffmpeg"
_REINSTALL = "pip install --force-reinstall soundscape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    ``needed``: the main job cannot run without it. ``purpose`` is what it serves, and so what its absence disables;
    ``remedy`` the command that mends what is not ``ok``.
    """

    name: str
    state: State
    found: str
    purpose: str
    needed: bool
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Requirement:
    name: str
    least: str
    extra: str | None


def diagnose() -> tuple[Check, ...]:
    """Return everything that was found, needed things first within each sort. Takes a few seconds; never raises."""
    checks = [_python(), *_packages(), _sound_library(), _synthesiser(), _kernels(), _ffmpeg(), *_data(), *_folders()]
    return tuple(sorted(checks, key=lambda check: not check.needed))


def able(checks: tuple[Check, ...]) -> bool:
    """Tell whether the main job, ``soundscape build`` on the embedded bank, can run."""
    return all(check.state == "ok" for check in checks if check.needed)


def system() -> dict[str, str]:
    """Return the facts of the machine that a report of a fault should name."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "soundscape": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(count),
    }


def _python() -> Check:
    fits = PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]
    least, beyond = (".".join(map(str, version)) for version in PYTHONS)
    return Check(
        name="Python",
        state="ok" if fits else "old",
        found=platform.python_version(),
        purpose="everything",
        needed=True,
        remedy=None if fits else f"install Python {least} or later, before {beyond}",
    )


def requirements() -> list[_Requirement]:
    """Return what the package depends on, with the extras for its users, as its project file or metadata has it."""
    found = []
    for text in _stated():
        match, since, extra = _REQUIREMENT.match(text), _SINCE.search(text), _EXTRA.search(text)
        too_new = since is not None and sys.version_info[:2] < (int(since[1]), int(since[2]))
        if match is None or too_new or (extra and extra[1] in _FOR_DEVELOPERS):
            continue
        name = match["name"].lower().replace("_", "-")
        found.append(_Requirement(name=name, least=match["least"] or "", extra=extra[1] if extra else None))
    return found


def _stated() -> list[str]:
    """Return requirements as they are written: those of a checkout's project file, which may be newer than metadata."""
    import tomllib

    file = Path(__file__).resolve().parent.parent / "pyproject.toml"
    project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}) if file.is_file() else {}
    if project.get("name") != "soundscape":
        try:
            return importlib.metadata.requires("soundscape") or []
        except importlib.metadata.PackageNotFoundError:
            return list(PURPOSES)
    extras = project.get("optional-dependencies", {})
    return [
        *project["dependencies"],
        *(f"{text}; extra == '{extra}'" for extra, texts in extras.items() for text in texts),
    ]


def _packages() -> Iterator[Check]:
    for wanted in requirements():
        purpose, needed = PURPOSES.get(wanted.name, ("a part of the package", wanted.extra is None))
        install = f"pip install 'soundscape[{wanted.extra}]'" if wanted.extra else f"pip install {wanted.name}"
        state, found = _package(wanted)
        yield Check(
            name=wanted.name,
            state=state,
            found=found,
            purpose=purpose,
            needed=needed and wanted.extra is None,
            remedy={"ok": None, "missing": install, "old": f"pip install --upgrade {wanted.name}"}.get(
                state, f"pip install --force-reinstall {wanted.name}"
            ),
        )


def _package(wanted: _Requirement) -> tuple[State, str]:
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return "missing", "not installed"
    if wanted.least and _numbers(version) < _numbers(wanted.least):
        return "old", f"{version}, {wanted.least} or later is needed"
    # The packages of extras may take long to import (torch), and nothing of the main job hangs on them.
    if wanted.extra is None:
        try:
            importlib.import_module(_MODULES.get(wanted.name, wanted.name.replace("-", "_")))
        except Exception as error:
            # A package may fail in any way when a library under it is missing or of another version.
            return "broken", f"{version}, which cannot be imported: {_brief(error)}"
    return "ok", version


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3]]


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:159]}…"


def _tried(
    name: str, purpose: str, look: Callable[[], str], *, needed: bool, remedy: str, fault: State = "broken"
) -> Check:
    """Return a check of what ``look`` finds; whatever it raises is the fault."""
    try:
        found = look()
    except SoundscapeError as error:
        return Check(
            name=name, state=fault, found=error.message, purpose=purpose, needed=needed, remedy=error.hint or remedy
        )
    except Exception as error:
        # Whatever goes wrong on a strange machine is a finding here, never a crash.
        return Check(name=name, state=fault, found=_brief(error), purpose=purpose, needed=needed, remedy=remedy)
    return Check(name=name, state="ok", found=found, purpose=purpose, needed=needed)


def _sound_library() -> Check:
    def look() -> str:
        import soundfile

        known = soundfile.available_formats()
        lacking = [name for name in ("WAV", "FLAC") if name not in known]
        if lacking:
            raise RuntimeError(f"libsndfile {soundfile.__libsndfile_version__} without {', '.join(lacking)}")
        more = [name for name in ("OGG", "MP3") if name in known]
        return f"{soundfile.__libsndfile_version__}, with WAV, FLAC{''.join(f', {name}' for name in more)}"

    remedy = "pip install --force-reinstall soundfile"
    return _tried("libsndfile", "reading and writing audio", look, needed=True, remedy=remedy)


def _synthesiser() -> Check:
    def look() -> str:
        from soundscape.sources.embedded.espeak import RATE, Engine, Utterance

        with Engine({}) as engine:
            spoken = engine.speak(Utterance(text="one", voice="en"))
        if not spoken.samples.any():
            raise RuntimeError("it speaks, and nothing is to be heard")
        version = importlib.metadata.version("espeakng-loader")
        return f"speaks: {len(spoken.samples) / RATE:.2f} s (espeakng-loader {version})"

    remedy = "pip install --force-reinstall espeakng-loader"
    return _tried("eSpeak NG", "speech of the embedded bank", look, needed=True, remedy=remedy)


def _kernels() -> Check:
    def look() -> str:
        from soundscape.kernels import compiled

        if compiled.load() is None:
            raise FileNotFoundError("not compiled for this processor; NumPy does their work")
        return "compiled"

    remedy = "install a C compiler (apt-get install gcc), then install soundscape again from its sources"
    return _tried("kernels", "speed alone: every clip is the same", look, needed=False, remedy=remedy, fault="missing")


def _ffmpeg() -> Check:
    def look() -> str:
        lacking = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
        if lacking:
            raise FileNotFoundError(f"{' and '.join(lacking)} not installed")
        done = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, timeout=20, check=True)
        return done.stdout.split("\n")[0].removeprefix("ffmpeg version ").split(" ")[0]

    purpose = "recordings in formats that libsndfile does not know, with pydub"
    return _tried("ffmpeg", purpose, look, needed=False, remedy=_INSTALL_FFMPEG, fault="missing")


def _data() -> Iterator[Check]:
    for kind, pattern in (("schemas", "*.schema.json"), ("recipes", "*.yaml")):

        def look(kind: str = kind, pattern: str = pattern) -> str:
            from soundscape import resources

            folder = resources.folder(kind)
            count = len(list(folder.glob(pattern)))
            if not count:
                raise FileNotFoundError(f"{folder} is empty")
            return f"{count} in {folder}"

        yield _tried(kind, f"the shipped {kind}", look, needed=True, remedy=_REINSTALL)


def _folders() -> Iterator[Check]:
    choose = "set SOUNDSCAPE_HOME to a folder of your own with room in it"

    def cache() -> str:
        from soundscape.sources import places

        return _writable(places.cache_folder())

    def banks() -> str:
        from soundscape.sources import places
        from soundscape.sources.bank import bank_names

        own = [name for name in bank_names() if name != places.EMBEDDED]
        return f"{places.banks_folder()}: {', '.join(own) or 'none yet'}"

    def embedded() -> str:
        from soundscape.sources.embedded.place import folder
        from soundscape.sources.index import INFO_FILE, read_info

        if not (folder() / INFO_FILE).is_file():
            return "not made yet: the first build makes it, in about half a minute"
        return f"{read_info(folder()).count} sources in {folder()}"

    yield _tried("cache folder", "the embedded bank", cache, needed=True, remedy=choose)
    add = "soundscape bank add NAME FOLDER --table FILE"
    yield _tried("own banks", "building from recordings of one's own", banks, needed=False, remedy=add)
    again = "delete its folder: the next build makes it again"
    yield _tried("embedded bank", "building without recordings of one's own", embedded, needed=True, remedy=again)


def _writable(folder: Path) -> str:
    """Return where a folder is and how much space there is, after writing a file in it or in what will hold it.

    Raises:
        OSError: it cannot be written, or there is too little space.
    """
    there = next(place for place in (folder, *folder.parents) if place.exists())
    with tempfile.NamedTemporaryFile(dir=there):
        free = shutil.disk_usage(there).free
    if free < SPACE:
        raise OSError(f"{folder}: {free / 1e6:.0f} MB free, {SPACE / 1e6:.0f} MB are needed")
    return f"{folder}, {free / 1e9:.1f} GB free"
