"""Held-out splits: which groups of a bank belong to which split, so that no speaker, piece or recording is in two.

A family of splits (``train=8,dev=1,test=1``) shares out the groups of every bank by itself, so what a split may draw
does not depend on which other banks are open, on the seed or on the order of the rows: it is a function of the bank's
groups and of the family alone.

What stays together: all sources of a group, of a speaker, and of one recording that is listed twice (equal samples).
What is shared out evenly: *strata*, which are speech by language, bursts, effects, beds and music. A split of every
stratum that has at least as many groups as there are splits gets one group of it wherever that can be done, and as
many as its share says otherwise. A speaker of five languages is in five strata: those are dealt first, after the idea
of iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011), with whole-number quotas and even dealing in
place of its largest-remaining-demand rule, and what belongs to one stratum alone fills the quotas up.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import polars as pl

from soundscape.errors import UsageError, nearest
from soundscape.planning.measured import MeasuredFact
from soundscape.planning.sounds import BED
from soundscape.sources.bank import Bank
from soundscape.sources.bankset import AnyBank, BankSet

#: Name of a split → its share; the shares sum to 1.
Shares: TypeAlias = dict[str, float]

_SALT = "soundscape split"


def parse(text: str) -> Shares:
    """Return a family of splits from text such as ``train=8,dev=1,test=1``: names sorted, shares that sum to 1.

    Raises:
        UsageError: fewer than two splits, a name that is no name or comes twice, a share that is not above 0.
    """
    weights: dict[str, Fraction] = {}
    for part in text.split(","):
        name, _, weight = (x.strip() for x in part.partition("="))
        try:
            value = Fraction(weight)
        except (ValueError, ZeroDivisionError):
            value = Fraction(0)
        if not name.isidentifier() or name in weights or value <= 0:
            raise UsageError(
                f"--splits {text!r}: cannot use {part!r}; expected NAME=SHARE, each name once, each share above 0",
                hint="for example --splits train=8,dev=1,test=1",
            )
        weights[name] = value
    if len(weights) < 2:
        raise UsageError(f"--splits {text!r}: names one split, expected two or more", hint="leave it out to use all")
    total = sum(weights.values())
    return {name: float(weights[name] / total) for name in sorted(weights)}


@dataclass(slots=True)
class _Unit:
    """Groups that stay together, by the name of the first of them."""

    name: str
    strata: tuple[str, ...]
    label: str
    size: int

    @property
    def place(self) -> tuple[str, int, str]:
        """Where it stands when its stratum is dealt: labels in turn, large ones first, otherwise by chance."""
        return _hash("label", self.label), -self.size.bit_length(), _hash("group", self.name)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join((_SALT, *parts)).encode()).hexdigest()


def _usable(bank: Bank) -> pl.DataFrame:
    stratum = (
        pl.when(pl.col("type") == "speech")
        .then(pl.lit("speech ") + pl.col("language").fill_null("?"))
        .when((pl.col("type") == "sound_event") & (pl.col("topic") == BED))
        .then(pl.lit("bed"))
        .otherwise(pl.col("type"))
    )
    return bank.frame.filter(pl.col("rejected").is_null()).select(
        "group", "speaker", "pcm_sha256", pl.col("label").fill_null(""), stratum.alias("stratum")
    )


def _joined(frame: pl.DataFrame) -> dict[str, str]:
    """Return the groups that a speaker or a recording ties to others, each with the least name of those tied."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.get(name, name) != name:
            name = parent[name]
        return name

    for column in ("speaker", "pcm_sha256"):
        ties = frame.drop_nulls(column).group_by(column).agg(pl.col("group").unique())
        for (groups,) in ties.filter(pl.col("group").list.len() > 1).select("group").iter_rows():
            least, *others = sorted({root(g) for g in groups})
            for other in (*groups, *others):
                parent[root(other)] = least
    return {name: root(name) for name in parent}


def _units(frame: pl.DataFrame, joined: Mapping[str, str]) -> list[_Unit]:
    unit = pl.col("group").replace(dict(joined)).alias("unit") if joined else pl.col("group").alias("unit")
    gathered = (
        frame.with_columns(unit)
        .group_by("unit")
        .agg(pl.col("stratum").unique().sort(), pl.col("label").min(), pl.len())
        .sort("unit")
    )
    return [
        _Unit(name=name, strata=tuple(strata), label=label, size=size)
        for name, strata, label, size in gathered.iter_rows()
    ]


def quotas(count: int, shares: Shares) -> dict[str, int]:
    """Return how many of ``count`` groups each split gets: by largest remainders, and one at least if there are enough.

    Ties go to the larger share, then to the name that comes first.
    """
    names = sorted(shares, key=lambda name: (-shares[name], name))
    least = 1 if count >= len(names) else 0
    out = {name: max(least, math.floor(shares[name] * count + 1e-9)) for name in names}
    while (over := sum(out.values()) - count) != 0:
        # Whoever is farthest from their share gives one up, or gets one more.
        able = [n for n in names if over < 0 or out[n] > least]
        chosen = max(able, key=lambda n: (out[n] - shares[n] * count) * (1 if over > 0 else -1))
        out[chosen] += -1 if over > 0 else 1
    return out


