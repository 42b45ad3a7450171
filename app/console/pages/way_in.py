"""The way in and out: login and logout."""

from typing import Any

from flask import Response

from ...core.refusals import Refused
from ...http.bodies import cleaned, parse_json
from ...http.contract import Call
from ...http.error_pages import note
from ...http.http_refusals import HttpRefusal
from .. import cookies, errors, operator
from ..dialect import LOGIN, PREFIX, Console
from ..forms import ANY_FORM, asked, check
from ..rendering import login_page, to
from .acts import form_of_path

LEFT = "You are logged out."


def mount(console: Console) -> None:
    @console.operation("GET", LOGIN, summary="The login", query=frozenset({"next", "left"}))
    def login(call: Call) -> Response:
        return login_page(
            call.request,
            next=local(asked(call, "next")),
            alert=LEFT if "left" in call.query else None,
        )

    @console.operation("GET", f"{PREFIX}/", summary="To the overview")
    def with_a_slash(_call: Call) -> Response:
        """People type it, and a proxy's rule for a folder makes it."""
        return to(PREFIX)

    @console.operation("POST", LOGIN, summary="Log in", body=ANY_FORM)
    def log_in(call: Call) -> Response:
        given = call.body
        name, password = given.get("username", ""), given.get("password", "")
        try:
            check(cookies.login_secret(call.request), given)
            token = operator.log_in(call.core, name, password, call.origin)
        except Refused as refused:
            return _again(call, refused)
        operator.log_out(call.core, cookies.session_token(call.request), call.origin)
        response = _resumed(console, call, token) or to(local(given.get("next", "")))
        response.headers.add("Set-Cookie", cookies.set_session(call.request, token))
        response.headers.add("Set-Cookie", cookies.forget_login_secret(call.request))
        return response

    @console.operation(
        "POST",
        f"{PREFIX}/logout",
        summary="Log out",
        body=ANY_FORM,
        credential=operator.SignedIn(),
        refuses=frozenset({HttpRefusal.FORM_UNKNOWN}),
    )
    def log_out(call: Call) -> Response:
        caller = operator.of(call)
        check(caller.token, call.body)
        operator.log_out(call.core, caller.token, call.origin)
        response = to(f"{LOGIN}?left=1")
        response.headers.add("Set-Cookie", cookies.forget_session(call.request))
        return response


def local(url: str) -> str:
    """A page of the console: never another site (open redirect)."""
    inside = url == PREFIX or url.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    plain = inside and url.isprintable() and "\\" not in url and url.isascii()
    return url if plain and not url.startswith(LOGIN) else PREFIX


def _again(call: Call, refused: Refused) -> Response:
    note(refused)
    given, text = call.body, errors.LOGIN[refused.refusal]
    if refused.retry_after:
        text += f" Try again in {refused.retry_after} seconds."
    response = login_page(
        call.request,
        errors.STATUSES[refused.refusal],
        next=local(given.get("next", "")),
        alert=text,
        name=given.get("username", ""),
        resume=given.get("resume", ""),
        fields=_fields(given),
    )
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _fields(given: dict[str, Any]) -> dict[str, str]:
    """The fields of the act that the login interrupted."""
    try:
        found = parse_json(given.get("kept", "").encode())
    except Refused:
        return {}
    return {cleaned(name): cleaned(it) for name, it in found.items() if isinstance(it, str)}


def _resumed(console: Console, call: Call, token: str) -> Response | None:
    """The form of the act that the login interrupted, filled as it was; None without one."""
    path = local(call.body.get("resume", ""))
    return None if path == PREFIX else form_of_path(console, call, token, path, _fields(call.body))
