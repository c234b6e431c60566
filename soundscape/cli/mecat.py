"""``soundscape mecat-score``: captions and answers in prose against MECAT's references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--key", required=True, metavar="DIR|FILE", help="An export to MECAT, MECAT's own folder, or one file.")
@click.option(
    "--pred", "preds", required=True, multiple=True, metavar="FILE|FIELD=FILE…",
    help='Predictions: CSV "key","text" without a head, JSON or JSONL. One file serves all fields; or one for each.',
)  # fmt: skip
@click.option("--task", default="caption", show_default=True, metavar="caption|qa", help="Captions, or answers.")
@click.option(
    "--metric", default="date", show_default=True, metavar="date|date-paper|fense",
    help="DATE as MECAT's code has it, as its text has it, or FENSE.",
)  # fmt: skip
@click.option(
    "--embedder", default="tinybert", show_default=True, metavar="tinybert|lexical|sentence-transformers:ID",
    help="What compares sentences. 'lexical' needs no model; scores by different embedders do not mix.",
)  # fmt: skip
@click.option(
    "--checker", default="fense", show_default=True, metavar="fense|none|FILE",
    help="What finds broken sentences, which count a tenth; 'none' needs no model.",
)  # fmt: skip
@click.option("--split", help="Which split, where the folder has several.")
@click.option("--system", help="Name of the system; that of the file by default.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Result file, JSON.")
@click.option("--per-clip", type=click.Path(path_type=Path, dir_okay=False), help="JSONL of every clip of every set.")
@click.option("--json", "as_json", is_flag=True, help="Print what --out writes.")
def mecat_score(
    key: str, preds: tuple[str, ...], out: Path | None, per_clip: Path | None, as_json: bool, **options: Any
) -> None:
    """Mark captions or answers in prose by DATE or FENSE, with MECAT's overall score.

    Clips without a text score 0; what is odd about the predictions is told on stderr and in the result. Fields: long,
    short, speech, music, sound, environment.
    """
    from soundscape.cli.output import progress, write_file
    from soundscape.scoring.describing.run import describe_files

    with progress("marking"):
        marked = describe_files(key, preds, **options)
    text = json.dumps(marked.document(), ensure_ascii=False, indent=1) + "\n"
    if out is not None:
        write_file(out, text.encode())
    if per_clip is not None:
        write_file(per_clip, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in marked.lines()).encode())
    if as_json:
        click.echo(text, nl=False)
    else:
        _tell(marked.document(), str(marked.signature))
    for note in marked.notes:
        click.echo(f"note: {note}", err=True)


def _tell(found: dict[str, Any], signature: str) -> None:
    from soundscape.cli.output import print_table

    click.echo(f"{found['system']}: {found['metric']} of {'captions' if found['task'] == 'caption' else 'answers'}")
    rows = [
        (name, *(f"{part[c]:.3f}" for c in ("value", "similarity", "discriminability")), part["clips"], part["missing"])
        for name, part in found["sets"].items()
    ]
    print_table(("set", "value", "similarity", "discriminability", "clips", "missing"), rows)
    click.echo(f"score {found['score']:.3f}")
    click.echo(signature)
