"""The published contract: complete, valid, and kept by the service that publishes it."""

import re
from collections import Counter

import pytest
from flask import Flask

from app.doors.verify import METHODS
from tests.doors.conftest import CLIENT

# These accept every method.
ANY_METHOD = {"/verify", "/verify/envoy", "/verify/envoy/{path}"}
# What OpenAPI cannot express, or what HTTP defines itself.
UNNAMED_METHODS = {"HEAD"}


@pytest.fixture
def document(client) -> dict:
    response = client.get("/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    return response.json


def operations(document: dict) -> dict[tuple[str, str], dict]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_a_valid_openapi_document(document):
    from openapi_spec_validator import validate  # as schemathesis below

    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_route_is_in_it_and_everything_in_it_is_a_route(app: Flask, document):
    routes = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule)
        # A rule without methods accepts every method.
        methods = set(METHODS) if rule.methods is None else rule.methods - UNNAMED_METHODS
        assert (rule.methods is None) <= (path in ANY_METHOD)
        routes |= {(method, path) for method in methods}
    assert set(operations(document)) == routes


def test_every_dialect_and_door_has_its_tag_and_every_operation_one_of_them(app, document):
    titles = [dialect.title for dialect in app.extensions["watchword"].dialects]
    assert [tag["name"] for tag in document["tags"]] == titles
    assert all(tag["description"] for tag in document["tags"])
    used = {tag for operation in operations(document).values() for tag in operation["tags"]}
    assert used == set(titles)


def test_operation_ids_are_unique(document):
    ids = Counter(operation["operationId"] for operation in operations(document).values())
    assert set(ids.values()) == {1}


def test_each_operation_documents_the_refusals_it_states_and_no_others(app, document):
    found = operations(document)
    for dialect in app.extensions["watchword"].dialects:
        for operation in dialect.operations:
            path = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", operation.path)
            rows = {dialect.row(refusal) for refusal in operation.refusals}
            responses = found[operation.method, path]["responses"]
            assert set(responses) == {str(operation.status), *(str(row.status) for row in rows)}
            for row in rows:
                response = responses[str(row.status)]
                assert f"`{row.code}`: {row.text}" in response["description"]
                assert set(response["content"]) == set(dialect.error_media_types)


def test_headers_are_documented_where_they_are_sent(document):
    for operation in operations(document).values():
        for status, response in operation["responses"].items():
            headers = set(response["headers"])
            assert "X-Request-ID" in headers
            assert ("WWW-Authenticate" in headers) == (status == "401")
            if status in ("429", "503"):
                assert "Retry-After" in headers
    not_allowed = document["components"]["responses"]["SessionMethodNotAllowed"]
    assert set(not_allowed["headers"]) == {"X-Request-ID", "Allow"}


def test_a_pause_that_is_told_as_403_documents_the_header_that_says_how_long(document):
    login = operations(document)["POST", "/api/common/1.0/login"]["responses"]["403"]
    assert "required" not in login["headers"]["Retry-After"]


def test_xml_bodies_say_their_roots_and_items(document):
    login = operations(document)["POST", "/login"]
    schemas = document["components"]["schemas"]

    def schema_of(content: dict) -> dict:
        return schemas[content["application/xml"]["schema"]["$ref"].rpartition("/")[2]]

    types = {"application/json", "text/json", "application/xml", "text/xml"}
    for content in (login["requestBody"]["content"], login["responses"]["200"]["content"]):
        assert set(content) == types
    assert schema_of(login["requestBody"]["content"])["xml"] == {"name": "Request"}
    assert schema_of(login["responses"]["200"]["content"])["xml"] == {"name": "Response"}
    assert schema_of(login["responses"]["400"]["content"])["xml"] == {"name": "Response"}
    faults = schemas["LoginRequestResult"]["properties"]["ModelStateErr"]
    assert (faults["xml"], faults["items"]["xml"]) == ({"wrapped": True}, {"name": "string"})


def test_security_stands_at_each_operation_by_a_scheme_that_is_there(document):
    schemes = document["components"]["securitySchemes"]
    found = operations(document)
    for operation in found.values():
        assert {name for need in operation["security"] for name in need} <= set(schemes)
    assert schemes["sessionClient"] == {"type": "apiKey", "in": "header", "name": "x-koms-clientid"}
    assert found["POST", "/session"]["security"] == [
        {"sessionClient": []},
        {"sessionClient": [], "sessionSecret": []},
    ]
    assert found["GET", "/session"]["security"] == [{"sessionClient": [], "sessionBearer": []}]
    assert found["POST", "/api/common/1.0/login"]["security"] == []
    assert found["GET", "/verify"]["security"] == [
        {"anyBearer": []},
        {"anyQuery": []},
        {"anyCookie": []},
    ]


def test_path_and_query_values_are_parameters(document):
    found = operations(document)
    [asset] = found["GET", "/docs/{asset}"]["parameters"]
    assert (asset["in"], asset["required"]) == ("path", True)
    assert {"docs.js", "swagger-ui.css"} < set(asset["schema"]["enum"])
    [code_id] = found["DELETE", "/api/common/1.0/oauth/codes/{code_id}"]["parameters"]
    assert code_id["name"] == "code_id"
    after, limit, username = found["GET", "/api/common/1.0/oauth/codes"]["parameters"]
    assert {(it["in"], it["required"]) for it in (after, limit, username)} == {("query", False)}
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 1_000)
    assert (after["schema"]["type"], username["schema"]["type"]) == ("integer", "string")


