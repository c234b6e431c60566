"""Compiles the kernels into the wheel. Without a compiler the wheel goes without: slower, with the same bits."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "soundscape/kernels"
LIBRARY = f"{FOLDER}/kernels.so"
#: Contraction to fused products would change bits from one processor to the next.
FLAGS = ["-std=gnu11", "-O3", "-ffp-contract=off", "-fPIC", "-shared", "-Wno-psabi"]
#: Processors of this kind without AVX2 use NumPy.
FLAGS_OF = {"x86_64": ["-mavx2"]}


def compile_kernels(root: Path, library: Path) -> str | None:
    """Compile the library; return why not, where that fails."""
    named = shlex.split(os.environ.get("CC", ""))
    compiler = named or [c for c in map(shutil.which, ("cc", "gcc", "clang")) if c][:1]
    if not compiler:
        return "no C compiler was found (cc, gcc or clang; CC names another)"
    sources = sorted(str(path) for path in (root / FOLDER).glob("*.c"))
    flags = [*FLAGS, *FLAGS_OF.get(platform.machine(), [])]
    command = [*compiler, *flags, "-o", str(library), *sources]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{shlex.join(compiler)}: {error.strerror}"
    if done.returncode or not library.is_file():
        return f"{shlex.join(command)}: {done.stderr.strip()[-500:]}"
    return None


class CompiledKernels(BuildHookInterface):
    """Hatchling calls this for a wheel and for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell hatchling that the wheel is for this platform, if so."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        self.folder = Path(tempfile.mkdtemp())
        # An editable installation runs from the sources.
        library = root / LIBRARY if version == "editable" else self.folder / "kernels.so"
        library.unlink(missing_ok=True)
        problem = compile_kernels(root, library)
        if problem is not None:
            print(f"soundscape: built without compiled kernels: {problem}", file=sys.stderr)  # noqa: T201
            return
        if version != "editable":
            build_data["force_include"][str(library)] = LIBRARY
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        if self.target_name == "wheel":
            shutil.rmtree(self.folder, ignore_errors=True)
