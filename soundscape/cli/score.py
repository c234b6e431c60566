"""``soundscape score``, ``compare``, ``leaderboard``, ``baseline`` and ``prompt``: how systems are marked."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from soundscape.cli.output import write_file
from soundscape.errors import UsageError, nearest

if TYPE_CHECKING:
    from soundscape.scoring.options import Options
    from soundscape.scoring.run import Marked

F = TypeVar("F", bound=Callable[..., Any])

_STANDARD, _UNKNOWN = "standard", "none"
_ALL = "all"
#: Scoring option → its values, default first, and what it settles.
_CHOICES = {
    "argmax": ("iou-content|iou", "What makes a guess the best one for an event."),
    "assignment": ("iou-content|score", "What the one-to-one assignment maximises."),
    "halluc": ("many-to-one|one-to-one", "A guess is real where it overlaps an event, or only where it is assigned."),
    "misses": ("left-out|as-zero", "Missed events stay out of WER and cosines, or count as 1 and 0."),
    "reward_mean": ("pooled|per-clip", "Means over all events, or means of clips' means."),
    "f1": ("soft|hard", "A match counts for its score, or for 1 from --f1-threshold."),
    "style": ("emotion|either", "Mark manner where the key has an emotion, or where it has emotion or style."),
    "text": ("soundscape|whisper|xares", "How transcriptions are normalised."),
}  # fmt: skip


def _choices(command: F) -> F:
    for name, (values, text) in reversed(_CHOICES.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, metavar=values, help=text)(command)
    return command


def _statistics(command: F) -> F:
    for option in (
        click.option("--seed", type=int, default=0, show_default=True, help="Seed of the resamples."),
        click.option("--resamples", type=int, default=1_000, show_default=True, help="Sets of clips that are drawn."),
        click.option("--level", type=float, default=0.95, show_default=True, help="Confidence of intervals."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--key", required=True, metavar="DIR|FILE", help="A build's folder, or a file of answer keys.")
@click.option(
    "--pred",
    "preds",
    required=True,
    multiple=True,
    metavar="FILE|DIR…",
    help="Predictions: JSONL, or a folder of <clip_id>.json or .txt. Several are parts of one system's answers.",
)
@click.argument("more_preds", nargs=-1, metavar="")
@click.option(
    "--embedder",
    default="embeddinggemma",
    show_default=True,
    metavar="embeddinggemma|lexical|sentence-transformers:ID",
    help="What compares captions. 'lexical' needs no model; scores by different embedders do not mix.",
)
@click.option("--profile", default="laion", show_default=True, help="Named settlement of all scoring options.")
@_choices
@click.option("--f1-threshold", metavar="0…1", help="From what score on a match counts with --f1 hard; 0.5 by default.")
@click.option("--wer-clamp/--no-wer-clamp", default=None, help="Limit an event's word error rate to 1 (the default).")
@click.option("--split", help="Which split, where the build has several.")
@click.option("--strict", is_flag=True, help="Mend nothing: an answer that is not as the schema asks is unparsed.")
@click.option("--system", help="Name of the system; that of the file or folder by default.")
@click.option(
    "--prompt",
    "question",
    default=_STANDARD,
    show_default=True,
    metavar="standard|none|FILE",
    help="The question that was put to the system, for the signature: that of soundscape prompt, or another.",
)
@click.option(
    "--by", "factors", multiple=True, metavar="FACTOR", help="Show the score by a factor as well, or by 'all'."
)
@_statistics
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Score file, for compare and leaderboard.")
@click.option("--per-clip", type=click.Path(path_type=Path, dir_okay=False), help="JSONL of every clip and event.")
@click.option("--json", "as_json", is_flag=True, help="Print what --out writes.")
def score(
    key: str, preds: tuple[str, ...], more_preds: tuple[str, ...], embedder: str, profile: str,
    f1_threshold: str | None, wer_clamp: bool | None, split: str | None, strict: bool, system: str | None,
    question: str, factors: tuple[str, ...], level: float, resamples: int, seed: int, out: Path | None,
    per_clip: Path | None, as_json: bool,
    **choices: str | None,
) -> None:  # fmt: skip
    """Mark a system's predictions against answer keys.

    Clips without an answer and answers that cannot be read count as empty; what is odd about the predictions is told
    on stderr and in the result. Factors for --by: type, language, snr_db, glimpse_proportion, distance_m,
    event_duration, overlap, rt60, speakers, clip_duration.
    """
    from soundscape.cli.output import progress
    from soundscape.scoring.document import clip_lines
    from soundscape.scoring.run import mark_files

    chosen = _options(profile, choices, f1_threshold, wer_clamp)
    shown = _factors(factors)
    with progress("marking"):
        marked = mark_files(
            key, (*preds, *more_preds), embedder=embedder, options=chosen, split=split, strict=strict, system=system,
            prompt_digest=_digest(question), level=level, resamples=resamples, seed=seed,
        )  # fmt: skip
    text = json.dumps(marked.document(), ensure_ascii=False, indent=1) + "\n"
    if out is not None:
        write_file(out, text.encode())
    if per_clip is not None:
        lines = (json.dumps(line, ensure_ascii=False) + "\n" for line in clip_lines(marked.table))
        write_file(per_clip, "".join(lines).encode())
    if as_json:
        click.echo(text, nl=False)
    else:
        _tell(marked, shown)
    if marked.oddities:
        click.echo(f"note: {marked.oddities}", err=True)


def _options(profile: str, choices: dict[str, str | None], f1_threshold: str | None, wer_clamp: bool | None) -> Options:
    """Return a profile with what was given on the command line changed."""
    from soundscape.scoring.options import profile as settled

    changes: dict[str, str | float] = {name: value for name, value in choices.items() if value is not None}
    if wer_clamp is not None:
        changes["wer_clamp"] = "on" if wer_clamp else "off"
    if f1_threshold is not None:
        changes["f1_threshold"] = f1_threshold
    found = settled(profile, changes)
    if f1_threshold is not None and found.f1 != "hard":
        raise UsageError("--f1-threshold has no meaning with soft F1", hint="add --f1 hard")
    return found


def _factors(given: tuple[str, ...]) -> set[str]:
    """Return the factors by which the score is to be shown."""
    from soundscape.scoring.slices import FACTORS

    wanted = {name.strip() for names in given for name in names.split(",")}
    for name in sorted(wanted - {*FACTORS, _ALL}):
        raise UsageError(
            f"--by {name}: there is no such factor{nearest(name, (*FACTORS, _ALL))}",
            hint=f"known: {', '.join((*FACTORS, _ALL))}",
        )
    return set(FACTORS) if _ALL in wanted else wanted


def _digest(question: str) -> str | None:
    """Return the digest of the question that was put to the system; None where it is not known."""
    from soundscape.scoring.prompt import prompt_digest

    if question == _STANDARD:
        return prompt_digest()
    if question == _UNKNOWN:
        return None
    try:
        return hashlib.sha256(Path(question).read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(
            f"--prompt {question}: cannot be read: {error.strerror or error}",
            hint=f"name a file that holds the question, {_STANDARD!r} or {_UNKNOWN!r}",
        ) from None


def _tell(marked: Marked, factors: set[str]) -> None:
    from soundscape.reports.text import psychometric_lines, score_lines, slice_lines

    lines = score_lines(marked.table, marked.intervals, level=marked.level)
    lines += slice_lines([part for part in marked.slices if part.factor in factors])
    if "snr_db" in factors:
        lines += psychometric_lines(marked.psychometric)
    click.echo("\n".join(lines))


_SCORES = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("first", type=_SCORES, metavar="SCORES")
@click.argument("second", type=_SCORES, metavar="SCORES")
@_statistics
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(first: Path, second: Path, level: float, resamples: int, seed: int, as_json: bool) -> None:
    """Compare two systems by their score files: each column's difference, its interval, and a paired test."""
    from soundscape.cli.output import print_json
    from soundscape.reports.text import comparison_lines
    from soundscape.scoring.statistics import compare as test
    from soundscape.scoring.systems import read_systems

    one, two = read_systems((first, second))
    found = test(one.table, two.table, level=level, resamples=resamples, seed=seed)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(comparison_lines(found)))


