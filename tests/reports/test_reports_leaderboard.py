"""The leaderboard: order, formats, intervals, and the refusal to mix."""

from __future__ import annotations

import csv
import dataclasses
import importlib.util
import io
import random
from html.parser import HTMLParser
from pathlib import Path

import pytest

from soundscape.errors import DataError, UsageError
from soundscape.reports.leaderboard import SHOWN, leaderboard
from soundscape.scoring.baselines import baseline
from soundscape.scoring.document import scores_document, write_scores
from soundscape.scoring.options import Options
from soundscape.scoring.score import score
from soundscape.scoring.statistics import bootstrap
from soundscape.scoring.systems import System, read_systems


@pytest.fixture(scope="module")
def keys():
    place = Path(__file__).parents[1] / "reference" / "scoring_cases.py"
    spec = importlib.util.spec_from_file_location("reference_scoring_cases_of_reports", place)
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    rng = random.Random(1)
    return [cases.random_clip(rng, n)[0] for n in range(25)]


@pytest.fixture(scope="module")
def entries(keys):
    out = []
    for name in ("silence", "oracle", "spam", "shuffled"):
        table = score(keys, baseline(name, keys), embedder="lexical", system=name)
        out.append(System(table=table, intervals=bootstrap(table, resamples=50)))
    return out


def test_markdown_ranks_by_reward_and_shows_intervals(entries):
    lines = leaderboard(entries).splitlines()
    assert lines[0].startswith("| rank | system | Reward | Strict Reward |")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:6]]
    assert [row[1] for row in rows] == ["oracle", "shuffled", "spam", "silence"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0][2] == "1.000 [1.000, 1.000]"
    assert rows[1][2].count("0.") == 3
    assert {len(row) for row in rows} == {2 + len(SHOWN)}
    assert any(line.startswith("Chance level: how (cos)") for line in lines)
    assert any(line.startswith("Signature: soundscape:") for line in lines)


def test_what_nobody_did_is_a_dash(entries):
    row = next(line for line in leaderboard(entries).splitlines() if "| silence |" in line)
    assert "| – |" in row


def test_csv_has_full_numbers(entries):
    rows = list(csv.DictReader(io.StringIO(leaderboard(entries, "csv"))))
    assert [row["system"] for row in rows] == ["oracle", "shuffled", "spam", "silence"]
    table = next(e for e in entries if e.table.system == "spam")
    spam = rows[2]
    assert float(spam["reward"]) == table.table.columns()["reward"]
    assert float(spam["reward_low"]) == table.intervals["reward"].low
    assert rows[3]["precision"] == ""
    assert spam["signature"] == str(table.table.signature)


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.names, self.bold = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        if self.tags and self.tags[-2:] == ["th", "bdi"]:
            self.names.append(data)
        if self.tags and self.tags[-1] == "b":
            self.bold.append(data)


def test_html_is_plain_and_escapes(entries):
    named = dataclasses.replace(entries[0].table, system="<script>alert('x')</script> | a")
    page = leaderboard([dataclasses.replace(entries[0], table=named), *entries[1:]], "html")
    parser = _Cells()
    parser.feed(page)
    assert "script" not in parser.tags
    assert parser.tags.count("tr") == 5
    assert "<script>alert('x')</script> | a" in parser.names
    assert "http://" not in page
    assert "https://" not in page


def test_html_marks_what_is_best_in_each_column(entries):
    parser = _Cells()
    parser.feed(leaderboard(entries, "html"))
    assert parser.bold[0] == "1.000"
    assert "0.0 %" in parser.bold  # of word errors and inventions the least is best
    worst = entries[0].table.columns()["reward"]
    assert worst == 0.0
    assert "0.000" not in parser.bold


def test_bars_in_names_do_not_break_markdown(entries):
    named = dataclasses.replace(entries[0].table, system="a|b\nc")
    table = leaderboard([dataclasses.replace(entries[0], table=named)])
    assert "a\\|b c" in table


def test_mixed_signatures_are_refused_by_field(keys, entries):
    other = score(keys, [], embedder="lexical", options=Options(halluc="one-to-one"), system="other")
    with pytest.raises(DataError, match="'silence' and 'other' were not marked alike: profile is") as caught:
        leaderboard([*entries, System(table=other, intervals={})])
    assert "halluc is 'many-to-one' and 'one-to-one'" in str(caught.value)


def test_other_keys_are_another_table(keys, entries):
    fewer = score(keys[1:], [], embedder="lexical", system="fewer")
    with pytest.raises(DataError, match="keys is"):
        leaderboard([entries[0], System(table=fewer, intervals={})])


def test_files_make_the_same_table(tmp_path, entries):
    paths = []
    for entry in entries:
        paths.append(tmp_path / f"{entry.table.system}.json")
        write_scores(paths[-1], scores_document(entry.table, intervals=entry.intervals))
    assert leaderboard(read_systems(paths)) == leaderboard(entries)


def test_no_entries_and_unknown_formats_are_refused(entries):
    with pytest.raises(UsageError, match="at least one"):
        leaderboard([])
    with pytest.raises(UsageError, match="did you mean 'html'"):
        leaderboard(entries, "htm")
