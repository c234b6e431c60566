"""The list of clips, and the page within the page of each that is shown."""

from __future__ import annotations

import base64

from soundscape.records import AnswerKey
from soundscape.reports import spectrogram
from soundscape.reports.explorer import timeline
from soundscape.reports.explorer.gather import Clip, Sound, View, most_at_once
from soundscape.reports.explorer.tables import guess_table, true_table
from soundscape.reports.figures import NOTHING, figure
from soundscape.reports.markup import Content, Markup, Value, number, tag
from soundscape.scoring.tally import COLUMNS

_OF_CLIP = ("reward", "strict_reward", "f1", "recall", "precision", "wer")
_FREQUENCIES = (100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000)


def list_html(view: View) -> Markup:
    """Return the table of all clips; its rows carry their figures for the filter."""
    heads = [
        "clip", "duration s", "languages", "speakers", "events", "at once", "overlap", "background", "RT60 s",
        "loudness LUFS", "peak dBTP",
    ]  # fmt: skip
    heads += [*(COLUMNS[c][0] for c in _OF_CLIP[:3]), "missed", "invented"] if view.marked else []
    texts = ("clip", "languages", "background")
    head = tag("thead", tag("tr", [tag("th", h, scope="col", class_=None if h in texts else "n") for h in heads]))
    rows = [_list_row(clip) for clip in view.clips]
    table = tag("table", tag("caption", f"All {len(view.clips):,} clips"), head, tag("tbody", rows), id="clips")
    hint = (
        "Words must stand in the row; conditions compare a figure: duration, speakers, events, at_once, overlap, rt60, "
        "loudness, peak" + (", reward, strict_reward, f1, missed, invented." if view.marked else ".")
    )
    box = tag(
        "p",
        tag("label", "Filter ", tag("input", type="search", id="filter", placeholder="de music overlap>0.2 rt60<0.5")),
        " ", tag("output", id="left", for_="filter"), " ", tag("small", hint),
        class_="needs-script",
    )  # fmt: skip
    scroll = tag("div", table, class_="wide", tabindex="0", role="region", aria_label="All clips")
    return tag("section", tag("h2", "Clips"), box, scroll, id="list")


def _list_row(clip: Clip) -> Markup:
    key, values = clip.key, _figures(clip)
    background = str(clip.achieved["background"])
    title = tag("bdi", key.clip_id)
    if clip.shown:
        title = tag("a", title, href=f"#c{clip.number}")
    decimals = {"duration": 1, "overlap": 3, "rt60": 2, "loudness": 1, "peak": 1}
    decimals |= {"reward": 3, "strict_reward": 3, "f1": 3}

    figures = [
        tag("td", number(value, decimals.get(name, 0)), class_="n", data_v=value) for name, value in values.items()
    ]
    # Texts stand among the figures where the heads have them.
    cells = [
        tag("th", title, scope="row"), figures[0], tag("td", tag("bdi", " ".join(key.languages))), *figures[1:5],
        tag("td", background), *figures[5:],
    ]  # fmt: skip
    data: dict[str, Value] = {f"data_{n}": v for n, v in values.items()}
    return tag("tr", cells, **data)


def _figures(clip: Clip) -> dict[str, float | None]:
    """Return the figures of a clip's row, in the order of the columns."""
    key = clip.key
    values: dict[str, float | None] = {
        "duration": key.duration,
        "speakers": key.num_speakers,
        "events": len(key.events),
        "at_once": most_at_once(key),
        "overlap": key.speech_overlap,
        "rt60": key.scene.rt60_measured,
        "loudness": key.loudness_lufs,
        "peak": key.true_peak_dbtp,
    }
    if clip.score is not None:
        values |= {name: clip.score.tally.value(name) for name in _OF_CLIP[:3]}
        values["missed"] = sum(mark.match is None for mark in clip.score.events)
        values["invented"] = clip.score.fates.count("invented")
    return values


def clip_html(view: View, clip: Clip, sound: Sound) -> Markup:
    """Return the page of one clip: facts, picture, rows of events, player, tables."""
    key = clip.key
    title = tag("h2", tag("bdi", key.clip_id))
    return tag(
        "section", title, _facts(clip), _answers(clip), _figure(view, clip, sound), _player(clip, sound),
        true_table(clip), guess_table(clip), _leaving(view, clip),
        id=f"c{clip.number}", class_="clip", data_duration=key.duration,
    )  # fmt: skip


def _facts(clip: Clip) -> Markup:
    key = clip.key
    room = "dry"
    if key.scene.dimensions is not None:
        room = " × ".join(f"{x:g}" for x in key.scene.dimensions) + " m"
    elif key.scene.rt60_measured is not None:
        room = "measured response"
    rows = {
        "duration": f"{key.duration:.3f} s",
        "languages": " ".join(key.languages) or NOTHING,
        "speakers": str(key.num_speakers),
        "events": f"{len(key.events)}, {sum(not e.scored for e in key.events)} of them not scored",
        "at once": f"up to {most_at_once(key)}",
        "overlap of talk": number(key.speech_overlap, 3),
        "background": str(clip.achieved["background"]),
        "room": room,
        "RT60": number(key.scene.rt60_measured, 3, " s"),
        "loudness": number(key.loudness_lufs, 2, " LUFS"),
        "true peak": number(key.true_peak_dbtp, 2, " dBTP"),
        "format": f"{key.sample_rate:,} Hz, {key.channels} channel{'s' if key.channels > 1 else ''}",
    }
    asked = " · ".join(f"{name} {_asked(value)}" for name, value in sorted(key.factors.items()))
    rows["asked"] = asked or NOTHING
    return tag("dl", [tag("div", tag("dt", n), tag("dd", tag("bdi", v))) for n, v in rows.items()], class_="facts")


