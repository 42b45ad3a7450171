"""The operator's acts, by the core's own functions: what ``flask users`` and its sisters call."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, get_args

from app.core import identities, listings, sessions
from app.core.core import Core
from app.core.credentials import access_codes, api_keys
from app.core.identities import Identity
from app.core.keys.keyring import Use
from app.core.refusals import Refused
from app.core.upkeep import key_care

from .errors import PlaneRefusal
from .seeds import ORIGIN

SIGNING: tuple[Use, ...] = ("seal", "jwt")
WRONG = "a wrong password of the harness"


def act(core: Core, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Do one act. Raises Refused: ACTION_INVALID, USER_UNKNOWN, or what the core refuses with."""
    if len(wanted) != 1:
        raise Refused(PlaneRefusal.ACTION_INVALID, f"name one of {', '.join(ACTIONS)}")
    [(name, value)] = wanted.items()
    action = ACTIONS.get(name)
    if action is None:
        raise Refused(PlaneRefusal.ACTION_INVALID, f"there is no {name}: {', '.join(ACTIONS)}")
    return action(core, value)


def user_named(core: Core, name: Any) -> Identity:
    found = identities.find(core, name) if isinstance(name, str) else None
    if found is None:
        raise Refused(PlaneRefusal.USER_UNKNOWN)
    return found


def _end_session(core: Core, name: Any) -> dict[str, Any]:
    row = listings.live_session(core, str(name))
    sessions.end_row(core, row, ORIGIN, "ended_by_operator")
    return {"ended": 1}


def _end_sessions(core: Core, name: Any) -> dict[str, Any]:
    ended = identities.end_sessions(core, user_named(core, name).id, ORIGIN)
    return {"ended": ended.sessions, "codes": ended.codes}


def _disable(core: Core, name: Any) -> dict[str, Any]:
    return {"changed": identities.disable(core, user_named(core, name).id, ORIGIN)}


def _enable(core: Core, name: Any) -> dict[str, Any]:
    return {"changed": identities.enable(core, user_named(core, name).id, ORIGIN)}


def _expire_password(core: Core, name: Any) -> dict[str, Any]:
    identities.expire_password(core, user_named(core, name).id, ORIGIN)
    return {"changed": True}


def _set_password(core: Core, value: Any) -> dict[str, Any]:
    given = value if isinstance(value, Mapping) else {}
    password = given.get("password")
    if not isinstance(password, str):
        raise Refused(PlaneRefusal.ACTION_INVALID, "set_password needs user and password")
    identities.set_password(core, user_named(core, given.get("user")).id, password, ORIGIN)
    return {"changed": True}


def _pause(core: Core, name: Any) -> dict[str, Any]:
    """As an attacker would: with as many wrong passwords as the guard lets pass, for both login names."""
    user = user_named(core, name)
    for login in (user.username, user.email):
        for _ in range(core.policy.pause_after_failures):
            with suppress(Refused):
                identities.prove(core, login, WRONG, ORIGIN)
    return {"changed": True}


def _unlock(core: Core, name: Any) -> dict[str, Any]:
    return {"changed": identities.unlock(core, user_named(core, name), ORIGIN)}


def _revoke_api_key(core: Core, number: Any) -> dict[str, Any]:
    api_keys.revoke(core, _number(number), ORIGIN)
    return {"changed": True}


def _revoke_access_code(core: Core, number: Any) -> dict[str, Any]:
    access_codes.revoke(core, _number(number), ORIGIN)
    return {"changed": True}


def _rotate_keys(core: Core, use: Any) -> dict[str, Any]:
    if use is not True and use not in get_args(Use):
        known = ", ".join(get_args(Use))
        raise Refused(PlaneRefusal.ACTION_INVALID, f"rotate_keys takes true, or one of {known}")
    uses = SIGNING if use is True else (use,)
    return {"keys": {each: key_care.rotate(core, each, ORIGIN) for each in uses}}


def _retire_key(core: Core, kid: Any) -> dict[str, Any]:
    return {"ended": key_care.retire(core, str(kid), ORIGIN)}


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(PlaneRefusal.ACTION_INVALID, "it needs the number of the key or code")
    return value


ACTIONS: dict[str, Callable[[Core, Any], dict[str, Any]]] = {
    "end_session": _end_session,
    "end_sessions": _end_sessions,
    "disable_user": _disable,
    "enable_user": _enable,
    "expire_password": _expire_password,
    "set_password": _set_password,
    "pause_user": _pause,
    "unlock_user": _unlock,
    "revoke_api_key": _revoke_api_key,
    "revoke_access_code": _revoke_access_code,
    "rotate_keys": _rotate_keys,
    "retire_key": _retire_key,
}
