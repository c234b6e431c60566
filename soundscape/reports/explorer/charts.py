"""Small pictures of a whole build, as SVG: what was asked for against what was achieved, and what was measured.

Bars count clips or events in equal bins of a round width; a line in steps is what the recipe asked. Under each picture
stands what ``report.json`` says of the factor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from soundscape.records import KeyEvent
from soundscape.reports.explorer.gather import Factor, View
from soundscape.reports.explorer.timeline import TYPES
from soundscape.reports.markup import Markup, number, tag
from soundscape.scoring.slices import PSYCHOMETRIC_STEP_DB

_WIDTH, _HEIGHT = 320, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 8, 8, 22
_BINS = 14
#: What is said of factors, and in which unit.
_TITLES = {
    "speech_overlap": ("Overlap: share of talk with two or more talking", ""),
    "speech_coverage": ("Coverage: share of the clip with talk", ""),
    "rt60": ("RT60", " s"),
    "background_snr_db": ("Talk over background", " dB"),
    "duration": ("Duration", " s"),
    "speakers": ("Speakers", ""),
    "turns": ("Turns of talk", ""),
    "foreground_events": ("Foreground events", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Equal bins from ``first``, each ``step`` wide."""

    first: float
    step: float
    count: int

    def of(self, value: float) -> int:
        """Return the bin of a value."""
        return min(max(math.floor((value - self.first) / self.step + 1e-9), 0), self.count - 1)

    def counts(self, values: Sequence[float]) -> list[int]:
        """Return how many values fall into each bin."""
        out = [0] * self.count
        for value in values:
            out[self.of(value)] += 1
        return out


def bins(values: Sequence[float]) -> Bins:
    """Return at most :data:`_BINS` bins of a round width that hold all values; whole numbers lie amid theirs.

    Bins are half-open, and the last one has its upper edge too.
    """
    low, high = min(values), max(values)
    whole = all(value == round(value) for value in values)
    wanted = max((high - low) / (_BINS - 2), 1.0 if whole else 1e-3 * max(abs(high), 1.0))
    power = 10.0 ** math.floor(math.log10(wanted) + 1e-9)
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= wanted * (1.0 - 1e-9))
    shift = 0.5 if whole and step == 1.0 else 0.0
    first = (math.floor(low / step + shift + 1e-9) - shift) * step
    return Bins(first=first, step=step, count=max(1, math.ceil((high - first) / step - 1e-9)))


def _axes(found: Bins, most: int) -> list[Markup]:
    """Return the axes: counts at the left, edges of bins below."""
    base = _HEIGHT - _BOTTOM
    out = [
        tag("line", class_="axis", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=base, y2=base),
        tag("text", f"{most:,}", x=_LEFT - 4, y=_TOP + 8, text_anchor="end"),
        tag("text", "0", x=_LEFT - 4, y=base, text_anchor="end"),
    ]
    middle = 0.5 if found.first % found.step else 0.0
    stride = max(1, math.ceil((found.count + 1) / 6))
    for n in range(0, found.count + (0 if middle else 1), stride):
        x = _x(n + middle, found)
        text = f"{round(found.first + (n + middle) * found.step, 6):g}".replace("-", "−")
        out.append(tag("text", text, x=f"{x:.1f}", y=_HEIGHT - 7, text_anchor="middle"))
        out.append(tag("line", class_="axis", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=base, y2=base + 3))
    return out


def _x(bin_: float, found: Bins) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * bin_ / found.count


def _y(count: float, most: int) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * count / max(most, 1)


def _stack(found: Bins, groups: Sequence[tuple[str, Sequence[int]]], most: int) -> list[Markup]:
    """Return bars of groups (class, counts), each upon the one before."""
    out = []
    below = [0] * found.count
    for name, counts in groups:
        for n, count in enumerate(counts):
            if count:
                x, width = _x(n, found), _x(n + 1, found) - _x(n, found)
                top, foot = _y(below[n] + count, most), _y(below[n], most)
                out.append(
                    tag("rect", class_=name, x=f"{x + 0.75:.2f}", width=f"{width - 1.5:.2f}", y=f"{top:.2f}",
                        height=f"{foot - top:.2f}")
                )  # fmt: skip
            below[n] += count
    return out


