"""Spellings of licences, and what the policies let in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import UsageError
from soundscape.sources.licences import POLICIES, allowed, duties, normalise


@pytest.mark.parametrize(
    ("spelt", "spdx"),
    [
        ("CC BY 4.0", "CC-BY-4.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC-BY-SA-3.0", "CC-BY-SA-3.0"),
        ("CC BY-SA 3.0 DE", "CC-BY-SA-3.0-DE"),
        ("Creative Commons Attribution 4.0 International Public License", "CC-BY-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0", "CC-BY-NC-SA-4.0"),
        ("Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("http://creativecommons.org/licenses/by/3.0/legalcode", "CC-BY-3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("cc0", "CC0-1.0"),
        ("Creative Commons 0", "CC0-1.0"),
        ("CC0-1.0", "CC0-1.0"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GNU GPL v3", "GPL-3.0-only"),
        ("GPL-2.0-or-later", "GPL-2.0-or-later"),
        ("apache 2.0", "Apache-2.0"),
        ("mit", "MIT"),
        ("ODbL", "ODbL-1.0"),
        ("unknown", "unknown"),
        ("n/a", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        ("Attribution", "LicenseRef-CC-BY"),
        ("my own terms", "LicenseRef-my-own-terms"),
        ("research only", "LicenseRef-research-only"),
    ],
)
def test_spellings(spelt: str | None, spdx: str) -> None:
    assert normalise(spelt) == spdx
    assert normalise(spdx) == spdx


@pytest.mark.parametrize(
    "text",
    [
        "CC BY 4.0 AND CC BY-NC 4.0",
        "CC BY 4.0 (non-commercial)",
        "CC-BY-4.0 or ask the author",
        "not https://creativecommons.org/licenses/by/4.0/",
        "GPL",
        "free for all",
        "YouTube",
    ],
)
def test_what_is_not_one_known_licence_is_free_under_no_policy(text: str) -> None:
    assert normalise(text).startswith("LicenseRef-")
    assert not allowed(normalise(text), "research")
    assert not allowed(normalise(text), "commercial")
    assert allowed(normalise(text), "any")


@given(st.text(max_size=40))
def test_normalising_is_stable_and_never_makes_unknown_text_free(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert allowed(once, "any")
    if allowed(once, "commercial"):
        assert allowed(once, "research")
        assert duties(once) is not None


@pytest.mark.parametrize(
    ("licence", "research", "commercial"),
    [
        ("CC0-1.0", True, True),
        ("CC-BY-4.0", True, True),
        ("CC-BY-SA-3.0", True, True),
        ("GPL-2.0-or-later", True, True),
        ("CC-BY-NC-4.0", True, False),
        ("CC-BY-NC-SA-4.0", True, False),
        ("CC-BY-ND-4.0", False, False),
        ("LicenseRef-research-only", True, False),
        ("unknown", False, False),
    ],
)
def test_policies(licence: str, research: bool, commercial: bool) -> None:
    assert [allowed(licence, policy) for policy in POLICIES] == [True, research, commercial]


def test_duties() -> None:
    assert duties("CC0-1.0") == frozenset()
    assert duties("CC-BY-NC-SA-4.0") == {"attribution", "non_commercial", "share_alike"}
    assert duties("GPL-3.0-only") == {"attribution", "share_alike"}
    assert duties("unknown") is None


def test_unknown_policy_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'commercial'"):
        allowed("CC0-1.0", "comercial")  # type: ignore[arg-type]
