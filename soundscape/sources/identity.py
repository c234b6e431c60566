"""Speakers whom nobody knows.

A data set that does not say who speaks (FLEURS) gives voices that may or may not be the same. Each of its recordings is
a voice of its own, named ``unknown:<key>``, and says no more than that the one recording is one person. Two of them may
be one person as well as two, so what a scene claims of them has to be true either way:

* no scene has two unknown voices of one language, for an answer key would call them two speakers;
* an unknown voice says one thing only, and speaks one language.

People of different languages are taken to be different, as known ones are.
"""

from __future__ import annotations

UNKNOWN_SPEAKER = "unknown:"


def is_unknown(speaker: str | None) -> bool:
    """Return whether a bank's name of a speaker, perhaps with the bank before it, is that of somebody unknown.

    >>> is_unknown("unknown:de/100"), is_unknown("fleurs:unknown:de/100"), is_unknown("librivox-4800")
    (True, True, False)
    """
    return speaker is not None and (speaker.startswith(UNKNOWN_SPEAKER) or f":{UNKNOWN_SPEAKER}" in speaker)
