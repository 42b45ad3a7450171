"""The console's cookies: the session, the secret behind the login form, and the note that is shown once.

Behind TLS their names begin with ``__Host-``, so that no other host of the domain can plant one (RFC 6265bis
section 4.1.3). Without TLS, which is for loopback, a browser would refuse that name.
"""

import re
from urllib.parse import quote, unquote

from flask import Request
from werkzeug.http import dump_cookie

from ..core import secrets
from ..http.authorization import cookie_value

PREFIX = "/console"
SESSION = "watchword-console"
LOGIN = "watchword-login"
NOTE = "watchword-note"
NOTE_SECONDS = 60
# 32 random bytes in base64url.
_SECRET = re.compile(r"[\w-]{43}", re.ASCII)


def name_of(request: Request, name: str) -> str:
    return f"__Host-{name}" if request.is_secure else name


def session_token(request: Request) -> str | None:
    """The token of the session that the browser has; None if it has none."""
    return cookie_value(request.environ.get("HTTP_COOKIE"), name_of(request, SESSION))


def set_session(request: Request, token: str) -> str:
    """A ``Set-Cookie`` that lasts until the browser is closed. The row says when the session ends."""
    return _dump(request, SESSION, token, None)


def forget_session(request: Request) -> str:
    return _dump(request, SESSION, "", 0)


def login_secret(request: Request) -> str | None:
    """The secret that signs the login form of this browser, before there is a session; None if it has none.

    All tabs share it, and the service keeps nothing of it. So a form is good in each tab, and after a
    restart, until somebody logs in.
    """
    value = cookie_value(request.environ.get("HTTP_COOKIE"), name_of(request, LOGIN))
    return value if value and _SECRET.fullmatch(value) else None


def set_login_secret(request: Request, secret: str) -> str:
    return _dump(request, LOGIN, secret, None)


def forget_login_secret(request: Request) -> str:
    """After a login: what was known of the secret before is worth nothing (session fixation)."""
    return _dump(request, LOGIN, "", 0)


def set_note(request: Request, token: str, text: str) -> str:
    """A ``Set-Cookie`` with a sentence for the next page, signed with the session's token."""
    value = quote(text, safe="")
    return _dump(request, NOTE, f"{value}.{secrets.mac(token, 'note', value)}", NOTE_SECONDS)


def forget_note(request: Request) -> str:
    return _dump(request, NOTE, "", 0)


def note(request: Request, token: str) -> str | None:
    """The sentence, if this session wrote it."""
    cookie = cookie_value(request.environ.get("HTTP_COOKIE"), name_of(request, NOTE))
    if cookie is None:
        return None
    value, _, signature = cookie.rpartition(".")
    genuine = secrets.same(secrets.mac(token, "note", value).encode(), signature.encode())
    return unquote(value) if genuine else None


def _dump(request: Request, name: str, value: str, max_age: int | None) -> str:
    return dump_cookie(
        name_of(request, name),
        value,
        max_age=max_age,
        path="/" if request.is_secure else PREFIX,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
    )
