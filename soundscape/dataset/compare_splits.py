"""Are two builds of one distribution? Every factor of their answer keys, a two-sample test each.

Numbers are compared by the two-sample test of Kolmogorov and Smirnov on one value a clip; an event's figures enter as
their mean over the clip, because events of a clip are not independent. Names (of events: type, language …) are compared
by the chi-square statistic of their counts, whose distribution is found by dealing whole clips to the two builds anew,
for the same reason.

So many tests find something by chance: p-values are adjusted by Holm's method (1979), which keeps the probability of
any false alarm under :data:`LEVEL` over all of them together. Two things to know when reading the result. Scenes are
laid evenly over the design by construction, which makes two builds more alike than independent draws: true p-values are
higher than the ones told. And no difference found is no proof of none: for every factor the smallest difference is told
that builds of this size could have shown.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from soundscape import files, schema
from soundscape.dataset import lock as locks
from soundscape.dataset.report import achieved
from soundscape.errors import BuildError
from soundscape.randomness import stream
from soundscape.records import AnswerKey

#: The probability of any false alarm, over all tests of a comparison.
LEVEL = 0.05
#: How often clips are dealt anew; the least p-value is one in one more than this.
DEALS = 2999
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor compared.

    ``kind``: numbers or names. ``a`` and ``b``: the two means, or the shares of each name. ``statistic``: the largest
    distance between the two cumulative distributions (numbers), or chi-square (names). ``smallest``: the least distance
    that would have been called a difference, for numbers. ``clips``: how many of each build have the factor.
    ``constant``: it has one value in all clips of both, so there is nothing to test.
    """

    name: str
    kind: str
    clips: tuple[int, int]
    a: float | dict[str, float]
    b: float | dict[str, float]
    statistic: float
    p: float
    p_adjusted: float = 1.0
    smallest: float | None = None
    constant: bool = False

    @property
    def differs(self) -> bool:
        """Whether the builds differ in it, all tests considered."""
        return self.p_adjusted < LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two builds compared, factor by factor; ``clips``: how many each has."""

    clips: tuple[int, int]
    level: float
    method: str
    tests: tuple[Factor, ...]

    @property
    def differing(self) -> tuple[str, ...]:
        """The factors in which the builds differ."""
        return tuple(test.name for test in self.tests if test.differs)


@dataclass(slots=True)
class _Observed:
    """What is seen in a build: numbers, one a clip; and how often each name comes, a counter a clip."""

    clips: int = 0
    numbers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[Counter[str]]] = field(default_factory=lambda: defaultdict(list))

    def counters(self, name: str) -> list[Counter[str]]:
        """Return a factor's counters, one a clip; empty ones for clips that do not have it."""
        return self.names[name] + [Counter()] * (self.clips - len(self.names[name]))


def compare(a: Path, b: Path) -> Comparison:
    """Compare two builds by their answer keys.

    Args:
        a: a finished build's folder.
        b: another one.

    Raises:
        BuildError: a folder has no finished build or no answer key.
    """
    one, other = _observe(a), _observe(b)
    tests = []
    for name in sorted(one.numbers.keys() | other.numbers.keys()):
        a_has, b_has = one.numbers[name], other.numbers[name]
        if a_has and b_has:
            tests.append(_numbers(name, a_has, b_has))
        if len(a_has) < one.clips or len(b_has) < other.clips:
            tests.append(_names(f"clips with {name}", _presence(len(a_has), one), _presence(len(b_has), other)))
    named = sorted(one.names.keys() | other.names.keys())
    tests += [_names(name, one.counters(name), other.counters(name)) for name in named]
    method = (
        f"two-sample Kolmogorov-Smirnov on one value a clip (numbers); chi-square by {DEALS} deals of whole clips "
        f"(names); p adjusted by Holm over {sum(not t.constant for t in tests)} tests, family-wise level {LEVEL:g}"
    )
    return Comparison(clips=(one.clips, other.clips), level=LEVEL, method=method, tests=tuple(_adjusted(tests)))


def _observe(folder: Path) -> _Observed:
    path = folder / "answer_key" / f"{locks.read(folder).split}.jsonl"
    if not path.is_file():
        raise BuildError(f"{path}: no such file", hint="builds are compared by their answer keys, in the key part")
    seen = _Observed()
    with path.open("rb") as file:
        for line in file:
            key = schema.decode(line, AnswerKey, str(path))
            seen.clips += 1
            for name, number in _clip_numbers(key):
                seen.numbers[name].append(number)
            for name, values in _clip_names(key):
                seen.names[name].append(Counter(values))
    return seen


def _presence(count: int, seen: _Observed) -> list[Counter[str]]:
    return [Counter(["yes" if k < count else "no"]) for k in range(seen.clips)]


