"""A finished build in, an export out: what ``soundscape export`` does, as one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from soundscape import files
from soundscape.dataset.exports import acavcaps, fusionaudio, mecat, xares
from soundscape.dataset.exports.finished import Finished, open_build
from soundscape.dataset.exports.statistics import Statistics
from soundscape.errors import BuildError, UsageError, nearest
from soundscape.version import __version__

Write = Callable[[Finished, Path, Statistics, Callable[[], None]], None]

REPORT = "export.json"
#: Name on the command line → the module that writes it; its docstring says what lies where.
FORMATS: dict[str, tuple[Write, str]] = {
    "mecat": (mecat.write, mecat.__doc__ or ""),
    "xares": (xares.write, xares.__doc__ or ""),
    "acavcaps": (acavcaps.write, acavcaps.__doc__ or ""),
    "fusionaudio": (fusionaudio.write, fusionaudio.__doc__ or ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: where, in which format, and its figures as in ``export.json``."""

    folder: Path
    format: str
    report: dict[str, Any]


def export(build: Path, to: str, out: Path, *, progress: Callable[[int, int], None] | None = None) -> Exported:
    """Write a finished build in another system's format.

    The folder appears whole when all is done, and not at all otherwise. The same build gives the same bytes.

    Args:
        build: the build's folder, of any layout; nothing in it is touched.
        to: a key of :data:`FORMATS`.
        out: a folder that does not exist yet or is empty.
        progress: told after every clip.

    Raises:
        UsageError: there is no such format, or the two folders lie in one another.
        BuildError: the build is not finished or damaged, or ``out`` is not empty.
        EnvironmentFault: the disk is full or the folder may not be written.
    """
    if to not in FORMATS:
        raise UsageError(f"there is no format {to!r}{nearest(to, FORMATS)}", hint=f"known: {', '.join(FORMATS)}")
    found = open_build(build)
    _check(build, out)
    statistics, total = Statistics(), len(found.lock.clips)

    def told() -> None:
        if progress is not None:
            progress(statistics.clips, total)

    owed = found.credits
    with files.exclusively(out):
        # Another process may have been faster.
        _check(build, out)
        with files.folder_in_the_making(out) as making:
            write, layout = FORMATS[to]
            write(found, making, statistics, told)
            report = {"format": to, **_origin(found), **statistics.report()}
            files.write_bytes(making / "CREDITS.md", owed)
            files.write_bytes(making / "README.md", _card(found, to, layout).encode())
            encoded = msgspec.json.encode(report, order="sorted")
            files.write_bytes(making / REPORT, msgspec.json.format(encoded, indent=2) + b"\n")
    return Exported(folder=out, format=to, report=report)


def _check(build: Path, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BuildError(f"{out} is not an empty folder", hint="choose another --out; nothing there was touched")
    here, there = build.resolve(), out.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise UsageError(f"{out} and {build} lie in one another", hint="choose an --out outside of the build")


def _origin(build: Finished) -> dict[str, Any]:
    lock = build.lock
    return {
        "soundscape": __version__, "protocol_version": lock.protocol_version, "recipe": lock.recipe["name"],
        "recipe_digest": lock.recipe_digest, "split": lock.split,
    }  # fmt: skip


def _card(build: Finished, to: str, layout: str) -> str:
    lock = build.lock
    title, _, rest = inspect.cleandoc(layout).partition("\n")
    return "\n".join(
        [
            f"# {lock.recipe['name']}, split {lock.split}, as {to}",
            "",
            title.strip(),
            "",
            "```text",
            rest.strip("\n"),
            "```",
            "",
            f"{len(lock.clips)} clips, made by soundscape {__version__}. Captions and answers are written by grammar "
            "from the answer key: this folder tells the answers. CREDITS.md names all whose recordings are heard; "
            f"{REPORT} holds the figures.",
            "",
        ]
    )
