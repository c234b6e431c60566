"""Score the trivial systems over a recipe, and print the tables that stand in PROTOCOL.md, as Markdown.

python scripts/baseline_table.py                   builds 60 clips of dense_multilingual in a temporary folder
python scripts/baseline_table.py --build DIR       uses a finished build, of any recipe
python scripts/baseline_table.py --embedder embeddinggemma
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from soundscape.dataset.build import build, prepare
from soundscape.records import AnswerKey, Prediction
from soundscape.reports.figures import figure, signed
from soundscape.scoring.baselines import baseline
from soundscape.scoring.chance import CHANCE_COLUMNS, corrected
from soundscape.scoring.embedders import Captions, open_embedder
from soundscape.scoring.keys import KeyFile, find_keys
from soundscape.scoring.options import Options
from soundscape.scoring.prepare import prepare as prepare_key
from soundscape.scoring.probes import ask_probes, draw_probes
from soundscape.scoring.score import ScoreTable, score
from soundscape.scoring.tally import COLUMNS

#: In the order of what they know: nothing, the audio, all but the texts, everything.
BASELINES = ("silence", "whole-clip", "random", "spam", "energy", "shuffled", "oracle")
#: The truth told badly: of each clip its first event alone, and everything ten times.
SYSTEMS = (*BASELINES, "first only", "ten times")
SHOWN = (
    "reward", "strict_reward", "iou_cos", "strict_iou_cos", "iou", "strict_iou", "f1", "recall", "precision", "wer",
    "how", "snd", "burst", "spk_acc", "halluc", "pred", "true",
)  # fmt: skip
#: Columns that another option changes, with the option.
OTHERWISE: tuple[tuple[str, str, Options], ...] = (
    ("halluc", "`halluc=one-to-one`", Options(halluc="one-to-one")),
    ("wer", "`misses=as-zero`", Options(misses="as-zero")),
    ("how", "`misses=as-zero`", Options(misses="as-zero")),
    ("snd", "`misses=as-zero`", Options(misses="as-zero")),
    ("burst", "`misses=as-zero`", Options(misses="as-zero")),
    ("f1", "`f1=hard`, threshold 0.5", Options(f1="hard")),
    ("f1", "`f1=hard`, threshold 0.1", Options(f1="hard", f1_threshold=0.1)),
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def constant_level(keys: Sequence[AnswerKey], kinds: Sequence[str], captions: Captions) -> float | None:
    """Return what the best single caption of the key, given to every event of a column, would earn as mean cosine."""
    events = [e for key in keys for e in prepare_key(key, Options()).events if e.type in kinds and e.caption]
    if not events:
        return None
    texts = [e.caption or "" for e in events]
    captions.warm(texts)
    vectors = np.stack([captions.vector(text) for text in texts])
    unique = np.stack([captions.vector(text) for text in dict.fromkeys(texts)])
    return float(np.clip(unique @ vectors.T, 0.0, 1.0).mean(axis=1).max())


def report(found: KeyFile, embedder: str) -> Iterator[str]:
    model = open_embedder(embedder)
    keys = list(found.read())
    answers: dict[str, list[Prediction]] = {name: list(baseline(name, keys, audio=found.audio)) for name in BASELINES}
    answers["first only"] = [replace(p, events=p.events[:1]) for p in answers["oracle"]]
    answers["ten times"] = [replace(p, events=p.events * 10) for p in answers["oracle"]]
    tables: dict[str, ScoreTable] = {n: score(keys, answers[n], embedder=model, system=n) for n in SYSTEMS}
    some = tables["oracle"]
    scored = sum(e.scored for key in keys for e in key.events)
    yield f"{len(keys)} clips of `{keys[0].recipe}`, seed {keys[0].seed}, {scored:,} scored events.\n"
    rows = [[COLUMNS[c][0], *(figure(c, tables[n].total.value(c)) for n in SYSTEMS)] for c in SHOWN]
    for column in CHANCE_COLUMNS:
        above = (corrected(tables[n].columns(), tables[n].chance)[column] for n in SYSTEMS)
        rows.append([f"{column} above chance", *(signed(column, value) for value in above)])
    captions = Captions(model)
    probes = draw_probes(keys, captions)
    asked = (ask_probes(probes, {p.clip_id: p for p in answers[n]}, captions).j for n in SYSTEMS)
    rows.append(["probes (J)", *(figure("probes", value) for value in asked)])
    yield table(["column", *SYSTEMS], rows) + "\n"
    rows = []
    for column, label, options in OTHERWISE:
        again = (score(keys, answers[n], embedder=model, options=options).total.value(column) for n in SYSTEMS)
        rows.append([f"{COLUMNS[column][0]}, {label}", *(figure(column, value) for value in again)])
    yield table(["under another option", *SYSTEMS], rows) + "\n"
    rows = [
        [COLUMNS[c][0], figure(c, some.chance[c]), figure(c, constant_level(keys, kinds, captions))]
        for c, kinds in CHANCE_COLUMNS.items()
    ]
    yield table(["cosine of", "another event's caption (c0)", "the best single caption"], rows) + "\n"
    yield f"Signature: `{some.signature}`"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, help="a finished build in the layout 'folder'")
    parser.add_argument("--recipe", default="dense_multilingual", help="what to build where there is no --build")
    parser.add_argument("--clips", type=int, default=60, help="how many clips to build")
    parser.add_argument("--seed", type=int, default=1, help="seed of the build")
    parser.add_argument("--jobs", type=int, default=1, help="processes that build")
    parser.add_argument("--embedder", default="lexical", help="what compares captions")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.build or Path(folder) / "build"
        if options.build is None:
            build(prepare(options.recipe, seed=options.seed), place, clips=options.clips, jobs=options.jobs)
        for part in report(find_keys(place), options.embedder):
            print(part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
