"""The table of response codes: as documented, reached row by row, and never a page of HTML instead."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import text

from app.dialects.login.errors import TABLE
from tests.cases import each
from tests.texts import HEADER, WRITABLE

from .conftest import KEY, MESSAGES, TYPES, assert_refused, post, result_of


def test_the_table_says_what_the_documentation_says():
    own = {row.code for row in TABLE.values() if row.code > 1_000}
    assert own == {1002, 1003, 1004}
    assert all(row.code == row.status for row in TABLE.values() if row.code not in own)


def test_the_documented_error_body_in_json(client, john):
    body = {"UserLogin": "nobody", "ApiKey": KEY}
    assert client.post("/login", json=body).text == (
        '{"Result":{"Message":"UserLogin or ApiKey are unknown","Code":1003,"ModelStateErr":[]}}'
    )
    assert client.post("/login", json={}).text == (
        '{"Result":{"Message":"Entry parameter missing or parameter bindings failed","Code":1002,'
        '"ModelStateErr":["The UserLogin field is required.","The ApiKey field is required."]}}'
    )


@each("media_type", ["application/json", "text/json"])
@each(
    ("body", "errors"),
    [
        (b'{"UserLogin":"x"}', ["The ApiKey field is required."]),
        (b'{"ApiKey":"x","UserLogin":null}', ["The UserLogin field is required."]),
        (b'{"ApiKey":"x","UserLogin":""}', ["The UserLogin field is required."]),
        (b'{"ApiKey":"x","UserLogin":7}', ["The UserLogin field must be a string."]),
        (
            b'{"ApiKey":["x"],"UserLogin":{}}',
            ["The UserLogin field must be a string.", "The ApiKey field must be a string."],
        ),
        (b'{"ApiKey":"x\\u0000","UserLogin":"x"}', ["ApiKey: Not a valid string."]),
        (b'{"ApiKey":"x","UserLogin":"\\udfff"}', ["UserLogin: Not a valid string."]),
        (b"", ["the body is not valid JSON"]),
        (b"{", ["the body is not valid JSON"]),
        (b"<Request/>", ["the body is not valid JSON"]),
        (b'{"UserLogin":"\xff"}', ["the body is not valid JSON"]),
        (b'{"a":' * 12_000, ["the body is not valid JSON"]),
        (b"[]", ["the body is not a JSON object"]),
        (b"true", ["the body is not a JSON object"]),
        (
            b'{"ApiKey":"x","ApiKey":"y","UserLogin":"z"}',
            ["a key stands in the JSON object twice"],
        ),
    ],
)
def test_a_body_that_is_not_parsable_or_lacks_a_parameter_is_1002(
    client, rows, media_type, body, errors
):
    assert_refused(post(client, media_type, body), 1002, errors, media_type)
    assert rows("SELECT event FROM audit_events WHERE event = 'login_refused'") == []


@pytest.mark.parametrize("result", ["null", "{}", "[1]", '"x"', "7"])
def test_result_in_a_request_is_ignored_whatever_it_holds(client, john, result: str):
    body = f'{{"Result":{result},"UserLogin":"John.Doo","ApiKey":"{KEY}","Extra":1}}'
    assert post(client, "application/json", body).status_code == 200


@pytest.mark.parametrize("media_type", TYPES)
def test_a_fault_of_ours_is_a_fixed_text_and_the_requests_id(client, john, core, media_type: str):
    with core.store.write() as writing:
        writing.execute(text("CREATE UNIQUE INDEX one_only ON sessions (user_id)"))
    assert post(client, media_type).status_code == 200
    response = post(client, media_type, X_Request_ID="id-of-the-caller")
    assert_refused(response, 500, [], media_type)
    assert result_of(response)["Message"] == f"{MESSAGES[500][1]}id-of-the-caller"


@pytest.mark.parametrize("media_type", TYPES)
def test_a_database_that_is_away_is_503(client, john, core, media_type: str):
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
    response = post(client, media_type)
    assert_refused(response, 503, [], media_type)
    assert int(response.headers["Retry-After"]) >= 1


MARKUP = [
    "<Request>",
    "</Request>",
    "<UserLogin>",
    "</UserLogin>",
    "<ApiKey/>",
    "<a b='c'>",
    "</a>",
    "<!DOCTYPE x>",
    "<![CDATA[",
    "]]>",
    "<?xml version='1.0'?>",
    "<!--",
    "-->",
    "&lt;",
    "&x;",
    "<x:",
    ">",
    "\ufeff",
    "\x00",
    "ü",
    "text",
]
fragments = strategies.lists(strategies.sampled_from(MARKUP), max_size=12).map("".join)
objects = strategies.dictionaries(
    strategies.sampled_from(["UserLogin", "ApiKey", "Result", "x"]),
    strategies.none()
    | strategies.text(WRITABLE, max_size=20)
    | strategies.lists(strategies.integers()),
).map(json.dumps)
header_text = strategies.text(HEADER, max_size=40)


class TestHostileInput:
    """Whatever a request holds, the answer is a documented ``Result``."""

    @settings(
        max_examples=75,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        body=strategies.binary(max_size=120)
        | strategies.builds(
            str.encode,
            fragments | objects,
            strategies.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-32"]),
        ),
        content_type=strategies.sampled_from(
            [*TYPES, "text/xml;charset=utf-16", "text/json;charset=utf-16", "text/xml;charset=x"]
        )
        | header_text,
        accept=strategies.sampled_from(["*/*", *TYPES, "text/*;q=0.5"]) | header_text,
    )
    def test_is_answered_in_the_documented_shape(self, client, body, content_type, accept):
        headers = {"Content-Type": content_type, "Accept": accept}
        response = client.post("/login", data=body, headers=headers)
        result = result_of(response)
        assert result["Code"] in {1002, 1003, 406, 415, 429}
        assert response.status_code == MESSAGES[result["Code"]][0]
