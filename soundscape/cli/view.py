"""``soundscape view``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("place", metavar="DIR")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.html",
    help="The page; <name of DIR>.html in the current folder by default.",
)  # fmt: skip
@click.option("--key", metavar="DIR|FILE", help="The answer key, where it lies apart from the audio; DIR by default.")
@click.option("--split", help="Which split, where the build has several.")
@click.option("--clip", "clips", multiple=True, metavar="ID", help="A clip that gets pictures; may be given often.")
@click.option(
    "--most", type=click.IntRange(0), default=24, show_default=True,
    help="How many clips get pictures where none are named; all are in the list.",
)  # fmt: skip
@click.option(
    "--embed-mib", type=click.FloatRange(0), default=32, show_default=True,
    help="How much audio, as it is encoded, goes into the page; the rest is linked.",
)  # fmt: skip
@click.option(
    "--pred", "preds", multiple=True, metavar="FILE|DIR",
    help="Answers of a system, marked and drawn under the truth. Several are parts of one system's answers.",
)  # fmt: skip
@click.option(
    "--embedder", default="embeddinggemma", show_default=True,
    metavar="embeddinggemma|lexical|sentence-transformers:ID", help="What compares captions, as in soundscape score.",
)  # fmt: skip
@click.option("--profile", default="laion", show_default=True, help="How to mark, as in soundscape score.")
@click.option("--strict", is_flag=True, help="Mend nothing in the answers.")
def view(
    place: str, out: Path | None, key: str | None, split: str | None, clips: tuple[str, ...], most: int,
    embed_mib: float, preds: tuple[str, ...], embedder: str, profile: str, strict: bool,
) -> None:  # fmt: skip
    """Make one HTML page of a build, to look at and to listen to, with a system's answers under the truth.

    The page needs no network and no other file, except for audio that does not fit into it.
    """
    from soundscape.cli.output import progress, write_file
    from soundscape.reports.explorer.gather import gather
    from soundscape.reports.explorer.page import explore, megabytes
    from soundscape.scoring.options import profile as settled

    target = out or Path(f"{Path(place).resolve().name or 'build'}.html")
    with progress("drawing", "clips") as advance:
        found = gather(
            place, key=key, split=split, clips=clips, most=most, predictions=preds, embedder=embedder,
            options=settled(profile), strict=strict,
        )  # fmt: skip
        page = explore(found, target, room_mib=embed_mib, progress=advance)
    write_file(target, page.html.encode())
    plural = "" if len(found.clips) == 1 else "s"
    click.echo(
        f"{target}: {len(found.clips):,} clip{plural}, {len(found.shown):,} with pictures, {megabytes(page.html)}"
    )
    for note in page.notes:
        click.echo(f"note: {note}", err=True)
