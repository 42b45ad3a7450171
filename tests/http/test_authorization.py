"""The Authorization and Cookie headers, parsed once for everybody."""

from base64 import b64encode

import pytest

from app.core.refusals import Refused
from app.http.authorization import (
    Basic,
    Bearer,
    client_credentials,
    cookie_value,
    parse_authorization,
)
from app.http.http_refusals import HttpRefusal
from tests.cases import each


def encoded(text: bytes) -> str:
    return b64encode(text).decode()


@each(
    ("header", "found"),
    [
        (None, None),
        ("", None),
        ("   ", None),
        ("Digest username=x", None),
        ("token-alone", None),
        ("Bearer abc", Bearer("abc")),
        ("bEARER   abc==", Bearer("abc==")),
        ("SignedBearer a.b.c", Bearer("a.b.c")),
        (f"Basic {encoded(b'John.Doo:a:b')}", Basic("John.Doo", "a:b")),
        (f"BASIC  {encoded('Jörg:päss'.encode())} ", Basic("Jörg", "päss")),
        (f"Basic {encoded(b':')}", Basic("", "")),
    ],
)
def test_a_header_is_basic_or_bearer_credentials_or_none_of_ours(header, found):
    assert parse_authorization(header) == found


def test_basic_credentials_with_a_nul_are_the_cores_to_refuse_like_any_others():
    assert parse_authorization("Basic " + encoded(b"a:b\0")) == Basic("a", "b\0")


@pytest.mark.parametrize(
    ("pair", "readings"),
    [
        (b"a:b", [("a", "b")]),
        (b"a%3A:b+c", [("a:", "b c"), ("a%3A", "b+c")]),
        (b"a:b\0", [("a", "b\ufffd")]),
        (b"a:%00", [("a", "\ufffd"), ("a", "%00")]),
        (b"%ff:%ED%A0%80", [("\ufffd", "\ufffd" * 3), ("%ff", "%ED%A0%80")]),
    ],
)
def test_what_is_no_text_in_a_clients_credentials_matches_nothing(pair, readings):
    assert client_credentials("Basic " + encoded(pair)) == readings


def test_a_cookie_header_that_no_browser_sends_holds_none_of_ours():
    assert cookie_value("SESSID=a; b=" + "c" * (16 * 1024), "SESSID") is None


@each(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + encoded(b"no colon"),
        "Basic " + encoded(b"\xff\xfe"),
        "Basic " + encoded(b"a:b")[:-1],
        "Bearer",
        "Bearer a b",
        "Bearer =",
        "Bearer \u00e9",
        "SignedBearer a\tb",
    ],
)
def test_a_known_scheme_with_undecodable_credentials_is_a_malformed_header(header):
    with pytest.raises(Refused) as caught:
        parse_authorization(header)
    assert caught.value.refusal is HttpRefusal.HEADER_MALFORMED
    # What was decoded so far, a password perhaps, must not hang on the exception.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_credentials_do_not_print_themselves():
    assert "secret" not in repr((Basic("secret", "secret"), Bearer("secret")))


@each(
    ("header", "value"),
    [
        (None, None),
        ("", None),
        ("other=1", None),
        ("XSESSID=a", None),
        ("SESSID=", None),
        ("SESSID", None),
        ("SESSID=abc", "abc"),
        ('a=1;SESSID="abc" ;b=2', "abc"),
        ("SESSID=first; SESSID=second", None),
        ("SESSID=first;SESSID=second;SESSID=first", None),
        ("SESSID=abc; SESSID=ab", None),
        ("SESSID=abc; SESSID=abc", "abc"),
        ('SESSID=abc; a=1; SESSID="abc"', "abc"),
        ("SESSID=; SESSID=abc; SESSID", "abc"),
        ('SESSID=""; SESSID=', None),
        ('SESSID=" ";', " "),
        ('SESSID="', '"'),
        ("sessid=other; SESSID=abc", "abc"),
        ('a="b; SESSID=abc"', 'abc"'),
        ("\tSESSID = abc\t", "abc"),
        ("SESSID=a=b", "a=b"),
        ('prefs={"a": [1, 2]}; SESSID=abc', "abc"),
        ("name=J\u00f6rg; SESSID=abc", "abc"),
    ],
)
def test_a_cookie_has_one_value_or_none_whatever_the_others_hold(header, value):
    assert cookie_value(header, "SESSID") == value
