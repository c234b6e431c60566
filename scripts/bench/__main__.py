"""How fast a soundscape is made, as ratios from one interleaved run. By hand, on a quiet machine; about five minutes.

python scripts/bench [--scenes 80] [--only floor,rival,…] [--out bench.json]

``floor`` is the bare work of the same scenes; ``build`` our whole path. What is compared is taken in turn, scene by
scene, in CPU time of one process, so that the machine's other load shifts it little; what runs in several processes is
wall time. Quote ratios, not seconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# As workers are started (soundscape.processes), and before NumPy is imported.
sys.path[:0] = [str(Path(__file__).parent)]
from soundscape.processes import ENVIRONMENT  # noqa: E402

os.environ.update({name: os.environ.get(name, value) for name, value in ENVIRONMENT.items()})

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import building  # noqa: E402
import growth  # noqa: E402
import pipeline  # noqa: E402
import rates  # noqa: E402
import rival  # noqa: E402
import table  # noqa: E402

from soundscape import kernels  # noqa: E402
from soundscape.processes import keep_memory  # noqa: E402

#: Part → how it is measured, in a folder of its own, on so many scenes.
PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "floor": pipeline.against_the_floor,
    "stages": pipeline.stages,
    "rival": rival.scaper,
    "building": building.building,
    "rates": rates.rates,
    "growth": growth.growth,
}


def machine() -> dict[str, Any]:
    """Return the facts that figures depend on."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "kernels": kernels.FORM,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=80, help="scenes of the comparisons")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, help="write all figures as JSON")
    options = parser.parse_args()
    keep_memory()
    figures: dict[str, Any] = {"machine": machine()}
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            figures[name] = PARTS[name](Path(folder), options.scenes)
        print(f"{name}: {json.dumps(figures[name])}", file=sys.stderr)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(table.markdown(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
