"""No secret in a log, a metric, an error or a table, whatever feature has been used."""

import base64
import hashlib
import json

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cryptography.fernet import Fernet, InvalidToken
from flask.testing import FlaskClient

from app.core import passwords
from app.core.credentials import clients
from app.core.identities import registration
from app.core.keys.keys import fernet_key
from app.core.upkeep import key_care
from app.extensions import db
from tests.conftest import TEST_SECRET, settings_for
from tests.factories import ORIGIN

from .conftest import Answer, Server
from .tour import NEW_PASSWORD, PASSWORD, Tour


@pytest.fixture
def settings(database_url: str, monkeypatch, logged):
    return settings_for(database_url, monkeypatch, log_level="debug")


def in_process(client: FlaskClient):
    def send(method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Answer:
        response = client.open(path, method=method, headers=headers, data=body)
        return Answer(response.status_code, dict(response.headers), response.data)

    return send


def test_no_secret_is_in_the_log_or_the_metrics_of_a_process(client, core, logged):
    found = Tour(core, in_process(client)).take()
    log = logged.getvalue()
    assert log.count('"event": "request"') >= 30, "what is looked through is the log at debug level"
    metrics = client.get("/metrics").text
    assert "watchword_requests_total" in metrics
    assert [secret for secret in found if secret in log or secret in metrics] == []


@pytest.mark.e2e
def test_no_secret_is_in_the_log_or_the_metrics_of_a_real_server(server: Server):
    found = Tour(server.core, server.send).take()
    for token in found[-3:]:
        # What gunicorn cannot parse it would quote in its own log.
        server.wire(f"GET /verify?Token={token} NONSENSE\r\n\r\n".encode())
        server.wire(
            f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\0\r\n\r\n".encode()
        )
        server.wire(f"GET / HTTP/1.1\r\nHost: x\r\nBearer {token}: a\r\n\r\n".encode())
    log = server.log()
    assert log.count('"event": "request"') >= 30
    metrics = server.send("GET", "/metrics").body.decode()
    assert "watchword_requests_total" in metrics
    assert [secret for secret in found if secret in log or secret in metrics] == []


def test_no_secret_stands_in_any_column_of_any_table(client, core, rows, app):
    found = Tour(core, in_process(client)).take()
    with app.app_context():
        tables = list(db.metadata.tables)
    values = [
        (table, column, value)
        for table in tables
        for row in rows(f"SELECT * FROM {table}")
        for column, value in row.items()
    ]
    assert len({table for table, _, _ in values}) >= 9, "the tour has left rows everywhere"
    held = [_bytes(value) for _, _, value in values]
    for secret in found:
        forms = [secret.encode(), _decoded(secret)]
        assert not [form for form in forms if form and any(form in value for value in held)], secret


def test_passwords_stand_as_argon2id_and_tokens_as_sha_256(client, core, rows):
    tour = Tour(core, in_process(client))
    tour.take()
    hashes = [row["password_hash"] for row in rows("SELECT password_hash FROM users")]
    assert hashes
    assert all(text.startswith("$argon2id$v=19$") for text in hashes)
    kept = rows(
        "SELECT digest FROM api_keys UNION SELECT digest FROM access_codes"
        " UNION SELECT secret_digest FROM clients UNION SELECT token_digest FROM sessions"
    )
    digests = {bytes(row["digest"]) for row in kept if row["digest"] is not None}
    assert {len(digest) for digest in digests} == {32}
    typed = {hashlib.sha256(secret.encode()).digest() for secret in tour.secrets}
    # Two keys, two codes, the client's newest secret, a SESSID and two login tokens.
    assert len(digests & typed) >= 8


def test_signing_keys_are_wrapped_and_no_other_secret_unwraps_them(client, core, rows):
    Tour(core, in_process(client)).take()
    wrapped = [bytes(row["wrapped"]) for row in rows("SELECT wrapped FROM signing_keys")]
    assert len(wrapped) == 5, "seal and jwt, both rotated, and a pepper"
    right, wrong = Fernet(fernet_key(TEST_SECRET)), Fernet(Fernet.generate_key())
    for text in wrapped:
        assert right.decrypt(text) not in text
        with pytest.raises(InvalidToken):
            wrong.decrypt(text)


def test_without_the_pepper_a_copied_hash_cannot_be_guessed_at(core, client, rows):
    """The pepper is wrapped like a key, so a copy of the database alone checks no password."""
    key_care.rotate(core, "pepper", ORIGIN)
    registration.register(core, "salty", "salty@example.com", PASSWORD, ORIGIN)
    [row] = rows("SELECT password_hash, pepper_id FROM users")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(row["password_hash"], passwords.peppered(PASSWORD, None))
    pepper = core.keys.pepper(row["pepper_id"])
    assert PasswordHasher().verify(row["password_hash"], passwords.peppered(PASSWORD, pepper))


@pytest.mark.parametrize(
    "path", ["/api/common/1.0/login", "/api/v2/auth/token", "/session", "/login"]
)
def test_an_internal_error_shows_neither_sql_nor_paths_nor_values(
    client, core, logged, monkeypatch, path
):
    clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
    secret = "a-value-that-the-exception-quotes"

    def broken(*_statement: object, **_: object) -> None:
        raise RuntimeError(f"SELECT * FROM users WHERE password = '{secret}' -- /work/app.py")

    monkeypatch.setattr(core.store, "read", broken)
    body = dict.fromkeys(("username", "email", "UserLogin"), "john@example.com")
    body |= {"password": NEW_PASSWORD, "ApiKey": "x", "account_type": "traditional"}
    response = client.post(path, json=body, headers={"x-koms-clientid": "koms-web"})
    assert response.status_code == 500
    told = response.text + str(response.headers)
    log = logged.getvalue()
    for leak in ("SELECT", "/work", "Traceback", "RuntimeError", "File ", secret, NEW_PASSWORD):
        assert leak not in told
    for leak in ("SELECT", secret, NEW_PASSWORD, "john"):
        assert leak not in log
    [line] = [json.loads(text) for text in log.splitlines() if "internal_error" in text]
    assert line["error"] == "RuntimeError"
    assert line["request_id"] == response.headers["X-Request-ID"]


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _decoded(secret: str) -> bytes:
    """The bytes behind a secret's text, where they are many enough to be looked for."""
    for decode in (bytes.fromhex, base64.b64decode, base64.urlsafe_b64decode):
        try:
            found = decode(secret)
        except ValueError:
            continue
        if len(found) >= 16:
            return found
    return b""
