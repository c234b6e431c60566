"""The colours of the four types: told apart in grey and with red-green blindness, and legible under their texts."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import soundscape

CSS = (Path(soundscape.__file__).parent / "reports/explorer/explorer.css").read_text(encoding="utf-8")
TYPES = ("speech", "vocal_burst", "sound_event", "music")
#: From linear RGB to what protanopes and deuteranopes see of it (Vienot, Brettel and Mollon 1999).
PROTAN = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTAN = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def themes() -> dict[str, dict[str, str]]:
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", part)) for part in CSS.split("@media")[:2])
    return {"light": light, "dark": {**light, **dark}}


def linear(colour: str) -> np.ndarray:
    """Return linear RGB of a colour of sRGB (IEC 61966-2-1)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    c = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return CIE 1976 L*a*b* of linear RGB."""
    x = TO_XYZ @ rgb / WHITE
    f = np.where(x > 0.008856, np.cbrt(np.maximum(x, 0.0)), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_types_are_told_apart_by_every_eye(theme: str) -> None:
    colours = themes()[theme]
    for one, other in itertools.combinations(TYPES, 2):
        a, b = linear(colours[one]), linear(colours[other])
        assert abs(lab(a)[0] - lab(b)[0]) > 10, f"{one} and {other} are alike in grey"
        for sight in (np.eye(3), PROTAN, DEUTAN):
            assert np.linalg.norm(lab(sight @ a) - lab(sight @ b)) > 15, (one, other)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", TYPES)
def test_texts_on_bars_are_legible(theme: str, name: str) -> None:
    colours = themes()[theme]
    low, high = sorted(float(linear(colours[x])[:] @ TO_XYZ[1]) for x in (name, f"on-{name}"))
    assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2.2, level AA
