"""The explorer: all of a build is there, where the key says; scores are those of the marking; nothing foreign runs."""

from __future__ import annotations

import base64
import copy
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape import schema
from soundscape.dataset.clips import stored_clips
from soundscape.errors import BuildError
from soundscape.reports import markup
from soundscape.reports.explorer.charts import bins
from soundscape.reports.explorer.gather import gather, most_at_once
from soundscape.reports.explorer.page import explore
from soundscape.reports.explorer.tables import _flat
from soundscape.reports.explorer.timeline import MOST_GUESSES, Bar, lanes, ticks
from soundscape.scoring.answers import prediction_line
from soundscape.scoring.baselines import baseline
from soundscape.scoring.document import clip_lines
from soundscape.scoring.keys import find_keys

HOSTILE = (
    "</script></style><img src=x onerror=\"document.title='pwned'\"><svg onload='document.title=1'>'\"&amp;\x00\u202e"
)


def page(place: Path, out: Path, room_mib: float = 32.0, **options: Any) -> str:
    return explore(gather(place, **options), out / "page.html", room_mib=room_mib).html


def answers(place: Path, system: str, out: Path) -> Path:
    found = find_keys(place)
    lines = [prediction_line(p) for p in baseline(system, list(found.read()), audio=found.audio)]
    path = out / f"{system}.jsonl"
    path.write_bytes(b"\n".join(lines))
    return path


def key_lines(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "answer_key/test.jsonl").read_bytes().splitlines()]


