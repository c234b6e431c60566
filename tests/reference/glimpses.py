"""Audibility once more, slow and obvious: the rest of the mix in time, one frame and one band after another."""

import math

import numpy as np

FRAME, HOP, BANDS = 0.032, 0.016, 32


def erb_rate(f):
    return 21.4 * math.log10(1.0 + 0.00437 * f)


def frequency(rate):
    return (10.0 ** (rate / 21.4) - 1.0) / 0.00437


def band_weights(sample_rate, size):
    """Return the triangles ``(bands, bins)``, one bin after another."""
    low, high = erb_rate(80.0), erb_rate(min(11_000.0, 0.45 * sample_rate))
    corners = [frequency(low + (high - low) * b / (BANDS + 1)) for b in range(BANDS + 2)]
    weights = np.zeros((BANDS, size // 2 + 1))
    for b in range(BANDS):
        left, centre, right = corners[b : b + 3]
        for k in range(size // 2 + 1):
            f = k * sample_rate / size
            if left < f <= centre:
                weights[b, k] = (f - left) / (centre - left)
            elif centre < f < right:
                weights[b, k] = (right - f) / (right - centre)
    return weights


def cells(x, sample_rate, size):
    """Return the mean square in each band of each frame, ``(frames, bands)``, frame i centred on sample i · hop.

    The transform is the sum of the definition, in float64.
    """
    frame, hop = math.floor(FRAME * sample_rate + 0.5), math.floor(HOP * sample_rate + 0.5)
    window = np.array([math.sin(math.pi * (i + 0.5) / frame) ** 2 for i in range(frame)])
    turns = np.exp(-2j * np.pi * np.outer(np.arange(size // 2 + 1), np.arange(frame)) / size)
    weights = band_weights(sample_rate, size)
    padded = np.concatenate([np.zeros(frame), np.asarray(x, dtype=np.float64), np.zeros(2 * frame)])
    rows = []
    centre = 0
    while centre - frame // 2 < len(x):
        start = centre - frame // 2 + frame
        power = np.abs(turns @ (padded[start : start + frame] * window)) ** 2 * 2.0 / (size * np.sum(window**2))
        rows.append([float(np.sum(power * triangle)) for triangle in weights])
        centre += hop
    return np.array(rows)


def audibility(stem, offset, mix, spans, sample_rate, size):
    """Return glimpse proportion, masked share and the end of the audible span in s of one event.

    ``spans`` are sample ranges of the scene, ``size`` is the length of the transform.
    """
    hop = math.floor(HOP * sample_rate + 0.5)
    alone = np.zeros(len(mix))
    alone[offset : offset + len(stem)] = stem
    own, rest = cells(alone, sample_rate, size), cells(mix - alone, sample_rate, size)
    active = [
        any(i * hop - hop / 2 < end and i * hop + hop / 2 > start for start, end in spans) for i in range(len(own))
    ]
    strongest = max(max(row) for row, on in zip(own, active, strict=True) if on)
    least = max(strongest * 1e-4, 1e-9)
    mine = glimpses = frames = masked = 0
    for row, other, on in zip(own, rest, active, strict=True):
        if not on or max(row) <= least:
            continue
        counted = [(s, r) for s, r in zip(row, other, strict=True) if s > least]
        heard = sum(10.0 * math.log10(s / r) > 3.0 if r > 0.0 else True for s, r in counted)
        mine, glimpses, frames, masked = mine + len(counted), glimpses + heard, frames + 1, masked + (heard == 0)
    level = sum(sum(row) for row, on in zip(own, active, strict=True) if on) / sum(active)
    end = max(e for _, e in spans)
    last = max(i for i, on in enumerate(active) if on)
    i = last + 1
    while (
        i < len(own)
        and sum(own[i]) > level * 1e-6
        and any(s > 1e-9 and s > r * 10.0**0.3 for s, r in zip(own[i], rest[i], strict=True))
    ):
        end = max(end, (i + 0.5) * hop)
        i += 1
    end = min(end, offset + len(stem))
    return glimpses / mine if mine else 0.0, masked / frames if frames else 1.0, end / sample_rate
