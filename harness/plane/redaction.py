"""What the journal keeps of a message: no password, no key, and a stable name for every token.

Two entries that show ``access#3`` carried the same token.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

REDACTED = "[redacted]"
# Fields of the dialects' documents, and headers, whose values are secrets.
SECRETS = frozenset(
    {"password", "new_password", "newpassword", "old_password", "oldpassword", "currentpassword"}
    | {"apikey", "api_key", "secret", "client_secret", "access_code", "code", "assertion"}
)
# A text is cut into words first, so that a long one is looked at once and not from each of its letters.
_WORD = re.compile(r"[A-Za-z0-9_.~-]{32,}")
# A JWT, a sealed token, a UUID or 64 hexadecimal digits: the forms that tokens have.
_TOKEN = re.compile(
    r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
    r"|[A-Za-z0-9_-]+~[A-Za-z0-9_-]+"
    r"|[0-9a-fA-F]{64}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_XML_SECRET = re.compile(r"<(ApiKey)>[^<]*</\1>", re.IGNORECASE)


class Names:
    """Gives each token its name: what kind of token it is, and a number."""

    def __init__(self) -> None:
        self._kind_of: Callable[[str], str | None] = lambda _token: None
        self._names: dict[str, str | None] = {}
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def look_up(self, kind_of: Callable[[str], str | None]) -> None:
        """Ask ``kind_of`` from now on: None for a text that is no token."""
        self._kind_of = kind_of

    def name(self, token: str) -> str | None:
        """None for a text that only looks like a token, such as a user's UUID."""
        if _TOKEN.fullmatch(token) is None:
            return None
        with self._lock:
            if token not in self._names:
                kind = self._kind_of(token)
                if kind is not None:
                    self._counts[kind] = self._counts.get(kind, 0) + 1
                    kind = f"{kind}#{self._counts[kind]}"
                self._names[token] = kind
            return self._names[token]

    def tokens(self, text: str) -> list[str]:
        """The tokens in a text."""
        return [found for found in _WORD.findall(text) if self.name(found)]

    def without_tokens(self, text: str) -> str:
        return _WORD.sub(lambda found: self.name(found[0]) or found[0], text)

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        return {name: self._header(name, value) for name, value in headers}

    def _header(self, name: str, value: str) -> str:
        if name.lower() == "authorization" and value[:6].lower() == "basic ":
            return f"Basic {_login_of(value)}:{REDACTED}"
        return self.without_tokens(value)

    def body(self, raw: bytes, content_type: str) -> Any:
        """A JSON body as a value, any other as text."""
        text = raw.decode("utf-8", "replace")
        if "json" in content_type:
            try:
                return self._value("", json.loads(text))
            except (ValueError, RecursionError):
                pass
        if "urlencoded" in content_type:
            pairs = [(key, self._value(key, value)) for key, value in parse_qsl(text, True)]
            return urlencode(pairs, safe="[]#")
        return self.without_tokens(_XML_SECRET.sub(rf"<\1>{REDACTED}</\1>", text))

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._value(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._value(key, inner) for inner in value]
        if not isinstance(value, str):
            return value
        return REDACTED if key.lower() in SECRETS else self.without_tokens(value)


def _login_of(authorization: str) -> str:
    try:
        pair = base64.b64decode(authorization[6:]).decode("utf-8", "replace")
    except ValueError:
        return ""
    return pair.partition(":")[0]
