"""What the command line says while it builds, as a terminal shows it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Arguments = Callable[..., list[str]]


def run_in_a_terminal(arguments: list[str]) -> tuple[int, str, str]:
    """Return exit code, stdout, and what a terminal of 120 columns on stderr got to see."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [sys.executable, "-m", "soundscape", *arguments],
        stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 1 << 16):
                seen += part
        except OSError:
            # What Linux gives when the last writer has closed the other end.
            pass
        os.close(ours)
        assert process.stdout is not None
        printed = process.stdout.read()
    return process.returncode, printed, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())


def test_the_bar_shows_clips_speed_and_time_left(
    small_recipe: dict[str, Any], arguments: Arguments, tmp_path: Path
) -> None:
    args = arguments(tmp_path / "out", "--jobs", "1", recipe={**small_recipe, "clips": 30})
    code, printed, seen = run_in_a_terminal(args)
    assert code == 0
    assert re.search(r"building .*\d+/30 clips +\d+ × real time +0:00:\d\d", seen)
    assert "× real time" in printed
    assert "30 clips" in printed


def test_nothing_is_drawn_where_nobody_looks(arguments: Arguments, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "soundscape", *arguments(tmp_path / "out", "--jobs", "1", "--json")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.startswith("{")


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--layout", "tar"], 2, "unknown layout 'tar'"),
        (["--engine", "locl"], 2, "did you mean 'local'?"),
        (["--scheduler", "tcp://host:8786"], 2, "add --engine dask"),
        (["--engine", "dask", "--scheduler", "tcp://host:8786", "--jobs", "2"], 2, "workers of its own"),
        (["--out", "ftp://host/folder"], 2, "do not appear whole"),
        (["--out", "memory://build", "--jobs", "2"], 2, "lives in this process alone"),
        (["--out", "memory://build", "--public", "published"], 2, "--public and --against need a folder"),
    ],
)
def test_bad_combinations_are_wrong_usage(
    options: list[str], code: int, says: str, arguments: Arguments, tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from soundscape.cli import soundscape
    from soundscape.errors import SoundscapeError

    result = CliRunner().invoke(soundscape, arguments(tmp_path / "out", *options))
    assert isinstance(result.exception, SoundscapeError)
    assert result.exception.exit_code == code
    assert says in str(result.exception)
    assert not (tmp_path / "out").exists()
