"""Texts that are too long cause no work: they are cut before they are folded, hashed or compared."""

import unicodedata

import pytest
from werkzeug.test import TestResponse

from app.core import identities, secrets
from app.core.credentials import clients
from app.core.identities import registration
from app.core.names import MAX_TYPED_LENGTH, NOBODY, folded, is_email, is_username
from app.core.passwords import MAX_TYPED_LENGTH as MAX_PASSWORD_LENGTH
from app.core.refusals import Refusal
from app.core.sessions import tokens
from app.http.media import charset, media_type
from tests.cases import each
from tests.factories import ORIGIN, PASSWORD, Somebody, refuses

from .test_enumeration import DOORS, PASSWORD_DOORS, told
from .tour import AAA, JSON, bearer, wrapped

MALFORMED = Refusal.TOKEN_MALFORMED

# Two marks in an order that normalising must mend: a run of n of them takes n * n / 4 exchanges.
MARKS = "a" + "\u0315\u0300" * 15_500  # nearly all that a body has room for
FEWER = "a" + "\u0315\u0300" * 1_000  # and a header, or a form of several fields


@pytest.fixture
def user(app, identities) -> Somebody:
    app.json.ensure_ascii = False  # of what the tests send: escapes take thrice the room
    identities.client()
    identities.client("gateway", confidential=True)
    return identities.add()


@pytest.fixture
def normalised(monkeypatch) -> list[int]:
    """The lengths of all that is normalised, whoever asks for it."""
    lengths: list[int] = []
    normalize = unicodedata.normalize

    def counted(form: str, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counted)
    return lengths


def long(door) -> str:
    return FEWER if door.__name__ == "aaa_basic" else MARKS


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_name_of_combining_marks_is_refused_like_one_that_nobody_has(
    client, user, normalised, rows, door
):
    unknown = told(door(client, "nobody.at.all", "wrong"))
    known = rows("SELECT count(*) AS n FROM audit_events")
    assert told(door(client, long(door), "wrong")) == unknown
    assert max(normalised, default=0) <= MAX_PASSWORD_LENGTH
    failures = sorted(row["failures"] for row in rows("SELECT failures FROM throttles"))
    assert failures[-1] == 2, "both count for the address"
    assert rows("SELECT count(*) AS n FROM audit_events")[0]["n"] == known[0]["n"] + 1


@pytest.mark.parametrize("door", PASSWORD_DOORS, ids=lambda door: door.__name__)
def test_a_password_of_combining_marks_is_a_wrong_one(
    client, user, core, normalised, monkeypatch, door
):
    wrong = told(door(client, user.username, "wrong"))
    hashed = []
    verify = core.passwords.verify
    monkeypatch.setattr(
        core.passwords, "verify", lambda *a, **k: (hashed.append(a), verify(*a, **k))[1]
    )
    assert told(door(client, user.username, long(door))) == wrong
    assert max(normalised) <= MAX_PASSWORD_LENGTH
    assert len(hashed) == 1, "the same work"


def elsewhere(client, user: Somebody) -> dict[str, TestResponse]:
    """Everything else that takes a text which is folded, hashed or looked up."""
    koms = {**JSON, "x-koms-clientid": "koms-web"}
    basic = (user.username, PASSWORD)
    form = {"token": FEWER, "client_id": "gateway", "client_secret": FEWER}
    return {
        "a new e-mail": client.post(
            "/user", json={"email": MARKS, "password": PASSWORD}, headers=koms
        ),
        "a new password": client.post(
            "/user", json={"email": "a@example.com", "password": MARKS}, headers=koms
        ),
        "a changed password": client.put(
            f"{AAA}/password", json={"password": PASSWORD, "new_password": MARKS}, auth=basic
        ),
        "the current password": client.put(
            f"{AAA}/password", json={"password": MARKS, "new_password": PASSWORD}, auth=basic
        ),
        "whose code": client.post(f"{AAA}/oauth/codes", json={"username": MARKS}, auth=basic),
        "whose codes": client.get(
            f"{AAA}/oauth/codes", query_string={"username": FEWER}, auth=basic
        ),
        "a code": client.post(
            f"{AAA}/oauth/token",
            data={"grant_type": "access_code", "assertion": wrapped("a" * 32_000)},
        ),
        "a client's secret": client.post("/oauth2/introspect", data=form),
        "a client's id": client.post("/oauth2/introspect", data={**form, "client_id": FEWER}),
        "a session's client": client.get(
            "/session", headers={**koms, "x-koms-clientid": "a" * 8_000}
        ),
        "a refresh token": client.put("/api/v2/auth/token", json={"refreshToken": MARKS}),
        "a token in the query": client.get("/verify", query_string={"Token": "~" * 9_000}),
        "a token in the header": client.get("/verify", headers=bearer("a." * 8_000)),
        "a cookie": client.get("/verify", headers={"Cookie": "SESSID=" + "a" * 8_000}),
        "a key": client.post("/login", json={"UserLogin": user.username, "ApiKey": MARKS}),
    }


def test_nothing_long_is_normalised_at_any_other_door(client, user, normalised):
    found = {name: response.status_code for name, response in elsewhere(client, user).items()}
    assert {name: status for name, status in found.items() if status not in (400, 401, 403)} == {}
    assert max(normalised) <= MAX_PASSWORD_LENGTH


