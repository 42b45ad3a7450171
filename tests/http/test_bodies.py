"""A body has one meaning, or it is refused by name."""

import io
import json

import pytest
from flask import Request
from marshmallow import EXCLUDE, Schema, fields
from werkzeug.exceptions import ClientDisconnected
from werkzeug.test import EnvironBuilder

from app.core.refusals import Refused
from app.http.bodies import FormBody, JsonBody, is_clean, parse_form, parse_json
from app.http.http_refusals import HttpRefusal
from app.http.media import charset, media_type
from tests.cases import each


class Login(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True)
    age = fields.Integer(strict=True)


def request(data: bytes, content_type: str | None = "application/json", **environ) -> Request:
    built = EnvironBuilder(method="POST", data=data, content_type=content_type).get_environ()
    return Request({**built, **environ})


def refusal_of(load, *values) -> tuple[HttpRefusal, str | None]:
    with pytest.raises(Refused) as caught:
        load(*values)
    return caught.value.refusal, caught.value.detail


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("application/json", b'{"name": "J\xc3\xb6rg", "extra": [1]}'),
        ("Application/JSON; charset=UTF-8", b'\xef\xbb\xbf{"name": "J\\u00f6rg"}'),
        ('application/json;charset="iso-8859-1"', b'{"name": "J\xf6rg"}'),
        ("application/json; charset=utf-16", '{"name": "Jörg"}'.encode("utf-16")),
    ],
)
def test_json_is_read_in_its_charset_and_unknown_fields_are_ignored(content_type, raw):
    assert JsonBody(Login()).load(request(raw, content_type)) == {"name": "Jörg"}


@each(
    ("raw", "refusal", "detail"),
    [
        (b"", HttpRefusal.BODY_MALFORMED, "the body is not valid JSON"),
        (b"{", HttpRefusal.BODY_MALFORMED, "the body is not valid JSON"),
        (b'{"name": "\xff"}', HttpRefusal.BODY_MALFORMED, "the body is not valid JSON"),
        (b'{"name": NaN}', HttpRefusal.BODY_MALFORMED, "the body is not valid JSON"),
        (b"[" * 50_000, HttpRefusal.BODY_MALFORMED, "the body is not valid JSON"),
        (b"1" * 5_000, HttpRefusal.BODY_MALFORMED, "the body is not valid JSON"),
        (
            b'{"name": "a", "name": "a"}',
            HttpRefusal.BODY_MALFORMED,
            "a key stands in the JSON object twice",
        ),
        (
            b'{"name": "a", "x": {"y": 1, "y": 2}}',
            HttpRefusal.BODY_MALFORMED,
            "a key stands in the JSON object twice",
        ),
        (b"[]", HttpRefusal.BODY_INVALID, "the body is not a JSON object"),
        (b"null", HttpRefusal.BODY_INVALID, "the body is not a JSON object"),
        (b"{}", HttpRefusal.BODY_INVALID, "name: Missing data for required field."),
        (b'{"name": null}', HttpRefusal.BODY_INVALID, "name: Field may not be null."),
        (b'{"name": 1}', HttpRefusal.BODY_INVALID, "name: Not a valid string."),
        (b'{"name": "a\\u0000"}', HttpRefusal.BODY_INVALID, "name: Not a valid string."),
        (b'{"name": "\\ud800"}', HttpRefusal.BODY_INVALID, "name: Not a valid string."),
        (
            b'{"age": "1"}',
            HttpRefusal.BODY_INVALID,
            "age: Not a valid integer.; name: Missing data for required field.",
        ),
    ],
)
def test_what_is_no_such_json_object_is_refused_with_the_fault(raw, refusal, detail):
    assert refusal_of(JsonBody(Login()).load, request(raw)) == (refusal, detail)


@each("content_type", [None, "", "text/plain", "application/jsonx", "multipart/form-data", ";"])
def test_another_media_type_is_refused_before_the_body_is_parsed(content_type):
    refusal, detail = refusal_of(JsonBody(Login()).load, request(b"{", content_type))
    assert (refusal, detail) == (HttpRefusal.MEDIA_TYPE_UNSUPPORTED, "send application/json")


@each("name", ["utf-7", "rot13", "idna", "zip", "utf-32", "nonsense"])
def test_nobody_chooses_among_all_of_pythons_codecs(name):
    assert refusal_of(parse_json, b"{}", name)[0] is HttpRefusal.MEDIA_TYPE_UNSUPPORTED


