"""The command line: parse, call one library function, print, exit code.

Exit codes: 0 all well; 1 the data is at fault; 2 wrong usage; 3 something is missing from the environment. Commands are
imported when they are called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from soundscape.errors import SoundscapeError, nearest
from soundscape.version import __version__

#: Command → (module, one line of help). The module has a click command of the same name, with underscores.
COMMANDS = {
    "recipe": ("recipe", "List, show and check recipes."),
    "bank": ("bank", "List, add, caption, inspect and verify banks of sounds."),
    "plan": ("build", "Decide scenes without rendering them."),
    "build": ("build", "Make soundscapes with their answer key."),
    "regenerate": ("regenerate", "Make a build again from its lock, and tell whether it is the same."),
    "export": ("export", "Write a build in the formats of other systems, with captions and questions."),
    "doctor": ("doctor", "Tell what is installed, what is missing, and what that disables."),
    "verify": ("verify", "Measure a finished build again and compare it with its answer key."),
    "prompt": ("score", "Print the question put to every system under test."),
    "score": ("score", "Mark a system's predictions against answer keys."),
    "compare": ("score", "Compare two systems by their score files."),
    "leaderboard": ("score", "Put systems in one table by their score files."),
    "baseline": ("score", "Write the predictions of a trivial system."),
    "view": ("view", "Make one HTML page of a build, to look at and listen to."),
    "mecat-score": ("mecat", "Mark captions or answers in prose by DATE or FENSE, as MECAT does."),
    "validate": ("validate", "Check answer keys, predictions, recipes, plans and locks against their schemas."),
}


class _Commands(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"soundscape.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name.replace("-", "_"))
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="soundscape")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def soundscape(debug: bool) -> None:
    """Make synthetic soundscapes with exact answer keys, and mark systems against them."""
    if debug:
        os.environ["SOUNDSCAPE_DEBUG"] = "1"


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = soundscape.main(standalone_mode=False, prog_name="soundscape")
    except SoundscapeError as error:
        if os.environ.get("SOUNDSCAPE_DEBUG"):
            raise
        click.echo(f"error: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except ModuleNotFoundError as error:
        if os.environ.get("SOUNDSCAPE_DEBUG") or (error.name or "").startswith("soundscape"):
            raise
        click.echo(f"error: the package {error.name!r} is missing\n  soundscape doctor says what it is for", err=True)
        code = 3
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except BrokenPipeError:
        # The reader has seen enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if os.environ.get("SOUNDSCAPE_DEBUG"):
            raise
        place = error.filename or "the disk"
        click.echo(f"error: {place}: {error.strerror or error}\n  choose a place that exists and is yours", err=True)
        code = 3
    sys.exit(code if isinstance(code, int) else 0)
