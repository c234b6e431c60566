"""A second implementation of the active regions, cell by cell in whole numbers of milliseconds, slow on purpose."""

from __future__ import annotations

import math

import numpy as np


def active_regions(x, rate):
    """Return the regions as pairs of milliseconds."""
    power = np.square(x.astype(float))
    power = power if power.ndim == 1 else power.mean(axis=1)
    cells = []
    cell = 0
    while math.floor(cell * rate / 1000.0 + 0.5) < len(power):
        start, end = (math.floor(c * rate / 1000.0 + 0.5) for c in (cell, cell + 1))
        cells.append(math.fsum(power[start:end]))
        cell += 1

    windows = {}
    for first in range(-9, len(cells)):
        held = [cells[c] for c in range(first, first + 10) if 0 <= c < len(cells)]
        windows[first] = math.fsum(held) / (rate * 0.010)
    ordered = sorted(windows.values())
    if not ordered or ordered[-1] < 1e-7:
        return []
    whole = [value for first, value in windows.items() if first >= 0 and first + 10 <= len(cells)]
    floor = min(whole or ordered) / ordered[-1]
    relative = -40.0 if floor == 0.0 else max(-40.0, min(10.0 * math.log10(floor) + 6.0, -20.0))
    threshold = max(ordered[-1] * 10.0 ** (relative / 10.0), 1e-7)
    active = {first for first, value in windows.items() if value >= threshold}

    runs = []
    for first in sorted(active):
        if runs and runs[-1][-1] == first - 1:
            runs[-1].append(first)
        else:
            runs.append([first])
    regions = []
    for run in runs:
        inside = [c for c in range(run[0], run[-1] + 10) if all(c - k in active for k in range(10))]
        if not inside:
            inside = [c for c in range(run[0], run[-1] + 10) if all(first <= c < first + 10 for first in run)]
        last = math.floor(len(power) / rate * 1000.0 + 0.5)
        start, end = max(inside[0], 0), min(inside[-1] + 1, last)
        if start < end:
            regions.append([start, end])

    bridged = []
    for start, end in regions:
        if bridged and start - bridged[-1][1] < 200:
            bridged[-1][1] = end
        else:
            bridged.append([start, end])
    long = [r for r in bridged if r[1] - r[0] >= 20]
    return [tuple(r) for r in (long or bridged)]
