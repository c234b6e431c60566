"""The figures as a table, with the targets that they are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Figures = dict[str, Any]

#: What is measured, how it is said, what it is to be, and whether it is. A figure that was not taken has no row.
ROWS: list[tuple[str, Callable[[Figures], str], str, Callable[[Figures], bool] | None]] = [
    (
        "whole path over floor, rooms",
        lambda f: "{build_over_floor} × ({build_ms} ms over {floor_ms} ms a scene)".format(**f["floor"]["rooms"]),
        "at most 2.5 ×",
        lambda f: f["floor"]["rooms"]["build_over_floor"] <= 2.5,
    ),
    (
        "whole path over floor, dry",
        lambda f: "{build_over_floor} × ({build_ms} ms over {floor_ms} ms a scene)".format(**f["floor"]["dry"]),
        "–",
        None,
    ),
    (
        "audio over CPU time, rooms",
        lambda f: "{times_real_time} × real time a core".format(**f["floor"]["rooms"]),
        "–",
        None,
    ),
    (
        "Scaper over whole path, dry, WAV in and out",
        lambda f: "{scaper_over_ours} × ({scaper_ms} ms over {ours_ms} ms a scene)".format(**f["rival"]),
        "at least 4 ×",
        lambda f: f["rival"]["scaper_over_ours"] >= 4.0,
    ),
    (
        "two workers over one, 1,000 clips",
        lambda f: "{speed_up} × ({seconds_with_1} s, {seconds_with_2} s)".format(**f["building"]),
        "at least 1.8 ×",
        lambda f: f["building"]["speed_up"] >= 1.8,
    ),
    (
        "clips a second, two workers, 10 / 100 / 1,000 clips",
        lambda f: " / ".join(str(x["clips_a_second"]) for x in f["building"]["over_clips"].values()),
        "–",
        None,
    ),
    (
        "memory of the largest process, 10 / 100 / 1,000 clips",
        lambda f: " / ".join(f"{x['mb']} MB" for x in f["building"]["over_clips"].values()),
        "under 600 MB",
        lambda f: f["building"]["largest_mb"] < 600,
    ),
    (
        "build of one clip, warm bank",
        lambda f: "{one_clip_s} s".format(**f["building"]),
        "under 3 s",
        lambda f: f["building"]["one_clip_s"] < 3.0,
    ),
    (
        "`soundscape --help`",
        lambda f: "{help_s} s".format(**f["building"]),
        "under 0.3 s",
        lambda f: f["building"]["help_s"] < 0.3,
    ),
    (
        "planning",
        lambda f: "{plans_a_second:,} scenes a second".format(**f["rates"]),
        "at least 500",
        lambda f: f["rates"]["plans_a_second"] >= 500,
    ),
    (
        "`reward`, `lexical`, clips of 5 events",
        lambda f: "{rewards_a_second:,} clips a second".format(**f["rates"]),
        "at least 2,000",
        lambda f: f["rates"]["rewards_a_second"] >= 2000,
    ),
    (
        "`score`, `lexical`, 200 clips of {events} events",
        lambda f: "{score_s} s".format(**f["rates"]),
        "under 5 s",
        lambda f: f["rates"]["score_s"] < 5.0,
    ),
    ("`validate`", lambda f: "{predictions_validated_a_second:,} predictions a second".format(**f["rates"]), "–", None),
    ("`bank add`", lambda f: "{bank_hours_a_minute} hours of audio a minute".format(**f["rates"]), "–", None),
    (
        "bank of 1,000,000 rows",
        lambda f: "opens in {large_bank_opens_s} s, {large_bank_plans_a_second:,} scenes a second".format(**f["rates"]),
        "under 2 s",
        lambda f: f["rates"]["large_bank_opens_s"] < 2.0,
    ),
]


def markdown(figures: Figures) -> str:
    """Return the table of what was measured, with machine and date, as Markdown."""
    facts = figures["machine"]
    machine = f"{facts['processors']} × {facts['processor']}, Python {facts['python']}, kernels: {facts['kernels']}"
    head = f"{facts['date']}, {machine}:"
    lines = [head, "", "| figure | measured | target | |", "|---|---|---|---|", *_rows(figures)]
    if "stages" in figures:
        shares = sorted(figures["stages"].items(), key=lambda share: -share[1])
        lines += ["", "Shares of the whole path with rooms: " + ", ".join(f"{n} {x} %" for n, x in shares) + "."]
    if "growth" in figures:
        lines += ["", *_growth(figures["growth"])]
    return "\n".join(lines)


def _growth(figures: Figures) -> Iterator[str]:
    yield "| 30 s, two speakers, four effects, RT60 0.5 s, but | cost of a scene |"
    yield "|---|---|"
    titles = {
        "seconds": "{} s",
        "effects": "{} effects",
        "rt60": "RT60 {} s",
        "bank_rows": "planning alone, bank of {} rows",
    }
    for part, title in titles.items():
        costs = (
            f"{x['ms']} ms ({x['events']} events)" if "ms" in x else f"{x['plan_ms']} ms"
            for x in figures[part].values()
        )
        yield f"| {title.format(' / '.join(figures[part]))} | {' / '.join(costs)} |"


def _rows(figures: Figures) -> Iterator[str]:
    for name, said, target, met in ROWS:
        try:
            value, mark = said(figures), "" if met is None else "met" if met(figures) else "**missed**"
            title = name.format(**figures.get("rates", {}))
        except KeyError:
            continue
        yield f"| {title} | {value} | {target} | {mark} |"
