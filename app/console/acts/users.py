"""Acts on users: add, set or expire the password, disable, enable, unlock, end all sessions."""

from marshmallow import fields

from ...core import identities
from ...core.core import Core
from ...core.identities import registration
from .act import Act, Done, Form, Request, Subject, counted, refuse_own
from .new_roles import MAY_BE_NEW, chosen

USERS = "/console/users"


class NewUser(Form):
    username = fields.String(
        required=True, metadata={"label": "Username", "autocomplete": "off", "help": "No colon."}
    )
    email = fields.String(
        required=True, metadata={"label": "E-mail address", "input": "email", "autocomplete": "off"}
    )
    password = fields.String(
        required=True,
        metadata={
            "label": "Password",
            "input": "password",
            "secret": True,
            "autocomplete": "new-password",
        },
    )
    customer = fields.String(
        load_default="",
        metadata={"label": "Customer", "help": "The UUID of an existing one, or empty."},
    )
    roles = fields.String(
        load_default="",
        metadata={
            "label": "Roles",
            "help": "Words with a space between them. admin may use this console.",
        },
    )
    may_be_new = MAY_BE_NEW
    permissions = fields.String(
        load_default="",
        metadata={"label": "Permissions", "help": "Words with a space between them, such as npm."},
    )


class NewPassword(Form):
    password = fields.String(
        required=True,
        metadata={
            "label": "New password",
            "input": "password",
            "secret": True,
            "autocomplete": "new-password",
        },
    )


def everybody(_core: Core) -> Subject:
    return Subject("", USERS)


def named(core: Core, uid: int) -> Subject:
    """The user with this uid. Raises Refused(NOT_FOUND)."""
    user = identities.get(core, uid)
    return Subject(user.username, f"{USERS}/{uid}", user)


def _add(request: Request) -> Done:
    given = request.fields
    registration.register(
        request.core,
        given["username"],
        given["email"],
        given["password"],
        request.origin,
        customer_id=given["customer"].strip().lower() or None,
        roles=chosen(request),
        permissions=frozenset(given["permissions"].split()),
    )
    return Done(f"Added {given['username']}.")


def _set_password(request: Request) -> Done:
    identities.set_password(
        request.core, request.subject.it.id, request.fields["password"], request.origin
    )
    return Done("The password is set. All sessions and access codes of the user are ended.")


def _expire_password(request: Request) -> Done:
    refuse_own(request, "expire the password of")
    identities.expire_password(request.core, request.subject.it.id, request.origin)
    return Done("The password has expired. The user can only change it now.")


def _disable(request: Request) -> Done:
    refuse_own(request, "disable")
    changed = identities.disable(
        request.core, request.subject.it.id, request.origin, keep_an_admin=True
    )
    ended = "The user is disabled. All sessions and access codes are ended."
    return Done(ended if changed else "The user was disabled already.")


def _enable(request: Request) -> Done:
    changed = identities.enable(request.core, request.subject.it.id, request.origin)
    return Done("The user is enabled." if changed else "The user was enabled already.")


def _unlock(request: Request) -> Done:
    counted = identities.unlock(request.core, request.subject.it, request.origin)
    return Done("The user is unlocked." if counted else "The user was not paused.")


def _end_sessions(request: Request) -> Done:
    ended = identities.end_sessions(request.core, request.subject.it.id, request.origin)
    left = f"{counted(ended.codes_left, 'access code')}, {counted(ended.keys_left, 'API key')}"
    return Done(
        f"Ended {counted(ended.sessions, 'session')}, and {counted(ended.codes, 'access code')} made in"
        f" them. Still valid: the password, {left}."
    )


def _warn_own(request: Request) -> list[str]:
    own = "This is your own account: you will be logged out."
    return [own] if request.is_own else []


def _warn_password(request: Request) -> list[str]:
    return [
        "All sessions and access codes of the user end. API keys stay valid.",
        *_warn_own(request),
    ]


ACTS = (
    Act(
        name="user-add",
        path="/users/add",
        twin="users add",
        title="Add a user",
        button="Add the user",
        find=everybody,
        do=_add,
        form=NewUser(),
        gives_power=True,
    ),
    Act(
        name="user-set-password",
        path="/users/<uid:uid>/set-password",
        twin="users set-password",
        title="Set a password",
        button="Set the password",
        find=named,
        do=_set_password,
        warning=_warn_password,
        form=NewPassword(),
        gives_power=True,
    ),
    Act(
        name="user-expire-password",
        path="/users/<uid:uid>/expire-password",
        twin="users expire-password",
        title="Expire the password",
        button="Expire the password",
        find=named,
        do=_expire_password,
        warning=lambda _request: [
            "The user must choose a new password. Until then the sessions of the user open nothing else."
        ],
        is_dangerous=True,
    ),
    Act(
        name="user-disable",
        path="/users/<uid:uid>/disable",
        twin="users disable",
        title="Disable the user",
        button="Disable the user",
        find=named,
        do=_disable,
        warning=lambda _request: [
            "All sessions and access codes of the user end at once, and do not come back."
        ],
        is_dangerous=True,
    ),
    Act(
        name="user-enable",
        path="/users/<uid:uid>/enable",
        twin="users enable",
        title="Enable the user",
        button="Enable the user",
        find=named,
        do=_enable,
        warning=lambda _request: [
            "The user can log in again, and API keys are valid again. Ended sessions stay ended."
        ],
    ),
    Act(
        name="user-unlock",
        path="/users/<uid:uid>/unlock",
        twin="users unlock",
        title="Unlock the user",
        button="Unlock the user",
        find=named,
        do=_unlock,
        warning=lambda _request: ["The pause after too many wrong passwords is lifted."],
    ),
    Act(
        name="user-end-sessions",
        path="/users/<uid:uid>/end-sessions",
        twin="users end-sessions",
        title="End all sessions of the user",
        button="End all sessions",
        find=named,
        do=_end_sessions,
        warning=lambda request: [
            "Access codes made in these sessions are revoked. The password and API keys stay valid.",
            *_warn_own(request),
        ],
        is_dangerous=True,
    ),
)
