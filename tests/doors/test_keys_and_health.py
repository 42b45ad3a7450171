"""Public keys, liveness, readiness and metrics."""

import socket
import time
from pathlib import Path

import jwt
import pytest
from sqlalchemy import create_engine, text

from app import create_app
from app.core import identities as people
from tests.conftest import settings_for
from tests.doors.conftest import bearer
from tests.factories import ORIGIN, Identities
from tests.grants import jwt_pair

PROBLEM_503 = {
    "type": "about:blank",
    "title": "The service is not available",
    "status": 503,
}


def test_a_shared_secret_has_no_public_half(client):
    response = client.get("/.well-known/jwks.json")
    assert (response.status_code, response.json) == (200, {"keys": []})
    assert response.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("algorithm", "members"),
    [
        ("EdDSA", {"kty", "crv", "x"}),
        ("ES256", {"kty", "crv", "x", "y"}),
        ("RS256", {"kty", "n", "e"}),
    ],
)
def test_any_library_verifies_a_token_with_the_published_key_and_nothing_private_is_in_it(
    database_url, monkeypatch, clock, algorithm, members
):
    app = create_app(settings_for(database_url, monkeypatch, jwt_algorithm=algorithm), clock)
    core, client = app.extensions["watchword"].core, app.test_client()
    user = Identities(core).add()
    identity = people.prove(core, user.username, user.password, ORIGIN)
    old = jwt_pair(core, identity, ORIGIN).access
    core.keys.rotate("jwt")
    new = jwt_pair(core, identity, ORIGIN).access
    published = client.get("/.well-known/jwks.json").json["keys"]
    assert [key.keys() for key in published] == [members | {"kid", "alg", "use"}] * 2
    assert {(key["alg"], key["use"]) for key in published} == {(algorithm, "sig")}
    keys = {key["kid"]: jwt.PyJWK(key).key for key in published}
    for token in (old, new):
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token, key, algorithms=[algorithm], options={"verify_exp": False, "verify_iat": False}
        )
        assert claims["uid"] == user.id
    core.keys.retire(jwt.get_unverified_header(old)["kid"])
    assert [key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]] == [
        jwt.get_unverified_header(new)["kid"]
    ]
    core.close()


def test_a_live_process_says_so_without_its_database(client, database_url):
    Path(database_url.removeprefix("sqlite:///")).unlink()
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_a_migrated_database_is_ready(client, tmp_path, monkeypatch):
    # Wherever the process was started.
    monkeypatch.chdir(tmp_path)
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def assert_not_ready(client) -> None:
    started = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - started < 3
    assert (response.status_code, response.content_type) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "2"
    instance = f"urn:request:{response.headers['X-Request-ID']}"
    assert response.json == {**PROBLEM_503, "instance": instance}


def test_a_database_at_another_migration_is_not_ready(client, database_url):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    assert_not_ready(client)


@pytest.mark.parametrize("content", [b"", b"this is no database" * 100])
def test_a_database_that_was_never_one_is_not_ready(
    tmp_path, monkeypatch, clock, content, database_url
):
    path = tmp_path / "other.sqlite3"
    path.write_bytes(content)
    app = create_app(settings_for(f"sqlite:///{path}", monkeypatch), clock)
    assert_not_ready(app.test_client())
    app.extensions["watchword"].core.close()


def test_a_database_server_that_is_gone_or_silent_is_not_ready(monkeypatch, clock):
    with socket.socket() as silent:
        # It accepts connections and never answers.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        url = f"postgresql://nobody@127.0.0.1:{port}/nothing"
        app = create_app(settings_for(url, monkeypatch), clock)
        assert_not_ready(app.test_client())
    assert_not_ready(app.test_client())
    app.extensions["watchword"].core.close()


def test_metrics_count_by_door_status_and_refusal_and_hold_no_secret(client, tokens, user):
    token = tokens.mint("session")
    client.get("/verify", headers=bearer(token))
    client.get("/verify?Token=secret-token", headers={"X-Request-ID": "secret-id"})
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain; version=")
    assert 'watchword_requests_total{dialect="verify",status="204"}' in response.text
    assert 'watchword_refusals_total{dialect="verify",refusal="token_malformed"}' in response.text
    for secret in (token, user.password, user.username, user.api_key, "secret"):
        assert secret not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("POST", "/", 405, "The method is not allowed here"),
        ("GET", "/nothing", 404, "There is nothing at this URL"),
        ("POST", "/healthz", 405, "The method is not allowed here"),
        ("PROPFIND", "/metrics", 405, "The method is not allowed here"),
    ],
)
def test_errors_outside_the_dialects_are_problem_documents(client, method, path, status, title):
    response = client.open(path, method=method)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert response.json == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "instance": f"urn:request:{response.headers['X-Request-ID']}",
    }
    assert response.headers.get("Allow") == ("GET, HEAD" if status == 405 else None)


def test_a_body_that_nobody_asked_for_is_still_limited(client):
    response = client.get("/healthz", data=b"x" * 70_000)
    assert (response.status_code, response.json["status"]) == (413, 413)
