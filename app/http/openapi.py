"""The published contract: OpenAPI 3.1, made from the statements that validate and refuse.

Nothing is described by hand. Paths, parameters, bodies and successes come from each
``contract.Operation``; its errors are its ``refusals``, put through the dialect's own error table.
"""

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import EXCLUDE, Schema

from ..core.refusals import Refusal
from ..version import VERSION
from .bodies import Body
from .contract import Operation
from .dialect import Dialect, Row
from .http_refusals import HttpRefusal
from .paging import PARAMETERS

Json = dict[str, Any]

DESCRIPTION = (
    "Four documented authentication APIs over one identity and session core: a user logs in through"
    " any of them, and gateways and APIs ask `/verify` whether a token is valid."
)

_PATH_VALUE = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
_PATH_TYPES: dict[str, Json] = {
    "int": {"type": "integer", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
}
FORM = "application/x-www-form-urlencoded"
_TEXT: Json = {"type": "string"}
_NO_NUL = r"^[^\u0000]*$"

# What each header says, wherever it is sent.
_HEADERS: dict[str, tuple[str, Json]] = {
    "X-Request-ID": ("The caller's own if it is sane, else a fresh one; also in the log.", _TEXT),
    "WWW-Authenticate": ("The scheme to authenticate with, and what is wrong with a token.", _TEXT),
    "Retry-After": ("Seconds to wait.", {"type": "integer", "minimum": 1}),
    "Allow": ("The methods that the resource has.", _TEXT),
    "Cache-Control": ("How long the answer may be kept.", _TEXT),
    "Link": ("The next page, where there is one (RFC 8288).", _TEXT),
    "Location": ("The new resource.", {"type": "string", "format": "uri-reference"}),
    "Set-Cookie": ("The session's cookie.", _TEXT),
    "Content-Security-Policy": ("What the page may load: its own assets.", _TEXT),
    "X-Auth-User": ("The username; all but A-Z, a-z, 0-9 and ._@+- is percent-encoded.", _TEXT),
    "X-Auth-User-Id": ("The user's UUID.", {"type": "string", "format": "uuid"}),
    "X-Auth-Dialect": ("The API that the session was opened through.", _TEXT),
    "X-Auth-Session": ("The session's public name.", _TEXT),
}
_ALWAYS = ("X-Request-ID",)
_SOMETIMES = ("Link",)
_BY_STATUS = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",)}
_BY_STATUS[503] = _BY_STATUS[429]
# These refusals are temporary: the answer has Retry-After, whatever status the dialect gives them.
PASSING = {
    Refusal.ACCOUNT_PAUSED,
    Refusal.ADDRESS_PAUSED,
    Refusal.BUSY,
    Refusal.STORE_UNAVAILABLE,
    Refusal.KEYS_UNUSABLE,
}


def document(dialects: Iterable[Dialect]) -> Json:
    """The whole document, as JSON-ready values."""
    return _Document(dialects).spec.to_dict()


class _Document:
    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._prefix = ""
        self._schemas: dict[str, Schema] = {}
        self._forms: set[str] = set()
        self.spec = APISpec(
            title="Watchword",
            version=VERSION,
            openapi_version="3.1.0",
            info={"description": DESCRIPTION},
            servers=[{"url": "/"}],
            plugins=[MarshmallowPlugin(schema_name_resolver=self._schema_name)],
        )
        for name, (description, schema) in _HEADERS.items():
            self.spec.components.header(
                name,
                {"description": description, "required": name not in _SOMETIMES, "schema": schema},
            )
        for dialect in dialects:
            self._add_dialect(dialect)
        self._close_schemas()

    def _add_dialect(self, dialect: Dialect) -> None:
        self._prefix = "".join(word.capitalize() for word in dialect.name.split("_"))
        self.spec.tag({"name": dialect.title, "description": _introduction(dialect)})
        for name, scheme in dialect.security_schemes.items():
            self.spec.components.security_scheme(name, dict(scheme))
        for refusal in (HttpRefusal.URL_UNKNOWN, HttpRefusal.METHOD_NOT_ALLOWED):
            # For URLs and methods without an operation.
            row = dialect.row(refusal)
            name = f"{self._prefix}{''.join(w.capitalize() for w in refusal.split('_'))}"
            self.spec.components.response(name, self._error(dialect, row.status, {refusal}))
        for operation in dialect.operations:
            path, parameters = _path(operation.path)
            self.spec.path(
                path, operations={operation.method.lower(): self._operation(operation, parameters)}
            )

    def _operation(self, operation: Operation, parameters: list[Json]) -> Json:
        dialect, credential = operation.dialect, operation.credential
        found: Json = {
            "operationId": f"{dialect.name}.{operation.method.lower()}_{operation.view.__name__}",
            "tags": [dialect.title],
            "summary": operation.summary,
            "description": inspect.cleandoc(operation.description),
            "parameters": parameters
            + [
                {
                    "in": "query",
                    "name": name,
                    "required": False,
                    "schema": PARAMETERS.get(name, _TEXT),
                }
                for name in sorted(operation.query or ())
            ],
            "security": credential.security if credential else dialect.security,
            "responses": {str(operation.status): self._success(operation)},
        }
        if operation.body is not None:
            found["requestBody"] = self._body(operation.body)
        for status, refusals in sorted(_by_status(operation).items()):
            found["responses"][str(status)] = self._error(dialect, status, refusals)
        return found

    def _body(self, body: Body) -> Json:
        if FORM in body.media_types:
            self._forms.add(f"{self._prefix}{type(body.schema).__name__}")
        return {"required": body.required, "content": self._content(body.schema, body.media_types)}

    def _success(self, operation: Operation) -> Json:
        found: Json = {
            "description": "Success.",
            "headers": _headers(*_ALWAYS, *operation.headers),
        }
        if operation.answer is not None:
            found["content"] = self._content(operation.answer.schema, operation.answer.media_types)
        return found

    def _error(self, dialect: Dialect, status: int, refusals: set[StrEnum]) -> Json:
        headers = _headers(*_ALWAYS, *_BY_STATUS.get(status, ()))
        if "Retry-After" not in headers and refusals & PASSING:
            description, schema = _HEADERS["Retry-After"]
            headers["Retry-After"] = {"description": description, "schema": schema}
        rows = sorted({dialect.row(refusal) for refusal in refusals}, key=str)
        lines = dict.fromkeys(map(_line, rows))  # two rows may differ in their cases alone
        return {
            "description": "\n".join(lines),
            "headers": headers,
            "content": self._content(dialect.error_schema, dialect.error_media_types),
        }

    def _content(self, schema: Schema | None, media_types: Iterable[str]) -> Json:
        """The schema under each media type. One that is written as XML says its root's name."""
        if schema is None:
            return {name: {"schema": _raw(name)} for name in media_types}
        root = getattr(schema, "xml_root", None)
        name = f"{self._prefix}{type(schema).__name__}"
        if root is not None and name not in self.spec.components.schemas:
            self.spec.components.schema(name, {"xml": {"name": root}}, schema=schema)
            self._schemas[name] = schema
        return {name: {"schema": schema} for name in media_types}

    def _schema_name(self, schema: Schema | type[Schema]) -> str:
        """The schema's name begins with the dialect's, because two dialects may each have a ``User``."""
        instance = schema() if isinstance(schema, type) else schema
        name = f"{self._prefix}{type(instance).__name__}"
        self._schemas.setdefault(name, instance)
        return name

    def _close_schemas(self) -> None:
        """State the additional properties of every object (any, none, or a form's texts), and for
        requests that no text has a NUL."""
        for name, schema in self._schemas.items():
            found = self.spec.components.schemas[name]
            if schema.unknown != EXCLUDE:
                found["additionalProperties"] = False
                continue
            if name in self._forms:
                found["additionalProperties"] = _TEXT
            for value in found["properties"].values():
                if value.get("type") == "string" and not value.keys() & {"enum", "format"}:
                    value.setdefault("pattern", _NO_NUL)
            # Fields whose absence has an error of its own are not required by their schema.
            demanded = getattr(schema, "demanded", ())
            if demanded:
                found["required"] = sorted({*found.get("required", ()), *demanded})


def _path(rule: str) -> tuple[str, list[Json]]:
    """A routing rule as OpenAPI writes it, and its values as parameters."""
    parameters = []
    for kind, options, name in _PATH_VALUE.findall(rule):
        schema = _PATH_TYPES.get(kind, {"type": "string", "minLength": 1})
        if kind == "any":
            schema = {"type": "string", "enum": re.findall(r"[^\s,\"']+", options)}
        parameters.append({"in": "path", "name": name, "required": True, "schema": schema})
    return _PATH_VALUE.sub(r"{\3}", rule), parameters


def _by_status(operation: Operation) -> dict[int, set[StrEnum]]:
    found: dict[int, set[StrEnum]] = defaultdict(set)
    for refusal in operation.refusals:
        found[operation.dialect.row(refusal).status].add(refusal)
    return found


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _line(row: Row) -> str:
    detail = ", and what is wrong" if row.says_detail else ""
    return f"- `{row.code}`: {row.text}{detail}"


def _raw(media_type: str) -> Json:
    return {"type": "object"} if media_type.endswith("json") else _TEXT


def _introduction(dialect: Dialect) -> str:
    """The opening paragraph of the dialect's class, else of its package."""
    text = vars(type(dialect)).get("__doc__") or sys.modules[type(dialect).__module__].__doc__
    return inspect.cleandoc(text or "").partition("\n\n")[0]
