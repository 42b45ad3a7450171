"""What the journal keeps of a message: no password, no key, and a stable name for every token.

Two entries that show ``access#3`` carried the same token.
"""

import json
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.core.refusals import Refused
from app.http.authorization import BASIC_SCHEME, Basic, parse_authorization, scheme_and_value

from .journal import CAPACITY

REDACTED = "[redacted]"
# Four for each entry: a pair that was presented, and a new one.
MAX_NAMES = 4 * CAPACITY
# Fields of the dialects' documents, and headers, whose values are secrets.
SECRETS = frozenset(
    {"password", "new_password", "newpassword", "old_password", "oldpassword", "currentpassword"}
    | {"apikey", "api_key", "secret", "client_secret", "access_code", "code", "assertion"}
)
# A text is cut into words first, so that a long one is looked at once and not from each of its letters.
SHORTEST = 32
_WORD = re.compile(rf"[A-Za-z0-9_.~-]{{{SHORTEST},}}")
# A JWT, a sealed token, a UUID or 64 hexadecimal digits: the forms that tokens have.
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOKEN = re.compile(
    r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
    r"|[A-Za-z0-9_-]+~[A-Za-z0-9_-]+"
    r"|[0-9a-fA-F]{64}"
    rf"|{_UUID.pattern}"
)
_XML_SECRET = re.compile(r"<(ApiKey)>[^<]*</\1>", re.IGNORECASE)


class Names:
    """Gives each token its name: what kind of token it is, and a number.

    ``kind_of`` is asked once for each token. Of a text that only looks like one, it knows nothing (None).
    The newest names are kept, more than the journal has entries for.
    """

    def __init__(self, kind_of: Callable[[str], str | None]) -> None:
        self._kind_of = kind_of
        self._names: OrderedDict[str, str | None] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def name(self, token: str) -> str | None:
        """``access#3``; ``unknown#3`` for a signed form that is none of this world's. None for a text that
        only looks like a token, such as a user's UUID."""
        if _TOKEN.fullmatch(token) is None:
            return None
        with self._lock:
            if token not in self._names:
                self._names[token] = self._new_name(token)
                if len(self._names) > MAX_NAMES:
                    self._names.popitem(last=False)
            return self._names[token]

    def _new_name(self, token: str) -> str | None:
        kind = self._kind_of(token)
        if kind is None:
            if _UUID.fullmatch(token):
                return None
            kind = "unknown"
        self._counts[kind] += 1
        return f"{kind}#{self._counts[kind]}"

    def tokens(self, text: str) -> list[str]:
        """The tokens in a text."""
        return [found for found in _WORD.findall(text) if self.name(found)]

    def without_tokens(self, text: str) -> str:
        if len(text) < SHORTEST:
            return text
        return _WORD.sub(lambda found: self.name(found[0]) or found[0], text)

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        return {name: self._header(name, value) for name, value in headers}

    def _header(self, name: str, value: str) -> str:
        if name.lower() == "authorization" and scheme_and_value(value)[0] == BASIC_SCHEME:
            return f"Basic {_login_of(value)}:{REDACTED}"
        return self.without_tokens(value)

    def body(self, raw: bytes, content_type: str) -> Any:
        """A JSON body as a value, XML and a form as text. Of all else, only the length: who knows what
        a text holds that nobody can read?"""
        text = raw.decode("utf-8", "replace")
        if text:
            with suppress(ValueError, RecursionError):
                return self._value("", json.loads(text))
        if "urlencoded" in content_type:
            pairs = [(key, self._value(key, value)) for key, value in parse_qsl(text, True)]
            return urlencode(pairs, safe="[]#")
        if "xml" in content_type:
            return self.without_tokens(_XML_SECRET.sub(rf"<\1>{REDACTED}</\1>", text))
        return f"[{len(raw)} bytes]"

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._value(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._value(key, inner) for inner in value]
        if not isinstance(value, str):
            return value
        return REDACTED if key.lower() in SECRETS else self.without_tokens(value)


def _login_of(authorization: str) -> str:
    with suppress(Refused):
        credentials = parse_authorization(authorization)
        if isinstance(credentials, Basic):
            return credentials.username
    return ""
