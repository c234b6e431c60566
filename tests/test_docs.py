"""What the documents say exists, exists: commands, options, files, exit codes, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from soundscape.cli import COMMANDS, soundscape
from soundscape.errors import DataError, EnvironmentFault, UsageError
from soundscape.planning import recipe as recipes
from soundscape.planning.specs import Recipe

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(p for p in ROOT.glob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def calls(text: str) -> list[list[str]]:
    """Return every `soundscape …` command line in a document, in code blocks and in code spans."""
    blocks = [body for kind, body in re.findall(r"```(\w*)\n(.*?)```", text, re.S) if kind in ("", "sh")]
    lines = [line.split(" # ")[0] for block in blocks for line in block.split("\n")]
    lines += re.findall(r"`(soundscape [^`]+)`", text)
    found = []
    for line in lines:
        for part in re.split(r"&&|\|", line):
            match = re.search(r"(?:^|[\s/])soundscape ((?:[a-z-]+\b|--?\w).*)$", part.strip())
            if match:
                found.append(shlex.split(match.group(1).replace("…", "").replace("[", "").replace("]", "")))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_command_and_option_in_the_documents_exists(document: Path) -> None:
    for words in calls(document.read_text(encoding="utf-8")):
        command: click.Command = soundscape
        context = click.Context(soundscape)
        for word in list(words):
            if isinstance(command, click.Group) and not word.startswith("-"):
                inner = command.get_command(context, word)
                assert inner is not None, f"{document.name}: soundscape {' '.join(words)}"
                command = inner
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "--version"}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in known, f"{document.name}: soundscape {' '.join(words)}"


def test_the_documents_do_hold_commands() -> None:
    assert len(calls(README)) >= 6


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    command = soundscape.get_command(click.Context(soundscape), name)
    assert command is not None
    assert command.help
    assert command.name == name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"


def test_the_readme_has_exactly_two_set_up_lines() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv ")]
    assert len(lines) == 2
    assert "soundscape build --recipe dense_multilingual" in lines[0]
    assert "pytest" in lines[1]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_between_the_documents_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        assert (ROOT / target).exists(), f"{document.name}: {target}"
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    headings = {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert anchor in headings, f"{document.name}: #{anchor}"


def test_every_shipped_recipe_opens_with_what_it_tests() -> None:
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# "), path.name
        assert len(first) > 40, path.name


def test_the_recipe_of_the_readme_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.S)
    (tmp_path / "my_recipe.yaml").write_text(block, encoding="utf-8")
    assert isinstance(recipes.load(str(tmp_path / "my_recipe.yaml")), Recipe)


def test_exit_codes_are_those_of_the_contract() -> None:
    assert (DataError.exit_code, UsageError.exit_code, EnvironmentFault.exit_code) == (1, 2, 3)