def _clip_numbers(key: AnswerKey) -> Iterator[tuple[str, float]]:
    for kind, factors in (("requested", key.factors), ("achieved", achieved(key))):
        for name, value in factors.items():
            if not isinstance(value, str):
                yield f"{name} ({kind})", float(value)
    for name, figure in (("loudness_lufs", key.loudness_lufs), ("true_peak_dbtp", key.true_peak_dbtp)):
        if figure is not None:
            yield name, figure
    yield "languages", float(len(key.languages))
    yield "unscored_events", float(sum(not e.scored for e in key.events))
    types = Counter(e.type for e in key.events)
    for type_ in ("speech", "vocal_burst", "sound_event", "music"):
        yield f"{type_}_events", float(types[type_])
    front = [e for e in key.events if e.role == "foreground"]
    for name, figures in (
        ("event_duration", [e.end_time - e.start_time for e in front]),
        ("event_level_lufs", [e.level_lufs for e in front]),
        ("event_snr_db", [e.snr_db for e in front if e.snr_db is not None]),
        ("event_glimpse_proportion", [e.glimpse_proportion for e in front]),
        ("event_distance_m", [e.distance_m for e in front if e.distance_m is not None]),
    ):
        if figures:
            yield name, statistics.fmean(figures)


def _clip_names(key: AnswerKey) -> Iterator[tuple[str, list[str]]]:
    for kind, factors in (("requested", key.factors), ("achieved", achieved(key))):
        for name, value in factors.items():
            if isinstance(value, str):
                yield f"{name} ({kind})", [value]

    def of_events(field_: str) -> list[str]:
        return [str(value) for e in key.events if (value := getattr(e, field_, None)) is not None]

    yield "event_type", of_events("type")
    for name in ("language", "loudness", "gender", "age", "emotion_label", "vocal_burst"):
        if found := of_events(name):
            yield name, found
    yield "data_set", [e.provenance.dataset or e.provenance.source_id.partition(":")[0] for e in key.events]


def _numbers(name: str, a: Sequence[float], b: Sequence[float]) -> Factor:
    from scipy import stats

    # The exact distribution takes time and memory that grow with the product of the sizes.
    method: Literal["exact", "asymp"] = "exact" if len(a) * len(b) <= 40_000 else "asymp"
    found = stats.ks_2samp(a, b, method=method)
    means = (round(statistics.fmean(a), 4), round(statistics.fmean(b), 4))
    return Factor(
        name=name, kind="numbers", clips=(len(a), len(b)), a=means[0], b=means[1],
        statistic=round(float(found.statistic), 4), p=float(found.pvalue), constant=len({*a, *b}) == 1,
    )  # fmt: skip


def _names(name: str, a: Sequence[Counter[str]], b: Sequence[Counter[str]]) -> Factor:
    categories = sorted(set().union(*a, *b))
    counts = np.array([[clip[c] for c in categories] for clip in (*a, *b)], dtype=np.float64)
    total = counts.sum(axis=0)

    def statistic(first: NDArray[np.float64]) -> NDArray[np.float64]:
        share = first.sum(axis=1, keepdims=True) / total.sum()
        spread = share * (1.0 - share) * total
        return np.asarray((np.square(first - share * total) / np.maximum(spread, 1e-12)).sum(axis=1))

    own = float(statistic(counts[: len(a)].sum(axis=0, keepdims=True))[0])
    rng = stream(0, "compare splits", name)
    at_least, left, block = 1, DEALS, max(1, _CELLS // len(counts))
    while left:
        deals = min(block, left)
        order = rng.random((deals, len(counts))).argpartition(len(a) - 1, axis=1)[:, : len(a)]
        chosen = np.zeros((deals, len(counts)))
        np.put_along_axis(chosen, order, 1.0, axis=1)
        at_least += int(np.count_nonzero(statistic(chosen @ counts) >= own - 1e-9))
        left -= deals
    shares = [
        {c: round(n / max(1, sum(clip.total() for clip in side)), 4) for c, n in sorted(sum(side, Counter()).items())}
        for side in (a, b)
    ]
    return Factor(
        name=name, kind="names", clips=(len(a), len(b)), a=shares[0], b=shares[1], statistic=round(own, 4),
        p=at_least / (DEALS + 1), constant=bool((counts == counts[0]).all()),
    )  # fmt: skip


def _adjusted(tests: Sequence[Factor]) -> Iterator[Factor]:
    """Yield the tests with Holm's adjusted p-values, in their own order."""
    from scipy import stats

    ranked = sorted((k for k, test in enumerate(tests) if not test.constant), key=lambda k: tests[k].p)
    adjusted: dict[int, float] = {}
    least = 0.0
    for rank, k in enumerate(ranked):
        least = max(least, min(1.0, tests[k].p * (len(ranked) - rank)))
        adjusted[k] = least
    for k, test in enumerate(tests):
        smallest = None
        if test.kind == "numbers" and not test.constant:
            n, m = test.clips
            quantile = float(stats.kstwobign.isf(LEVEL / len(ranked)))
            smallest = round(min(1.0, quantile * math.sqrt((n + m) / (n * m))), 4)
        yield replace(test, p=round(test.p, 6), p_adjusted=round(adjusted.get(k, 1.0), 6), smallest=smallest)


def write(found: Comparison, folder: Path) -> None:
    """Write a comparison as ``comparison.json`` into a folder."""
    text = msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=2) + b"\n"
    files.write_bytes(folder / "comparison.json", text)
