"""Where events lie in rows on a time axis, and the HTML of it: the true ones, and a system's guesses under them.

Rows: one a speaker by first onset, then sounds, then music, then the bed; events of a row that overlap lie in lanes.
Lengths along the time axis are per cent of the clip, so that the picture above and the rows keep one axis at any width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from soundscape.records import EventType, KeyEvent, PredictedEvent
from soundscape.reports.explorer.gather import Clip
from soundscape.reports.markup import Markup, escape, tag
from soundscape.scoring.clip import EventMark, Fate

#: Heights in px: of a lane, between rows, and of the line that parts guesses from the truth.
LANE, GAP, PARTING = 22, 4, 26
#: Guesses of a clip that are drawn; a system may give any number.
MOST_GUESSES = 400
TYPES: dict[EventType, str] = {
    "speech": "speech",
    "vocal_burst": "vocal burst",
    "sound_event": "sound event",
    "music": "music",
}
FATES: dict[Fate, str] = {
    "assigned": "matched",
    "spare": "spare: the events it overlaps have better guesses",
    "invented": "invented: overlaps no scored event of its type",
    "excused": "excused: overlaps an event that is not scored",
}
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_TICKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One event in a row. ``tail``: audible span, where it is known. ``told``: all of it in words."""

    mark: str
    type: str
    start: float
    end: float
    tail: tuple[float, float] | None = None
    state: str = ""
    text: str = ""
    told: str = ""

    @property
    def reach(self) -> tuple[float, float]:
        """The span that it needs in its lane."""
        first, last = self.tail or (self.start, self.end)
        return min(first, self.start), max(last, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with its lanes. ``note`` is said beside its name."""

    name: str
    note: str
    lanes: tuple[tuple[Bar, ...], ...]

    @property
    def height(self) -> int:
        """In px."""
        return LANE * len(self.lanes) + GAP


def lanes(bars: Iterable[Bar]) -> tuple[tuple[Bar, ...], ...]:
    """Return bars in as few lanes as hold them without overlap, by their starts."""
    out: list[list[Bar]] = []
    ends: list[float] = []
    for bar in sorted(bars, key=lambda b: b.reach):
        start, end = bar.reach
        free = next((n for n, last in enumerate(ends) if last <= start), None)
        if free is None:
            out.append([bar])
            ends.append(end)
        else:
            out[free].append(bar)
            ends[free] = end
    return tuple(map(tuple, out))


#: The kinds of rows, in order, and the names of those that have no speaker.
_SPEAKER, _SOUNDS, _MUSIC, _BED = range(4)
_NAMES = {_SOUNDS: "sounds", _MUSIC: "music", _BED: "bed"}


def _rows(placed: Sequence[tuple[tuple[int, str], str, Bar]]) -> list[Row]:
    """Return rows from (kind and name of the row, a note, bar): speakers by their first onset, all else after them."""
    onset: dict[tuple[int, str], float] = {}
    for row, _, bar in placed:
        onset[row] = min(bar.start, onset.get(row, bar.start))
    out = []
    for row in sorted(onset, key=lambda r: (r[0], onset[r], r[1])):
        own = [(note, bar) for other, note, bar in placed if other == row]
        notes = dict.fromkeys(note for note, _ in own if note)
        out.append(Row(name=row[1], note=" ".join(notes), lanes=lanes(bar for _, bar in own)))
    return out


def _row_of(event: KeyEvent | PredictedEvent) -> tuple[int, str]:
    if isinstance(event, KeyEvent) and event.role == "background":
        kind = _BED
    else:
        kind = {"sound_event": _SOUNDS, "music": _MUSIC}.get(event.type, _SPEAKER)
    return kind, _NAMES.get(kind) or (event.speaker_id or "").strip()[:24] or "no speaker"


def words_of(event: KeyEvent | PredictedEvent) -> str:
    """Return what an event says or is."""
    if event.type == "speech":
        return event.transcription or ""
    return event.description or event.vocal_burst or event.transcription or ""


def _told(event: KeyEvent | PredictedEvent, more: str) -> str:
    who = ", ".join(x for x in (TYPES[event.type], event.speaker_id, event.language) if x)
    words = words_of(event)
    short = words if len(words) <= 300 else f"{words[:300]}…"
    return f"{who}, {event.start_time:.2f} to {event.end_time:.2f} s{more}: {short}"


def true_rows(clip: Clip) -> list[Row]:
    """Return the rows of a clip's true events."""
    marks = marks_of(clip)
    placed = []
    for n, event in enumerate(clip.key.events):
        mark = marks.get(event.event_id)
        state, more = "", ""
        if not event.scored:
            state, more = "unscored", ", not scored"
        elif mark is not None:
            state = "found" if mark.match else "missed"
            more = f", matched with score {mark.match.score:.2f}" if mark.match else ", missed"
        bar = Bar(
            mark=f"c{clip.number}e{n}", type=event.type, start=event.start_time, end=event.end_time,
            tail=(event.audible.start, event.audible.end), state=state, text=words_of(event), told=_told(event, more),
        )  # fmt: skip
        placed.append((_row_of(event), event.language or "", bar))
    return _rows(placed)


def guess_rows(clip: Clip) -> list[Row]:
    """Return the rows of the system's guesses, at most :data:`MOST_GUESSES`, those that are matched first of all."""
    if clip.answer is None or clip.score is None:
        return []
    scores = {m.match.guess: m.match.score for m in clip.score.events if m.match}
    placed = []
    for n in drawn(clip):
        guess, fate = clip.answer.events[n], clip.score.fates[n]
        words = words_of(guess)
        text = f"{scores[n]:.2f} {words}".rstrip() if n in scores else words or fate
        bar = Bar(
            mark=f"c{clip.number}g{n}", type=guess.type, start=guess.start_time, end=guess.end_time, state=fate,
            text=text, told=_told(guess, f", {FATES[fate]}"),
        )  # fmt: skip
        placed.append((_row_of(guess), (guess.language or "")[:8], bar))
    return _rows(placed)


def drawn(clip: Clip) -> list[int]:
    """Return which guesses of a clip are drawn, in the order of the answer."""
    fates = clip.score.fates if clip.score else ()
    order = sorted(range(len(fates)), key=lambda n: (fates[n] != "assigned", n))
    return sorted(order[:MOST_GUESSES])


def marks_of(clip: Clip) -> dict[str, EventMark]:
    """Return how each scored event of a clip was answered, by event id."""
    return {mark.event.event_id: mark for mark in clip.score.events} if clip.score else {}


def _place(time: float, duration: float) -> float:
    return 100.0 * min(max(time / duration, 0.0), 1.0)


def _span(start: float, end: float, duration: float) -> str:
    left = _place(start, duration)
    return f"left:{left:.3f}%;width:{max(_place(end, duration) - left, 0.0):.3f}%"


def _bar(bar: Bar, lane: int, duration: float) -> Markup:
    top = f"top:{lane * LANE}px"
    tail = ""
    if bar.tail is not None:
        tail = tag("i", class_=f"tail {bar.type}", style=f"{top};{_span(*bar.tail, duration)}")
    link = tag(
        "a", tag("bdi", bar.text[:80]), class_=f"bar {bar.type} {bar.state}".rstrip(), href=f"#{bar.mark}",
        aria_label=bar.told, title=bar.told, style=f"{top};{_span(bar.start, bar.end, duration)}",
        data_at=f"{min(max(bar.start, 0.0), duration):.3f}", data_to=f"{min(max(bar.reach[1], 0.0), duration):.3f}",
    )  # fmt: skip
    return escape((tail, link))


def rows_html(rows: Sequence[Row], duration: float) -> Markup:
    """Return rows as HTML."""
    out = []
    for row in rows:
        bars = [_bar(bar, lane, duration) for lane, content in enumerate(row.lanes) for bar in content]
        name = tag("div", tag("bdi", row.name), " ", tag("small", tag("bdi", row.note)), class_="name")
        track = tag("div", bars, class_="track", style=f"height:{row.height}px")
        out.append(tag("div", name, track, class_="row"))
    return escape(out)


def links_html(true: Sequence[Row], guessed: Sequence[Row], clip: Clip) -> Markup:
    """Return lines between matched events and guesses, as an SVG that lies over both."""
    ends = {**_centres(true, 0), **_centres(guessed, _height(true) + PARTING)}
    duration = clip.key.duration
    lines = []
    for n, event in enumerate(clip.key.events):
        mark = marks_of(clip).get(event.event_id)
        if mark is None or mark.match is None:
            continue
        ours, theirs = f"c{clip.number}e{n}", f"c{clip.number}g{mark.match.guess}"
        if theirs not in ends:
            continue
        (a, b, y), (c, d, z) = ends[ours], ends[theirs]
        # From middle to middle of what both share: a line that is upright where times agree.
        x = _place((max(a, c) + min(b, d)) / 2, duration)
        lines.append(
            tag("line", class_=event.type, x1=f"{x:.3f}", x2=f"{x:.3f}", y1=y + LANE // 2 - 1, y2=z - LANE // 2 + 1,
                data_a=ours, data_b=theirs)
        )  # fmt: skip
    height = _height(true) + PARTING + _height(guessed)
    box = f"0 0 100 {height}"
    return tag(
        "svg", lines, class_="links", viewBox=box, preserveAspectRatio="none", aria_hidden="true",
        style=f"height:{height}px",
    )  # fmt: skip


def _height(rows: Sequence[Row]) -> int:
    return sum(row.height for row in rows)


def _centres(rows: Sequence[Row], top: int) -> dict[str, tuple[float, float, int]]:
    out = {}
    for row in rows:
        for lane, bars in enumerate(row.lanes):
            for bar in bars:
                out[bar.mark] = (bar.start, bar.end, top + lane * LANE + LANE // 2)
        top += row.height
    return out


def ticks(duration: float) -> list[float]:
    """Return the times, in s, that a time axis names: at most a dozen, evenly spaced by a round step."""
    step = next((s for s in _STEPS if duration / s <= _TICKS), duration)
    return [n * step for n in range(math.floor(duration / step + 1e-9) + 1)]


def axis_html(duration: float) -> tuple[Markup, Markup]:
    """Return the lines of a time axis, which lie behind the rows, and its figures, which stand under them."""
    marks = [(f"left:{_place(t, duration):.3f}%", f"{t:g}") for t in ticks(duration)]
    lines = tag("div", [tag("i", style=style) for style, _ in marks], class_="grid", aria_hidden="true")
    figures = tag("div", [tag("span", text, style=style) for style, text in marks], class_="ticks")
    return lines, figures