def write_key(place: Path, lines: list[dict[str, Any]]) -> None:
    (place / "answer_key/test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def copied(builds: dict[str, Path], tmp_path: Path) -> Path:
    shutil.copytree(builds["folder"], tmp_path / "copied")
    return tmp_path / "copied"


# What is on the page.


def test_every_event_lies_where_the_key_says(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    root = parsed(page(builds["folder"], tmp_path))
    keys = key_lines(builds["folder"])
    assert any(not event["scored"] for key in keys for event in key["events"])
    for number, key in enumerate(keys):
        section = root.by_id(f"c{number}")
        bars = {bar.attributes["href"]: bar for bar in section.all("a", "bar")}
        assert len(bars) == len(key["events"])
        for n, event in enumerate(key["events"]):
            bar = bars[f"#c{number}e{n}"]
            left, width = (float(x) for x in re.findall(r"(?:left|width):([\d.]+)%", bar.attributes["style"]))
            assert left == pytest.approx(100 * event["start_time"] / key["duration"], abs=1e-3)
            assert left + width == pytest.approx(100 * event["end_time"] / key["duration"], abs=2e-3)
            assert event["type"] in bar.classes
            assert ("unscored" in bar.classes) == (not event["scored"])
            row = root.by_id(f"c{number}e{n}")
            assert (row.name, "unscored" in row.classes) == ("tr", not event["scored"])
        tails = section.all("i", "tail")
        assert len(tails) == len(key["events"]) + 1  # and one in the legend


def test_every_field_of_every_event_is_told(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    root = parsed(page(builds["folder"], tmp_path))
    for number, key in enumerate(find_keys(builds["folder"]).read()):
        for n, event in enumerate(key.events):
            (fields,) = root.by_id(f"c{number}e{n}").all("dl", "fields")
            told = {d.all("dt")[0].text: d.all("dd")[0].text for d in fields.all("div")}
            assert told == dict(_flat(schema.to_builtins(event)))
            assert told["provenance.licence"] == event.provenance.licence
            assert told["snr_db"] == ("null" if event.snr_db is None else json.dumps(event.snr_db))
            assert told["audible"] == f"{event.audible.start}–{event.audible.end}"


def test_the_list_has_all_clips_with_their_facts(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    keys = key_lines(builds["folder"])
    root = parsed(page(builds["folder"], tmp_path, most=1))
    rows = root.by_id("clips").all("tbody")[0].all("tr")
    assert [row.all("th")[0].text for row in rows] == [key["clip_id"] for key in keys]
    assert [len(row.all("a")) for row in rows] == [1, 0, 0, 0]
    assert len(root.all("section", "clip")) == 1
    for row, key in zip(rows, keys, strict=True):
        assert float(row.attributes["data-overlap"]) == key["speech_overlap"]
        assert float(row.attributes["data-duration"]) == key["duration"]
        assert " ".join(key["languages"]) in [cell.text for cell in row.all("td")]
        # A condition of the filter reaches each figure under the name that the hint gives it.
        names = ("duration", "speakers", "events", "at-once", "overlap", "loudness", "peak")
        assert all(f"data-{name}" in row.attributes for name in names)


def test_named_clips_alone_have_pictures(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    root = parsed(page(builds["folder"], tmp_path, clips=["small-test-000002"]))
    (section,) = root.all("section", "clip")
    assert section.attributes["id"] == "c2"
    assert section.all("h2")[0].text == "small-test-000002"


def test_players_hold_the_very_files(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    pages = {}
    for layout, place in builds.items():
        root = parsed(page(place, tmp_path))
        players = root.all("audio")
        assert all("controls" in player.attributes and player.attributes["aria-label"] for player in players)
        held = [base64.b64decode(p.attributes["src"].removeprefix("data:audio/flac;base64,")) for p in players]
        files = [path.read_bytes() for path in sorted((builds["folder"] / "data/test").glob("*.flac"))]
        assert held == files
        pages[layout] = [image.attributes["src"] for image in root.all("img")]
    assert pages["folder"] == pages["webdataset"] == pages["parquet"]
    assert len(set(pages["folder"])) == 4


def test_audio_without_room_is_linked_and_the_link_leads_there(
    builds: dict[str, Path], tmp_path: Path, parsed: Callable
) -> None:
    (tmp_path / "a b").mkdir()
    found = explore(gather(builds["folder"]), tmp_path / "a b" / "page.html", room_mib=0.0)
    for player in parsed(found.html).all("audio"):
        target = tmp_path / "a b" / unquote(player.attributes["src"])
        assert target.resolve().parent == (builds["folder"] / "data/test").resolve()
        assert target.is_file()
    assert "4 clips is linked" in found.notes[0]
    assert found.notes[0] in parsed(found.html).text
    packed = explore(gather(builds["webdataset"]), tmp_path / "page.html", room_mib=0.0)
    assert not parsed(packed.html).all("audio")
    assert "4 clips have no player" in packed.notes[0]
    assert "No player" in parsed(packed.html).text


def test_the_same_build_makes_the_same_bytes(builds: dict[str, Path], tmp_path: Path) -> None:
    spam = answers(builds["folder"], "spam", tmp_path)
    once, again = (page(builds["folder"], tmp_path, predictions=[spam]) for _ in range(2))
    assert once == again
    assert str(tmp_path) not in page(builds["folder"], tmp_path)


def test_a_key_apart_and_a_build_without_a_report(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    shutil.copytree(builds["folder"] / "data", tmp_path / "public/data")
    shutil.copytree(builds["folder"] / "answer_key", tmp_path / "key/answer_key")
    apart = parsed(page(tmp_path / "public", tmp_path, key=tmp_path / "key"))
    whole = parsed(page(builds["folder"], tmp_path))
    assert apart.by_id("c1").text == whole.by_id("c1").text
    assert "There is no report.json" in apart.text
    assert "There is no report.json" not in whole.text


def test_pictures_of_the_build_count_what_is_in_it(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    root = parsed(page(builds["folder"], tmp_path))
    charts = {c.all("b")[0].text: c for c in root.by_id("charts").all("figure", "chart")}
    events = [event for key in key_lines(builds["folder"]) for event in key["events"]]
    told = charts["Glimpse proportion of events"].all("svg")[0].attributes["aria-label"]
    assert f"{len(events)} events" in told
    report = json.loads((builds["folder"] / "report.json").read_bytes())
    overlap = report["factors"]["speech_overlap"]
    said = charts["Overlap: share of talk with two or more talking"].all("p")[0].text
    assert f"asked {overlap['requested_mean']:.3f}, achieved {overlap['achieved_mean']:.3f}" in said
    shares = charts["Languages: share of talking time"].all("svg")[0].attributes["aria-label"]
    for language, share in report["languages"]["share_of_speech_time"].items():
        assert f"{language} {100 * share:.1f} %" in shares


# Answers.


@pytest.mark.parametrize("system", ["oracle", "silence", "shuffled", "energy", "spam"])
def test_marks_are_those_of_the_scoring(builds: dict[str, Path], tmp_path: Path, parsed: Callable, system: str) -> None:
    path = answers(builds["folder"], system, tmp_path)
    view = gather(builds["folder"], predictions=[path])
    root = parsed(explore(view, tmp_path / "page.html").html)
    matched = 0
    for clip, line in zip(view.clips, clip_lines(view.marked.table), strict=True):
        section = root.by_id(f"c{clip.number}")
        by_id = {mark["event_id"]: mark for mark in line["events"]}
        links = {(x.attributes["data-a"], x.attributes["data-b"]) for x in section.all("line")}
        expected = set()
        for n, event in enumerate(clip.key.events):
            row = root.by_id(f"c{clip.number}e{n}")
            mark = by_id.get(event.event_id)
            told = [cell.text for cell in row.all("td")][-4:]
            if mark is None:
                assert told[0] == "not scored"
            elif mark["match"] is None:
                assert (told[0], row.classes) == ("missed", {"missed"})
            else:
                match = mark["match"]
                assert told == [str(match["guess"]), *(f"{match[x]:.2f}" for x in ("iou", "content", "score"))]
                expected.add((f"c{clip.number}e{n}", f"c{clip.number}g{match['guess']}"))
        assert links == expected
        matched += len(links)
        invented = clip.score.fates.count("invented")
        guesses = [row for row in section.all("tr") if re.fullmatch(r"c\d+g\d+", row.attributes.get("id", ""))]
        assert len(guesses) == min(len(clip.answer.events), MOST_GUESSES)
        if len(clip.answer.events) <= MOST_GUESSES:
            assert sum("invented" in row.classes for row in guesses) == invented
    true = sum(len(clip.score.events) for clip in view.clips)
    assert matched == true if system == "oracle" else matched <= true
    assert (matched == 0) == (system == "silence")
    assert str(view.marked.table.signature) in root.text


def test_detection_by_snr_is_that_of_the_marking(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    view = gather(builds["folder"], predictions=[answers(builds["folder"], "energy", tmp_path)])
    root = parsed(explore(view, tmp_path / "page.html").html)
    charts = {c.all("b")[0].text: c.all("svg")[0] for c in root.by_id("charts").all("figure", "chart")}
    assert view.marked.psychometric
    for kind, name in (("speech", "speech"), ("sound_event", "sound event")):
        points = [p for p in view.marked.psychometric if p.type == kind]
        svg = charts[f"Detected by SNR in dB: {name}"]
        heights = [float(c.attributes["cy"]) for c in svg.all("circle")]
        assert [(128 - y) / 120 for y in heights] == pytest.approx([p.detection for p in points], abs=1e-3)
        assert f"of {points[0].events}" in svg.attributes["aria-label"]


def test_missing_unreadable_and_wild_answers_are_told(
    builds: dict[str, Path], tmp_path: Path, parsed: Callable
) -> None:
    wild = {"type": "music", "start_time": -1e17, "end_time": 1e17, "description": "everything"}
    backwards = {"type": "speech", "start_time": 5, "end_time": 2, "transcription": "x" * 5000}
    lines = [
        {"clip_id": "small-test-000000", "output": "I hear nothing I could name."},
        {"clip_id": "small-test-000001", "events": [wild, backwards] * (MOST_GUESSES // 2 + 5)},
        {"clip_id": "small-test-000002", "output": '{"events": [{"type": "sfx", "start": 0, "end": 1,}]}'},
        {"clip_id": "elsewhere", "events": []},
    ]
    path = tmp_path / "wild.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = explore(gather(builds["folder"], predictions=[path]), tmp_path / "page.html")
    root = parsed(found.html)
    assert "could not be read" in root.by_id("c0").text
    assert f"410 guesses, {MOST_GUESSES} of them drawn" in root.by_id("c1").text
    assert "(5,000 characters)" in root.by_id("c1").text
    assert "repaired: " in root.by_id("c2").text
    assert "no answer, which counts as an empty one" in root.by_id("c3").text
    assert "elsewhere" in found.notes[-1]
    for bar in root.by_id("c1").all("a", "bar"):
        left, width = (float(x) for x in re.findall(r"(?:left|width):(-?[\d.]+)%", bar.attributes["style"]))
        assert 0.0 <= left <= left + width <= 100.001


# Foreign text.


def poisoned(value: Any) -> Any:
    """Return a value with the attack in every free text."""
    kept = ("type", "role", "loudness", "caption_origin", "schema_version", "clip_id", "unscored_reason")
    if isinstance(value, dict):
        return {k: v if k in kept else poisoned(v) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v) for v in value]
    return value + HOSTILE if isinstance(value, str) else value


@pytest.fixture
def hostile(copied: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A build whose texts all attack, names of clips and of factors among them, and answers that do."""
    keys = [poisoned(key) for key in key_lines(copied)]
    name = "a'\"><img src=x onerror=document.title=2>"
    (copied / f"data/test/{keys[0]['clip_id']}.flac").rename(copied / f"data/test/{name}.flac")
    keys[0]["clip_id"] = name
    for key in keys:
        key["factors"][HOSTILE] = HOSTILE
        for event in key["events"]:
            event["vocal_burst" if event["type"] == "vocal_burst" else "description"] = HOSTILE
    write_key(copied, keys)
    report = json.loads((copied / "report.json").read_bytes())
    report["factors"][HOSTILE] = {"requested_share": {HOSTILE: 1.0}, "achieved_share": {HOSTILE: 1.0}}
    report["languages"]["share_of_speech_time"][HOSTILE] = 0.5
    (copied / "report.json").write_text(json.dumps(report), encoding="utf-8")
    lines = []
    for key in keys:
        events = []
        for kind in ("speech", "vocal_burst", "sound_event", "music"):
            texts = ("transcription", "speaker_id", "language", "emotion", "accent", "description", "vocal_burst")
            events.append({"type": kind, "start_time": 0.5, "end_time": 3, **dict.fromkeys(texts, HOSTILE)})
        lines.append({"clip_id": key["clip_id"], "events": events})
    answered = tmp_path / "<img src=x onerror=alert(1)>.jsonl"
    answered.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return copied, answered


def test_nothing_foreign_becomes_markup(hostile: tuple[Path, Path], tmp_path: Path, parsed: Callable) -> None:
    build, answered = hostile
    html = page(build, tmp_path, predictions=[answered])
    root = parsed(html)
    assert len(root.all("script")) == 1
    assert len(root.all("style")) == 1
    assert len(root.all("img")) == len(root.all("audio")) == 4
    for element in root.all():
        assert not [name for name in element.attributes if name.startswith("on")]
        assert element.name != "svg" or "class" in element.attributes or "role" in element.attributes
        for name in ("src", "href"):
            target = element.attributes.get(name, "#")
            assert target.startswith(("#", "data:image/png;base64,", "data:audio/flac;base64,")), target[:80]
    shown = HOSTILE.replace("\x00", "�")
    assert root.by_id("c1").text.count(shown) > 20
    assert shown in root.by_id("charts").text
    assert "\x00" not in html


def test_nothing_foreign_runs_in_a_browser(hostile: tuple[Path, Path], tmp_path: Path) -> None:
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is not None and "snap" in str(Path(browser).resolve()):
        pytest.skip("Chromium from a snap cannot read the folders of tests")
    if browser is None:
        pytest.skip("no Chromium on this machine: the parser's test above stands alone")
    build, answered = hostile
    path = tmp_path / "page.html"
    path.write_bytes(page(build, tmp_path, predictions=[answered]).encode())
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--virtual-time-budget=3000",
        "--dump-dom",
    ]
    done = subprocess.run(
        [browser, *flags, f"--user-data-dir={tmp_path / 'profile'}", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    (title,) = re.findall(r"<title>(.*?)</title>", done.stdout, re.S)
    assert title.startswith("small")
    assert title.endswith(": explorer")
    assert 'class="js"' in done.stdout  # the page's own script did run
    assert len(re.findall("<img ", done.stdout)) == 4
    assert "document.title" in done.stdout  # as text
    tags = re.findall(r"<[a-z][^<>]*>", re.sub(r'"[^"]*"', '""', done.stdout))
    assert not [found for found in tags if re.search(r"\son\w+=", found)]


def test_the_page_forbids_itself_the_network(builds: dict[str, Path], tmp_path: Path, parsed: Callable) -> None:
    root = parsed(page(builds["folder"], tmp_path))
    (policy,) = [m.attributes["content"] for m in root.all("meta") if "http-equiv" in m.attributes]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", rules["script-src"])


TEXTS = st.text() | st.text(alphabet="<>&\"'/!-a=; \n")


@given(TEXTS, TEXTS)
def test_whatever_a_text_holds_it_stays_text(parsed: Callable, text: str, other: str) -> None:
    html = str(markup.tag("p", text, title=other))
    html.encode()
    (element,) = parsed(html).children
    cleaned = [re.sub("\r\n?", "\n", markup.clean(x)) for x in (text, other)]
    assert [re.sub("\r\n?", "\n", x) for x in (element.text, element.attributes["title"])] == cleaned


# What is wrong with a build.


def rewrite(place: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    lines = key_lines(place)
    change(lines)
    write_key(place, lines)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no audio": (lambda b: (b / "data/test/small-test-000001.flac").unlink(), "no audio of clip 'small-test-000001'"),
    "no folder": (lambda b: shutil.rmtree(b / "data"), "no such folder"),
    "no key": (lambda b: (b / "answer_key/test.jsonl").unlink(), "holds no answer_key/"),
    "empty key": (lambda b: (b / "answer_key/test.jsonl").write_bytes(b""), "holds no clip"),
    "broken key": (lambda b: cut(b / "answer_key/test.jsonl"), "test.jsonl:"),
    "cut audio": (lambda b: cut(b / "data/test/small-test-000001.flac"), "clip 'small-test-000001'"),
    "no audio at all": (
        lambda b: (b / "data/test/small-test-000001.flac").write_bytes(b"no"), "'small-test-000001': cannot be decoded"
    ),
    "another clip": (
        lambda b: shutil.copy(b / "data/test/small-test-000000.flac", b / "data/test/small-test-000001.flac"),
        "expected",
    ),
    "broken report": (lambda b: cut(b / "report.json"), "report.json: no report"),
    "odd report": (lambda b: (b / "report.json").write_text('{"factors": 3}'), "report.json: no report"),
    "a clip twice": (lambda b: rewrite(b, lambda k: k.append(copy.deepcopy(k[0]))), "2 times, expected once"),
    "no duration": (lambda b: rewrite(b, lambda k: k[1].update(duration=0)), "duration is 0"),
    "backwards": (lambda b: rewrite(b, lambda k: k[1]["events"][0].update(end_time=-1)), "an end after the start"),
    "too loud": (lambda b: rewrite(b, lambda k: [e.update(level_lufs=1e300) for e in k[0]["events"]]), "make no sense"),
    "another rate": (lambda b: rewrite(b, lambda k: k[0].update(sample_rate=8000)), "expected"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_build_is_named(copied: Path, tmp_path: Path, fault: str) -> None:
    harm, message = FAULTS[fault]
    harm(copied)
    with pytest.raises(BuildError, match=re.escape(message)) as caught:
        page(copied, tmp_path)
    assert str(copied) in str(caught.value) or "clip 'small-test-000000'" in str(caught.value)


@pytest.mark.parametrize("layout", ["webdataset", "parquet"])
def test_broken_shards_are_named(builds: dict[str, Path], tmp_path: Path, layout: str) -> None:
    shutil.copytree(builds[layout], tmp_path / "copied")
    (shard,) = [f for f in (tmp_path / "copied/data/test").iterdir() if f.suffix in (".tar", ".parquet")]
    cut(shard)
    with pytest.raises(BuildError, match=re.escape(str(shard)) + "|no audio of clip"):
        page(tmp_path / "copied", tmp_path)


def test_a_name_in_a_key_leads_nowhere_else(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.flac").write_bytes((copied / "data/test/small-test-000000.flac").read_bytes())
    rewrite(copied, lambda keys: keys[0].update(clip_id="../../../secret"))
    with pytest.raises(BuildError, match="no audio of clip"):
        page(copied, tmp_path)


def test_a_clip_of_a_parquet_shard_is_read_alone(builds: dict[str, Path]) -> None:
    clips = stored_clips(builds["parquet"], "test")
    table = pl.read_parquet(next((builds["parquet"] / "data/test").glob("*.parquet")))
    assert list(clips) == table["clip_id"].to_list()
    for name, audio in zip(table["clip_id"], table["audio"], strict=True):
        assert clips[name].read() == audio["bytes"]
        assert clips[name].ending == "flac"


# Geometry.


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=30))
def test_bars_of_a_lane_never_overlap_and_lanes_are_as_few_as_can_be(spans: list[tuple[int, int]]) -> None:
    bars = [Bar(mark=str(n), type="music", start=a, end=a + length) for n, (a, length) in enumerate(spans)]
    found = lanes(bars)
    assert sorted(bar.mark for lane in found for bar in lane) == sorted(bar.mark for bar in bars)
    for lane in found:
        assert all(one.end <= other.start for one, other in itertools.pairwise(lane))
    deepest = max((sum(b.start <= t < b.end for b in bars) for t in range(51)), default=0)
    assert len(found) == deepest


def test_most_at_once_counts_half_open_spans(builds: dict[str, Path]) -> None:
    for key in find_keys(builds["folder"]).read():
        instants = [event.start_time for event in key.events]
        assert most_at_once(key) == max(sum(e.start_time <= t < e.end_time for e in key.events) for t in instants)


@given(st.lists(st.floats(-1e6, 1e6) | st.integers(-20, 20), min_size=1, max_size=40))
def test_bins_hold_every_value_where_their_edges_say(values: list[float]) -> None:
    found = bins(values)
    assert 1 <= found.count <= 15
    assert sum(found.counts(values)) == len(values)
    for value in values:
        low = found.first + found.of(value) * found.step
        slack = 1e-6 * max(1.0, abs(value), found.step)
        assert low - slack <= value <= low + found.step + slack


@pytest.mark.parametrize(("duration", "step"), [(0.5, 0.1), (9.0, 1.0), (36.0, 5.0), (60.0, 5.0), (7200.0, 600.0)])
def test_time_axes_have_round_steps(duration: float, step: float) -> None:
    found = ticks(duration)
    assert found[0] == 0.0
    assert found[1] == pytest.approx(step)
    assert found[-1] <= duration + 1e-9
    assert len(found) <= 13
