"""Where a sound is active: the spans that a listener would mark.

The method is one threshold on short-time power. The clip is cut into cells of 1 ms (boundaries rounded to samples), and
a window is any ten cells in a row; windows may reach beyond the clip, where there is silence. A window is *active* when
its power reaches the threshold:

* relative to the strongest window, at max(−40, min(floor + 6, −20)) dB, where the floor is the weakest window that lies
  wholly within the clip, re the strongest: 6 dB above the noise of the recording, yet never deeper than 40 dB and never
  shallower than 20 dB below the strongest. The weakest, not a low percentile: in a short or decaying sound most windows
  are the sound itself;
* never below −70 dBFS: a clip without a window as strong as that has no active region.

What the boundaries mean: **a cell is active when every window that holds it is**. A region therefore starts where the
last quiet window before it ends, and ends where the first quiet window after it starts, which takes back the half
window by which a threshold on windows would fire early and late. Edges of a steady sound in silence are found to 1 ms;
a burst close to the threshold (within 7 dB) loses up to 9 ms at either end, because windows that hold a part of it only
are quiet. Where fewer than ten windows in a row are active, no cell qualifies; the region is then what those windows
have in common.

Regions parted by less than 0.20 s are joined; then regions shorter than 20 ms are dropped, unless all of them are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from soundscape.loudness import Samples, checked
from soundscape.records import Span, milliseconds

WINDOW_MS = 10
BRIDGE_MS = 200
SHORTEST_MS = 20
DEEPEST_DB = -40.0
SHALLOWEST_DB = -20.0
ABOVE_FLOOR_DB = 6.0
ABSOLUTE_DBFS = -70.0


def active_regions(x: Samples, sample_rate: int) -> tuple[Span, ...]:
    """Return the active regions in order, without overlap, in seconds rounded to milliseconds.

    Args:
        x: samples ``(n,)`` or ``(n, channels)``, floats; channels are averaged in power.
        sample_rate: in Hz, at least 1000.

    Returns:
        Spans within the clip; none where it is empty, shorter than half a millisecond, or under −70 dBFS throughout.

    Raises:
        ValueError: the samples are not finite floats, or the rate is under 1000 Hz.
    """
    wide = checked(x)
    if sample_rate < 1000:
        raise ValueError(f"sample rate is {sample_rate} Hz, expected at least 1000")
    powers = _window_powers(wide, sample_rate)
    threshold = _threshold(powers)
    if threshold is None:
        return ()
    last = round(milliseconds(wide.shape[0] / sample_rate) * 1000.0)
    regions = [(max(start, 0), min(end, last)) for start, end in _regions(powers >= threshold)]
    joined = _joined([region for region in regions if region[1] > region[0]])
    kept = [region for region in joined if region[1] - region[0] >= SHORTEST_MS] or joined
    return tuple(Span(start=start / 1000.0, end=end / 1000.0) for start, end in kept)


def _window_powers(wide: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Return the mean square of every window; the window at index i begins at the cell ``i − 9``."""
    frames = wide.shape[0]
    if frames == 0:
        return np.zeros(0)
    cells = -(-frames * 1000 // sample_rate)
    bounds = (2 * np.arange(cells) * sample_rate + 1000) // 2000
    bounds = bounds[bounds < frames]
    energy = np.zeros(len(bounds) + 2 * (WINDOW_MS - 1))
    inside = energy[WINDOW_MS - 1 : WINDOW_MS - 1 + len(bounds)]
    for channel in range(wide.shape[1]):
        inside += np.add.reduceat(np.square(wide[:, channel]), bounds)
    count = len(bounds) + WINDOW_MS - 1
    sums = np.zeros(count)
    for offset in range(WINDOW_MS):
        sums += energy[offset : offset + count]
    sums /= wide.shape[1] * sample_rate * WINDOW_MS / 1000.0
    return sums


def _threshold(powers: NDArray[np.float64]) -> float | None:
    """Return the power from which a window is active, or None where no window reaches −70 dBFS."""
    absolute: float = 10.0 ** (ABSOLUTE_DBFS / 10.0)
    strongest = float(powers.max(initial=0.0))
    if strongest < absolute:
        return None
    whole = powers[WINDOW_MS - 1 : len(powers) - WINDOW_MS + 1]
    floor = float((whole if len(whole) else powers).min()) / strongest
    floor_db = 10.0 * math.log10(floor) if floor > 0.0 else -math.inf
    relative_db = max(DEEPEST_DB, min(floor_db + ABOVE_FLOOR_DB, SHALLOWEST_DB))
    relative: float = 10.0 ** (relative_db / 10.0)
    return max(strongest * relative, absolute)


def _regions(active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the regions of runs of active windows, as half-open ranges of cells that may reach beyond the clip."""
    edges = np.flatnonzero(np.diff(active, prepend=False, append=False)) - (WINDOW_MS - 1)
    regions = []
    for first, after in edges.reshape(-1, 2).tolist():
        last = after - 1
        regions.append((min(first + WINDOW_MS - 1, last), max(last + 1, first + WINDOW_MS)))
    return regions


def _joined(regions: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in regions:
        if joined and start - joined[-1][1] < BRIDGE_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
