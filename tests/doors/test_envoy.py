"""``/verify/envoy/…``: the same question, from a gateway that appends the path it was asked for.

Envoy's HTTP ``ext_authz`` asks ``path_prefix`` + the original path and query, with the original method,
and takes 200 for a yes. Each test runs through both ways in.
"""

from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.datastructures import Headers

from app.doors.verify import ignores_body
from app.store.faults import StoreUnavailable
from tests.cases import each
from tests.doors.conftest import ACCESS_KINDS, METHODS, assert_refused, bearer

ENVOY = "/verify/envoy"
# As Envoy leaves them: percent-encoded or not, and whatever bytes the client put there.
PATHS = (
    "",
    "/",
    "//",
    "//elsewhere/x",
    "/reports/2026",
    "/a/../../session",
    "/%2e%2e/%2Fhealthz",
    "/%0d%0aX-Auth-User:%20admin",
    "/%00/%ff%fe/%zz",
    "/caf\u00e9",
    "/%F0%9F%94%91",
    "/a;b=c,d/<any:x>",
    "/verify/envoy",
    "/" + "x" * 8_000,
)


@pytest.fixture
def ask(verify):
    """One request with the path put into the environment as a server would, past URL builders."""

    def asked(path: str = "/", method: str = "GET", **values):
        raw, _, query = path.partition("?")
        environ = {"PATH_INFO": as_wsgi(f"{ENVOY}{raw}"), "QUERY_STRING": query}
        return verify("/", method, environ_overrides=environ, **values)

    return asked


def as_wsgi(path: str) -> str:
    """Percent-decoded bytes as Latin-1 (PEP 3333)."""
    return unquote_to_bytes(path.encode()).decode("latin-1")


@each("kind", ACCESS_KINDS)
def test_a_live_token_is_a_200_without_a_body_and_with_the_headers_of_verify(
    ask, verify, tokens, kind
):
    token = tokens.mint(kind)
    response = ask("/reports", headers=bearer(token))
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Content-Length"] == "0"
    assert _without_its_own(response.headers) == _without_its_own(
        verify(headers=bearer(token)).headers
    )


def _without_its_own(headers: Headers) -> set[tuple[str, str]]:
    own = ("X-Request-ID", "Content-Length")
    return {(name, text) for name, text in headers if name not in own}


@each("path", PATHS)
def test_any_path_behind_the_prefix_is_answered_alike(ask, tokens, path):
    live = ask(path, headers=bearer(tokens.mint("jwt")))
    assert (live.status_code, live.data) == (200, b"")
    assert live.headers["X-Auth-User"] == "John.Doo"
    assert_refused(ask(path), None)
    assert_refused(ask(path, headers={"Authorization": "Bearer nonsense"}), "malformed")


def test_any_method_is_answered_alike(ask, tokens):
    token = tokens.mint("jwt")
    for method in METHODS:
        for path in ("", "/a/b"):
            assert ask(path, method, headers=bearer(token)).status_code == 200
            assert_refused(ask(path, method), None)
    head = ask("/a", "HEAD")
    assert (head.status_code, head.data) == (401, b"")


@each("path", ["/verify/envoyx", "/verify/envo", "/verify/", "/verify/x/envoy"])
def test_what_is_only_alike_is_no_door(verify, tokens, path):
    response = verify(path, headers=bearer(tokens.mint("jwt")))
    assert (response.status_code, response.content_type) == (404, "application/problem+json")


def test_the_token_is_found_in_the_urls_own_query_and_in_the_cookie(ask, tokens):
    token = tokens.mint("login")
    for path in (f"?Token={token}", f"/reports?a=1&Token={token}&b=2", f"//?Token={token}"):
        assert ask(path).status_code == 200
    assert ask("/", headers={"Cookie": f"SESSID={tokens.mint('sessid')}"}).status_code == 200


@pytest.mark.parametrize("name", ["X-Original-URI", "X-Forwarded-Uri"])
def test_a_header_that_names_another_url_is_the_clients_and_does_not_count(ask, tokens, name):
    token = tokens.mint("login")
    assert_refused(ask("/reports", headers={name: f"/?Token={token}"}), None)
    assert_refused(ask("/?Token=dead", headers={name: f"/?Token={token}"}), "malformed")
    sessid = tokens.mint("sessid")
    headers = {name: "/?Token=dead", "Cookie": f"SESSID={sessid}"}
    assert ask("/reports", headers=headers).status_code == 200


def test_the_clients_body_is_not_looked_at(ask, tokens):
    headers = {**bearer(tokens.mint("jwt")), "Content-Type": "text/nonsense"}
    response = ask("/upload", "POST", headers=headers, data=b"\xff" * 100_000)
    assert response.status_code == 200


def test_the_server_need_not_wait_for_that_body():
    assert all(ignores_body(as_wsgi(f"{ENVOY}{path}")) for path in PATHS)
    assert ignores_body("/verify")
    assert not any(map(ignores_body, ("/verify/", "/verify/envoyx", "/verifyx", "/session", "")))


def test_an_idle_aaa_session_is_kept_alive_here_too(ask, tokens, clock):
    token = tokens.mint("sessid")
    for _ in range(3):
        clock.advance(1_799)
        assert ask("/a", headers=bearer(token)).status_code == 200


def test_a_database_that_is_away_is_a_503_with_problem_details(ask, core, tokens, monkeypatch):
    token = tokens.mint("jwt")

    def away(*_statement, **_parameters):
        raise StoreUnavailable("OperationalError")

    monkeypatch.setattr(core.store, "read", away)
    response = ask("/a", headers=bearer(token))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert response.content_type == "application/problem+json"