def _asked(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _answers(clip: Clip) -> Markup:
    """Return what the clip scored, by every column that says something of one clip."""
    if clip.score is None:
        return Markup()
    tally, fates = clip.score.tally, clip.score.fates
    parts = [f"{COLUMNS[name][0]} {figure(name, tally.value(name))}" for name in _OF_CLIP]
    missed = sum(mark.match is None for mark in clip.score.events)
    counts = [f"{missed} missed", *(f"{fates.count(fate)} {fate}" for fate in ("spare", "invented", "excused"))]
    if clip.answer is None:
        counts.append("no answer, which counts as an empty one")
    elif not clip.answer.parsed:
        counts.append("an answer that could not be read, which counts as an empty one")
    elif clip.answer.repairs:
        counts.append("repaired: " + ", ".join(f"{kind} {n}" for kind, n in sorted(clip.answer.repairs.items())))
    return tag("p", " · ".join(parts), tag("br"), " · ".join(counts), class_="scores")


def _figure(view: View, clip: Clip, sound: Sound) -> Markup:
    key, duration = clip.key, clip.key.duration
    true, guessed = timeline.true_rows(clip), timeline.guess_rows(clip)
    picture = tag(
        "img", src=f"data:image/png;base64,{base64.b64encode(sound.picture).decode()}", width=spectrogram.WIDTH,
        height=spectrogram.HEIGHT,
        alt=f"Spectrogram of {duration:.1f} s, {spectrogram.LOWEST_HZ:g} Hz to {key.sample_rate // 2:,} Hz",
    )  # fmt: skip
    top = tag("div", tag("div", _frequencies(key), class_="name hz"), tag("div", picture, class_="track"), class_="row")
    lines, figures = timeline.axis_html(duration)
    parts: list[Content] = [timeline.rows_html(true, duration)]
    if view.marked is not None:
        told = f"{view.marked.table.system}: {_told(clip)}"
        parts += [
            tag("div", tag("bdi", told), class_="parting"),
            timeline.rows_html(guessed, duration),
            timeline.links_html(true, guessed, clip),
        ]
    rows = tag("div", lines, parts, class_="rows")
    axis = tag("div", tag("div", "s", class_="name"), figures, class_="row")
    cursor = tag("div", tag("i", class_="cursor"), class_="over needs-script", aria_hidden="true")
    plot = tag("div", top, rows, axis, cursor, class_="plot")
    panel = tag("aside", tag("p", "Point at an event, or go to it with the tab key, to see all of it."),
                class_="panel needs-script", aria_live="polite")  # fmt: skip
    scroll = tag("div", plot, class_="scroll")
    return tag(
        "figure", tag("div", scroll, panel, class_="side"), _legend(view, clip), class_="scene",
        aria_label="Spectrogram and events on one time axis",
    )  # fmt: skip


def _told(clip: Clip) -> str:
    if clip.answer is None:
        return "no answer"
    number_of, shown = len(clip.score.fates) if clip.score else 0, len(timeline.drawn(clip))
    more = f", {shown} of them drawn" if shown < number_of else ""
    return f"{number_of:,} guess{'' if number_of == 1 else 'es'}{more}"


def _frequencies(key: AnswerKey) -> list[Markup]:
    return [
        tag("span", f"{hz // 1000} k" if hz >= 1000 else str(hz),
            style=f"bottom:{100 * spectrogram.height_of(hz, key.sample_rate):.2f}%")
        for hz in _FREQUENCIES
        if hz <= 0.45 * key.sample_rate
    ]  # fmt: skip


def _legend(view: View, clip: Clip) -> Markup:
    parts: list[Content] = []
    for kind, name in timeline.TYPES.items():
        parts += [tag("i", class_=f"key {kind}"), f" {name}  "]
    parts += [tag("i", class_="key tail speech"), " audible, beside the active span  "]
    parts += [tag("i", class_="key speech unscored"), " not scored  "]
    if view.marked is not None:
        parts += [tag("i", class_="key speech missed"), " missed  "]
        parts += [tag("i", class_="key speech invented"), " a guess that is invented or spare"]
    return tag("figcaption", parts, class_="legend")


def _player(clip: Clip, sound: Sound) -> Markup:
    if sound.way == "none":
        return tag(
            "p", "No player: the clip is too large for this page, and lies inside ", tag("code", sound.place), "."
        )
    source = f"data:{sound.kind};base64,{base64.b64encode(sound.data).decode()}" if sound.data else sound.link
    inside = f"inside this page, {number(len(sound.data) / 1e6, 2)} MB" if sound.data else "linked: it plays only there"
    player = tag("audio", controls=True, preload="metadata", src=source, aria_label=f"Clip {clip.key.clip_id}")
    return tag("p", player, tag("small", tag("code", sound.place), f" ({inside})"), class_="player")


def _leaving(view: View, clip: Clip) -> Markup:
    shown = [other.number for other in view.shown]
    at = shown.index(clip.number)
    links: list[Content] = [tag("a", "all clips", href="#list")]
    if at > 0:
        links += [" · ", tag("a", "the one before", href=f"#c{shown[at - 1]}", rel="prev")]
    if at + 1 < len(shown):
        links += [" · ", tag("a", "the next", href=f"#c{shown[at + 1]}", rel="next")]
    return tag("nav", links, aria_label="Clips")
