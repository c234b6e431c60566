"""``soundscape doctor``. Imports nothing that may be missing: it is there to say what is."""

from __future__ import annotations

import dataclasses
import json

import click

from soundscape import diagnosis
from soundscape.diagnosis import Check
from soundscape.errors import EnvironmentFault

_WIDTH = 8


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say what is installed, what is missing, what that disables, and which command installs it.

    Exit code 0 where the main job can run (soundscape build on the embedded bank), 3 where it cannot.
    """
    checks, facts = diagnosis.diagnose(), diagnosis.system()
    able = diagnosis.able(checks)
    if as_json:
        rows = [dataclasses.asdict(check) for check in checks]
        click.echo(json.dumps({"checks": rows, "ok": able, "system": facts}, indent=2, sort_keys=True))
    else:
        click.echo(", ".join(f"{name} {value}" for name, value in facts.items()))
        for check in checks:
            _tell(check)
        click.echo("soundscape build can run" if able else "soundscape build cannot run")
    if not able:
        lacking = [check for check in checks if check.needed and check.state != "ok"]
        raise EnvironmentFault(
            "the main job cannot run: " + "; ".join(f"{check.name} is {check.state}" for check in lacking),
            hint="; ".join(dict.fromkeys(check.remedy for check in lacking if check.remedy)),
        )


def _tell(check: Check) -> None:
    click.echo(f"{check.state:<{_WIDTH}}{check.name}: {check.found}")
    if check.state != "ok":
        click.echo(f"{'':<{_WIDTH}}{'needed for:' if check.needed else 'disables:'} {check.purpose}")
        click.echo(f"{'':<{_WIDTH}}{check.remedy}")
