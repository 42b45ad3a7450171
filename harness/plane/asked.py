"""What a request is about: its operation, the tokens in it and whose they are, who tries to log in."""

import json
import re
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from app.core import sessions
from app.core.core import Core
from app.core.refusals import Refused
from app.core.sessions import tokens
from app.http.authorization import Basic, parse_authorization
from app.http.contract import Operation
from app.store.faults import StoreUnavailable

# The fields in which the dialects take a login name.
LOGINS = ("username", "email", "UserLogin")
_XML_LOGIN = re.compile(r"<UserLogin>\s*([^<]*?)\s*</UserLogin>")
_PATH_VALUE = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


class Holder(NamedTuple):
    """Whose a token is, and the public name of its session."""

    username: str
    email: str
    name: str


def operation_of(app: Flask, method: str, path: str) -> str | None:
    """Method and path template, such as ``PUT /session``; None where there is no such operation."""
    adapter = MapAdapter(app.url_map, "", "/", "", "http", path, method)
    try:
        rule, _ = adapter.match(return_rule=True)
    except HTTPException:
        return None
    operation = app.view_functions[rule.endpoint]
    if not isinstance(operation, Operation):
        return None
    template = _PATH_VALUE.sub(r"{\1}", operation.path)
    return f"{method} {template}"


def logins_in(raw: bytes, content_type: str, authorization: str) -> list[str]:
    """The login names that the request shows, in Basic credentials or in its body."""
    found: list[Any] = []
    with suppress(Refused):
        credentials = parse_authorization(authorization)
        found += [credentials.username] if isinstance(credentials, Basic) else []
    text = raw.decode("utf-8", "replace")
    if "urlencoded" in content_type:
        fields = parse_qs(text)
        found += [value for name in LOGINS for value in fields.get(name, ())]
    elif "xml" in content_type:
        found += _XML_LOGIN.findall(text)
    elif text:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            found += [document.get(name) for name in LOGINS]
    return [name for name in found if isinstance(name, str) and name]


def kind_of(core: Core, token: str) -> str | None:
    """``access``, ``refresh``, ``login`` …; None for what is no token of this service."""
    try:
        reference = tokens.read(core, token)
        if reference.session_id is None:
            sessions.find(core, reference)
    except (Refused, StoreUnavailable):
        return None
    return reference.purpose.name.lower().rpartition("_")[2]


def holder_of(core: Core, token: str) -> Holder | None:
    try:
        row = sessions.find(core, tokens.read(core, token))
    except (Refused, StoreUnavailable):
        return None
    return Holder(row.username, row.email, row.name)
