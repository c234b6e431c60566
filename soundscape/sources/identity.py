"""Speakers whom nobody knows.

A data set that does not say who speaks (FLEURS) gives voices that may or may not be the same. Each of its recordings is
a voice of its own, named ``unknown:<key>``, and says no more than that the one recording is one person. Two of them may
be one person as well as two, so what a scene claims of them has to be true either way:

* no scene has two unknown voices of one language, for an answer key would call them two speakers; nor an unknown one
  beside a known one of the same bank and language, for whom the data set may have left unnamed there;
* an unknown voice says one thing only, and speaks one language.

People of different languages are taken to be different, as known ones are, and so are known ones of different banks.
"""

from __future__ import annotations

UNKNOWN_SPEAKER = "unknown:"


def is_unknown(speaker: str | None) -> bool:
    """Return whether a bank's name of a speaker, perhaps with the bank before it, is that of somebody unknown.

    >>> is_unknown("unknown:de/100"), is_unknown("fleurs:unknown:de/100"), is_unknown("librivox-4800")
    (True, True, False)
    """
    return speaker is not None and (speaker.startswith(UNKNOWN_SPEAKER) or f":{UNKNOWN_SPEAKER}" in speaker)


def perhaps_one(a: str, b: str) -> bool:
    """Return whether two speakers of one language, of different names, may be one person after all.

    >>> perhaps_one("fleurs:unknown:de/100", "vox:unknown:de/1"), perhaps_one("vox:unknown:de/1", "vox:28353")
    (True, True)
    >>> perhaps_one("fleurs:unknown:de/100", "vox:28353"), perhaps_one("vox:28353", "vox:28354")
    (False, False)
    """
    for one, other in ((a, b), (b, a)):
        if is_unknown(one) and (is_unknown(other) or other.startswith(one.partition(UNKNOWN_SPEAKER)[0])):
            return True
    return False
