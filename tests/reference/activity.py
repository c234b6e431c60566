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

    def over(power):
        return 10.0 * math.log10(power / ordered[-1])

    whole = [value for first, value in windows.items() if first >= 0 and first + 10 <= len(cells)] or ordered
    hundreds = [math.fsum(cells[first : first + 100]) / (rate * 0.1) for first in range(len(cells) - 99)]
    if min(whole) == 0.0:
        quiet = -math.inf
    elif hundreds and over(min(hundreds)) <= over(min(whole)) + 12.0:
        quiet = over(min(hundreds)) + 8.0
    else:
        quiet = over(min(whole)) + 6.0
    threshold = max(ordered[-1] * 10.0 ** (max(-40.0, min(quiet, -20.0)) / 10.0), 1e-7)
    sure = max(ordered[-1] * 10.0 ** (min(quiet + 6.0, -14.0) / 10.0), threshold * 10.0**0.05)
    active = {first for first, value in windows.items() if value >= threshold}

    runs = []
    for first in sorted(active):
        if runs and runs[-1][-1] == first - 1:
            runs[-1].append(first)
        else:
            runs.append([first])
    runs = [r for r in runs if max(windows[first] for first in r) >= sure] or runs
    joined = []
    for run in runs:
        # Nine cells at either end of the quiet stretch belong to windows of which some are active.
        if joined and run[0] - 1 - joined[-1][-1] + 9 < 200:
            joined[-1] = list(range(joined[-1][0], run[-1] + 1))
        else:
            joined.append(run)
    regions = []
    for run in joined:
        inside = [c for c in range(run[0], run[-1] + 10) if all(first in run for first in range(c - 9, c + 1))]
        if not inside:
            inside = [c for c in range(run[0], run[-1] + 10) if all(first <= c < first + 10 for first in run)]
        last = math.floor(len(power) / rate * 1000.0 + 0.5)
        start, end = max(inside[0], 0), min(inside[-1] + 1, last)
        if start < end:
            regions.append((start, end))
    return [r for r in regions if r[1] - r[0] >= 20] or regions