def _outline(found: Bins, counts: Sequence[int], most: int) -> Markup:
    """Return the line in steps of what was asked."""
    points = [f"{_x(0, found):.2f},{_y(0, most):.2f}"]
    for n, count in enumerate(counts):
        points += [f"{_x(n, found):.2f},{_y(count, most):.2f}", f"{_x(n + 1, found):.2f},{_y(count, most):.2f}"]
    points.append(f"{_x(found.count, found):.2f},{_y(0, most):.2f}")
    return tag("polyline", class_="asked", points=" ".join(points))


def _figure(title: str, told: str, content: Sequence[Markup], note: Markup | str = "", height: int = _HEIGHT) -> Markup:
    svg = tag("svg", content, viewBox=f"0 0 {_WIDTH} {height}", role="img", aria_label=f"{title}. {told}")
    return tag("figure", tag("figcaption", tag("b", title)), svg, tag("p", note) if note else None, class_="chart")


def _spread(values: Sequence[float]) -> str:
    text = f"from {min(values):.4g} to {max(values):.4g}, mean {sum(values) / len(values):.4g}"
    return text.replace("-", "−")


def _said(factor: Factor | None, unit: str) -> str:
    """Return what the report says of a factor."""
    if factor is None or factor.requested_mean is None:
        return ""
    text = f"mean asked {number(factor.requested_mean, 3, unit)}, achieved {number(factor.achieved_mean, 3, unit)}"
    if factor.tolerance_of_mean is not None:
        text += f", tolerance ±{factor.tolerance_of_mean:g}"
    return text + {True: ": within", False: ": beyond", None: ""}[factor.within]


def _asked_and_achieved(view: View) -> list[Markup]:
    """Return a picture for every numeric factor that the recipe asked for and the key shows."""
    names = list(_TITLES) + sorted({name for clip in view.clips for name in clip.key.factors} - set(_TITLES))
    out = []
    for name in names:
        pairs = [
            (float(asked), float(got))
            for clip in view.clips
            if isinstance(asked := clip.key.factors.get(name), int | float)
            and isinstance(got := clip.achieved.get(name), int | float)
        ]
        if not pairs:
            continue
        title, unit = _TITLES.get(name, (name, ""))
        asked_for, achieved = [a for a, _ in pairs], [g for _, g in pairs]
        found = bins(asked_for + achieved)
        bars, line = found.counts(achieved), found.counts(asked_for)
        most = max(*bars, *line) if found.count > 1 else max(bars[0], line[0])
        content = [*_stack(found, [("got", bars)], most), _outline(found, line, most), *_axes(found, most)]
        told = f"{len(pairs)} clips, achieved {_spread(achieved)}, asked {_spread(asked_for)}"
        note = _said(view.report.factors.get(name) if view.report else None, unit)
        out.append(_figure(f"{title}{f',{unit}' if unit else ''}", told, content, note))
    return out


def _measured(view: View) -> list[Markup]:
    """Return pictures of what was measured on events, by type; what is not scored is hatched."""
    events = [event for clip in view.clips for event in clip.key.events]
    figures: dict[str, list[tuple[KeyEvent, float | None]]] = {
        "SNR of events, dB": [(e, e.snr_db) for e in events],
        "Glimpse proportion of events": [(e, e.glimpse_proportion) for e in events],
        "Level of events, LUFS": [(e, e.level_lufs) for e in events],
        "Distance of events, m": [(e, e.distance_m) for e in events],
    }
    out = []
    for title, found in figures.items():
        known = [(event, value) for event, value in found if value is not None]
        if known:
            out.append(_by_type(title, known))
    return out


def _by_type(title: str, known: Sequence[tuple[KeyEvent, float]]) -> Markup:
    values = [value for _, value in known]
    found = bins(values)
    groups = []
    for kind in TYPES:
        for scored in (True, False):
            own = [value for event, value in known if event.type == kind and event.scored == scored]
            groups.append((f"{kind}{'' if scored else ' unscored'}", found.counts(own)))
    most = max(found.counts(values))
    told = f"{len(values)} events, {_spread(values)}"
    return _figure(title, told, [*_stack(found, groups, most), *_axes(found, most)], told)


