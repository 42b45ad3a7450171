"""The answer's format follows ``Accept`` (RFC 9110 section 12.5.1), else the request's."""

import time
from contextlib import suppress

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from app.core.refusals import Refused
from app.dialects.login.negotiation import answer_type
from tests.cases import each

from .conftest import TYPES, assert_refused, body_in, post

JSON, TEXT_JSON, XML, TEXT_XML = TYPES


@pytest.mark.parametrize("request_type", TYPES)
def test_where_anything_will_do_the_answer_mirrors_the_request(client, john, request_type: str):
    assert post(client, request_type).content_type == f"{request_type}; charset=utf-8"
    for accept in ("", "*/*", "*", "*/*;q=0.1", "text/html, */*;q=0.5"):
        response = post(client, request_type, Accept=accept)
        assert response.status_code == 200
        assert response.content_type == f"{request_type}; charset=utf-8"


@pytest.mark.parametrize("request_type", TYPES)
def test_each_type_can_be_asked_for_whatever_the_request_was(client, john, request_type: str):
    for asked_for in TYPES:
        response = post(client, request_type, Accept=asked_for)
        assert response.status_code == 200
        assert response.content_type == f"{asked_for}; charset=utf-8"
        assert response.data.startswith(b"{" if asked_for.endswith("json") else b"<Response>")


@pytest.fixture(scope="module")
def asked():
    """A request that only says its types."""

    def build(request_type: str, accept: str) -> Request:
        headers = {"Content-Type": request_type, "Accept": accept}
        return Request(EnvironBuilder("/login", method="POST", headers=headers).get_environ())

    return build


@each(
    ("request_type", "accept", "expected"),
    [
        # a wildcard for the subtype leaves the syntax to the request
        (JSON, "application/*", JSON),
        (XML, "application/*", XML),
        (TEXT_JSON, "application/*", JSON),
        (TEXT_XML, "application/*", XML),
        (JSON, "text/*", TEXT_JSON),
        (XML, "text/*", TEXT_XML),
        # weights
        (JSON, "application/json;q=0.5, application/xml;q=0.6", XML),
        (JSON, "application/json;q=0.5, text/xml", TEXT_XML),
        (XML, "application/xml;q=0.001, */*;q=0", XML),
        (JSON, "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", XML),
        # the most specific range gives a type its weight, wherever it stands
        (JSON, "*/*, application/json;q=0.1, text/*;q=0.2, application/xml;q=0.3", XML),
        (JSON, "application/*;q=0.9, application/json;q=0.2, text/*;q=0.1", XML),
        (JSON, "application/json;q=0.1, application/json;charset=utf-8", JSON),
        # q=0 excludes
        (JSON, "application/json;q=0, */*", TEXT_JSON),
        (JSON, "application/*;q=0, */*;q=0.1", TEXT_JSON),
        (JSON, "application/json;q=0, text/json;q=0, */*;q=0.1", XML),
        (XML, "*/*;q=0, text/json;q=0.1", TEXT_JSON),
        # equal weights: named in full, then of the request's type, then of its syntax
        (JSON, "application/xml, */*", XML),
        (JSON, "text/xml, application/json", JSON),
        (TEXT_XML, "application/json, application/xml", XML),
        (TEXT_XML, "text/*, application/json", JSON),
        # spelling
        (JSON, "APPLICATION/XML;Q=1.0", XML),
        (JSON, "application/xml;charset=UTF-8", XML),
        (JSON, 'application/xml; charset="utf-8"', XML),
        (JSON, " , ,application/xml , ", XML),
        (JSON, "application/xml; ;q=0.5, application/json; ; q=0.1", XML),
        (JSON, "application/xml;q=7, application/json;q=0.1", JSON),
        (JSON, "application/xml;q=7", JSON),
        (JSON, "nonsense, application/xml", XML),
        (JSON, "*/xml, text/xml;q=0.1", TEXT_XML),
    ],
)
def test_accept_is_weighed_as_rfc_9110_says(asked, request_type, accept, expected):
    assert answer_type(asked(request_type, accept)) == expected