class _Dealer:
    """Deals units to splits; knows how many of each stratum a split has and how many it should have."""

    def __init__(self, units: Sequence[_Unit], shares: Shares) -> None:
        self._shares = shares
        counts = Counter(stratum for unit in units for stratum in unit.strata)
        self._counts = counts
        self._quotas = {stratum: quotas(count, shares) for stratum, count in counts.items()}
        self._has: dict[str, Counter[str]] = {stratum: Counter() for stratum in counts}
        self._names = sorted(shares, key=lambda name: (-shares[name], name))

    def _merit(self, unit: _Unit, split: str) -> tuple[int, int, float]:
        """Return how well a unit suits a split: strata it lacks altogether, quotas not yet full, what is due to it."""
        lacking = open_ = 0
        due = 0.0
        for stratum in unit.strata:
            quota, has, dealt = self._quotas[stratum][split], self._has[stratum][split], self._has[stratum].total()
            lacking += quota > 0 and has == 0
            open_ += has < quota
            due += quota * (dealt + 1) / self._counts[stratum] - has
        return (lacking if len(unit.strata) > 1 else 0), open_, due

    def deal(self, unit: _Unit) -> str:
        """Return the split that a unit goes to, and remember it."""
        merits = [(self._merit(unit, name), -k, name) for k, name in enumerate(self._names)]
        split = max(merits)[2]
        self._count(unit, split, 1)
        return split

    def _count(self, unit: _Unit, split: str, step: int) -> None:
        for stratum in unit.strata:
            self._has[stratum][split] += step

    def again(self, unit: _Unit, split: str) -> str:
        """Return where a unit had better be: dealt again if its split has too much and lacks nothing without it."""
        over = sum(self._has[stratum][split] - self._quotas[stratum][split] for stratum in unit.strata)
        if over <= 0 or any(self._has[stratum][split] == 1 for stratum in unit.strata):
            return split
        self._count(unit, split, -1)
        return self.deal(unit)


def _rarest_first(units: Iterable[_Unit]) -> Iterable[_Unit]:
    """Yield units of several strata, those of the stratum with the fewest left first."""
    by_stratum: dict[str, list[_Unit]] = defaultdict(list)
    for unit in sorted(units, key=lambda u: u.place):
        for stratum in unit.strata:
            by_stratum[stratum].append(unit)
    dealt: set[str] = set()
    while by_stratum:
        for stratum, left in by_stratum.items():
            by_stratum[stratum] = [u for u in left if u.name not in dealt]
        rarest = min(by_stratum, key=lambda s: (len(by_stratum[s]), s))
        for unit in by_stratum.pop(rarest):
            dealt.add(unit.name)
            yield unit


def assignment(bank: Bank, shares: Shares) -> dict[str, str]:
    """Return the split of every group of a bank that has a usable source.

    Args:
        bank: under any filters; they do not matter here, so that a licence policy moves nothing between splits.
        shares: from :func:`parse`.
    """
    frame = _usable(bank)
    joined = _joined(frame)
    units = _units(frame, joined)
    dealer = _Dealer(units, shares)
    coupled = list(_rarest_first(u for u in units if len(u.strata) > 1))
    split_of = {unit.name: dealer.deal(unit) for unit in coupled}
    split_of |= {unit.name: dealer.again(unit, split_of[unit.name]) for unit in coupled}
    for unit in sorted((u for u in units if len(u.strata) == 1), key=lambda u: (u.strata, u.place)):
        split_of[unit.name] = dealer.deal(unit)
    return {group: split_of[joined.get(group, group)] for group in groups(bank)}


def groups(bank: Bank) -> list[str]:
    """Return the groups of a bank that have a usable source."""
    names: list[str] = _usable(bank)["group"].unique().to_list()
    return names


def restrict(banks: AnyBank, shares: Shares, split: str) -> AnyBank:
    """Return the banks with the sources of one split only; digests and row numbers stay.

    Raises:
        UsageError: the family has no split of that name.
    """
    if split not in shares:
        raise UsageError(
            f"--split {split!r} is none of --splits {', '.join(shares)}{nearest(split, shares)}",
            hint="name one of them, or leave --splits out",
        )
    if isinstance(banks, BankSet):
        return BankSet([_restricted(bank, shares, split) for bank in banks.banks])
    return _restricted(banks, shares, split)


def rooms_of(facts: Sequence[MeasuredFact], shares: Shares | None, split: str) -> tuple[MeasuredFact, ...]:
    """Return the measured responses of a split's rooms: rooms are shared out as the groups of one stratum are."""
    if shares is None:
        return tuple(facts)
    rooms = sorted({fact.room for fact in facts})
    units = [_Unit(name=room, strata=("room",), label="", size=1) for room in rooms]
    dealer = _Dealer(units, shares)
    split_of = {unit.name: dealer.deal(unit) for unit in sorted(units, key=lambda u: u.place)}
    return tuple(fact for fact in facts if split_of[fact.room] == split)


def _restricted(bank: Bank, shares: Shares, split: str) -> Bank:
    own = frozenset(group for group, name in assignment(bank, shares).items() if name == split)
    return bank.filtered(policy=bank.policy, keep=own.__contains__)


def table(banks: AnyBank, shares: Shares) -> dict[str, dict[str, int]]:
    """Return for each stratum how many groups each split has of it, over all banks: what a recipe can count on."""
    out: dict[str, Counter[str]] = defaultdict(Counter)
    for bank in banks.banks if isinstance(banks, BankSet) else (banks,):
        split_of = assignment(bank, shares)
        for group, stratum in _usable(bank).select("group", "stratum").unique().iter_rows():
            out[stratum][split_of[group]] += 1
    return {stratum: {name: out[stratum][name] for name in shares} for stratum in sorted(out)}