CREDENTIALS = {
    "a key": lambda user, text: (
        "/login",
        {"json": {"UserLogin": user.username, "ApiKey": text}},
    ),
    "a code": lambda _, text: (
        f"{AAA}/oauth/token",
        {"data": {"grant_type": "access_code", "assertion": wrapped(text)}},
    ),
    "a secret": lambda _, text: (
        "/oauth2/introspect",
        {"data": {"token": "x", "client_id": "gateway", "client_secret": text}},
    ),
    "a client id": lambda _, text: (
        "/oauth2/introspect",
        {"data": {"token": "x", "client_id": text, "client_secret": "x"}},
    ),
}


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_credential_that_is_too_long_is_counted_like_an_unknown_one(client, user, rows, kind):
    """A guess is a guess: it counts for the address, and is on record with the same reason."""
    made = "SELECT reason, note FROM audit_events WHERE event = 'login_refused'"
    answers = set()
    for number, text in enumerate(("unknown", "a" * 600, "a" * 20_000), 1):
        path, request = CREDENTIALS[kind](user, text)
        response = client.post(path, headers={"X-Request-ID": "the-same-id"}, **request)
        answers.add(str(told(response)))
        counts = rows("SELECT failures FROM throttles")
        assert {row["failures"] for row in counts} == {number}, "failures, and events"
        assert rows(made) == rows(made)[:1] * number
    assert len(answers) == 1
    assert "401" in answers.pop()


def test_no_more_of_a_credential_is_digested_or_looked_up_than_the_longest_has(core, monkeypatch):
    assert secrets.digest("a" * 600) == secrets.digest("a" * 600_000)
    assert secrets.digest("a" * 512) != secrets.digest("a" * 513) != secrets.digest("a" * 511)
    asked: list[str] = []
    monkeypatch.setattr(core.store, "read", lambda _, client_id: asked.append(client_id) or [])
    for client_id in ("a" * 200, "a" * 201, "a" * 60_000):
        with refuses(Refusal.CLIENT_UNKNOWN):
            clients.require(core, client_id)
    assert asked == ["a" * 200, "", ""]


def test_a_token_that_is_too_long_is_not_decoded(core):
    header, *_ = core.keys.ring.jwt_headers
    for payload, refusal in (("a" * 100, Refusal.TOKEN_FORGED), ("a" * 9_000, MALFORMED)):
        with refuses(refusal):
            tokens.read(core, f"{header}.{payload}.{'a' * 43}")


def test_an_accept_or_content_type_that_nobody_sends_is_not_parsed(client, user):
    body = {"UserLogin": user.username, "ApiKey": user.api_key}
    long_accept = "application/json;q=0.5," * 200
    assert client.post("/login", json=body, headers={"Accept": long_accept}).status_code == 406
    long_type = "application/json" + ";a=b" * 100
    assert (media_type(long_type), charset(long_type)) == ("", None)
    response = client.post("/login", data=b"{}", content_type=long_type)
    assert response.status_code == 415


def test_a_name_at_the_limit_is_folded_and_one_beyond_is_nobodys():
    assert folded("A" * MAX_TYPED_LENGTH) == "a" * MAX_TYPED_LENGTH
    assert folded("A" * (MAX_TYPED_LENGTH + 1)) == NOBODY
    assert folded("a\0") == NOBODY
    assert not is_username(NOBODY)
    assert not is_email(NOBODY)


@each(
    "name",
    [
        "a\uff1ab",  # a full-width colon
        "a\u2a74b",  # folds to ::=
        "victim\uff20example.com",
        "\u00a8a",  # folds to a space and a mark
        "a\u00a8b",
        "\ufdfa",  # one character that folds to eighteen, white space among them
        "\ufb01" * 128,  # 256 characters once folded
        "x" * 255,
    ],
)
def test_a_username_is_judged_by_what_it_folds_to_as_well(core, name):
    assert not is_username(name)
    with refuses(Refusal.IDENTITY_UNACCEPTABLE):
        registration.register(core, name, "a@example.com", PASSWORD, ORIGIN)


@pytest.mark.parametrize(
    "email",
    ["a\uff20b@example.com", "a\u00a8@example.com", "a@example.com\uff20b.c", "\ufdfa@example.com"],
)
def test_an_email_is_judged_by_what_it_folds_to_as_well(email):
    assert not is_email(email)


@pytest.mark.parametrize("name", ["John Doo", "J\u00f6rg", "jo\u0308rg", "a@b", "\uff2a\uff4f"])
def test_a_name_that_folds_to_an_acceptable_one_is_acceptable(name):
    assert is_username(name)


def test_the_old_password_in_another_spelling_is_not_a_new_one(core, identities, rows):
    user = identities.add(password="\u00c5ngstr\u00f6m 2026")
    with refuses(Refusal.PASSWORD_UNACCEPTABLE) as caught:
        change(core, user, "A\u030angstro\u0308m \uff12026")
    assert caught.value.detail == "The new password is the old one."
    assert rows("SELECT * FROM audit_events WHERE event = 'password_changed'") == []
    change(core, user, "another one of 2026")


def change(core, user: Somebody, new: str) -> None:
    identities.change_password(core, user.id, user.password, new, ORIGIN, keep=None)
