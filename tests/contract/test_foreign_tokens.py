"""A token is valid in its own dialect and at the doors, and nowhere else."""

import pytest

from app.core.core import Core
from app.core.credentials import access_codes
from tests.factories import ORIGIN, Identities, Somebody
from tests.grants import CODES

from .drivers import DRIVERS, Aaa, Driver, Held

KINDS = ["aaa", "token_v2", "login", "session", "oauth", "npm"]


@pytest.fixture
def tokens(
    client, drivers: list[Driver], user: Somebody, core: Core, identities: Identities
) -> dict[str, str]:
    """A live token of every kind there is."""
    found = {driver.name: driver.open(user).access for driver in drivers}
    found["oauth"] = access_codes.exchange(core, CODES, identities.code(user), ORIGIN).token
    npm = client.get("/api/cascade.aaa/1.0/npm_token", headers={"Cookie": f"SESSID={found['aaa']}"})
    found["npm"] = npm.json["access_token"]
    return found


def pairs() -> list[tuple[type[Driver], str]]:
    """Every dialect's resources with every kind of token that is not its own."""
    own = {"aaa": {"aaa", "oauth", "npm"}}
    return [
        (driver, kind)
        for driver in DRIVERS
        if driver.has_resources
        for kind in KINDS
        if kind not in own.get(driver.name, {driver.name})
    ]


@pytest.mark.parametrize(("driver", "kind"), pairs(), indirect=["driver"])
def test_a_token_of_one_dialect_is_refused_by_the_resources_of_another(
    driver: Driver, tokens: dict[str, str], kind: str, rows
):
    before = rows("SELECT * FROM sessions ORDER BY id")
    foreign = Held(tokens[kind], tokens[kind])
    assert driver.error(driver.end(foreign)) == driver.says["dead"]
    if driver.refreshes:
        assert driver.error(driver.refresh(foreign)) == driver.says["foreign"]
    assert rows("SELECT * FROM sessions ORDER BY id") == before


@pytest.mark.parametrize("kind", ["token_v2", "login", "session", "aaa"])
def test_aaa_takes_no_foreign_token_and_no_sessid_as_bearer(client, tokens, kind: str):
    aaa = Aaa(client)
    assert aaa.error(aaa.use_as_bearer(tokens[kind])) == aaa.says["foreign"]


@pytest.mark.parametrize("kind", ["npm", "oauth"])
def test_aaa_takes_its_own_tokens_as_bearer_whatever_the_scheme_is_called(client, tokens, kind):
    for scheme in ("Bearer", "bearer", "SignedBearer", "SIGNEDBEARER"):
        response = client.get(
            "/api/cascade.aaa/1.0/keepalive",
            headers={"Authorization": f"{scheme} {tokens[kind]}"},
        )
        assert response.status_code == 204


def test_a_token_opened_by_one_client_application_is_refused_from_another(
    client, tokens, identities: Identities, rows
):
    identities.client("another")
    headers = {"Content-Type": "application/json", "x-koms-clientid": "another"}
    response = client.get(
        "/session", headers=headers | {"Authorization": f"Bearer {tokens['session']}"}
    )
    assert response.status_code == 401