@click.command()
@click.argument("scores", type=_SCORES, nargs=-1, required=True, metavar="SCORES…")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.html|.md|.csv",
    help="Where to write the table; its ending says how. Shown as text by default.",
)  # fmt: skip
def leaderboard(scores: tuple[Path, ...], out: Path | None) -> None:
    """Put systems in one table by their score files; those that were not marked alike are refused."""
    from soundscape.reports.leaderboard import Entry
    from soundscape.reports.leaderboard import leaderboard as board
    from soundscape.reports.text import leaderboard_lines
    from soundscape.scoring.systems import read_systems

    entries = [Entry(table=system.table, intervals=system.intervals) for system in read_systems(scores)]
    if out is None:
        click.echo("\n".join(leaderboard_lines(entries)))
        return
    write_file(out, board(entries, out.suffix.removeprefix(".").lower()).encode())


@click.command()
@click.argument("name", metavar="NAME")
@click.argument("place", metavar="DIR")
@click.option("--split", help="Which split, where the build has several.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of those that draw.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A JSONL file; stdout by default.")
def baseline(name: str, place: str, split: str | None, seed: int, out: Path | None) -> None:
    """Write the predictions of a trivial system for a build.

    NAME is silence, whole-clip, random, shuffled, spam, energy or oracle. Only energy listens, only shuffled and oracle
    look at the answers. What they score says what a score is worth.
    """
    from soundscape.cli.output import progress
    from soundscape.scoring.answers import prediction_line
    from soundscape.scoring.baselines import baseline as predict
    from soundscape.scoring.keys import find_keys

    found = find_keys(place, split)
    keys = list(found.read())
    lines = []
    with progress(name, "clips") as advance:
        for number, prediction in enumerate(predict(name, keys, seed=seed, audio=found.audio), 1):
            lines.append(prediction_line(prediction) + b"\n")
            advance(number, len(keys))
    if out is None:
        sys.stdout.buffer.write(b"".join(lines))
    else:
        write_file(out, b"".join(lines))


@click.command()
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema for structured-output modes instead.")
def prompt(as_schema: bool) -> None:
    """Print the question that is put to every system under test."""
    from soundscape.scoring.prompt import prompt_text, structured_schema

    if as_schema:
        click.echo(json.dumps(structured_schema(), ensure_ascii=False, indent=2))
    else:
        # Exactly the text, so that what is saved of it has the digest that scores are signed with.
        click.echo(prompt_text(), nl=False)
