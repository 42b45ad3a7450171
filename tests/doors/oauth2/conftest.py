"""A confidential client that asks about tokens, or revokes them."""

from base64 import b64encode
from urllib.parse import quote_plus

import pytest

from tests.doors.conftest import (
    ACCESS_KINDS,
    REFRESH_KINDS,
)

ALL_KINDS = (*ACCESS_KINDS, *REFRESH_KINDS)


PATHS = ("/oauth2/introspect", "/oauth2/revoke")


INACTIVE = {"active": False}


@pytest.fixture
def secret(identities) -> str:
    return identities.client("gate:1", confidential=True)


def basic(name: str, secret: str) -> dict[str, str]:
    """RFC 6749 section 2.3.1: both form-urlencoded, then as RFC 7617 has it."""
    pair = f"{quote_plus(name)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


@pytest.fixture
def ask(client, secret):
    def post(path: str, token: str, **form: str):
        return client.post(path, headers=basic("gate:1", secret), data={"token": token, **form})

    return post


@pytest.fixture
def introspect(ask):
    """The introspection of a token of any kind."""

    def introspected(token: str, **form: str):
        form.setdefault("token_type_hint", "refresh_token")
        response = ask("/oauth2/introspect", token, **form)
        assert (response.status_code, response.content_type) == (200, "application/json")
        assert response.headers["Cache-Control"] == "no-store"
        return response.json

    return introspected


@pytest.fixture
def revoke(ask):
    def revoked(token: str, **form: str) -> None:
        response = ask("/oauth2/revoke", token, **form)
        assert (response.status_code, response.data) == (200, b"")

    return revoked
