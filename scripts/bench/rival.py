"""The same dry scenes through Scaper, in an environment of its own (it needs numpy below 2 and libsox)."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from soundscape.dataset.encode import encode
from soundscape.dataset.make import Maker

_SCRIPT = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import logging; logging.disable(logging.CRITICAL)
import scaper
scenes = json.load(open(sys.argv[1]))
out = []
for k, scene in enumerate(scenes):
    sc = scaper.Scaper(scene["duration"], sys.argv[2] + "/fg", sys.argv[2] + "/bg", random_state=k)
    sc.sr, sc.ref_db, sc.protected_labels = 24000, -40, []
    if scene["bed"]:
        sc.add_background(label=("const", "bed"), source_file=("const", scene["bed"]), source_time=("const", 0))
    for path, onset, duration, start in scene["events"]:
        sc.add_event(label=("const", "event"), source_file=("const", path), source_time=("const", start),
                     event_time=("const", onset), event_duration=("const", duration), snr=("const", 10),
                     pitch_shift=None, time_stretch=None)
    begun = time.process_time()
    sc.generate(sys.argv[2] + "/out.wav", sys.argv[2] + "/out.jams", allow_repeated_source=True, no_audio=False,
                disable_instantiation_warnings=True)
    out.append(time.process_time() - begun)
print(json.dumps(out))
"""


def _environment(folder: Path) -> Path | None:
    python = folder / "scaper" / "bin" / "python"
    steps = [
        [sys.executable, "-m", "venv", str(folder / "scaper")],
        [str(python), "-m", "pip", "install", "-q", "scaper", "numpy<2", "setuptools<81"],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            print(
                f"Scaper could not be installed (it needs libsox-dev and a compiler): {done.stderr[-300:]}",
                file=sys.stderr,
            )
            return None
    return python


def scaper(folder: Path, maker: Maker, scenes: int) -> dict[str, Any]:
    """Return the time a scene takes Scaper and us on the same dry scenes, and the ratio; why, where it cannot run."""
    import soundfile

    python = _environment(folder)
    if python is None:
        return {"skipped": "Scaper could not be installed"}
    banks: Any = maker.banks
    for part in ("fg/event", "bg/bed"):
        (folder / part).mkdir(parents=True)
    listed, ours = [], []
    for index in range(scenes):
        begun = time.process_time()
        scene = maker.scene(index)
        encode(scene.rendering.master.pcm, scene.plan.sample_rate)
        ours.append(time.process_time() - begun)
        entry: dict[str, Any] = {"duration": scene.plan.duration, "bed": None, "events": []}
        for event in scene.plan.events:
            source = banks.source(banks.row(event.source_id))
            background = event.role == "background"
            path = folder / ("bg/bed" if background else "fg/event") / f"{source.pcm_sha256}.wav"
            if not path.exists():
                x, rate = soundfile.read(banks.path(source), dtype="int16")
                soundfile.write(path, x, rate, subtype="PCM_16")
            if background:
                entry["bed"] = str(path)
            else:
                length = event.crop.end - event.crop.start
                entry["events"].append((str(path), max(0.0, event.placed.start), length, event.crop.start))
        listed.append(entry)
    (folder / "scenes.json").write_text(json.dumps(listed), encoding="utf-8")
    (folder / "rival.py").write_text(_SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [str(python), str(folder / "rival.py"), str(folder / "scenes.json"), str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return {"skipped": f"Scaper failed: {done.stderr[-300:]}"}
    theirs = json.loads(done.stdout.splitlines()[-1])
    return {
        "scaper_ms": round(1000 * statistics.fmean(theirs), 1),
        "ours_ms": round(1000 * statistics.fmean(ours), 1),
        "scaper_over_ours": round(sum(theirs) / sum(ours), 2),
    }
