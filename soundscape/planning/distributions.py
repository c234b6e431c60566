"""The distributions that a recipe may name, each as its inverse cumulative distribution function.

A draw is ``distribution.at(u)`` with u in [0, 1). So one and the same distribution serves independent draws (u from a
named stream) and even coverage (u from a low-discrepancy sequence), and planning needs no sampler with hidden state.

YAML forms: a plain value is a constant; otherwise a mapping with one of

    {choice: [a, b, …], weights: [1, 2, …]}     weights optional: even
    {integers: [low, high]}                     both ends included
    {uniform: [low, high]}
    {log_uniform: [low, high]}                  low > 0
    {normal: [mean, sd]}
    {truncated_normal: [mean, sd, low, high]}
    {triangular: [low, mode, high]}
    {poisson: [mean, most]}                     truncated at most
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

from soundscape.errors import RecipeError, nearest

Value: TypeAlias = float | int | str | bool | None

_EPS = 2.0**-53
#: A discrete distribution is a list of its outcomes.
_MOST_OUTCOMES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution over numbers or names.

    ``values`` lists the outcomes of a discrete one, with their ``weights`` (of any sum).
    """

    form: str
    parameters: tuple[Value, ...]
    values: tuple[Value, ...] = ()
    weights: tuple[float, ...] = ()

    def at(self, u: float) -> Value:
        """Return the value below which a share ``u`` in [0, 1) of the distribution lies."""
        if self.values:
            steps = list(itertools.accumulate(self.weights))
            return self.values[min(bisect.bisect_right(steps, u * steps[-1]), len(self.values) - 1)]
        numbers = [float(p) for p in self.parameters if isinstance(p, int | float)]
        return round(_CONTINUOUS[self.form](min(max(u, _EPS), 1.0 - _EPS), numbers), 9)

    def number(self, u: float) -> float:
        """Return :meth:`at` as a number."""
        value = self.at(u)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RecipeError(f"found {value!r} where a number was expected")
        return float(value)

    def integer(self, u: float) -> int:
        """Return :meth:`at` as a whole number."""
        return round(self.number(u))

    @property
    def low(self) -> float:
        """The least number it can give; −inf for a normal."""
        return self._ends()[0]

    @property
    def high(self) -> float:
        """The greatest number it can give; +inf for a normal."""
        return self._ends()[1]

    def _ends(self) -> tuple[float, float]:
        if self.values:
            numbers = [float(v) for v in self.values if isinstance(v, int | float)]
            return (min(numbers), max(numbers)) if numbers else (math.nan, math.nan)
        if self.form == "normal":
            return -math.inf, math.inf
        return self.number(0.0), self.number(1.0)

    def data(self) -> Value | dict[str, list[Value]]:
        """Return the YAML value that :func:`parse` makes this distribution from."""
        if self.form == "constant":
            return self.values[0]
        if self.form == "choice":
            return {"choice": list(self.values), "weights": list(self.weights)}
        return {self.form: list(self.parameters)}

    def mean(self) -> float:
        """Return the expected value, by quadrature over 4096 quantiles for continuous forms."""
        if self.values:
            pairs = zip(self.values, self.weights, strict=True)
            return sum(float(v) * w for v, w in pairs if isinstance(v, int | float)) / math.fsum(self.weights)
        return sum(self.number((k + 0.5) / 4096) for k in range(4096)) / 4096


def _truncated_normal(u: float, p: Sequence[float]) -> float:
    d = NormalDist(p[0], p[1])
    a, b = d.cdf(p[2]), d.cdf(p[3])
    return min(max(d.inv_cdf(min(max(a + u * (b - a), _EPS), 1 - _EPS)), p[2]), p[3])


def _triangular(u: float, p: Sequence[float]) -> float:
    low, mode, high = p
    if high == low:
        return low
    knee = (mode - low) / (high - low)
    if u < knee:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))


