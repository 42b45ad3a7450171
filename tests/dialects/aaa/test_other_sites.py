"""Requests that a page of another site makes with the cookie (CSRF)."""

import pytest

from tests.cases import each
from tests.dialects.aaa.conftest import (
    CODES,
    COMMON,
    assert_refused,
    basic,
    bearer,
    cookie,
)

TLS = {"wsgi.url_scheme": "https"}


class TestFromOtherSites:
    """A cookie travels by itself, so what a page elsewhere does with it is refused."""

    FOREIGN = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:8443"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:443"},
        {"Origin": "ftp://localhost"},
        {"Origin": "localhost"},
        {"Origin": "http://localhost/"},
        {"Origin": "http://localhost@elsewhere.example"},
        {"Origin": "http://elsewhere.example, http://localhost"},
        {"Origin": ""},
        {"Origin": "null", "Host": "null"},
        {"Origin": "http://", "Host": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://sibling.localhost"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    )
    OWN = (
        {},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "HTTP://LOCALHOST"},
        {"Origin": "http://localhost:80"},
        {"Origin": "http://localhost", "Host": "localhost:80"},
        {"Origin": "http://localhost:8000", "Host": "LocalHost:8000"},
        {"Origin": "http://[::1]:8000", "Host": "[::1]:8000"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        # A gateway that rewrites Host: the browser's own word counts.
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://public.example"},
    )

    @each("site", FOREIGN)
    def test_no_unsafe_method_is_let_through_with_the_cookie(self, api, client, user, rows, site):
        headers = {**cookie(api.login(user)), **site}
        for response in (
            client.post(f"{COMMON}/logout", headers=headers),
            client.post(CODES, headers=headers),
            client.delete(f"{CODES}/1", headers=headers),
            client.put(f"{COMMON}/password", headers=headers, json={}),
        ):
            assert_refused(response, "AUTH_FORBIDDEN")
        assert rows("SELECT id FROM sessions WHERE ended_at IS NOT NULL") == []
        assert rows("SELECT id FROM access_codes") == []
        assert api.keepalive(headers).status_code == 204

    @each("site", OWN)
    def test_the_sites_own_pages_and_programs_are_let_through(self, api, client, user, site):
        headers = {**cookie(api.login(user)), **site}
        assert client.post(CODES, headers=headers).status_code == 201

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("https://localhost", 201),
            ("https://LocalHost:443", 201),
            ("http://localhost", 403),
            ("http://localhost:443", 403),
            ("https://localhost:80", 403),
        ],
    )
    def test_behind_tls_the_sites_origin_is_an_https_one(self, api, client, user, origin, status):
        """The scheme is what the server was told by a trusted proxy."""
        for host in ("localhost", "localhost:443"):
            headers = {**cookie(api.login(user)), "Origin": origin, "Host": host}
            response = client.post(CODES, headers=headers, environ_overrides=TLS)
            assert response.status_code == status

    @each("site", FOREIGN)
    def test_what_does_not_travel_by_itself_may_come_from_anywhere(self, api, client, user, site):
        token = api.npm_token(basic(user.username, user.password))
        headers = {**bearer(token), **site}
        assert client.post(f"{COMMON}/logout", headers=headers).status_code == 204
