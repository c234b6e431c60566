"""The explorer's page as a whole: what the build is, its clips, its figures, and what the system scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from soundscape.reports import spectrogram
from soundscape.reports.explorer.charts import charts_html
from soundscape.reports.explorer.clips import clip_html, list_html
from soundscape.reports.explorer.gather import EMBEDDED_MIB, LARGEST_MIB, Sounds, View, languages
from soundscape.reports.explorer.timeline import TYPES
from soundscape.reports.figures import bounds, figure
from soundscape.reports.markup import Content, Markup, number, page, tag
from soundscape.scoring.tally import COLUMNS

_HERE = Path(__file__).parent
_SCORES = ("reward", "strict_reward", "iou", "f1", "recall", "precision", "wer", "spk_acc", "halluc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, and what was left out or linked, one sentence each."""

    html: str
    notes: tuple[str, ...]


def explore(
    view: View, out: Path, *, room_mib: float = EMBEDDED_MIB, progress: Callable[[int, int], None] | None = None
) -> Page:
    """Return the page of a build.

    Args:
        view: what :func:`~soundscape.reports.explorer.gather.gather` found.
        out: where the page will lie, for links to audio that is not in it.
        room_mib: how much encoded audio may go into it, in MiB.
        progress: told after every clip.

    Raises:
        BuildError: a clip's audio cannot be read, or is not what its key tells of.
    """
    sounds = Sounds(view, out, room_mib)
    sections = []
    for clip in view.shown:
        sections.append(clip_html(view, clip, sounds.of(clip.key)))
        if progress is not None:
            progress(len(sections), len(view.shown))
    notes = _notes(view, sounds)
    title = f"{view.name}, {view.split}"
    body = (
        tag("a", "To the clips", href="#list", class_="skip"),
        tag(
            "header", tag("h1", tag("bdi", title)), _summary(view), _scores(view), _reading(), _told(notes), _contents()
        ),
        tag("main", list_html(view), sections, charts_html(view)),
    )
    html = page(
        f"{title}: explorer", body, styles=(_HERE.parent / "page.css", _HERE / "explorer.css"),
        script=_HERE / "explorer.js",
    )  # fmt: skip
    return Page(html=html, notes=notes)


def _contents() -> Markup:
    links = (tag("a", "Clips", href="#list"), " · ", tag("a", "Asked and achieved", href="#charts"))
    return tag("nav", links, aria_label="Parts of this page")


def _notes(view: View, sounds: Sounds) -> tuple[str, ...]:
    out = []
    shown, every = len(view.shown), len(view.clips)
    if shown < every:
        out.append(f"{shown:,} of {every:,} clips have pictures and a player; --clip ID or --most N chooses others")
    if sounds.ways["linked"]:
        out.append(
            f"the audio of {sounds.ways['linked']:,} clips is linked, not in the page, and plays only from where the "
            "page was written; --embed-mib N makes more room"
        )
    if sounds.ways["none"]:
        out.append(
            f"{sounds.ways['none']:,} clips have no player: they lie inside shards, and the page has no room for them; "
            "--embed-mib N makes more"
        )
    if view.marked is not None and view.marked.oddities:
        out.append(view.marked.oddities)
    return tuple(out)


def _told(notes: tuple[str, ...]) -> Markup:
    return tag("ul", [tag("li", tag("bdi", note)) for note in notes], class_="notes") if notes else Markup()


def _summary(view: View) -> Markup:
    kinds = Counter(event.type for clip in view.clips for event in clip.key.events)
    unscored = sum(not event.scored for clip in view.clips for event in clip.key.events)
    seconds = sum(clip.key.duration for clip in view.clips)
    events = ", ".join(f"{kinds[kind]:,} {name}" for kind, name in TYPES.items() if kinds[kind])
    spoken = languages(view.clips)
    first = view.clips[0].key
    seed = "secret" if first.seed is None else first.seed
    parts = [
        f"{len(view.clips):,} clip{'' if len(view.clips) == 1 else 's'}, {seconds / 60:.1f} minutes",
        f"{sum(kinds.values()):,} events: {events or 'none'}; {unscored:,} not scored",
        f"{len(spoken)} language{'' if len(spoken) == 1 else 's'}: {' '.join(spoken) or 'none'}",
        f"seed {seed}",
    ]
    return tag("p", tag("bdi", " · ".join(parts)))


def _scores(view: View) -> Markup:
    """Return what the system scored over all clips, with its signature."""
    if view.marked is None:
        return Markup()
    table, intervals = view.marked.table, view.marked.intervals
    rows: list[Content] = []
    for name in _SCORES:
        value = figure(name, table.total.value(name))
        rows.append(
            tag(
                "div",
                tag("dt", COLUMNS[name][0]),
                tag("dd", value, " ", tag("small", bounds(name, intervals.get(name)))),
            )
        )
    head = tag("h2", "Answers of ", tag("bdi", table.system))
    level = f"In brackets: {100 * view.marked.level:g} % intervals over clips. Signature: {table.signature}"
    return tag("section", head, tag("dl", rows, class_="facts"), tag("p", tag("small", level), class_="signature"))


def _reading() -> Markup:
    lines = (
        f"Spectrograms: brightness is dB under the clip's strongest cell, over {spectrogram.RANGE_DB:g} dB; "
        f"frequencies are evenly spaced in ERB numbers from {spectrogram.LOWEST_HZ:g} Hz to half the rate.",
        "Rows: a solid bar is the active span, by which systems are marked; the lighter part is audible beyond it, "
        "such as a reverberant tail. Hatched events are not scored.",
        "Guesses stand under the true events, and lines join those that are matched one to one; the figure in a guess "
        "is the score of its match: IoU × content × speaker.",
        f"Audio lies in the page, clip by clip while there is room ({EMBEDDED_MIB:g} MiB, or as asked; none of more "
        f"than {LARGEST_MIB:g} MiB); what has no room is linked, relative to this file.",
        "Space plays or stops the clip that is shown, arrow keys go to the clip before or after; a click into a "
        "picture goes to that moment.",
    )
    return tag("details", tag("summary", "How to read this page"), tag("ul", [tag("li", x) for x in lines]))


def megabytes(html: str) -> str:
    """Return how large a page is."""
    return f"{number(len(html.encode()) / 1e6, 1)} MB"
