"""Every act's form, and what happens when it is sent: check, prove again if needed, do, and say so."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from ...core.refusals import Refusal, Refused
from ...core.sessions import private
from ...http.contract import Call
from ...http.error_pages import note
from ...http.http_refusals import HttpRefusal
from .. import cookies, errors, forms
from ..acts import ACTS, PROOF, Act, Request
from ..dialect import LOGIN, PREFIX, Console
from ..kinds import SESSION
from ..operator import Operator, SignedIn, of, prove_again
from ..rendering import shown, to

_FORMS = frozenset(
    {
        HttpRefusal.FORM_UNKNOWN,
        HttpRefusal.FORM_SPENT,
        Refusal.NOT_FOUND,
        Refusal.CHANGED_MEANWHILE,
        Refusal.LAST_ADMIN,
    }
)


def mount(console: Console) -> None:
    for act in ACTS:
        _mount(console, act)


def _mount(console: Console, act: Act) -> None:
    path, prefilled = f"{PREFIX}{act.path}", frozenset(act.form.fields) - act.secrets

    def form(call: Call, **values: Any) -> Response:
        request = _request(console, call, act, of(call), values)
        # What the act itself says stands before what a link suggests.
        return _form(call, act, request, {**call.query, **act.values(request)})

    def send(call: Call, **values: Any) -> Response:
        request = _request(console, call, act, of(call), values)
        return _sent(call, act, request)

    form.__name__ = send.__name__ = _function(act)
    signed_in = SignedIn()
    console.operation(
        "GET",
        path,
        summary=act.title,
        query=prefilled,
        credential=signed_in,
        refuses=frozenset({Refusal.NOT_FOUND}),
    )(form)
    console.operation(
        "POST",
        path,
        summary=act.title,
        body=forms.ANY_FORM,
        credential=signed_in,
        refuses=_FORMS,
    )(send)


def form_of_path(
    console: Console, call: Call, token: str, path: str, fields: Mapping[str, str]
) -> Response | None:
    """The form of the act at a path, filled, for a session that was just opened; None if there is none."""
    try:
        rules = current_app.create_url_adapter(call.request)
        assert rules is not None, "there is a request"
        endpoint, values = rules.match(path, method="GET")
    except HTTPException:
        return None
    names = (f"{console.name}.get_{_function(act)}" for act in ACTS)
    act = next((act for name, act in zip(names, ACTS, strict=True) if name == endpoint), None)
    if act is None:
        return None
    operator = Operator(private.verify(call.core, SESSION, token), token)
    try:
        request = _request(console, call, act, operator, values)
    except Refused:
        return None
    note = "You are logged in again. Nothing was done yet: look at the form, and send it."
    return _form(call, act, request, fields, note=note, action=path)


def _function(act: Act) -> str:
    return act.name.replace("-", "_")


def _request(
    console: Console, call: Call, act: Act, operator: Operator, values: Mapping[str, Any]
) -> Request:
    """Raises Refused(NOT_FOUND) if what the act is about is gone."""
    subject = act.find(call.core, **values)
    return Request(call.core, operator, operator.origin(call), subject, {}, console.codes)


def _sent(call: Call, act: Act, request: Request) -> Response:
    operator, given = request.operator, call.body
    nonce = forms.check(operator.token, given)
    try:
        fields = act.form.load(given)
    except ValidationError as error:
        return _form(call, act, request, given, 422, faults=error.normalized_messages())  # type: ignore[no-untyped-call]
    try:
        if act.gives_power and not operator.has_fresh_proof(call.core):
            if not given.get(PROOF):
                alert = (
                    "Nothing was done yet. Type your own password, to show that it is still you."
                )
                return _form(call, act, request, given, 403, alert=alert)
            _prove_again(call, operator, given[PROOF])
        forms.spend(call.core, operator, nonce)
        done = act.do(request._replace(fields=fields))
    except Refused as refused:
        text = _why(refused)
        if text is None:
            raise
        note(refused)
        return _form(call, act, request, given, _status(refused), alert=f"{text} Nothing was done.")
    if done.secret is not None:
        return shown(
            call, operator, "secret.html", title=act.title, done=done, back=request.subject.back
        )
    return _on(call, request, done.text)


def _prove_again(call: Call, operator: Operator, password: str) -> None:
    """Raises Refused, with a sentence for a wrong password."""
    try:
        prove_again(call, operator, password)
    except Refused as refused:
        if refused.refusal is Refusal.PASSWORD_WRONG:
            raise Refused(Refusal.PASSWORD_WRONG, "That is not your own password.") from None
        raise


def _why(refused: Refused) -> str | None:
    """The reason for the operator; None if the form is no place to say it."""
    if refused.refusal in (HttpRefusal.FORM_SPENT, Refusal.SESSION_ENDED):
        return None
    if refused.detail:
        return f"{refused.detail[0].upper()}{refused.detail[1:].rstrip('.')}."
    return errors.ACT.get(refused.refusal) or errors.LOGIN.get(refused.refusal)


def _status(refused: Refused) -> int:
    row = errors.TABLE.get(refused.refusal)
    return errors.STATUSES.get(refused.refusal, row.status if row else 422)


def _on(call: Call, request: Request, text: str) -> Response:
    """Back to the page that shows the result; to the login, if the act has ended this very session."""
    operator = request.operator
    try:
        private.verify(call.core, SESSION, operator.token)
    except Refused:
        response = to(f"{LOGIN}?left=1")
        response.headers.add("Set-Cookie", cookies.forget_session(call.request))
        return response
    response = to(request.subject.back)
    response.headers.add("Set-Cookie", cookies.set_note(call.request, operator.token, text))
    return response


def _form(
    call: Call,
    act: Act,
    request: Request,
    values: Mapping[str, Any],
    status: int = 200,
    *,
    alert: str | None = None,
    faults: Mapping[str, Any] | None = None,
    note: str | None = None,
    action: str | None = None,
) -> Response:
    operator = request.operator
    kept = {name: value for name, value in values.items() if name not in act.secrets | {PROOF}}
    more = {"note": note} if note else {}
    return shown(
        call,
        operator,
        "act.html",
        status,
        title=act.title,
        act=act,
        action=action or call.request.path,
        subject=request.subject,
        warnings=act.warning(request),
        values=kept,
        faults=faults or {},
        alert=alert or ("Nothing was done yet. Correct what is marked." if faults else None),
        asks_proof=act.gives_power and not operator.has_fresh_proof(call.core),
        **more,
    )
