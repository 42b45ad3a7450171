"""A user with an API key, and the reasons that the audit trail has for refusals."""

import pytest

from tests.factories import Identities, Somebody


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def reasons(rows) -> list[object]:
    found = rows("SELECT reason FROM audit_events WHERE event = 'login_refused' ORDER BY id")
    return [row["reason"] for row in found]