def test_an_optional_body_may_be_absent_and_is_read_if_it_is_there():
    class Optional(Schema):
        name = fields.String()

    body = JsonBody(Optional(), required=False)
    assert body.load(request(b"", None)) == {}
    assert body.load(request(b'{"name": "a"}')) == {"name": "a"}
    assert refusal_of(body.load, request(b"x", None))[0] is HttpRefusal.MEDIA_TYPE_UNSUPPORTED


def test_a_body_over_64_kib_is_refused_chunked_ones_too(app):
    text = json.dumps({"name": "x" * 70_000}).encode()
    for environ in (
        {},
        {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    ):
        with app.app_context():
            found = refusal_of(
                JsonBody(Login()).load, request(text, **{**environ, "wsgi.input": io.BytesIO(text)})
            )
        assert found == (HttpRefusal.BODY_TOO_LARGE, None)


def test_a_body_of_which_64_kib_is_the_whole_is_taken(app):
    frame = len('{"name": ""}')
    text = json.dumps({"name": "x" * (64 * 1024 - frame)}).encode()
    with app.app_context():
        assert len(JsonBody(Login()).load(request(text))["name"]) == 64 * 1024 - frame


@pytest.mark.parametrize("error", [OSError, ClientDisconnected])
def test_a_client_that_leaves_before_the_end_is_refused(error):
    class Broken(io.BytesIO):
        def read(self, *_size):
            raise error

    broken = {"wsgi.input": Broken(), "CONTENT_LENGTH": "10"}
    found = refusal_of(JsonBody(Login()).load, request(b"", **broken))
    assert found == (HttpRefusal.BODY_MALFORMED, "the body ended early")


FORM = "application/x-www-form-urlencoded"


def test_a_form_is_decoded_and_may_do_without_a_media_type_only_where_that_is_tolerated():
    raw = b"name=J%C3%B6rg+D&extra="
    assert FormBody(Login()).load(request(raw, FORM)) == {"name": "Jörg D"}
    tolerant = FormBody(Login(), media_type_optional=True)
    assert tolerant.load(request(raw, None)) == {"name": "Jörg D"}
    for body, content_type in ((FormBody(Login()), None), (tolerant, "application/json")):
        found = refusal_of(body.load, request(raw, content_type))
        assert found[0] is HttpRefusal.MEDIA_TYPE_UNSUPPORTED


@pytest.mark.parametrize("raw", [b"name=%ff", b"name=\xc3\xb6", b"&".join([b"a=1"] * 51)])
def test_a_form_that_is_not_valid_is_refused(raw):
    assert refusal_of(parse_form, raw) == (HttpRefusal.BODY_MALFORMED, "the form is not valid")


@pytest.mark.parametrize("value", ["%00", "%ff", "a%ED%A0%80", "%C3", "%00%ff"])
def test_a_field_of_any_text_is_cleaned_and_no_other_is(value):
    lenient = FormBody(Login(), any_text=frozenset({"name"}))
    fields = lenient.load(request(f"name={value}".encode(), FORM))
    assert is_clean(fields["name"])
    assert "\ufffd" in fields["name"]
    for body, raw in ((FormBody(Login()), f"name={value}"), (lenient, f"name=a&{value}=b%ff")):
        found = refusal_of(body.load, request(raw.encode(), FORM))
        assert found[0] in (HttpRefusal.BODY_MALFORMED, HttpRefusal.BODY_INVALID)


def test_a_field_that_stands_in_a_form_twice_is_refused():
    found = refusal_of(parse_form, b"a=1&b=2&a=1")
    assert found == (HttpRefusal.BODY_MALFORMED, "a field stands in the form twice")


def test_clean_text_has_neither_nul_nor_half_of_a_surrogate_pair():
    assert is_clean("Jörg \U0001f511\n\x7f")
    assert not is_clean("a\0")
    assert not is_clean("\udc80")


@each(
    ("header", "name", "encoding"),
    [
        (None, "", None),
        ("", "", None),
        ("TEXT/XML", "text/xml", None),
        ("application/json; Charset=UTF-8; x=y", "application/json", "utf-8"),
        ('text/xml; charset="utf-16"', "text/xml", "utf-16"),
        ("application/json; charset=", "application/json", None),
        (";;;", "", None),
    ],
)
def test_a_content_type_is_a_media_type_and_perhaps_a_charset(header, name, encoding):
    assert (media_type(header), charset(header)) == (name, encoding)
