"""Acts on API keys and access codes: issue and revoke."""

import datetime

from marshmallow import fields, validate

from ...core import identities
from ...core.core import Core
from ...core.credentials import access_codes, api_keys
from ...core.policy import DAY
from ...core.refusals import Refusal, Refused
from .act import Act, Done, Form, Request, Subject, counted
from .users import USERS, named


class NewKey(Form):
    days = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 36_500, error="A whole number from 1 to 36500, or nothing."),
        metadata={
            "label": "Days until it expires",
            "input": "number",
            "help": "Empty: it is valid until it is revoked.",
        },
    )


def _key(core: Core, uid: int, number: int) -> Subject:
    """A user's API key that is not revoked. Raises Refused(NOT_FOUND)."""
    user = identities.get(core, uid)
    line = next(iter(api_keys.listed(core, uid, limit=1, after=number - 1)), None)
    if line is None or line.id != number or line.revoked_at is not None:
        raise Refused(Refusal.NOT_FOUND, "There is no such API key, or it is revoked already.")
    return Subject(f"{user.username}, API key {number}", f"{USERS}/{uid}", line)


def _code(core: Core, uid: int, number: int) -> Subject:
    """A user's access code that is not revoked. Raises Refused(NOT_FOUND)."""
    user = identities.get(core, uid)
    line = next(iter(access_codes.listed(core, uid, limit=1, after=number - 1)), None)
    if line is None or line.id != number or line.revoked_at is not None:
        raise Refused(Refusal.NOT_FOUND, "There is no such access code, or it is revoked already.")
    return Subject(f"{user.username}, access code {number}", f"{USERS}/{uid}", line)


def _issue_key(request: Request) -> Done:
    core, days = request.core, request.fields["days"]
    expires_at = core.clock.now() + days * DAY if days else None
    user = request.subject.it
    key_id, key = api_keys.issue(core, user.id, request.origin, expires_at=expires_at)
    until = f"valid for {counted(days, 'day')}" if days else "valid until it is revoked"
    return Done(f"Issued API key {key_id}, {until}.", key, f"API key {key_id} of {user.username}")


def _revoke_key(request: Request) -> Done:
    number = request.subject.it.id
    api_keys.revoke(request.core, number, request.origin)
    return Done(f"Revoked API key {number}, and ended the sessions that it opened.")


def _issue_code(request: Request) -> Done:
    user = request.subject.it
    issued = access_codes.issue(request.core, request.codes, user.id, request.origin)
    until = datetime.datetime.fromtimestamp(issued.expires_at, datetime.UTC).date()
    return Done(
        f"Issued access code {issued.id}, valid until {until}.",
        issued.code,
        f"Access code {issued.id} of {user.username}",
    )


def _revoke_code(request: Request) -> Done:
    number = request.subject.it.id
    access_codes.revoke(request.core, number, request.origin)
    return Done(f"Revoked access code {number}, and ended the sessions that it opened.")


_ENDS = ["The sessions that it opened end at once."]

ACTS = (
    Act(
        name="key-issue",
        path="/users/<uid:uid>/api-keys/issue",
        twin="api-keys issue",
        title="Issue an API key",
        button="Issue the key",
        find=named,
        do=_issue_key,
        warning=lambda _request: ["Whoever has the key can log in as this user. It is shown once."],
        form=NewKey(),
        gives_power=True,
    ),
    Act(
        name="key-revoke",
        path="/users/<uid:uid>/api-keys/<uid:number>/revoke",
        twin="api-keys revoke",
        title="Revoke an API key",
        button="Revoke the key",
        find=_key,
        do=_revoke_key,
        warning=lambda _request: _ENDS,
        is_dangerous=True,
    ),
    Act(
        name="code-issue",
        path="/users/<uid:uid>/access-codes/issue",
        twin="access-codes issue",
        title="Issue an access code",
        button="Issue the code",
        find=named,
        do=_issue_code,
        warning=lambda _request: [
            "Whoever has the code can log in as this user. It is shown once."
        ],
        gives_power=True,
    ),
    Act(
        name="code-revoke",
        path="/users/<uid:uid>/access-codes/<uid:number>/revoke",
        twin="access-codes revoke",
        title="Revoke an access code",
        button="Revoke the code",
        find=_code,
        do=_revoke_code,
        warning=lambda _request: _ENDS,
        is_dangerous=True,
    ),
)