def test_schemas_of_two_dialects_never_share_a_name(app, document):
    prefixes = ("Aaa", "TokenV2", "Login", "Session", "Doors", "Oauth2")
    assert all(name.startswith(prefixes) for name in document["components"]["schemas"])
    user = document["components"]["schemas"]["SessionUser"]
    assert set(user["required"]) == {"id", "email"}
    assert user["additionalProperties"] is False


# Where a body of the right shape is rightly 400: a Basic header that is no base64 of name:password in
# the AAA dialect, a password that fails the policy, client credentials both in header and form.
EXPECTED = ["2xx", "400", "401", "403", "404", "409", "429"]
EXCEPTIONS = [
    {
        "include-path-regex": "^(/api/c|/user$|/oauth2/)",
        "checks": {"positive_data_acceptance": {"expected-statuses": EXPECTED}},
    },
    # Any method is answered, and OpenAPI 3.1 cannot name them all.
    {"include-path-regex": "^/verify", "checks": {"unsupported_method": {"enabled": False}}},
    # OpenAPI has no word for a Content-Type that a GET must have.
    {"include-path-regex": "^/(session|user)$", "headers": {"Content-Type": "application/json"}},
]


def test_whatever_names_a_credential_refuses_to_do_without_and_with_a_wrong_one(client, document):
    wrong = {"Authorization": "Bearer " + "0" * 64, "x-koms-clientid": "nobody"}
    asked = 0
    for (method, path), operation in operations(document).items():
        needs = [need for need in operation["security"] if need]
        for headers in ({}, wrong) if needs else ():
            asked += 1
            response = client.open(path, method=method, headers=headers)
            client_missing = "sessionClient" in needs[0] and not headers
            assert response.status_code == (400 if client_missing else 401), (method, path)
    assert asked > 30


def let_loose(
    app: Flask, auth: dict, *, examples: int, stateful: bool = False
) -> tuple[set[tuple[str, int]], list[str]]:
    """Run schemathesis with all its checks; the answers it met, and the faults it found.

    ``examples`` are drawn for each operation, beside those at the bounds of every value.
    """
    # To load it takes a second, and each process of the test run imports this module.
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import Status, from_schema
    from schemathesis.engine.events import NonFatalError, ScenarioFinished

    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "auth": auth,
            "phases": {"stateful": {"enabled": stateful, "max-steps": 4}},
            "operations": EXCEPTIONS,
            # It cannot run in-process in this version; the test above asks the same.
            "checks": {"ignored_auth": {"enabled": False}},
            "warnings": False,
        }
    )
    # All methods of a gateway's URL are one view: GET of each URL, and one with two more, will do.
    schema = (
        schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
        .exclude(path_regex="^/verify", method=["PUT", "DELETE", "OPTIONS", "TRACE"])
        .exclude(path_regex="^/verify(/envoy)?$", method=["POST", "PATCH"])
    )
    answers, faults = set(), []
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            faults.append(f"{event.label}: {event.value}")
        elif isinstance(event, ScenarioFinished):
            recorder = event.recorder
            answers |= {
                (event.label, interaction.response.status_code)
                for interaction in recorder.interactions.values()
                if interaction.response is not None
            }
            faults += [
                f"{event.label}: {check.name}: {check.failure_info.failure}"
                f"\n{check.failure_info.code_sample}"
                for checks in recorder.checks.values()
                for check in checks
                if check.status == Status.FAILURE
            ]
    return answers, faults


def test_schemathesis_finds_nothing_as_a_stranger(app):
    # Five examples meet no answer that one does not: most operations do not read further.
    answers, faults = let_loose(app, {}, examples=1)
    assert not faults, "\n\n".join(faults)
    assert ("GET /healthz", 200) in answers
    assert not [answer for answer in answers if answer[1] >= 500]


def test_schemathesis_finds_nothing_with_live_credentials(app, core, identities, tokens, user):
    secret = identities.client("gateway", confidential=True)
    basic = {"username": user.username, "password": user.password}
    auth = {
        "aaaBasic": basic,
        "tokenV2Bearer": {"bearer": tokens.mint("jwt")},
        "sessionClient": {"api_key": CLIENT},
        "sessionBearer": {"bearer": tokens.mint("session")},
        "anyBearer": {"bearer": tokens.mint("oauth")},
        "oauth2Client": {"username": "gateway", "password": secret},
    }
    answers, faults = let_loose(app, {"openapi": auth}, examples=5, stateful=True)
    assert not faults, "\n\n".join(faults)
    assert not [answer for answer in answers if answer[1] >= 500]
    assert answers >= {
        ("GET /verify", 204),
        ("GET /verify/envoy", 200),
        ("PATCH /verify/envoy/{path}", 200),
        ("GET /api/cascade.aaa/1.0/npm_token", 200),
        ("POST /api/common/1.0/oauth/codes", 201),
        ("DELETE /api/v2/auth/token", 204),
        ("GET /session", 200),
        ("GET /user", 200),
        ("POST /oauth2/introspect", 200),
        ("POST /oauth2/revoke", 200),
    }
