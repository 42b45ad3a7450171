"""Pages: Jinja with escaping, under one strict policy, never stored by a browser."""

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..core import secrets
from ..http.contract import Call
from ..http.pages import content_security_policy
from ..version import VERSION
from . import cookies, forms
from .operator import Operator
from .words import sentence, words

_CODE = re.compile("`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")

HERE = Path(__file__).parent
STATIC = HERE / "static"

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": content_security_policy(images="'self' data:", forms="'self'"),
    "Cache-Control": "no-store",
    # Older browsers know this one and no frame-ancestors (clickjacking).
    "X-Frame-Options": "DENY",
    # With no-referrer a browser would send "Origin: null" with a form.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NAVIGATION = (
    ("/console", "Overview"),
    ("/console/users", "Users"),
    ("/console/sessions", "Sessions"),
    ("/console/clients", "Clients"),
    ("/console/keys", "Keys"),
    ("/console/audit", "Audit"),
    ("/console/settings", "Settings"),
)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A whole page, without an operator: a login or an error."""
    shown = {"operator": None, "note": None, "here": "", "alert": None, **values}
    text = environment().get_template(template).render(shown)
    response = Response(text, status)
    response.headers.update(HEADERS)
    return response


def login_page(
    request: Request,
    status: int = 200,
    *,
    next: str,  # noqa: A002, the field's name
    alert: str | None = None,
    name: str = "",
    resume: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:
    """The login. ``resume`` and ``fields`` are an act that was sent without a live session."""
    secret = cookies.login_secret(request)
    signed_with = secret or secrets.mint()
    kept = {name: value for name, value in (fields or {}).items() if name != forms.TOKEN}
    response = page(
        "login.html",
        status,
        title="Log in",
        form_token=lambda: forms.new_token(signed_with),
        next=next,
        alert=alert,
        name=name,
        resume=resume,
        kept=json.dumps(kept) if kept else "",
    )
    if secret is None:
        response.headers.add("Set-Cookie", cookies.set_login_secret(request, signed_with))
    return response


def shown(
    call: Call, operator: Operator, template: str, status: int = 200, **values: Any
) -> Response:
    """A page for the operator, with the note that the last act left."""
    note = cookies.note(call.request, operator.token)
    response = page(
        template,
        status,
        **{
            "operator": operator,
            "note": note,
            "here": call.request.path,
            "form_token": lambda: forms.new_token(operator.token),
            "moment": call.core.clock.now(),
            **values,
        },
    )
    if note is not None:
        response.headers.add("Set-Cookie", cookies.forget_note(call.request))
    return response


def to(url: str) -> Response:
    """On to another page, with GET (RFC 9110 section 15.4.4)."""
    response = Response(status=303)
    response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"
    return response


@cache
def environment() -> Environment:
    """Jinja's, made at the first page."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        time=time,
        words=words,
        sentence=sentence,
        number=number,
        ago=ago,
        span=span,
        figure=figure,
        prose=prose,
    )
    made.globals.update(navigation=NAVIGATION, static=static_url, version=VERSION, query=query_of)
    return made


def load() -> None:
    """Compile all templates, before the workers are forked. Each would do it while others wait for it."""
    for name in environment().list_templates():
        environment().get_template(name)


def time(moment: float) -> Markup:
    """A moment in UTC. The script shows it in the reader's zone, with UTC on hover."""
    found = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    date, clock = found.date().isoformat(), found.time().isoformat(timespec="milliseconds")
    # Digits alone: escaping them took a quarter of the work on a page with many.
    return Markup(f'<time datetime="{date}T{clock}Z">{date} {clock[:8]} UTC</time>')  # noqa: S704


def ago(moment: float, now: float) -> str:
    """How long ago, in one unit."""
    return f"{span(now - moment)} ago" if moment <= now else f"in {span(moment - now)}"


def span(seconds: float) -> str:
    """A length of time in the largest unit of which there are two."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:,.0f} {unit}s"
    count = max(0, round(seconds))
    return f"{count} second" if count == 1 else f"{count} seconds"


def prose(text: str) -> Markup:
    """A sentence of the documentation, in Markdown: its code as such, and the words of its links."""
    plain = _LINK.sub(r"\1", str(escape(text)))
    return Markup(_CODE.sub(r"<code>\1</code>", plain))  # noqa: S704, escaped above


def number(value: float) -> str:
    return f"{value:,}"


def figure(value: float) -> str:
    """A number of a plot: with decimals only where it has some."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def query_of(path: str, **parameters: Any) -> str:
    """A URL with those parameters that have a value."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(given)}" if given else path


@cache
def content(asset: str) -> bytes:
    return (STATIC / asset).read_bytes()


@cache
def static_url(asset: str) -> str:
    """With a part of the file's checksum, so that a new version is another URL."""
    return f"/console/static/{asset}?v={hashlib.sha256(content(asset)).hexdigest()[:12]}"
