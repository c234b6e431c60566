from __future__ import annotations

import pytest

from tests.planning.fakes import FakeCatalogue


@pytest.fixture(scope="session")
def catalogue() -> FakeCatalogue:
    return FakeCatalogue()