def _shares(title: str, got: Mapping[str, float], asked: Mapping[str, float], note: str) -> Markup:
    """Return bars of shares by name, each with a mark where it was asked to end."""
    names = sorted(set(got) | set(asked), key=lambda n: (-got.get(n, 0.0), n))
    most = max([*got.values(), *asked.values(), 1e-9])
    room, line = _WIDTH - 90 - 52, 14
    content = []
    for n, name in enumerate(names):
        y = 4 + n * line
        content += [
            tag("text", name if len(name) <= 14 else f"{name[:13]}…", x=84, y=y + 10, text_anchor="end"),
            tag("rect", class_="got", x=90, y=y + 1, height=line - 3, width=f"{room * got.get(name, 0.0) / most:.2f}"),
            tag("text", f"{100 * got.get(name, 0.0):.1f} %", x=_WIDTH - 4, y=y + 10, text_anchor="end"),
        ]
        if name in asked:
            x = f"{90 + room * asked[name] / most:.2f}"
            content.append(tag("line", class_="asked", x1=x, x2=x, y1=y, y2=y + line - 1))
    told = ", ".join(f"{name} {100 * got.get(name, 0.0):.1f} %" for name in names)
    return _figure(title, told, content, note, height=8 + line * len(names))


def _named(view: View) -> list[Markup]:
    if view.report is None:
        return []
    out = []
    for name, factor in sorted(view.report.factors.items()):
        if factor.achieved_share or factor.requested_share:
            note = {True: "every clip as asked", False: "not every clip as asked", None: ""}[factor.within]
            out.append(_shares(name.capitalize(), factor.achieved_share, factor.requested_share, note))
    languages = view.report.languages
    if languages.share_of_speech_time:
        even = dict.fromkeys(languages.share_of_speech_time, languages.even_share)
        note = (
            f"an even share is {100 * languages.even_share:.1f} %, tolerance ±{100 * languages.tolerance:.0f} % of it"
        )
        out.append(_shares("Languages: share of talking time", languages.share_of_speech_time, even, note))
    return out


def _detected(view: View) -> list[Markup]:
    """Return, for every type, how many events of each SNR were found, with the intervals that the marking gives."""
    points = view.marked.psychometric if view.marked else ()
    out = []
    for kind, name in TYPES.items():
        own = [p for p in points if p.type == kind]
        if not own:
            continue
        # A point stands for the events around its SNR, so it lies amid a bin of its own.
        step = PSYCHOMETRIC_STEP_DB
        count = round((own[-1].snr_db - own[0].snr_db) / step) + 1
        found = Bins(first=own[0].snr_db - step / 2, step=step, count=count)
        at = [(_x((p.snr_db - found.first) / step, found), p) for p in own]
        content = [
            tag(
                "line",
                class_="whisker",
                x1=f"{x:.2f}",
                x2=f"{x:.2f}",
                y1=f"{_y(p.low, 1):.2f}",
                y2=f"{_y(p.high, 1):.2f}",
            )
            for x, p in at
        ]
        content.append(
            tag("polyline", class_="curve", points=" ".join(f"{x:.2f},{_y(p.detection, 1):.2f}" for x, p in at))
        )
        content += [tag("circle", cx=f"{x:.2f}", cy=f"{_y(p.detection, 1):.2f}", r=3) for x, p in at]
        told = "; ".join(f"{p.snr_db:g} dB {100 * p.detection:.0f} % of {p.events}" for p in own).replace("-", "−")
        picture = tag("g", content, class_=kind)
        title = f"Detected by SNR in dB: {name}"
        out.append(
            _figure(
                title,
                told,
                [picture, *_axes(found, 1)],
                "share detected, as soundscape score tells it, with 95 % intervals",
            )
        )
    return out


def charts_html(view: View) -> Markup:
    """Return all pictures of a build."""
    legend = tag(
        "p", tag("i", class_="key got"), " achieved  ", tag("i", class_="key asked"), " asked; pictures of events: ",
        [(tag("i", class_=f"key {kind}"), f" {name}  ") for kind, name in TYPES.items()],
        tag("i", class_="key speech unscored"), " not scored", class_="legend",
    )  # fmt: skip
    missing = None if view.report else tag("p", "There is no report.json beside this key: shares are left out.")
    figures = tag("div", _asked_and_achieved(view), _measured(view), _named(view), _detected(view), class_="charts")
    return tag("section", tag("h2", "Asked and achieved"), legend, missing, figures, id="charts")
