"""``bank info``: what a bank holds, in figures, and what the quality gate measured."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from soundscape.sources import licences
from soundscape.sources.bank import Bank
from soundscape.sources.index import read_provenance
from soundscape.sources.quality import GateResults, gate_results


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many sources have a value, how long they last together, and how many people are in them."""

    value: str
    sources: int
    hours: float
    speakers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a bank holds.

    ``rejected`` (by the first reason), ``gate``, ``count`` and ``hours`` are of everything, all else is of sources that
    may be drawn. ``policies``: what each licence policy lets in.
    """

    name: str
    folder: str
    root: str
    digest: str
    generator: str
    generator_version: str
    count: int
    hours: float
    usable: int
    types: tuple[Share, ...]
    languages: tuple[Share, ...]
    licences: tuple[Share, ...]
    datasets: tuple[Share, ...]
    caption_origins: tuple[Share, ...]
    rejected: tuple[Share, ...]
    policies: tuple[Share, ...]
    gate: GateResults


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedSource:
    """A source that is never drawn: all reasons, the first of them decides, joined by commas; and what was found."""

    key: str
    type: str
    reasons: str
    note: str


def rejected_sources(bank: Bank) -> tuple[RejectedSource, ...]:
    """Return every rejected source of a bank, in the order of keys."""
    rejected = bank.frame.filter(pl.col("rejected").is_not_null()).select("key", "type", "rejected", "note")
    told = rejected.join(read_provenance(bank.folder).select("key", "faults"), on="key", how="left").sort("key")
    return tuple(
        RejectedSource(key=key, type=type_, reasons=faults or reason, note=note or "")
        for key, type_, reason, note, faults in told.iter_rows()
    )


def summarise(bank: Bank) -> Summary:
    """Return what a bank holds; its filters do not matter. Languages are those of speech."""
    frame = bank.frame
    usable = frame.filter(pl.col("rejected").is_null())
    speech = usable.filter(pl.col("type") == "speech")
    return Summary(
        name=bank.name,
        folder=str(bank.folder),
        root=str(bank.root),
        digest=bank.digest,
        generator=bank.info.generator,
        generator_version=bank.info.generator_version,
        count=len(frame),
        hours=_hours(frame),
        usable=len(usable),
        types=_shares(usable, "type"),
        languages=_shares(speech, "language"),
        licences=_shares(usable, "licence"),
        datasets=_shares(usable, "dataset"),
        caption_origins=_shares(usable, "caption_origin"),
        rejected=_shares(frame.filter(pl.col("rejected").is_not_null()), "rejected"),
        policies=tuple(_let_in(usable, policy) for policy in licences.POLICIES),
        gate=gate_results(frame, read_provenance(bank.folder)),
    )


def _let_in(usable: pl.DataFrame, policy: licences.Policy) -> Share:
    allowed = [x for x in usable["licence"].unique().to_list() if licences.allowed(x, policy)]
    let_in = usable.filter(pl.col("licence").is_in(allowed))
    return Share(
        value=policy,
        sources=len(let_in),
        hours=_hours(let_in),
        speakers=let_in["speaker"].drop_nulls().n_unique(),
    )


def _hours(frame: pl.DataFrame) -> float:
    return round(float(frame["duration"].sum()) / 3600.0, 4)


def _shares(frame: pl.DataFrame, column: str) -> tuple[Share, ...]:
    groups = frame.group_by(column).agg(
        pl.len().alias("sources"), pl.col("duration").sum(), pl.col("speaker").drop_nulls().n_unique().alias("speakers")
    )
    return tuple(
        Share(
            value=row[column],
            sources=row["sources"],
            hours=round(row["duration"] / 3600.0, 4),
            speakers=row["speakers"],
        )
        for row in groups.sort(column).iter_rows(named=True)
        if row[column] is not None
    )
