"""``soundscape regenerate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.errors import DataError, UsageError

if TYPE_CHECKING:
    from soundscape.dataset.compare_splits import Comparison
    from soundscape.dataset.lock import Lock
    from soundscape.dataset.regenerate import Regeneration

#: Lines of one sort that are listed one by one.
_LISTED = 20


@click.command()
@click.argument("build", type=click.Path(path_type=Path, exists=True), metavar="DIR|LOCK")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for what is made; new or empty.")
@click.option("--clip", "clips", multiple=True, metavar="ID", help="Make only this clip; may be given several times.")
@click.option("--bank", "banks", multiple=True, help="Bank, by name or folder; by default the names in the lock.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; one a processor by default.")
@click.option("--fresh-seed", is_flag=True, help="Make a new split of the same distribution, and compare the two.")
@click.option("--seed", type=click.IntRange(0), help="With --fresh-seed: its seed, public; drawn by default.")
@click.option(
    "--seed-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of a secret seed (or SOUNDSCAPE_SEED). With --fresh-seed, one is drawn into a file that is not there.",
)
@click.option("--check-seed", is_flag=True, help="Only tell whether the secret seed is the one the lock commits to.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Only tell what this build shares with another: speakers, recordings, near-duplicates, rooms.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def regenerate(build: Path, **options: Any) -> None:
    """Make a build again from its lock, and tell clip by clip whether it is the same.

    Needs the lock and the banks. With the build's folder, clips that differ are compared sample by sample. Exit code 1
    where anything differs.
    """
    chosen = [name for name in ("check_seed", "against", "fresh_seed") if options[name]]
    if len(chosen) > 1:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in chosen)
        raise UsageError(f"{names} do not go together", hint="run them one after the other")
    if options["seed"] is not None and not options["fresh_seed"]:
        raise UsageError("--seed goes with --fresh-seed: otherwise the lock tells the seed")
    if options["check_seed"]:
        _check_seed(build, options["seed_file"])
    elif options["against"]:
        from soundscape.cli.held_out import compare_with

        compare_with(build, options["against"], options["banks"], as_json=options["as_json"])
    elif options["out"] is None:
        raise UsageError("no --out is given", hint="name a new folder for what is made: --out DIR")
    elif options["fresh_seed"]:
        _fresh(build, options)
    else:
        _again(build, options)


def _check_seed(build: Path, seed_file: Path | None) -> None:
    from soundscape.dataset import lock as locks
    from soundscape.dataset import secret

    seed = secret.find(seed_file)
    if seed is None:
        raise UsageError("no seed is given", hint=f"use --seed-file FILE or {secret.VARIABLE}")
    lock = locks.read(build)
    secret.verify(lock, seed)
    click.echo(f"{build}: the seed is the one that the lock commits to")


def _again(build: Path, options: dict[str, Any]) -> None:
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset import secret
    from soundscape.dataset.regenerate import maker_of, open_lock
    from soundscape.dataset.regenerate import regenerate as make

    lock, original = open_lock(build)
    seed = secret.find(options["seed_file"]) if lock.seed is None else None
    if lock.seed is not None and options["seed_file"] is not None:
        raise UsageError(f"{build}: its seed is public, and --seed-file is given", hint="leave it out")
    maker = maker_of(lock, banks=options["banks"], seed=seed)
    with progress("regenerating", "clips") as advance:
        found = make(
            lock, maker, options["out"], original=original, clips=options["clips"], jobs=options["jobs"],
            progress=advance,
        )  # fmt: skip
    if options["as_json"]:
        print_json({"same": found.same, "counts": found.counts, "notes": found.notes, "clips": found.outcomes})
    else:
        _tell_outcomes(found, options["out"])
    if not found.same:
        wrong = len(found.outcomes) - found.counts.get("identical", 0)
        raise DataError(
            f"{options['out']}: {wrong} of {_clips(len(found.outcomes))} not the same as in the lock",
            hint="; ".join(found.notes[:4]) or "versions, machine and banks are those of the lock",
        )


def _clips(count: int) -> str:
    return f"{count} clip{'' if count == 1 else 's'}"


def _tell_outcomes(found: Regeneration, out: Path) -> None:
    counts = ", ".join(f"{n} {status}" for status, n in sorted(found.counts.items()))
    click.echo(f"{out}: {_clips(len(found.outcomes))}, {counts}")
    odd = [outcome for outcome in found.outcomes if outcome.status != "identical"]
    for outcome in odd[:_LISTED]:
        if outcome.status == "source":
            parts = [f"source missing or changed: {outcome.detail}"]
        else:
            since = f" since the {outcome.stage}" if outcome.stage else ""
            parts = [f"{outcome.status}{since}"]
            if outcome.samples is not None:
                parts.append(f"{outcome.samples} samples by up to {outcome.steps}")
            if outcome.detail:
                parts.append(outcome.detail)
        click.echo(f"  {outcome.clip_id}: {'; '.join(parts)}")
    if len(odd) > _LISTED:
        click.echo(f"  and {len(odd) - _LISTED} more; all of them: --json")
    for note in found.notes:
        click.echo(f"  note: {note}")


def _fresh(build: Path, options: dict[str, Any]) -> None:
    from soundscape.cli.output import print_json, progress
    from soundscape.dataset import compare_splits
    from soundscape.dataset.regenerate import fresh, open_lock

    lock, original = open_lock(build)
    if options["clips"]:
        raise UsageError("--clip and --fresh-seed do not go together: a new split has other clips")
    if original is None or not (original / "answer_key" / f"{lock.split}.jsonl").is_file():
        raise UsageError(
            f"{build}: a new split is compared with the old one, whose answer key is not there",
            hint="name the folder of the build, with its key",
        )
    seed = _fresh_seed(lock, options)
    with progress("building", "clips") as advance:
        fresh(lock, options["out"], seed=seed, banks=options["banks"], jobs=options["jobs"], progress=advance)
    found = compare_splits.compare(original, options["out"])
    compare_splits.write(found, options["out"])
    if options["as_json"]:
        print_json(found)
    else:
        _tell_comparison(found, options["out"])
    if found.differing:
        raise DataError(f"{options['out']}: differs from {original} in {', '.join(found.differing)}", hint=found.method)


def _fresh_seed(lock: Lock, options: dict[str, Any]) -> int | str:
    """Return the seed of a new split: the one that is given, or one drawn for a split whose seed was public."""
    from soundscape.dataset import secret

    seed = secret.choose(options["seed"], options["seed_file"], draw_into=True)
    if seed is not None:
        return seed
    if lock.seed is None:
        raise UsageError(
            "the old split has a secret seed, and so should the new one",
            hint="name a file, which is made if it is not there: --seed-file FILE; or say --seed N for a public one",
        )
    return secret.draw_public()


def _tell_comparison(found: Comparison, out: Path) -> None:
    from soundscape.cli.output import print_table

    def shown(value: float | dict[str, float]) -> str:
        return f"{value:g}" if not isinstance(value, dict) else " ".join(f"{k} {v:.2f}" for k, v in value.items())[:40]

    rows = [
        (t.name, shown(t.a), shown(t.b), f"{t.statistic:g}", f"{t.p:.3g}", f"{t.p_adjusted:.3g}")
        for t in found.tests
        if not t.constant
    ]
    print_table(("factor", "old", "new", "statistic", "p", "p adjusted"), rows)
    click.echo(found.method)
    verdict = f"differs in {', '.join(found.differing)}" if found.differing else "no factor differs"
    click.echo(f"{out}: {_clips(found.clips[1])} against {found.clips[0]}, {verdict}; all figures in comparison.json")
