"""Captions for a bank that is there already: a table of keys and captions, without touching a recording.

Sources that were rejected only for want of a caption (``needs_caption``) can be drawn afterwards. Every other reason
stays, and a new caption is searched for speech and music like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape import files
from soundscape.errors import BankError, UsageError, nearest
from soundscape.records import CAPTION_ORIGINS
from soundscape.sources import index, places
from soundscape.sources.adapters.tables import any_table
from soundscape.sources.bank import bank_names
from soundscape.sources.captions import derive_caption
from soundscape.sources.index import BankInfo, Row
from soundscape.sources.quality import caption_faults
from soundscape.sources.table import NEEDED, Problem, TableError

_SHOWN = 20
_COLUMNS = ("key", "caption", "caption_origin", "label")
_NEEDS = "needs_caption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captioned:
    """What came of it: the bank, how many sources were given a caption, and how many of those can be drawn now.

    ``waiting`` is how many sources of the bank still need a caption.
    """

    info: BankInfo
    captioned: int
    usable: int
    waiting: int


def caption_bank(name: str, table: Path) -> Captioned:
    """Give sources of a bank captions, whole or not at all; the recordings stay untouched.

    A caption of more than twelve words is kept as the source's prose and shortened by the rules of
    :mod:`soundscape.sources.captions`.

    Args:
        name: of one's own bank.
        table: CSV, TSV, JSONL or Parquet with the columns ``key`` and ``caption``, and perhaps ``caption_origin``
            (human where it is empty) and ``label``.

    Raises:
        UsageError: there is no such bank.
        TableError: the table has problems; all of them are in it.
        BankError: the bank or the table cannot be read.
    """
    folder = places.bank_folder(name)
    if name not in bank_names():
        raise UsageError(
            f"unknown bank {name!r}{nearest(name, bank_names())}", hint=f"known: {', '.join(bank_names())}"
        )
    with files.exclusively(folder):
        frame = index.read_index(folder).join(
            index.read_provenance(folder), on="key", how="left", maintain_order="left"
        )
        rows = {str(row["key"]): row for row in frame.to_dicts()}
        given = _given(table, rows)
        for key, fields in given.items():
            rows[key] = _captioned(rows[key], fields)
        info = index.replace_index(folder, list(rows.values()))
    return Captioned(
        info=info,
        captioned=len(given),
        usable=sum(rows[key]["rejected"] is None for key in given),
        waiting=sum(_NEEDS in _faults(row) for row in rows.values()),
    )


def _given(table: Path, rows: Mapping[str, Row]) -> dict[str, dict[str, str]]:
    """Return what a table gives, by key.

    Raises:
        TableError: an unknown or repeated key, an empty caption, a source that has none, an unknown value.
    """
    given: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for number, record in enumerate(any_table(table, ("key", "caption")), start=1):
        fields = {column: " ".join(str(record.get(column) or "").split()) for column in _COLUMNS}
        message = _problem(fields, rows, given)
        if message is None:
            given[fields["key"]] = fields
        else:
            problems.append(Problem(row=f"row {number}", column=message[0], message=message[1]))
    if problems:
        shown = "".join(f"\n  {problem}" for problem in problems[:_SHOWN])
        rest = f"\n  … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise TableError(
            f"{table}: {len(problems)} problems{shown}{rest}", hint="nothing was written", problems=problems
        )
    if not given:
        raise BankError(f"{table}: the table has no rows")
    return given


def _problem(fields: Mapping[str, str], rows: Mapping[str, Row], given: Mapping[str, Any]) -> tuple[str, str] | None:
    key = fields["key"]
    if key not in rows:
        return "key", f"the bank has no {key!r}{nearest(key, rows) if len(rows) < 10_000 else ''}"
    if key in given:
        return "key", f"{key!r} stands there twice"
    if "caption" not in NEEDED[rows[key]["type"]]:
        return "key", f"{key!r} is {rows[key]['type']}, which has no caption"
    if derive_caption(fields["caption"]) is None:
        return "caption", f"found {fields['caption']!r}, from which no caption can be had"
    if fields["caption_origin"] and fields["caption_origin"] not in CAPTION_ORIGINS:
        return "caption_origin", f"found {fields['caption_origin']!r}, expected one of {', '.join(CAPTION_ORIGINS)}"
    return None


def _faults(row: Row) -> list[str]:
    return [reason for reason in str(row["faults"] or row["rejected"] or "").split(",") if reason]


def _captioned(row: Row, fields: Mapping[str, str]) -> Row:
    """Return a row with its new caption, and with the reasons that are left to reject it."""
    caption = derive_caption(fields["caption"])
    reasons = _faults(row)
    notes = str(row["note"] or "").split("; ")
    told = dict(zip(reasons, notes if len(notes) == len(reasons) else reasons, strict=True))
    # What the old caption told of voices or music is told again by the new one, or no more.
    for reason in (_NEEDS, "speech_inside", "music_inside", "vocals"):
        told.pop(reason, None)
    prose = fields["caption"] if caption != fields["caption"].rstrip(".") else row["prose"]
    label = fields["label"] or row["label"]
    for fault in caption_faults(row["type"], [caption, label, prose]):
        told[fault.reason] = fault.note
    return {
        **row,
        "caption": caption,
        "label": label,
        "caption_origin": fields["caption_origin"] or "human",
        "prose": prose,
        "rejected": next(iter(told), None),
        "note": "; ".join(told.values()) or None,
        "faults": ",".join(told) or None,
    }
