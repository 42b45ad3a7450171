"""Hostile JSON (expensive, ambiguous, smuggled) is refused at once, in each dialect's shape.

XML abuse stands with the dialect that takes XML, ``tests/dialects/login/test_xml.py``.
"""

import base64
import gzip
import time

import pytest
from flask.testing import FlaskClient

from tests.cases import each
from tests.factories import Identities

CLIENT = {"x-koms-clientid": "koms-web"}
DOORS = {
    "/api/common/1.0/login": ("error_id", "REQUEST_INVALID_INPUT", "username"),
    "/api/v2/auth/token": ("errorCode", "GEN_1001", "username"),
    "/session": ("errorType", "BadRequest", "email"),
    "/login": ("Result", None, "UserLogin"),
}

ABUSES = {
    "nested 30,000 deep": b"[" * 30_000 + b"]" * 30_000,
    "objects nested 10,000 deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested and never closed": b'{"a":' * 10_000,
    "a key twice": b'{"%(name)s":"a","%(name)s":"b","password":"c"}',
    "a key twice, once escaped": b'{"%(name)s":"a","password":"c","p\\u0061ssword":"d"}',
    "a key twice further down": b'{"%(name)s":"a","password":"c","x":{"y":1,"y":2}}',
    "a number of 60,000 digits": b'{"%(name)s":' + b"9" * 60_000 + b"}",
    "a number beyond all": b'{"%(name)s":1e999999}',
    "NaN": b'{"%(name)s":NaN}',
    "Infinity": b'{"%(name)s":-Infinity}',
    "half a surrogate pair": b'{"%(name)s":"\\ud800","password":"\\udfff","ApiKey":"\\ud800"}',
    "NUL": b'{"%(name)s":"a\\u0000b","password":"c\\u0000","ApiKey":"\\u0000"}',
    "a bare NUL": b'{"%(name)s":"a\0b"}',
    "a bare line end in a string": b'{"%(name)s":"a\nb"}',
    "invalid UTF-8": b'{"%(name)s":"\xff\xfe"}',
    "an overlong UTF-8 form": b'{"%(name)s":"\xc0\x80"}',
    "a surrogate in UTF-8": b'{"%(name)s":"\xed\xa0\x80"}',
    "UTF-16 that says nothing of it": '{"a":1}'.encode("utf-16"),
    "UTF-7": b"+AHsAfQ-",
    "a comment": b'{/*"*/"%(name)s":"a"}',
    "single quotes": b"{'%(name)s':'a'}",
    "two documents": b'{"%(name)s":"a"}{"%(name)s":"b"}',
    "a list of strings": b'{"%(name)s":["a"],"password":["b"],"ApiKey":["c"]}',
    "an object for a string": b'{"%(name)s":{"$ne":""},"password":{"$gt":""},"ApiKey":{"$ne":""}}',
    "true for a string": b'{"%(name)s":true,"password":true,"ApiKey":true}',
    "null": b"null",
    "ten thousand keys": b"{%s}" % b",".join(b'"%d":0' % number for number in range(6_000)),
    "nothing": b"",
}


@pytest.fixture
def client(client: FlaskClient, identities: Identities) -> FlaskClient:
    """It names an application that the service knows."""
    identities.client("koms-web")
    return client


@pytest.fixture
def secret(identities: Identities) -> str:
    """Of an application that may ask about tokens."""
    secret = identities.client("gateway", confidential=True)
    assert secret is not None
    return secret


@each("path", list(DOORS))
@each("abuse", ABUSES)
def test_an_abuse_gets_a_prompt_answer_in_the_dialects_own_shape(
    client: FlaskClient, rows, path: str, abuse: bytes
):
    key, code, name = DOORS[path]
    body = abuse.replace(b"%(name)s", name.encode())
    assert len(body) <= 64 * 1024
    started = time.process_time()
    response = client.post(path, data=body, content_type="application/json", headers=CLIENT)
    assert time.process_time() - started < 0.5
    assert response.status_code == 400, response.text
    told = response.json[key]
    assert told["Code"] == 1002 if code is None else told == code
    assert rows("SELECT * FROM audit_events WHERE event = 'login_refused'") == []


@each("path", list(DOORS))
@each("content_type", ["application/json; charset=utf-7", "application/json; charset=x"])
def test_nobody_chooses_a_codec(client: FlaskClient, path: str, content_type: str):
    response = client.post(path, data=b"+AHsAfQ-", content_type=content_type, headers=CLIENT)
    assert response.status_code in (400, 415)
    assert DOORS[path][0] in response.json


@each("path", list(DOORS))
def test_a_byte_over_64_kib_is_refused_whatever_it_says(client: FlaskClient, path: str):
    body = b'{"a":"' + b"x" * (64 * 1024 - 7) + b'"}'
    assert len(body) == 64 * 1024 + 1
    response = client.post(path, data=body, content_type="application/json", headers=CLIENT)
    assert response.status_code == 413
    assert DOORS[path][0] in response.json


@each("path", [*DOORS, "/oauth2/introspect"])
@each("coding", ["gzip", "GZIP, identity", "br", "x"])
def test_a_compressed_body_is_refused_before_it_is_read(
    client: FlaskClient, secret: str, rows, path: str, coding: str
):
    headers = {**CLIENT, "Content-Encoding": coding}
    kind = "application/json"
    if path.startswith("/oauth2"):
        pair = base64.b64encode(f"gateway:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
        kind = "application/x-www-form-urlencoded"
    response = client.post(path, data=gzip.compress(b"{}"), content_type=kind, headers=headers)
    # AAA's documentation has no 415.
    assert response.status_code == (400 if path.startswith("/api/common") else 415), response.text
    assert DOORS.get(path, ("error",))[0] in response.json or "status" in response.json
    assert rows("SELECT * FROM audit_events WHERE event = 'login_refused'") == []


def test_a_body_that_says_it_is_not_compressed_is_read(client: FlaskClient, identities):
    somebody = identities.add()
    body = {"username": somebody.username, "password": somebody.password}
    headers = {"Content-Encoding": "identity"}
    assert client.post("/api/common/1.0/login", json=body, headers=headers).status_code == 200
