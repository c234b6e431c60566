"""What a build says of itself to people: the data set card and the credits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from soundscape.dataset.layouts import LAYOUTS
from soundscape.dataset.lock import Lock
from soundscape.records import AnswerKey, Provenance
from soundscape.sources.licences import POLICIES, duties, narrowest


class Credits:
    """Gathers the sources that a build uses, and the licences in each clip; :meth:`text` is ``CREDITS.md``."""

    def __init__(self) -> None:
        self._sources: dict[str, Provenance] = {}
        self._uses: Counter[str] = Counter()
        self._clips: dict[str, tuple[str, ...]] = {}
        # Few combinations of licences occur in many clips.
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, key: AnswerKey) -> None:
        """Add a clip."""
        for event in key.events:
            self._sources[event.provenance.source_id] = event.provenance
            self._uses[event.provenance.source_id] += 1
        heard = tuple(sorted({event.provenance.licence for event in key.events}))
        self._clips[key.clip_id] = self._known.setdefault(heard, heard)

    @property
    def fit_for(self) -> dict[str, int]:
        """How many clips each policy is the narrowest of, that lets in all that is heard in them."""
        policies = {heard: narrowest(heard) for heard in self._known}
        found = Counter(policies[heard] for heard in self._clips.values())
        return {policy: found[policy] for policy in reversed(POLICIES)}

    @property
    def duties(self) -> dict[str, int]:
        """What licences ask of those who share the clips, each with the number of sources that ask it."""
        found: Counter[str] = Counter()
        for licence, count in self.licences.items():
            asked = duties(licence)
            for duty in ("not_known",) if asked is None else asked:
                found[duty] += count
        return dict(sorted(found.items()))

    @property
    def licences(self) -> dict[str, int]:
        """Each licence with the number of sources under it."""
        return dict(sorted(Counter(p.licence for p in self._sources.values()).items()))

    def text(self) -> str:
        """Return the credits as Markdown: one line a source, by data set; then one a clip, with the licences in it."""
        lines = ["# Credits", "", "Every recording heard in these clips, with its terms.", ""]
        by_set: dict[str, list[Provenance]] = {}
        for provenance in self._sources.values():
            by_set.setdefault(provenance.dataset or "own recordings", []).append(provenance)
        for name, sources in sorted(by_set.items()):
            lines += [f"## {name}", "", "| source | licence | attribution | uses |", "|---|---|---|---|"]
            for p in sorted(sources, key=lambda p: p.source_id):
                cells = (p.source_id, p.licence, p.attribution or "–", str(self._uses[p.source_id]))
                lines.append("| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |")
            lines.append("")
        lines += ["## Clips", "", "What is heard in each, and the narrowest of the policies `commercial`, `research`"]
        lines += ["and `any` that lets it in.", "", "| clip | licences | policy |", "|---|---|---|"]
        policies = {heard: narrowest(heard) for heard in self._known}
        for clip, heard in self._clips.items():
            lines.append(f"| {clip} | {', '.join(heard).replace('|', '/') or '–'} | {policies[heard]} |")
        lines.append("")
        return "\n".join(lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(map(str, row)) + " |" for row in rows),
        "",
    ]


_USES = {
    "commercial": "any purpose",
    "research": "research alone",
    "any": "nothing without asking: a licence that is not known, or that allows no derivatives",
}


def _uses(fit_for: dict[str, int]) -> Iterable[tuple[str, int]]:
    return ((_USES[policy], count) for policy, count in fit_for.items() if count)


def card(lock: Lock, summary: dict[str, Any], credits_: Credits) -> str:
    """Return the data set card as Markdown, with the front matter that lets ``datasets`` find the audio."""
    name = lock.recipe["name"]
    languages = summary["languages"]["share_of_speech_time"]
    front = ["---", f"pretty_name: {name} ({lock.split})", "tags: [audio, soundscape, benchmark]"]
    if languages:
        front += ["language:", *(f"- {x}" for x in languages)]
    front += ["configs:", "- config_name: default", "  data_files:", f"  - split: {lock.split}"]
    front += [f"    path: data/{lock.split}/{LAYOUTS[lock.layout].pattern}", "---", ""]
    body = [
        f"# {name}, split {lock.split}",
        "",
        str(lock.recipe.get("description", "")),
        "",
        f"{summary['clips']} synthetic soundscapes, {summary['hours']:.2f} hours, made with soundscape "
        f"{lock.soundscape_version} (protocol {lock.protocol_version}). Each clip has an exact answer key in "
        f"`answer_key/{lock.split}.jsonl`, in the UAAP format; `report.json` compares what the recipe asked for with "
        "what was measured; `soundscape.lock.json` makes the same bytes again.",
        "",
        "## Events",
        "",
        *_table(("type", "events"), sorted(summary["events"].items())),
        "## Requested and achieved",
        "",
        *_table(
            ("factor", "requested (mean)", "achieved (mean)", "mean absolute difference"),
            (
                (k, f["requested_mean"], f["achieved_mean"], f["mean_absolute_difference"])
                for k, f in summary["factors"].items()
                if "requested_mean" in f
            ),
        ),
        "## Terms",
        "",
        "The recordings keep their own licences; CREDITS.md lists each, and what is in every clip. Sources were drawn "
        f"under the policy `{lock.recipe.get('licences', 'any')}`.",
        "",
        *_table(("licence", "sources"), credits_.licences.items()),
        *_table(("what they ask", "sources"), ((k.replace("_", " "), n) for k, n in credits_.duties.items())),
        *_table(("clips of which everything may be used for", "clips"), _uses(credits_.fit_for)),
    ]
    return "\n".join(front + body)
