"""The same dry scenes through Scaper, in an environment of its own (it needs numpy below 2, SoX and libsox).

Both read the same 16-bit WAV files and write 16-bit WAV and their annotation. Scaper does not measure what can be heard
of an event; ours does. Scenes are made in turn, ours and theirs.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pipeline
import soundfile

from soundscape.dataset.build import prepare
from soundscape.dataset.make import Maker, Scene
from soundscape.sources import index
from soundscape.sources.bank import Bank, open_bank

_NEEDS = "it needs SoX, libsox-dev and a compiler: apt-get install sox libsox-dev gcc"
_WARM_UP = 3

_SCRIPT = """
import json, logging, sys, time, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import scaper
folder = sys.argv[1]
for number, line in enumerate(sys.stdin):
    scene = json.loads(line)
    begun = time.process_time()
    sc = scaper.Scaper(scene["duration"], folder + "/fg", folder + "/bg", random_state=number)
    sc.sr, sc.ref_db, sc.protected_labels = scene["rate"], -40, []
    if scene["bed"]:
        sc.add_background(label=("const", "bed"), source_file=("const", scene["bed"]), source_time=("const", 0))
    for path, onset, duration, start in scene["events"]:
        sc.add_event(label=("const", "event"), source_file=("const", path), source_time=("const", start),
                     event_time=("const", onset), event_duration=("const", duration), snr=("const", 10),
                     pitch_shift=None, time_stretch=None)
    sc.generate(folder + "/out.wav", folder + "/out.jams", allow_repeated_source=True, no_audio=False,
                disable_instantiation_warnings=True)
    print(time.process_time() - begun, flush=True)
"""


def _environment(folder: Path) -> Path:
    """Return the interpreter of a new environment with Scaper in it; RuntimeError with the reason where that fails."""
    python = folder / "scaper" / "bin" / "python"
    if shutil.which("sox") is None:
        raise RuntimeError(f"SoX is not installed; {_NEEDS}")
    steps = [
        [sys.executable, "-m", "venv", str(folder / "scaper")],
        [str(python), "-m", "pip", "install", "-q", "scaper", "numpy<2", "setuptools<81"],
        [str(python), "-W", "ignore", "-c", "import scaper"],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Scaper cannot be installed; {_NEEDS}: {done.stderr[-300:]}")
    return python


def _as_wav(folder: Path) -> Path:
    """Write the embedded bank once more, its recordings as WAV."""
    bank: Any = open_bank("embedded")
    shutil.copytree(bank.folder, folder, ignore=shutil.ignore_patterns("*.flac"))
    for path in bank.frame["path"]:
        samples, rate = soundfile.read(bank.root / path, dtype="int16")
        place = (folder / bank.info.root / path).with_suffix(".wav")
        place.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place, samples, rate, subtype="PCM_16")
    frame = bank.frame
    frame.with_columns(frame["path"].str.replace(r"\.flac$", ".wav")).write_parquet(folder / index.INDEX_FILE)
    info = json.loads((folder / index.INFO_FILE).read_text())
    info["index_bytes"] = (folder / index.INDEX_FILE).stat().st_size
    (folder / index.INFO_FILE).write_text(json.dumps(info))
    return folder


def _told(scene: Scene, bank: Bank, folder: Path) -> dict[str, Any]:
    """Return a scene as Scaper is told it; its files are linked to where Scaper looks for them."""
    told: dict[str, Any] = {"duration": scene.plan.duration, "rate": scene.plan.sample_rate, "bed": None, "events": []}
    for event in scene.plan.events:
        source = bank.source(bank.row(event.source_id))
        background = event.role == "background"
        link = folder / ("bg/bed" if background else "fg/event") / f"{source.pcm_sha256}.wav"
        if not link.exists():
            link.symlink_to(bank.path(source))
        if background:
            told["bed"] = str(link)
        else:
            length = event.crop.end - event.crop.start
            told["events"].append((str(link), max(0.0, event.placed.start), length, event.crop.start))
    return told


def scaper(folder: Path, scenes: int) -> dict[str, Any]:
    """Return the time a scene takes Scaper and us, and the ratio; why, where Scaper cannot run."""
    try:
        python = _environment(folder)
    except RuntimeError as error:
        return {"skipped": str(error)}
    for part in ("fg/event", "bg/bed"):
        (folder / part).mkdir(parents=True)
    place = _as_wav(folder / "bank")
    os.sync()
    maker: Maker = prepare(pipeline.recipe(rooms=False), banks=(str(place),))
    bank: Any = maker.banks
    theirs, ours = [], []
    command = [str(python), "-c", _SCRIPT, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for number in range(scenes + _WARM_UP):
            scene, seconds = pipeline.whole(maker, number, "wav")
            print(json.dumps(_told(scene, bank, folder)), file=other.stdin, flush=True)
            line = other.stdout.readline()
            if not line:
                return {"skipped": f"Scaper failed at scene {number}"}
            if number >= _WARM_UP:
                ours.append(seconds)
                theirs.append(float(line))
        other.stdin.close()
    return {
        "scaper_ms": round(1000 * statistics.fmean(theirs), 1),
        "ours_ms": round(1000 * statistics.fmean(ours), 1),
        "scaper_over_ours": round(sum(theirs) / sum(ours), 2),
    }
