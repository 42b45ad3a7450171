"""How many codes a user may have, and how a list of many is read."""

import re

import pytest

from app.core.credentials import access_codes
from tests.cases import each
from tests.conftest import settings_for
from tests.factories import ORIGIN
from tests.grants import CODES as GRANT

from .conftest import CODES, assert_refused, basic


@pytest.fixture
def settings(database_url, monkeypatch):
    return settings_for(database_url, monkeypatch, access_codes_per_user=2)


def test_a_code_beyond_the_cap_is_forbidden_and_the_answer_says_what_to_do(client, user, rows):
    headers = basic(user.username, user.password)
    for _ in range(2):
        assert client.post(CODES, headers=headers).status_code == 201
    refused = client.post(CODES, headers=headers)
    assert_refused(refused, "AUTH_FORBIDDEN", reason="revoke one first")
    assert len(rows("SELECT id FROM access_codes")) == 2
    assert client.delete(f"{CODES}/1", headers=headers).status_code == 204
    assert client.post(CODES, headers=headers).status_code == 201


class TestPages:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, access_codes_per_user=2_000)

    @pytest.fixture
    def headers(self, client, user):
        headers = basic(user.username, user.password)
        for _ in range(5):
            assert client.post(CODES, headers=headers).status_code == 201
        return headers

    def test_the_link_leads_from_page_to_page(self, client, headers):
        url, found = f"{CODES}?limit=2", []
        while url:
            response = client.get(url, headers=headers)
            found.append([line["id"] for line in response.json])
            link = response.headers.get("Link")
            url = link and re.fullmatch(r'<(/[^>]*)>; rel="next"', link)[1]
        assert found == [[1, 2], [3, 4], [5]]

    def test_codes_that_do_not_count_fill_no_page(self, client, headers):
        for number in (1, 3):
            client.delete(f"{CODES}/{number}", headers=headers)
        response = client.get(f"{CODES}?limit=2&after=1", headers=headers)
        assert [line["id"] for line in response.json] == [2, 4]
        assert "after=4" in response.headers["Link"]

    def test_the_link_keeps_whose_codes_an_admin_asked_for(self, client, headers, identities):
        boss = identities.add("boss", roles=("admin",))
        url = f"{CODES}?username=john.doo%40example.com&limit=4"
        response = client.get(url, headers=basic(boss.username, boss.password))
        assert response.headers["Link"] == (
            f'<{CODES}?after=4&limit=4&username=john.doo%40example.com>; rel="next"'
        )

    def test_without_a_limit_a_page_has_a_hundred(self, client, core, user, headers):
        for _ in range(96):
            access_codes.issue(core, GRANT, user.id, ORIGIN)
        response = client.get(CODES, headers=headers)
        assert len(response.json) == 100
        assert response.headers["Link"] == f'<{CODES}?after=100&limit=100>; rel="next"'
        last = client.get(f"{CODES}?after=100", headers=headers)
        assert ([line["id"] for line in last.json], "Link" in last.headers) == ([101], False)

    @each(
        "query",
        [
            *("limit=0", "limit=1001", "limit=", "limit=-1", "limit=1.0", "limit=%D9%A1"),
            *("after=x", "after=-1", "after=2147483648", f"after={'1' * 5000}"),
        ],
    )
    def test_what_is_no_page_is_refused_by_name(self, client, headers, query):
        response = client.get(f"{CODES}?{query}", headers=headers)
        name = query.partition("=")[0]
        assert_refused(response, "URI_INVALID_PARAMETER", reason=f"{name}: must be a whole number")
