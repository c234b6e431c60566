"""Rooms once more, slow and obvious: images one by one, decay times through causal Butterworth octaves."""

import math

import numpy as np
import scipy.signal

SOUND = 343.0


def images(dimensions, source, microphone, reach):
    """Return (distance, order) of every image within reach, by mirroring along each axis step by step."""

    def along(length, x, most):
        # Walk outwards: the image in the k-th copy of the room lies at k L + x, or at (k + 1) L − x where k is odd.
        return [(k * length + (x if k % 2 == 0 else length - x), abs(k)) for k in range(-most, most + 1)]

    found = []
    most = [int(reach / length) + 2 for length in dimensions]
    for x, i in along(dimensions[0], source[0], most[0]):
        for y, j in along(dimensions[1], source[1], most[1]):
            for z, k in along(dimensions[2], source[2], most[2]):
                distance = math.dist((x, y, z), microphone)
                if distance <= reach:
                    found.append((distance, i + j + k))
    return sorted(found)


def early(dimensions, source, microphone, reflection, length, sample_rate, margin):
    """Return the early part for walls that reflect an amplitude ``reflection`` at all frequencies.

    Every image is a full sinc, without a window: exact below half the sample rate, ringing for ever.
    """
    direct = math.dist(source, microphone)
    n = np.arange(-margin, length)
    out = np.zeros(len(n))
    for distance, order in images(dimensions, source, microphone, direct + SOUND * length / sample_rate):
        delay = (distance - direct) / SOUND * sample_rate
        out += direct / distance * reflection**order * np.sinc(n - delay)
    return out


def energy_decay_db(h):
    """Return the backward-integrated energy in dB re its start."""
    remaining = np.cumsum(np.square(np.asarray(h, dtype=np.float64))[::-1])[::-1]
    return 10.0 * np.log10(np.maximum(remaining / remaining[0], 1e-30))


def t20(h, sample_rate):
    """Return T20 as RT60 in s."""
    level = energy_decay_db(h)
    first, last = int(np.argmax(level <= -5.0)), int(np.argmax(level <= -25.0))
    return -60.0 / np.polyfit(np.arange(first, last) / sample_rate, level[first:last], 1)[0]


def octave(h, centre, sample_rate):
    """Return a response through a causal fourth-order Butterworth octave filter, with room to ring."""
    edges = [centre / math.sqrt(2.0), centre * math.sqrt(2.0)]
    sections = scipy.signal.butter(4, edges, "bandpass", fs=sample_rate, output="sos")
    return scipy.signal.sosfilt(
        sections, np.concatenate([np.asarray(h, dtype=np.float64), np.zeros(sample_rate // 10)])
    )


def octave_t20(h, centres, sample_rate):
    """Return T20 as RT60 in s of each octave."""
    return [t20(octave(h, centre, sample_rate), sample_rate) for centre in centres]
