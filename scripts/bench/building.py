"""Builds as commands: how they scale over workers and clips, what memory they take, how long they take to start."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pipeline

from soundscape.processes import ENVIRONMENT

_COMMAND = [sys.executable, "-m", "soundscape"]
_ROUNDS = 2
#: The last is so many that starting, which no second worker makes shorter, weighs little.
_CLIPS = (10, 100, 1000)


def _children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
            found += [child, *_children(child)]
    return found


def _peak_mb(pid: int) -> float:
    """Return the most memory that a process has held so far; 0 where the system does not tell."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return 0.0


def _users_environment() -> dict[str, str]:
    """Return the environment without what this bench has set for itself."""
    return {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}


def build(folder: Path, clips: int, jobs: int) -> tuple[float, float]:
    """Return the wall seconds of a build by the command line, and the most that one of its processes held, in MB."""
    pipeline.forget_responses()
    options = ["--recipe", "dense_multilingual", "--clips", str(clips), "--jobs", str(jobs)]
    out = folder / f"{clips}-{jobs}"
    command = [*_COMMAND, "build", *options, "--out", str(out)]
    # What is still to be written to the disk would be written meanwhile.
    os.sync()
    begun = time.monotonic()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_users_environment())
    most = 0.0
    while running.poll() is None:
        most = max([most, *map(_peak_mb, [running.pid, *_children(running.pid)])])
        time.sleep(0.25)
    seconds = time.monotonic() - begun
    if running.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {running.returncode}")
    shutil.rmtree(out)
    return seconds, most


def building(folder: Path, scenes: int) -> dict[str, Any]:
    """Return the speed-up of two workers, time and memory over 10, 100 and 1,000 clips, and times to start."""
    rounds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(_ROUNDS):
        for jobs, taken in rounds.items():
            taken.append(build(folder, _CLIPS[-1], jobs))
    # The faster round of each: the machine's other load only ever adds.
    one, two = (min(seconds for seconds, _ in taken) for taken in rounds.values())
    # Starting takes as long for one clip as for many.
    start = min(build(folder, 1, 1)[0] for _ in range(_ROUNDS))
    over = {}
    for clips in _CLIPS:
        seconds, most = build(folder, clips, 2) if clips != _CLIPS[-1] else (two, max(mb for _, mb in rounds[2]))
        over[str(clips)] = {
            "seconds": round(seconds, 1),
            "clips_a_second": round(clips / seconds, 1),
            "mb": round(most),
        }
    return {
        "seconds_with_1": round(one, 2),
        "seconds_with_2": round(two, 2),
        "speed_up": round(one / two, 2),
        "one_clip_s": round(start, 2),
        "help_s": round(min(_seconds("--help") for _ in range(_ROUNDS)), 2),
        "over_clips": over,
        "largest_mb": max(figures["mb"] for figures in over.values()),
    }


def _seconds(*words: str) -> float:
    begun = time.monotonic()
    subprocess.run([*_COMMAND, *words], check=True, capture_output=True)
    return time.monotonic() - begun
