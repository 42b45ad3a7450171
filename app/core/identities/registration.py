"""Registration of a new identity, with its names and its first password. The database keeps names unique."""

import uuid
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select

from ...store.faults import Conflict
from ...store.models import Customer, LoginName, User
from ...store.store import Writing
from .. import audit, passwords
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..names import folded, is_email, is_username, words_fault
from ..refusals import Refusal, Refused

_CUSTOMER = select(Customer.id).where(Customer.id == bindparam("customer"))
_USER = insert(User).returning(User.id)
_LOGIN_NAME = insert(LoginName).inline()


class Registration(NamedTuple):
    """A new identity. Its password is hashed already."""

    username: str
    email: str
    password_hash: str
    pepper_id: int | None = None
    customer_id: str | None = None
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    password_expired: bool = False
    disabled: bool = False


def register(
    core: Core,
    username: str,
    email: str,
    password: str,
    origin: Origin,
    *,
    customer_id: str | None = None,
    roles: frozenset[str] = frozenset(),
    permissions: frozenset[str] = frozenset(),
) -> int:
    """Add an identity. Returns its ``uid``.

    Raises Refused: IDENTITY_UNACCEPTABLE or PASSWORD_UNACCEPTABLE (both with a reason), IDENTITY_TAKEN,
    ADDRESS_PAUSED, BUSY, NOT_FOUND for an unknown customer.
    """
    fault = registration_fault(username, email) or words_fault(roles) or words_fault(permissions)
    if fault is not None:
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE, fault)
    address = throttle.admit_address(core, origin)
    pepper_id, encoded = hash_chosen(core, password, origin)
    registration = Registration(
        username, email, encoded, pepper_id, customer_id, roles, permissions
    )
    try:
        with core.store.write() as writing:
            if customer_id is not None and not _is_customer(writing, customer_id):
                raise Refused(Refusal.NOT_FOUND, "no such customer")
            return insert_user(writing, core.clock.now(), registration, origin)
    except Conflict:
        _note_taken(core, address, origin)
        raise Refused(Refusal.IDENTITY_TAKEN) from None


def require_registrar(core: Core, client_id: str) -> None:
    """Raises Refused(REGISTRATION_CLOSED) unless the operator lets this client register users."""
    if core.registrars is not None and client_id not in core.registrars:
        raise Refused(Refusal.REGISTRATION_CLOSED)


def _note_taken(core: Core, address: bytes | None, origin: Origin) -> None:
    """Count a taken name as a failure of the address: the answer tells which names exist."""
    with core.store.write() as writing:
        now = core.clock.now()
        throttle.failed_address(writing, now, core.policy, address, origin.network)
        audit.record(writing, now, Event.LOGIN_REFUSED, origin, reason=Refusal.IDENTITY_TAKEN)


def _is_customer(writing: Writing, customer_id: str) -> bool:
    return writing.execute(_CUSTOMER, {"customer": customer_id}).first() is not None


def registration_fault(username: str, email: str) -> str | None:
    """Why these names are not acceptable, as a sentence; None if they are."""
    if not is_email(email):
        return "The e-mail address is not valid."
    if not is_username(username):
        return "The username is not valid."
    return None


def hash_chosen(core: Core, password: str, origin: Origin) -> tuple[int | None, str]:
    """The pepper id and encoded hash of a new password.

    Raises Refused(PASSWORD_UNACCEPTABLE or BUSY).
    """
    fault = passwords.unacceptable(password, core.policy)
    if fault is not None:
        raise Refused(Refusal.PASSWORD_UNACCEPTABLE, fault)
    pepper_id, pepper = core.keys.ring.own_pepper
    try:
        return pepper_id, core.passwords.hash(password, pepper, network=origin.network)
    except Refused as busy:
        core.tally.note(busy.refusal, origin)
        raise


def insert_user(writing: Writing, now: float, registration: Registration, origin: Origin) -> int:
    """Insert a user and its login names. Returns the id. Raises Conflict if a name is taken."""
    (user_id,) = writing.execute(
        _USER,
        {
            "uuid": str(uuid.uuid4()),
            "username": registration.username,
            "email": registration.email,
            "password_hash": registration.password_hash,
            "pepper_id": registration.pepper_id,
            "password_expired": registration.password_expired,
            "customer_id": registration.customer_id,
            "roles": registration.roles,
            "permissions": registration.permissions,
            "created_at": now,
            "disabled_at": now if registration.disabled else None,
        },
    ).one()
    names = {folded(registration.username), folded(registration.email)}
    for name in sorted(names):
        writing.execute(_LOGIN_NAME, {"name": name, "user_id": user_id})
    audit.record(writing, now, Event.USER_ADDED, origin, user_id=user_id)
    return int(user_id)
