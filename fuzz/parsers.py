"""The body parsers, the Authorization header, and the wrapper of an access code."""

import base64
import json
from urllib.parse import urlencode

from hypothesis import strategies as st

from app.dialects.aaa.assertion import access_code
from app.dialects.login import xml
from app.doors.verify import presented_token
from app.http.authorization import Basic, Bearer, cookie_value, parse_authorization
from app.http.bodies import parse_form, parse_json
from app.http.media import CHARSETS

from .harness import Target
from .house import House
from .mutations import header, mangled, raw, texts

JSON = (
    '{"username": "a@example.com", "password": "pass word"}',
    '{"UserLogin":"a","ApiKey":"hDn/LFXIPESM036W+s7VKg==","Result":{"Message":[1,2.5,null,true]}}',
    '{"a":"\\ud83d\\ude00\\n","b":[{"c":{}}],"d":-1.5e-3}',
)
FORMS = (
    "grant_type=access_code&assertion=eyJhbGciOiJub25lIn0.abc.&state=x%20y",
    "token=a&b=&c=%C3%A9+d",
)
XML = (
    "<Request><UserLogin>a</UserLogin><ApiKey>b</ApiKey></Request>",
    '<?xml version="1.0" encoding="utf-8"?><x:Request xmlns:x="urn:a" b="c"><x:ApiKey>&lt;&#65;</x:ApiKey>'
    "<x:Result><x:Code>1</x:Code></x:Result><!-- d --></x:Request>",
)
XML_CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1")
ENCODINGS = (None, *CHARSETS, "rot13", "utf-7", "idna", "base64", "")


def check_json(given: tuple[bytes, str | None]) -> None:
    body, encoding = given
    fields = parse_json(body, encoding)
    assert isinstance(fields, dict)
    again = json.dumps(fields)
    # A number too large for a double becomes infinity, which JSON cannot express.
    if "Infinity" not in again:
        assert parse_json(again.encode()) == fields


def check_form(body: bytes) -> None:
    fields = parse_form(body)
    assert all(isinstance(part, str) for pair in fields.items() for part in pair)
    if fields:
        assert parse_form(urlencode(fields).encode()) == fields


def check_xml(given: tuple[bytes, str | None]) -> None:
    body, encoding = given
    fields = xml.parse(body, encoding, "Request", frozenset({"UserLogin", "ApiKey"}))
    for name, value in fields.items():
        assert isinstance(name, str)
        assert value == {} or isinstance(value, str)
        # An XML entity could expand to more text than was sent.
        assert len(value) <= 4 * len(body)


def check_authorization(given: tuple[str, str]) -> None:
    value, cookie = given
    found = cookie_value(cookie, "SESSID")
    assert found is None or isinstance(found, str)
    environ = {"HTTP_AUTHORIZATION": value, "HTTP_COOKIE": cookie, "QUERY_STRING": cookie}
    token = presented_token({**environ, "PATH_INFO": "/verify"})
    assert token is None or isinstance(token, str)
    credentials = parse_authorization(value)
    match credentials:
        case Bearer(token):
            assert token.isascii()
            assert value.split(None, 1)[1].strip() == token
        case Basic(username, password):
            sent = base64.b64decode(value.split(None, 1)[1].strip())
            # UTF-8, else Latin-1 (RFC 7617 leaves it open).
            assert sent in [
                f"{username}:{password}".encode(c, "ignore") for c in ("utf-8", "latin-1")
            ]
    assert "…" in repr(credentials) or credentials is None


def parsers(house: House) -> list[Target]:
    basic = base64.b64encode(b"a@example.com:pass word").decode()
    headers = [
        f"Basic {basic}",
        *(f"{s} {token}" for s in ("Bearer", "SignedBearer") for token in house.live),
    ]
    cookies = [f"SESSID={token}; a=b" for token in house.live]
    wrapper = base64.urlsafe_b64encode(b'{"alg": "none"}').decode()
    wrapped = [f"{text}.{house.code}." for text in (wrapper, wrapper.rstrip("="))]

    def check_assertion(assertion: str) -> None:
        code = access_code(assertion)
        assert "." not in code
        head, between, end = assertion.partition(f".{code}.")
        assert (between, end) == (f".{code}.", "")
        assert json.loads(base64.urlsafe_b64decode(_padded(head))) == {"alg": "none"}

    encodings = st.sampled_from(ENCODINGS)
    return [
        Target("json", st.tuples(raw(JSON, "utf-8", "utf-8-sig", "utf-16"), encodings), check_json),
        Target("form", raw(FORMS), check_form),
        Target("xml", st.tuples(raw(XML, *XML_CODECS), encodings), check_xml),
        Target("authorization", st.tuples(header(headers), header(cookies)), check_authorization),
        Target("assertion", st.one_of(mangled(wrapped), texts(wrapped)), check_assertion),
    ]


def _padded(text: str) -> str:
    bare = text.rstrip("=").replace("+", "-").replace("/", "_")
    return bare + "=" * (-len(bare) % 4)
