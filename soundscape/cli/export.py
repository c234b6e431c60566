"""``soundscape export``: a finished build in the formats of other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--to", "to", required=True, metavar="mecat|xares|acavcaps|fusionaudio", help="Format that is written.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder of the export; must not exist or be empty."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def export(place: Path, to: str, out: Path, as_json: bool) -> None:
    """Write a finished build in another system's format, with captions and questions from its answer key.

    DIR is a build of any layout. Captions are made by grammar: what they say is in the key, what cannot be heard is not
    said. The same build gives the same bytes.
    """
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset.exports.run import export as write

    with progress("exporting", "clips") as advance:
        done = write(place, to, out, progress=advance)
    if as_json:
        print_json(done.report)
    else:
        _tell(done.report, out)


def _tell(report: dict[str, Any], out: Path) -> None:
    questions = f", {report['questions']:,} questions" if report["questions"] else ""
    click.echo(f"{out}: {report['clips']:,} clips as {report['format']}, {report['captions']:,} captions{questions}")
    click.echo(
        f"  {report['unique_tokens']:,} unique tokens, {report['words_per_caption']:.1f} words a caption; "
        f"{report['mixed_share']:.0%} of the clips mix two or more of speech, music and sound"
    )
    click.echo("  domains: " + ", ".join(f"{name} {count:,}" for name, count in report["domains"].items()))
