"""Score captions in prose whose worth is known, and print the table that stands in PROTOCOL.md, as Markdown.

python scripts/describing_table.py [--embedder lexical]… [--clips 12]

*right*: each clip's ``plain`` caption of ACAVCaps, another wording of what the references say; *generic*: one sentence
for all; *shifted*: the right captions, each given to the clip before.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import msgspec

from soundscape.dataset.build import build, prepare
from soundscape.dataset.exports.run import export
from soundscape.records import AnswerKey
from soundscape.scoring.describing.date import METRICS
from soundscape.scoring.describing.run import describe_files
from soundscape.truth.captions.facts import facts_of
from soundscape.truth.captions.styles import scene_captions

_GENERIC = "Several people talk over one another while music plays and various sounds are heard."


def systems(folder: Path) -> dict[str, dict[str, str]]:
    """Return what each system says of every clip of a build."""
    lines = (folder / "answer_key" / "test.jsonl").read_bytes().splitlines()
    keys = [msgspec.json.decode(line, type=AnswerKey) for line in lines]
    right = {key.clip_id: scene_captions(facts_of(key))[0].text for key in keys}
    texts = list(right.values())
    return {
        "right": right,
        "generic": dict.fromkeys(right, _GENERIC),
        "shifted": dict(zip(right, [*texts[1:], texts[0]], strict=True)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--embedder", action="append", help="lexical by default; may be given often")
    parser.add_argument("--clips", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        build(prepare("dense_multilingual"), folder / "build", clips=options.clips)
        export(folder / "build", "mecat", folder / "mecat")
        said = systems(folder / "build")
        for name, texts in said.items():
            (folder / f"{name}.json").write_text(json.dumps(texts), encoding="utf-8")
        for embedder in options.embedder or ["lexical"]:
            print(f"| {embedder} | {' | '.join(said)} |\n|---|{'---:|' * len(said)}")
            for metric in METRICS:
                values = []
                for name in said:
                    answers = [str(folder / f"{name}.json")]
                    marked = describe_files(folder / "mecat", answers, metric=metric, embedder=embedder, checker="none")
                    values.append(f"{marked.result.score:.3f}")
                print(f"| `{metric}` | {' | '.join(values)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
