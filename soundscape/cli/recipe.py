"""``soundscape recipe``."""

from __future__ import annotations

import click
import yaml

from soundscape.cli.output import print_json, print_table
from soundscape.errors import RecipeError
from soundscape.planning import recipe as recipes


@click.group()
def recipe() -> None:
    """List, show and check recipes: what kind of scenes to make."""


@recipe.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_recipes(as_json: bool) -> None:
    """List the shipped recipes."""
    found = [recipes.load(name) for name in recipes.names()]
    if as_json:
        print_json([{"name": r.name, "clips": r.clips, "description": r.description} for r in found])
    else:
        print_table(("recipe", "clips", "what it tests"), [(r.name, r.clips, r.description) for r in found])


@recipe.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with the defaults filled in.")
def show(name: str, as_json: bool) -> None:
    """Show a recipe (a shipped NAME or a YAML file) with what it extends merged in."""
    checked = recipes.load(name)
    if as_json:
        print_json(recipes.to_data(checked))
    else:
        click.echo(yaml.safe_dump(recipes.read(name), sort_keys=False, allow_unicode=True).rstrip())


@recipe.command()
@click.argument("file")
def check(file: str) -> None:
    """Check a recipe (a shipped NAME or a YAML file): every problem, one a line."""
    from soundscape.validation import validate

    found = validate([recipes.locate(file)], kind="recipe", each=lambda finding: click.echo(str(finding), err=True))
    if not found.ok:
        raise RecipeError(f"{file}: {found.problems} problem{'s' if found.problems > 1 else ''}")
    click.echo(f"{file}: valid, digest {recipes.digest(recipes.load(file))[:12]}")
