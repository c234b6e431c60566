"""What verification finds: one figure of one clip, and often of one event, that is not what it is said to be.

:data:`TOLERANCES` are how far two measurements of one thing may be apart. Onset and offset are what a
reader of the key may rely on; the others leave room for another way of measuring, several times over what was seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a figure may be from another measurement of it: absolute, or relative to what is expected."""

    width: float
    unit: str = ""
    relative: bool = False

    def __str__(self) -> str:
        return f"{100 * self.width:g} %" if self.relative else f"{self.width:g}{self.unit}"


#: Figure → (tolerance, unit).
TOLERANCES: dict[str, Tolerance] = {
    "onset": Tolerance(0.010, " s"),
    "offset": Tolerance(0.030, " s"),
    "level_lufs": Tolerance(0.2, " LUFS"),
    "snr_db": Tolerance(0.5, " dB"),
    "glimpse_proportion": Tolerance(0.02),
    "masked_share": Tolerance(0.02),
    "loudness_lufs": Tolerance(0.1, " LUFS"),
    "true_peak_dbtp": Tolerance(0.1, " dBTP"),
    "stems_sum": Tolerance(1.0, " steps of 16 bits"),
    "stems_likeness": Tolerance(0.05),
    "direct_delay": Tolerance(0.0015, " s"),
    "direct_gain": Tolerance(0.15),
    "rt60_measured": Tolerance(0.05, " s", relative=True),
    "speech_overlap": Tolerance(0.0005),
    "distance_m": Tolerance(0.011, " m"),
    "gain_db": Tolerance(0.021, " dB"),
    "report": Tolerance(0.00015),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One disagreement. ``found`` is what is there or was measured, ``expected`` what is said to be.

    ``figure`` names what was looked at; ``file`` is relative to the build's folder.
    """

    figure: str
    found: Value
    expected: Value
    clip: str | None = None
    event: str | None = None
    file: str | None = None
    tolerance: float | None = None
    unit: str = ""

    def __str__(self) -> str:
        where = " ".join(part for part in (self.clip, self.event) if part) or self.file or "the build"
        within = "" if self.tolerance is None else f" ± {self.tolerance:g}{self.unit}"
        beside = f" ({self.file})" if self.file and self.file != where else ""
        return f"{where}: {self.figure}: found {_said(self.found)}, expected {_said(self.expected)}{within}{beside}"


def _said(value: Value) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value) if len(str(value)) <= 120 else f"{str(value)[:119]}…"


@dataclass(slots=True)
class Notes:
    """Gathers what is found about one clip, or about the build where ``clip`` is None."""

    clip: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def add(
        self, figure: str, found: Value, expected: Value, *, event: str | None = None, file: str | None = None
    ) -> None:
        """Note a disagreement."""
        self.findings.append(
            Finding(figure=figure, found=found, expected=expected, clip=self.clip, event=event, file=file)
        )

    def same(
        self, figure: str, found: Value, expected: Value, *, event: str | None = None, file: str | None = None
    ) -> bool:
        """Note it unless two values are the same; return whether they are."""
        if found == expected:
            return True
        self.add(figure, found, expected, event=event, file=file)
        return False

    def near(
        self, figure: str, found: float, expected: float, *, event: str | None = None, file: str | None = None,
        scale: float = 1.0, tolerance: str | None = None,
    ) -> None:  # fmt: skip
        """Note it unless a measured figure lies within its tolerance (that of ``tolerance``, times ``scale``)."""
        allowed = TOLERANCES[tolerance or figure]
        width = allowed.width * scale * (abs(expected) if allowed.relative else 1.0)
        # A millionth of slack: times are sums of decimal fractions.
        if found == expected or abs(found - expected) <= width * (1.0 + 1e-6):
            return
        self.findings.append(
            Finding(
                figure=figure,
                found=_plain(found),
                expected=_plain(expected),
                clip=self.clip,
                event=event,
                file=file,
                tolerance=round(width, 6),
                unit=allowed.unit,
            )
        )


def _plain(value: float) -> float | str:
    """Return a figure as JSON can hold it."""
    return round(value, 6) if math.isfinite(value) else f"{value:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How large the differences between measured and stated figures were, in the figure's unit."""

    count: int
    median: float
    p95: float
    p99: float
    greatest: float
    within: float

    @staticmethod
    def of(differences: list[float], tolerance: float) -> Spread:
        """Return the spread of the magnitudes; percentiles are order statistics at rank ⌈p n⌉."""
        sizes = sorted(abs(d) for d in differences)

        def at(share: float) -> float:
            return round(sizes[max(0, math.ceil(share * len(sizes)) - 1)], 6)

        kept = sum(size <= tolerance * (1.0 + 1e-6) for size in sizes) / len(sizes)
        return Spread(count=len(sizes), median=at(0.5), p95=at(0.95), p99=at(0.99), greatest=at(1.0), within=kept)
