"""Licences: one spelling for each (SPDX), and which of them a policy lets in.

Data sets spell licences in many ways. :func:`normalise` maps what it knows to SPDX identifiers, keeps what it does not
know as ``LicenseRef-…`` (which no policy but ``any`` lets in) and calls what is absent ``unknown``. Nothing unknown is
ever treated as free.

Policies

* ``any``: everything, unknown included. For listening and debugging; the result may not be fit to be shared.
* ``research``: what may be remixed and shared on for non-commercial research: free licences, NonCommercial ones, and
  material marked for research only. NoDerivatives licences are out, because a soundscape is a derivative.
* ``commercial``: what may be remixed and shared for any purpose. Licences that ask for attribution or for the same
  licence on (ShareAlike, GPL) are in; :func:`duties` says what they ask.

This is a filter by declared licence, not legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from soundscape.errors import UsageError, nearest

Policy: TypeAlias = Literal["any", "research", "commercial"]
Duty: TypeAlias = Literal["attribution", "share_alike", "non_commercial", "no_derivatives", "research_only"]

POLICIES: tuple[Policy, ...] = get_args(Policy)
UNKNOWN = "unknown"
RESEARCH_ONLY = "LicenseRef-research-only"

_ATTRIBUTION: frozenset[Duty] = frozenset({"attribution"})
_COPYLEFT: frozenset[Duty] = frozenset({"attribution", "share_alike"})

# Licences outside the Creative Commons and GNU families, and what they ask.
_OTHERS: dict[str, frozenset[Duty]] = {
    "CC0-1.0": frozenset(),
    "CC-PDDC": frozenset(),
    "PDDL-1.0": frozenset(),
    "Unlicense": frozenset(),
    "0BSD": frozenset(),
    "MIT": _ATTRIBUTION,
    "BSD-2-Clause": _ATTRIBUTION,
    "BSD-3-Clause": _ATTRIBUTION,
    "Apache-2.0": _ATTRIBUTION,
    "ISC": _ATTRIBUTION,
    "ODC-By-1.0": _ATTRIBUTION,
    "CDLA-Permissive-1.0": _ATTRIBUTION,
    "CDLA-Permissive-2.0": _ATTRIBUTION,
    "ODbL-1.0": _COPYLEFT,
    "Artistic-2.0": _ATTRIBUTION,
    "MPL-2.0": _COPYLEFT,
    RESEARCH_ONLY: frozenset({"research_only", "attribution"}),
}

# Spellings that name a licence without its SPDX identifier, after folding (see _folded).
_ALIASES = {
    "cc0": "CC0-1.0",
    "cc zero": "CC0-1.0",
    "cc0 1 0 universal": "CC0-1.0",
    "creative commons 0": "CC0-1.0",
    "creative commons zero": "CC0-1.0",
    "public domain dedication": "CC0-1.0",
    "public domain": "CC-PDDC",
    "pd": "CC-PDDC",
    "pddl": "PDDL-1.0",
    "mit license": "MIT",
    "bsd 2": "BSD-2-Clause",
    "bsd 3": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2 0": "Apache-2.0",
    "apache license 2 0": "Apache-2.0",
    "apache license version 2 0": "Apache-2.0",
    "odc by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "open database license": "ODbL-1.0",
    "open database license 1 0": "ODbL-1.0",
    "artistic 2": "Artistic-2.0",
    "research only": RESEARCH_ONLY,
    "research use only": RESEARCH_ONLY,
    "for research only": RESEARCH_ONLY,
}
_ABSENT = frozenset({"", "unknown", "none", "n a", "na", "nan", "null", "other", "unspecified", "not specified", "tbd"})

_CC_WORDS = {
    "attribution": "by",
    "noncommercial": "nc",
    "non commercial": "nc",
    "noderivatives": "nd",
    "noderivs": "nd",
    "no derivatives": "nd",
    "no derivs": "nd",
    "sharealike": "sa",
    "share alike": "sa",
}
_CC_URL = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/"
    r"(?:licenses/([a-z-]+)/(\d(?:\.\d)?)(?:/([a-z]{2}))?|publicdomain/(zero|mark)/1\.0)"
    r"(?:/|/deed(?:\.[a-z]{2})?|/legalcode(?:\.[a-z]{2})?)?"
)
_CC = re.compile(r"cc ?((?:by|nc|nd|sa)(?: (?:by|nc|nd|sa))*)(?: v?(\d)(?: (\d))?)?(?: ([a-z]{2}))?")
_CC_SETS = {
    frozenset({"by"}): "BY",
    frozenset({"by", "nc"}): "BY-NC",
    frozenset({"by", "sa"}): "BY-SA",
    frozenset({"by", "nd"}): "BY-ND",
    frozenset({"by", "nc", "sa"}): "BY-NC-SA",
    frozenset({"by", "nc", "nd"}): "BY-NC-ND",
}
_GNU = re.compile(r"(?:gnu )?(a|l)?gpl ?v?(\d)(?: (\d))?(\+| or later| only)?")


def normalise(text: str | None) -> str:
    """Return the SPDX identifier of a licence however it is spelt.

    >>> normalise("CC BY 4.0"), normalise("https://creativecommons.org/licenses/by-nc/4.0/"), normalise("cc0")
    ('CC-BY-4.0', 'CC-BY-NC-4.0', 'CC0-1.0')

    A Creative Commons licence without a version is no licence that can be named: it becomes ``LicenseRef-CC-BY`` and
    the like, whose duties are known. Other text becomes ``LicenseRef-`` and a slug of it; absent text ``unknown``.
    """
    # "Attribution 4.0 International (CC BY 4.0)" says one thing twice; "CC BY 4.0 (non-commercial)" says two.
    if twice := re.fullmatch(r"(.*\S) *\((.+)\)", (text or "").strip()):
        said, again = normalise(twice[1]), normalise(twice[2])
        return said if said == again else _reference(text)
    folded = _folded(text or "")
    if folded in _ABSENT:
        return UNKNOWN
    exact = {name.casefold(): name for name in _OTHERS}.get((text or "").strip().casefold())
    return exact or _ALIASES.get(folded) or _creative_commons(text or "") or _gnu(folded) or _reference(text)


def _folded(text: str) -> str:
    """Return text in lower case with every run of punctuation, but ``+``, as one space."""
    return re.sub(r"[^a-z0-9+]+", " ", text.casefold()).strip()


def _creative_commons(text: str) -> str | None:
    if url := _CC_URL.fullmatch(text.strip().casefold()):
        if url[4]:
            return "CC0-1.0" if url[4] == "zero" else "CC-PDDC"
        return _cc_name(frozenset(url[1].split("-")), url[2] if "." in url[2] else f"{url[2]}.0", url[3])
    words = re.sub(r"^creative commons", "cc", _folded(text))
    words = re.sub(r"^(?=attribution\b)", "cc ", words)
    for word, short in _CC_WORDS.items():
        words = words.replace(word, short)
    words = re.sub(r"\b(license|licence|public|international|unported|generic)\b", "", words)
    found = _CC.fullmatch(re.sub(r" +", " ", words).strip())
    if not found:
        return None
    version = f"{found[2]}.{found[3] or 0}" if found[2] else None
    return _cc_name(frozenset(found[1].split(" ")), version, found[4])


def _cc_name(terms: frozenset[str], version: str | None, country: str | None = None) -> str | None:
    name = _CC_SETS.get(terms)
    if name is None:
        return None
    if version is None:
        return f"LicenseRef-CC-{name}"
    return f"CC-{name}-{version}" + (f"-{country.upper()}" if country else "")


def _gnu(folded: str) -> str | None:
    found = _GNU.fullmatch(folded)
    if not found:
        return None
    family = f"{(found[1] or '').upper()}GPL"
    return f"{family}-{found[2]}.{found[3] or 0}-{'or-later' if found[4] in ('+', ' or later') else 'only'}"


def _reference(text: str | None) -> str:
    given = (text or "").strip()
    if re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", given):
        return given
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", given).strip("-.")[:60]
    return f"LicenseRef-{slug}" if slug else UNKNOWN


def duties(licence: str) -> frozenset[Duty] | None:
    """Return what a licence asks of those who remix and share, or None where that is not known.

    Args:
        licence: as :func:`normalise` returns it.
    """
    if licence in _OTHERS:
        return _OTHERS[licence]
    if found := re.fullmatch(r"(?:LicenseRef-)?CC-BY((?:-(?:NC|SA|ND))*)(?:-\d\.\d(?:-[A-Z]{2})?)?", licence):
        names: dict[str, Duty] = {"NC": "non_commercial", "SA": "share_alike", "ND": "no_derivatives"}
        return _ATTRIBUTION | {names[term] for term in found[1].split("-") if term}
    if re.fullmatch(r"[AL]?GPL-\d\.\d-(only|or-later)", licence):
        return _COPYLEFT
    return None


def checked_policy(name: str) -> Policy:
    """Return the policy of a name.

    Raises:
        UsageError: there is none.
    """
    found = next((known for known in POLICIES if known == name), None)
    if found is None:
        raise UsageError(f"unknown licence policy {name!r}{nearest(name, POLICIES)}", hint=", ".join(POLICIES))
    return found


def allowed(licence: str, policy: Policy) -> bool:
    """Return whether a policy lets a licence in.

    Raises:
        UsageError: there is no such policy.
    """
    policy = checked_policy(policy)
    if policy == "any":
        return True
    asked = duties(licence)
    if asked is None or "no_derivatives" in asked:
        return False
    return policy == "research" or not asked & {"non_commercial", "research_only"}


def narrowest(found: Iterable[str]) -> Policy:
    """Return the narrowest policy that lets in all of these licences: ``commercial``, ``research``, or else ``any``."""
    all_of = set(found)
    under: tuple[Policy, ...] = ("commercial", "research")
    return next((narrow for narrow in under if all(allowed(licence, narrow) for licence in all_of)), "any")
