"""Hostile input gets a documented error, never a 500 or a page of HTML."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from tests.dialects.aaa.conftest import CODES, COMMON, TOKEN, assert_refused, basic, bearer, wrapped
from tests.factories import PASSWORD, Identities
from tests.texts import HEADER, WRITABLE

hostile = strategies.text(WRITABLE, max_size=60)


header_text = strategies.text(HEADER, max_size=60)


class TestHostileInput:
    """Whatever a request holds, the answer is a documented error or a success."""

    SETTINGS = settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        derandomize=True,
    )

    @SETTINGS
    @given(authorization=header_text, jar=header_text, origin=header_text)
    def test_headers(self, client, authorization, jar, origin):
        response = client.post(
            CODES, headers={"Authorization": authorization, "Cookie": jar, "Origin": origin}
        )
        assert_refused(response, response.json["error_id"])
        response = client.post(
            CODES, headers={"Cookie": f"SESSID={jar}", "Origin": origin, "Host": origin}
        )
        assert_refused(response, response.json["error_id"])

    @pytest.fixture
    def admin(self, api, identities: Identities) -> dict[str, str]:
        identities.add("root", roles=("admin",))
        return bearer(api.npm_token(basic("root", PASSWORD)))

    @SETTINGS
    @given(tail=hostile, name=hostile)
    def test_urls(self, client, admin, tail, name):
        response = client.delete(f"{CODES}/{quote(tail, safe='')}", headers=admin)
        assert_refused(response, "RESOURCE_NOT_FOUND")
        response = client.get(CODES, headers=admin, query_string={"username": name})
        assert_refused(response, "URI_INVALID_PARAMETER")
        response = client.get(CODES, headers=admin, query_string={f"x{tail}": name})
        assert_refused(response, "URI_INVALID_PARAMETER")

    @SETTINGS
    @given(grant=hostile, assertion=hostile, state=hostile, bare=strategies.booleans())
    def test_forms(self, client, grant, assertion, state, bare):
        response = client.post(
            TOKEN,
            data={
                "grant_type": "access_code" if bare else grant,
                "assertion": wrapped(assertion) if bare else assertion,
                "state": state,
            },
        )
        assert response.status_code in (400, 401, 429)
        assert_refused(response, response.json["error_id"], status=response.status_code)

    @SETTINGS
    @given(raw=strategies.binary(max_size=80))
    def test_bodies(self, client, raw):
        for path in (f"{COMMON}/login", TOKEN):
            response = client.post(path, data=raw, content_type="application/json")
            assert_refused(response, response.json["error_id"])
