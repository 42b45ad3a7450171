"""Whole requests through the WSGI application: never a 500, never HTML, always the dialect's shape."""

import base64
import json
from io import BytesIO
from typing import Any, NamedTuple
from xml.etree import ElementTree

from defusedxml.ElementTree import fromstring
from hypothesis import strategies as st

from .harness import Target
from .house import CLIENT, LOGIN, PASSWORD, House
from .mutations import header, raw, texts
from .parsers import FORMS, JSON, XML

METHODS = (
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "get",
    "X",
)
TYPES = (
    "application/json", "application/json; charset=utf-8", "APPLICATION/JSON;charset=utf-16", "text/json",
    "application/xml", "text/xml; charset=iso-8859-1", "application/x-www-form-urlencoded", "", "text/html",
    "multipart/form-data; boundary=a", "application/json; charset", ";", "a/b; c*=utf-8''%ff", "*/*",
    "text/html, application/xml;q=0.9, */*;q=0.1", "application/xml;q=2", "text/*;q=0", "a/b;q=x",
)  # fmt: skip
# What answers a browser with HTML.
PAGES = ("/", "/docs")


class Sent(NamedTuple):
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def requests(house: House) -> list[Target]:
    routes = sorted({_filled(rule.rule) for rule in house.app.url_map.iter_rules()})
    tokens = sorted(house.live | house.refresh)
    basic = base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
    authorizations = [f"Basic {basic}", *(f"Bearer {token}" for token in tokens)]
    bodies = [*JSON, *FORMS, *XML, *_right_bodies(house)]
    one = st.builds(
        Sent,
        st.sampled_from(METHODS),
        st.one_of(st.sampled_from(routes), texts(routes).map(_path)),
        st.one_of(st.just(""), header([f"Token={token}&state=a" for token in tokens])),
        st.fixed_dictionaries(
            {},
            optional={
                "CONTENT_TYPE": st.one_of(st.sampled_from(TYPES), header(TYPES)),
                "HTTP_ACCEPT": st.one_of(st.sampled_from(TYPES), header(TYPES)),
                "HTTP_AUTHORIZATION": header(authorizations),
                "HTTP_COOKIE": header([f"SESSID={token}; a=b" for token in tokens]),
                "HTTP_X_KOMS_CLIENTID": st.one_of(st.just(CLIENT), header([CLIENT])),
                "HTTP_X_REQUEST_ID": header(["a-request.1"]),
                "HTTP_X_FORWARDED_FOR": header(["192.0.2.1, ::1"]),
                "HTTP_X_FORWARDED_URI": header([f"/a?Token={tokens[0]}"]),
                "HTTP_SEC_FETCH_SITE": header(["cross-site"]),
                "HTTP_ORIGIN": header(["https://example.com"]),
                "HTTP_HOST": header(["auth.example.com:443"]),
                "HTTP_TRANSFER_ENCODING": st.just("chunked"),
            },
        ),
        raw(bodies, "utf-8", "utf-16"),
    )
    return [Target("requests", one, lambda sent: check(house, sent))]


def check(house: House, sent: Sent) -> None:
    """Raises AssertionError if the contract has no such answer."""
    status, headers, body = answer(house, sent)
    at = f"{sent.method} {sent.path!r} got {status} {body[:300]!r}"
    assert 200 <= status < 500, at
    media_type = headers.get("content-type", "").partition(";")[0]
    if media_type == "text/html":
        assert sent.path in PAGES, at
        assert headers["content-security-policy"], at
    assert headers["x-content-type-options"] == "nosniff", at
    assert headers["x-request-id"], at
    assert all(text.isprintable() and text.isascii() for text in headers.values()), at
    if status == 401:
        assert headers["www-authenticate"], at
    if status == 405:
        assert headers["allow"], at
    if status == 429:
        assert int(headers["retry-after"]) > 0, at
    if status >= 400 and sent.method != "HEAD":
        _check_shape(house, sent.path, media_type, body, at)
    for secret in (PASSWORD, house.api_key, house.code):
        assert secret.encode() not in body, at


def _check_shape(house: House, path: str, media_type: str, body: bytes, at: str) -> None:
    watchword = house.app.extensions["watchword"]
    dialect = watchword.pages.dialect_of(path)
    assert media_type in dialect.error_media_types, at
    if media_type.endswith("xml"):
        document: ElementTree.Element = fromstring(body)
        assert [document.tag, *(child.tag for child in document)] == ["Response", "Result"], at
    else:
        assert not dialect.error_schema.validate(json.loads(body)), at


def answer(house: House, sent: Sent) -> tuple[int, dict[str, str], bytes]:
    """The application's answer, when called as a WSGI server calls it (PEP 3333)."""
    environ = {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": sent.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": sent.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(sent.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **sent.headers,
    }
    if "HTTP_TRANSFER_ENCODING" not in sent.headers:
        environ["CONTENT_LENGTH"] = str(len(sent.body))
    started: list[Any] = []
    chunks = house.app(
        environ, lambda status, headers, _error=None: started.extend((status, headers))
    )
    body = b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
    status, headers = started
    return int(status.split()[0]), {name.lower(): text for name, text in headers}, body


def _right_bodies(house: House) -> list[str]:
    return [
        json.dumps({"account_type": "traditional", "email": LOGIN, "password": PASSWORD}),
        json.dumps({"username": LOGIN, "password": PASSWORD, "new_password": PASSWORD}),
        json.dumps({"UserLogin": LOGIN, "ApiKey": house.api_key}),
        *(json.dumps({"refresh_token": token, "refreshToken": token}) for token in house.refresh),
        f"grant_type=access_code&assertion=eyJhbGciOiJub25lIn0.{house.code}.&state=1",
        *(f"token={token}" for token in house.live),
    ]


def _filled(rule: str) -> str:
    return rule.replace("<int:code_id>", "1").partition("<")[0] or "/"


def _path(text: str) -> str:
    """Starts with a slash, as every path that a server passes on."""
    return "/" + text.lstrip("/").partition("?")[0].replace("\0", "%00")
