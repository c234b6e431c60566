"""How events share time, millisecond by millisecond, slow and obvious."""

from __future__ import annotations


def milliseconds(seconds):
    return round(seconds * 1000)


def active(event, at):
    """Whether an event, a pair of times in s, is active in the millisecond that begins at ``at``."""
    start, end = event
    return milliseconds(start) <= at < milliseconds(end)


def covered(events, depth):
    """For how many seconds at least ``depth`` events are active."""
    last = max((milliseconds(end) for _, end in events), default=0)
    count = 0
    for at in range(last):
        together = 0
        for event in events:
            if active(event, at):
                together += 1
        if together >= depth:
            count += 1
    return count / 1000.0


def overlap(events):
    """The share of the time with anybody in which there are two or more; 0 where there is nobody."""
    anybody = covered(events, 1)
    return covered(events, 2) / anybody if anybody else 0.0


def shared(one, other):
    """For how many seconds two events are active together."""
    first = min(milliseconds(one[0]), milliseconds(other[0]))
    last = max(milliseconds(one[1]), milliseconds(other[1]))
    return sum(active(one, at) and active(other, at) for at in range(first, last)) / 1000.0