# What HTTP clients send where nobody told them what to ask for.
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
IN_THE_FIELD = {
    "Java to 17": JAVA,
    "Java from 18": "text/html, image/gif, image/jpeg, */*; q=0.2",
    "axios": "application/json, text/plain, */*",
    "jQuery, any type": "*/*; q=0.01",
    "jQuery, json": "application/json, text/javascript, */*; q=0.01",
    "jQuery, xml": "application/xml, text/xml, */*; q=0.01",
    "curl, fetch, requests, Ruby": "*/*",
    "rest-client for Ruby, old": "*/*; q=0.5, application/xml",
    "RestSharp": "application/json, text/json, text/x-json, text/javascript, application/xml,"
    " text/xml",
    "RestSharp, old": "application/json, application/xml, text/json, text/x-json,"
    " text/javascript, text/xml",
    "Spring, strings": "text/plain, application/json, application/*+json, */*",
    "Spring, XML": "application/xml, text/xml, application/json, application/*+xml,"
    " application/*+json",
    "Jersey": "text/html, image/gif, image/jpeg, *;q=.2, */*;q=.2",
    "Axis": "application/soap+xml, application/dime, multipart/related, text/*",
    "SOAP::Lite": "text/xml, multipart/*, application/soap",
    "NuSOAP, PEAR": "text/xml",
    "old PHP scripts": "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,"
    "text/plain;q=0.8,image/png,*/*;q=0.5",
    "Indy": "text/html, */*",
    "Internet Explorer": "image/gif, image/x-xbitmap, image/jpeg, image/pjpeg,"
    " application/vnd.ms-excel, */*",
    "lynx": "text/html, text/plain, text/sgml, */*;q=0.01",
    "browsers": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "*/*;q=0.8",
    "WinHTTP scripts": "application/json; charset=utf-8",
    "XMLHttpRequest of old Firefox": "application/json,text/javascript,*/*;q=0.01",
}


@pytest.mark.parametrize("request_type", TYPES)
def test_no_client_in_the_field_is_refused_for_its_accept(client, john, asked, request_type):
    for accept in IN_THE_FIELD.values():
        assert answer_type(asked(request_type, accept)) in TYPES
    response = post(client, request_type, Accept=JAVA)
    assert (response.status_code, response.mimetype) == (200, request_type)


@each(
    ("name", "for_json", "for_xml"),
    [
        ("Java to 17", JSON, XML),
        ("Java from 18", JSON, XML),
        ("axios", JSON, JSON),
        ("jQuery, any type", JSON, XML),
        ("jQuery, json", JSON, JSON),
        ("jQuery, xml", XML, XML),
        ("rest-client for Ruby, old", XML, XML),
        ("RestSharp", JSON, XML),
        ("Spring, strings", JSON, JSON),
        ("Axis", TEXT_JSON, TEXT_XML),
        ("browsers", XML, XML),
    ],
)
def test_clients_in_the_field_get_the_format_they_read_best(asked, name, for_json, for_xml):
    assert answer_type(asked(JSON, IN_THE_FIELD[name])) == for_json
    assert answer_type(asked(XML, IN_THE_FIELD[name])) == for_xml


