"""Which kernels make a build does not show in its bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from soundscape.kernels import compiled


@pytest.mark.slow
@pytest.mark.skipif(compiled.load() is None, reason="built without a C compiler")
def test_a_build_by_compiled_kernels_is_the_build_by_numpy(
    arguments: Callable[..., list[str]],
    contents: Callable[[Path], dict[str, bytes]],
    small_recipe: dict[str, object],
    tmp_path: Path,
) -> None:
    made = []
    for form in ("", "numpy"):
        out = tmp_path / f"by {form}"
        command = [sys.executable, "-m", "soundscape", *arguments(out, "--stems", "--jobs", "1", recipe=small_recipe)]
        environment = {**os.environ, "SOUNDSCAPE_HOME": str(tmp_path / "home"), "SOUNDSCAPE_KERNELS": form}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        made.append(contents(out))
    assert made[0] == made[1]
    assert any(name.startswith("stems/") for name in made[0])
