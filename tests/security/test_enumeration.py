"""User enumeration: the answer has the same bytes, and costs the same work, whether or not a user exists."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from app.core import identities
from app.core.core import Core
from app.core.credentials import access_codes, api_keys
from app.store.store import Writing
from tests.factories import ORIGIN, Somebody
from tests.grants import CODES

from .tour import AAA, JSON, basic, wrapped

SAME_ID = {"X-Request-ID": "the-same-id"}
Attempt = Callable[..., TestResponse]


def aaa_login(client, name: str, secret: str) -> TestResponse:
    body = {"username": name, "password": secret}
    return client.post(f"{AAA}/login", json=body, headers=SAME_ID)


def aaa_basic(client, name: str, secret: str) -> TestResponse:
    headers = {**SAME_ID, **basic(name, secret)}
    return client.get("/api/cascade.aaa/1.0/npm_token", headers=headers)


def token_v2(client, name: str, secret: str) -> TestResponse:
    body = {"username": name, "password": secret}
    return client.post("/api/v2/auth/token", json=body, headers=SAME_ID)


def session(client, name: str, secret: str) -> TestResponse:
    body = {"account_type": "traditional", "email": name, "password": secret}
    return client.post("/session", json=body, headers={**SAME_ID, "x-koms-clientid": "koms-web"})


def login(client, name: str, secret: str) -> TestResponse:
    return client.post("/login", json={"UserLogin": name, "ApiKey": secret}, headers=SAME_ID)


PASSWORD_DOORS = (aaa_login, aaa_basic, token_v2, session)
DOORS = (*PASSWORD_DOORS, login)


@pytest.fixture
def user(identities) -> Somebody:
    identities.client()
    return identities.add()


def told(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return response.status_code, response.data, sorted(response.headers.items())


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_an_unknown_user_and_a_wrong_secret_are_told_the_same_bytes(client, user, door: Attempt):
    known = told(door(client, user.username, "wrong"))
    assert known[0] == 401
    assert told(door(client, "nobody.at.all", "wrong")) == known
    assert told(door(client, user.email, "wrong")) == known
    assert told(door(client, "nobody@example.com", "wrong")) == known


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("state", ["disabled", "password expired"])
def test_the_state_of_an_account_is_told_to_who_knows_its_secret_only(
    client, user, core: Core, door: Attempt, state: str
):
    unknown = told(door(client, "nobody.at.all", "wrong"))
    if state == "disabled":
        identities.disable(core, user.id, ORIGIN)
    else:
        identities.expire_password(core, user.id, ORIGIN)
    assert told(door(client, user.username, "wrong")) == unknown


@pytest.mark.parametrize("door", PASSWORD_DOORS, ids=lambda door: door.__name__)
def test_refusals_cost_the_same_statements_whether_or_not_the_user_exists(
    client, user, core: Core, door: Attempt, monkeypatch
):
    """The audit event included: it must not make one of the two cases slower."""
    done: list[str] = []
    read = core.store.read
    execute = Writing.execute

    def counted(statement: object, **parameters: object):
        done.append(str(statement))
        return read(statement, **parameters)

    def written(writing: Writing, statement: object, *parameters: object):
        done.append(str(statement))
        return execute(writing, statement, *parameters)

    monkeypatch.setattr(core.store, "read", counted)
    monkeypatch.setattr(Writing, "execute", written)
    verify = core.passwords.verify

    def hashed(*given, **named):
        done.append("argon2id")
        return verify(*given, **named)

    monkeypatch.setattr(core.passwords, "verify", hashed)
    work = []
    for name in (user.username, "nobody.at.all"):
        done.clear()
        assert door(client, name, "wrong").status_code == 401
        work.append(sorted(done))
    assert work[0] == work[1]
    assert work[0].count("argon2id") == 1
    assert sum("audit_events" in statement for statement in work[0]) == 1


def test_a_foreign_and_an_unknown_api_key_are_told_alike(client, user, identities, core):
    other = identities.add("other")
    key_id, revoked = api_keys.issue(core, other.id, ORIGIN)
    api_keys.revoke(core, key_id, ORIGIN)
    unknown = told(login(client, user.username, "x" * 24))
    assert told(login(client, user.username, other.api_key)) == unknown
    assert told(login(client, user.username, revoked)) == unknown, "nor is it told that it was one"
    assert told(login(client, "nobody", other.api_key)) == unknown


def test_client_secrets_tell_nothing_of_clients(client, identities):
    identities.client("public-one")
    identities.client("confidential-one", confidential=True)
    answers = {
        str(
            told(
                client.post(
                    "/oauth2/introspect",
                    data={"token": "x", "client_id": name, "client_secret": "wrong"},
                    headers=SAME_ID,
                )
            )
        )
        for name in ("public-one", "confidential-one", "no-such-client")
    }
    assert len(answers) == 1
    assert "401" in answers.pop()


def test_unknown_and_revoked_codes_are_told_alike(client, user, identities, core, rows):
    issued = access_codes.issue(core, CODES, user.id, ORIGIN)
    access_codes.revoke(core, issued.id, ORIGIN)
    form = {"grant_type": "access_code"}
    answers = [
        told(
            client.post(
                f"{AAA}/oauth/token", data={**form, "assertion": wrapped(code)}, headers=SAME_ID
            )
        )
        for code in (issued.code, issued.code[::-1])
    ]
    assert answers[0] == answers[1]
    reasons = [row["reason"] for row in rows("SELECT reason FROM audit_events WHERE reason <> ''")]
    assert reasons == ["code_revoked", "code_unknown"], "the operator is told them apart"


def test_only_registration_tells_that_an_address_is_taken_as_its_contract_says(client, user):
    """POST /user answers 409 by contract: the one place where an account's existence shows."""
    headers = {**JSON, "x-koms-clientid": "koms-web"}
    body = {"email": user.email, "password": "correct horse battery staple"}
    assert client.post("/user", json=body, headers=headers).status_code == 409
