"""Every test here runs on SQLite and on PostgreSQL. Where PostgreSQL cannot start, it fails."""

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
