"""Where a sound is active: the spans that a listener would mark.

The method is one threshold on short-time power. The clip is cut into cells of 1 ms (boundaries rounded to samples), and
a window is any ten cells in a row; windows may reach beyond the clip, where there is silence. A window is *active* when
its power reaches the threshold, which in dB re the strongest window lies at

* 8 dB above the noise: the mean power of the weakest 100 ms wholly within the clip. These are taken for noise where no
  window within the clip lies more than 12 dB under their mean: where one does, they hold sound, or silence;
* or else 6 dB above the weakest window wholly within the clip. Not a low percentile: in a short or decaying sound most
  windows are the sound itself;
* yet never deeper than 40 dB and never shallower than 20 dB below the strongest,
* and never below −70 dBFS: a clip without a window as strong as that has no active region.

Active windows in a row are a run. A run counts where it somewhere rises 6 dB above the first two of these, yet at most
14 dB below the strongest window, and 0.5 dB above the threshold in any case: in noise that is rough or wanders, runs
that do not are its own, and of those that barely reach a reader at another sample rate would find nothing. Where none
does, all count. Runs between which less than 0.20 s is quiet are joined.

What the boundaries mean: **a cell is active when every window that holds it is**. A region therefore starts where the
last quiet window before its runs ends, and ends where the first quiet window after them starts, which takes back the
half window by which a threshold on windows would fire early and late. Edges of a steady sound in silence are found to
1 ms; a burst close to the threshold (within 7 dB) loses up to 9 ms at either end, because windows that hold a part of
it only are quiet. Where joined runs span fewer than ten windows, no cell qualifies; the region is then what those
windows have in common.

Regions shorter than 20 ms are dropped, unless all of them are.
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
NOISE_MS = 100
NOISE_DEPTH_DB = 12.0
ABOVE_NOISE_DB = 8.0
ABOVE_WEAKEST_DB = 6.0
ABSOLUTE_DBFS = -70.0
SURE_DB = 6.0
SURE_AT_DB = -14.0
LEAST_SURE_DB = 0.5


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
    levels = _thresholds(powers)
    if levels is None:
        return ()
    last = round(milliseconds(wide.shape[0] / sample_rate) * 1000.0)
    within = [(max(start, 0), min(end, last)) for start, end in _regions(powers, *levels)]
    regions = [region for region in within if region[1] > region[0]]
    kept = [region for region in regions if region[1] - region[0] >= SHORTEST_MS] or regions
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


def _thresholds(powers: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the powers from which a window is active and a run of windows counts; None under −70 dBFS throughout."""
    absolute: float = 10.0 ** (ABSOLUTE_DBFS / 10.0)
    strongest = float(powers.max(initial=0.0))
    if strongest < absolute:
        return None
    quiet_db = _quiet_db(powers, strongest)
    active_db = max(DEEPEST_DB, min(quiet_db, SHALLOWEST_DB))
    active: float = max(strongest * 10.0 ** (active_db / 10.0), absolute)
    sure: float = strongest * 10.0 ** (min(quiet_db + SURE_DB, SURE_AT_DB) / 10.0)
    return active, max(sure, active * 10.0 ** (LEAST_SURE_DB / 10.0))


def _quiet_db(powers: NDArray[np.float64], strongest: float) -> float:
    """Return the power under which nothing but noise is to be expected, in dB re the strongest window."""
    inside = powers[WINDOW_MS - 1 : len(powers) - WINDOW_MS + 1]
    weakest = float((inside if len(inside) else powers).min())
    if weakest <= 0.0:
        return -math.inf
    later = NOISE_MS - WINDOW_MS
    if len(inside) > later:
        parts = [inside[at : len(inside) - later + at] for at in range(0, NOISE_MS, WINDOW_MS)]
        noise = float(np.mean(parts, axis=0).min())
        if noise <= weakest * 10.0 ** (NOISE_DEPTH_DB / 10.0):
            return 10.0 * math.log10(noise / strongest) + ABOVE_NOISE_DB
    return 10.0 * math.log10(weakest / strongest) + ABOVE_WEAKEST_DB


def _regions(powers: NDArray[np.float64], active: float, sure: float) -> list[tuple[int, int]]:
    """Return the regions of active windows, as half-open ranges of cells that may reach beyond the clip."""
    edges = np.flatnonzero(np.diff(powers >= active, prepend=False, append=False))
    if not len(edges):
        return []
    counting = np.maximum.reduceat(np.append(powers, 0.0), edges)[::2] >= sure
    runs = edges.reshape(-1, 2)[counting if counting.any() else slice(None)] - (WINDOW_MS - 1)
    joined: list[tuple[int, int]] = []
    for first, after in runs.tolist():
        # The quiet cells between two runs: as many as there are windows between them, and the ends of those around.
        if joined and first - joined[-1][1] + WINDOW_MS - 1 < BRIDGE_MS:
            joined[-1] = (joined[-1][0], after)
        else:
            joined.append((first, after))
    return [(min(first + WINDOW_MS, after) - 1, max(after, first + WINDOW_MS)) for first, after in joined]