_CONTINUOUS: dict[str, Callable[[float, Sequence[float]], float]] = {
    "uniform": lambda u, p: p[0] + u * (p[1] - p[0]),
    "log_uniform": lambda u, p: p[0] * (p[1] / p[0]) ** u,
    "normal": lambda u, p: NormalDist(p[0], p[1]).inv_cdf(u) if p[1] > 0 else p[0],
    "truncated_normal": _truncated_normal,
    "triangular": _triangular,
}
_ARITY = {
    "integers": 2, "uniform": 2, "log_uniform": 2, "normal": 2, "truncated_normal": 4, "triangular": 3, "poisson": 2,
}  # fmt: skip
FORMS = ("choice", *_ARITY)


def _discrete(
    form: str, parameters: tuple[Value, ...], values: Sequence[Value], weights: Sequence[float]
) -> Distribution:
    return Distribution(form=form, parameters=parameters, values=tuple(values), weights=tuple(weights))


def constant(value: Value) -> Distribution:
    """Return the distribution that always gives ``value``."""
    return _discrete("constant", (value,), [value], [1.0])


def parse(raw: object, where: str) -> Distribution:
    """Return the distribution that a recipe's YAML value describes.

    Raises:
        RecipeError: an unknown form, the wrong number of parameters, or parameters out of order; names ``where``.
    """
    if raw is None or isinstance(raw, str | int | float):
        return constant(raw)
    if not isinstance(raw, dict) or len(set(raw) - {"weights"}) != 1:
        raise RecipeError(f"{where}: found {raw!r}, expected a value or one of {', '.join(FORMS)}")
    form = next(iter(set(raw) - {"weights"}))
    if form not in FORMS:
        raise RecipeError(
            f"{where}: unknown distribution {form!r}{nearest(str(form), FORMS)}", hint=f"known: {', '.join(FORMS)}"
        )
    if form != "choice" and "weights" in raw:
        raise RecipeError(f"{where}: weights go with choice only, found them beside {form}")
    return _choice(raw, where) if form == "choice" else _parametric(form, raw[form], where)


def _choice(raw: dict[str, object], where: str) -> Distribution:
    values = raw["choice"]
    if not isinstance(values, list) or not values:
        raise RecipeError(f"{where}/choice: found {values!r}, expected a list of at least one value")
    weights = raw.get("weights", [1.0] * len(values))
    numbers = [float(w) for w in weights if isinstance(w, int | float)] if isinstance(weights, list) else []
    if len(numbers) != len(values) or min(numbers) < 0 or sum(numbers) <= 0:
        raise RecipeError(f"{where}/weights: found {weights!r}, expected {len(values)} numbers ≥ 0, not all 0")
    return _discrete("choice", tuple(values), values, numbers)


def _parametric(form: str, raw: object, where: str) -> Distribution:
    arity = _ARITY[form]
    if (
        not isinstance(raw, list)
        or len(raw) != arity
        or not all(isinstance(p, int | float) and math.isfinite(p) for p in raw)
    ):
        raise RecipeError(f"{where}/{form}: found {raw!r}, expected {arity} numbers")
    p = [float(x) for x in raw]
    outcomes = {"integers": p[-1] - p[0], "poisson": p[-1]}.get(form, 0.0)
    if outcomes > _MOST_OUTCOMES:
        raise RecipeError(f"{where}/{form}: {outcomes:.0f} outcomes, expected at most {_MOST_OUTCOMES}")
    bad = {
        "integers": p[0] > p[1] or p[0] % 1 != 0 or p[1] % 1 != 0,
        "uniform": p[0] > p[1],
        "log_uniform": not 0 < p[0] <= p[1],
        "normal": p[1] < 0,
        "truncated_normal": p[1] <= 0 or p[-2] >= p[-1],
        "triangular": sorted(p) != p,
        "poisson": p[0] <= 0 or p[1] < 0 or p[1] % 1 != 0,
    }
    if bad[form]:
        raise RecipeError(f"{where}/{form}: the parameters {raw!r} are out of order or out of range")
    if form == "integers":
        values = list(range(int(p[0]), int(p[1]) + 1))
        return _discrete(form, tuple(raw), values, [1.0] * len(values))
    if form == "poisson":
        counts = list(range(int(p[1]) + 1))
        return _discrete(
            form, tuple(raw), counts, [math.exp(-p[0] + k * math.log(p[0]) - math.lgamma(k + 1)) for k in counts]
        )
    return Distribution(form=form, parameters=tuple(raw))