@each(
    ("accept", "expected"),
    [
        ("application/json;q=.2, application/xml;q=.3", XML),
        ("application/json;q=1., application/xml;q=.999", JSON),
        ("application/json;q=0., application/xml;q=.1", XML),
        ("application/json;q=.0, */*;q=.1", TEXT_JSON),
        ("application/json ; Q = 0.1 , application/xml ; q = 0.2", XML),
        ("application/json;q=0.33333333, application/xml;q=0.5", XML),
        ('application/json;q="0.1", application/xml', XML),
        ("application/json;q=1.0;version=2, application/xml;q=0.5", JSON),
        ('application/json;profile="a,b;q=1\\";c", application/xml;q=0.1', XML),
        ('application/xml;q=0.5, application/json;profile="never closed, */*', XML),
        # what is no weight makes its element count for nothing
        ("application/json;q=., application/xml;q=0.1", XML),
        ("application/json;q=, application/xml;q=0.1", XML),
        ("application/json;q=1e0, application/xml;q=0.1", XML),
        ("application/json;q=-0.1, application/xml;q=0.1", XML),
        ("application/json;q=nan, application/xml;q=0.1", XML),
        ("application/json;q=\u0661, application/xml;q=0.1", XML),
    ],
)
def test_weights_are_read_as_clients_write_them(asked, accept, expected):
    assert answer_type(asked(JSON, accept)) == expected


@each(
    "accept",
    {
        "elements": "a," * 1_000,
        "parameters": "a/b;" * 500,
        "quotes": '"' * 2_000,
        "escapes": '"\\' * 1_000,
        "digits": "a;q=" + "9" * 2_000,
        "zeros": "*/*;q=0." + "0" * 2_000,
        "semicolons": ";" * 2_000,
        "nothing": ";,=,*," * 400,
        "open": 'a;b="' + ",;\\" * 650,
    },
)
def test_no_accept_header_costs_more_than_reading_it(asked, accept):
    request = asked(JSON, accept)
    started = time.process_time()
    with suppress(Refused):
        answer_type(request)
    assert time.process_time() - started < 0.05


@each(
    "accept",
    [
        "text/html",
        "image/*",
        "nonsense",
        "application/jsonp, application/problem+xml",
        "*/*;q=0",
        "application/*;q=0, text/*;q=0.0",
        "application/json;charset=utf-16",
        "application/json;version=2",
        "*/json",
        "/",
    ],
)
def test_where_nothing_is_acceptable_nothing_is_looked_up(client, john, rows, accept: str):
    for request_type in TYPES:
        assert_refused(post(client, request_type, Accept=accept), 406, [])
        assert_refused(post(client, request_type, b"<!broken", Accept=accept), 406, [])
    assert rows("SELECT id FROM sessions") == []
    assert rows("SELECT event FROM audit_events WHERE event = 'login_refused'") == []


@each(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/xhtml+xml",
        "json",
        "application/json, text/xml",
        ";",
    ],
)
def test_a_request_of_any_other_type_is_refused_in_json(client, john, rows, content_type):
    for accept in (None, "application/xml", "text/html"):
        headers = {"Content-Type": content_type, "Accept": accept}
        given = {name: value for name, value in headers.items() if value is not None}
        response = client.post("/login", data=body_in(JSON), headers=given)
        assert_refused(response, 415, [])
    assert rows("SELECT id FROM sessions") == []


def test_a_charset_that_nobody_speaks_is_a_media_type_that_nobody_takes(client, john):
    for media_type in TYPES:
        for charset in ("utf-7", "idna", "rot13", "punycode", "ebcdic-cp-us", "x"):
            response = post(client, f"{media_type};charset={charset}", body_in(media_type))
            assert_refused(response, 415, [], media_type)


@each(
    ("accept", "expected"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/xml", XML),
        ("text/*", TEXT_JSON),
        ("text/html", JSON),
    ],
)
def test_other_urls_and_methods_answer_by_accept_where_they_can(client, accept, expected):
    headers = {} if accept is None else {"Accept": accept}
    wrong_method = client.get("/login", headers=headers)
    assert_refused(wrong_method, 405, [], expected)
    assert wrong_method.headers["Allow"] == "POST"
    for path in ("/login/", "/login/x", "/login/../login"):
        assert_refused(client.post(path, headers=headers), 404, [], expected)


def test_only_post_is_allowed(client):
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        response = client.open("/login", method=method, headers={"Content-Type": "text/xml"})
        assert_refused(response, 405, [], TEXT_XML)


def test_a_url_that_is_only_alike_is_not_this_dialects(client):
    assert client.post("/loginx").content_type == "application/problem+json"
