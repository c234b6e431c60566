"""The architecture, as a test: imports point one way, the command line starts light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import soundscape

PACKAGE = Path(soundscape.__file__).parent
#: Each room with the rooms it may import from; the modules of the package's top level and the kernels are free to all.
ALLOWED = {
    "kernels": set(),
    "sources": set(),
    "planning": {"sources"},
    "rendering": {"planning", "sources"},
    "truth": {"rendering", "planning", "sources"},
    "dataset": {"truth", "rendering", "planning", "sources"},
    "verification": {"dataset"},
    "validation": {"dataset", "planning", "scoring", "sources", "truth"},
    "scoring": set(),
    "reports": {"scoring", "dataset"},
}
TOP = {p.stem for p in PACKAGE.glob("*.py")} | {"kernels"}


def imports(path: Path) -> set[str]:
    """Return the rooms of the package that a module imports from at run time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped |= {id(n) for n in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "soundscape" else [f"soundscape.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("soundscape.")}
    return found


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_imports_point_one_way(room: str) -> None:
    for path in sorted((PACKAGE / room).rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        allowed = {room} if room == "kernels" else {room, *ALLOWED[room], *TOP}
        assert imports(path) <= allowed, name


def test_verification_knows_nothing_of_how_scenes_are_made() -> None:
    for path in sorted((PACKAGE / "verification").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "import" in line and "soundscape.dataset" in line]
        assert all("dataset.lock import" in line or "dataset import lock" in line for line in lines), path.name
        for shared in ("loudness", "kernels", "activity", "truth", "rendering", "planning"):
            assert f"soundscape.{shared}" not in text, path.name
            assert f"soundscape import {shared}" not in text, path.name


def test_the_top_level_modules_stand_on_their_own() -> None:
    light = {
        "errors",
        "files",
        "records",
        "randomness",
        "schema",
        "resources",
        "version",
        "loudness",
        "peaks",
        "activity",
    }
    for name in light:
        assert imports(PACKAGE / f"{name}.py") <= light | {"kernels"}, name


def test_every_room_is_known_to_this_test() -> None:
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").is_file()}
    assert rooms - {"cli"} == set(ALLOWED)


def test_there_is_no_cycle_among_modules() -> None:
    graph: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = "soundscape." + path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        graph[name] = set()
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("soundscape"):
                graph[name] |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    graph = {k: {v for v in vs if v in graph and v != k} for k, vs in graph.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail, name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("command", [["--help"], ["--version"]])
def test_the_command_line_starts_without_heavy_packages(command: list[str]) -> None:
    heavy = ["numpy", "scipy", "polars", "pyroomacoustics", "datasets", "torch", "soundfile", "jsonschema", "rich"]
    code = (
        "import sys; sys.argv = ['soundscape', *sys.argv[1:]]\n"
        "from soundscape.cli import main\n"
        "try:\n    main()\nexcept SystemExit as e:\n    assert not e.code\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "soundscape" in done.stdout


def test_the_public_names_are_all_there() -> None:
    for name in soundscape.__all__:
        assert getattr(soundscape, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'scors'"):
        _ = soundscape.scors  # type: ignore[attr-defined]
