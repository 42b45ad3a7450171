"""Client applications (RFC 6749 section 2): public, or confidential with a secret."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Integer, Update, bindparam, insert, select, update

from ...store.faults import Conflict
from ...store.models import Client
from ...store.store import Writing
from .. import audit, secrets
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..names import is_label
from ..refusals import Refusal, Refused

MAX_LENGTH = 200
# RFC 6749 appendix A.1: printable ASCII. No white space, so that it may stand in any header.
_CLIENT_ID = re.compile(r"[!-~]{1,200}", re.ASCII)

BY_ID = select(Client.secret_digest, Client.disabled_at).where(
    Client.client_id == bindparam("client_id")
)
_INSERT = insert(Client).inline()
_LIST = (
    select(
        Client.client_id,
        Client.name,
        Client.secret_digest.is_not(None),
        Client.created_at,
        Client.disabled_at,
    )
    .where(Client.client_id > bindparam("after"))
    .order_by(Client.client_id)
    .limit(bindparam("most", type_=Integer))
)
_SET_DISABLED = (
    update(Client)
    .where(Client.client_id == bindparam("named"))
    .values(disabled_at=bindparam("since"))
)
_SET_SECRET = (
    update(Client)
    .where(Client.client_id == bindparam("named"), Client.secret_digest.is_not(None))
    .values(secret_digest=bindparam("replacement"))
)


class ClientLine(NamedTuple):
    client_id: str
    name: str
    confidential: bool
    created_at: float
    disabled_at: float | None


def require(core: Core, client_id: str | None) -> str:
    """A known, enabled client. Raises Refused(CLIENT_MISSING, CLIENT_UNKNOWN, CLIENT_DISABLED)."""
    if client_id is None:
        raise Refused(Refusal.CLIENT_MISSING)
    row = _row(core, client_id)
    if row is None:
        raise Refused(Refusal.CLIENT_UNKNOWN)
    if row[1] is not None:
        raise Refused(Refusal.CLIENT_DISABLED)
    return client_id


def is_confidential(core: Core, client_id: str) -> bool:
    """Whether the client has a secret, which it must then prove."""
    row = _row(core, client_id)
    return row is not None and row[0] is not None


def prove(
    core: Core, readings: Sequence[tuple[str, str]], origin: Origin, *, for_user: bool = False
) -> str:
    """Prove a confidential client by id and secret. Returns its id.

    ``readings`` are the (id, secret) pairs that the header may mean (RFC 6749 section 2.3.1: some clients
    form-encode, some do not). All readings together are one attempt. Raises Refused(CLIENT_UNPROVEN or
    ADDRESS_PAUSED). With ``for_user`` the right secret is accepted from a paused address too, because a
    proof of the user follows, and there the address counts.
    """
    right = named = None
    for client_id, secret in readings:
        row = _row(core, client_id)
        stored: bytes | None = row[0] if row and row[1] is None else None
        # An unknown client costs the same comparison, so that the time tells nothing (timing attack).
        if secrets.same(stored or bytes(32), secrets.digest(secret)) and stored is not None:
            right = client_id
            break
        # An unknown id is not noted: it may be a secret in the wrong field.
        named = named or (client_id if row else None)
    if right is not None and for_user:
        return right
    address = throttle.admit_address(core, origin)
    if right is not None:
        return right
    with core.store.write() as writing:
        now = core.clock.now()
        throttle.failed_address(writing, now, core.policy, address, origin.network)
        audit.record(
            writing,
            now,
            Event.LOGIN_REFUSED,
            origin,
            reason=Refusal.CLIENT_UNPROVEN,
            note=named,
        )
    raise Refused(Refusal.CLIENT_UNPROVEN)


def _row(core: Core, client_id: str) -> tuple[Any, ...] | None:
    """The client's row. A text too long for a client id is looked up as the empty id, which no client has."""
    return core.store.first(BY_ID, client_id=client_id if len(client_id) <= MAX_LENGTH else "")


def add(core: Core, client_id: str, name: str, origin: Origin, *, confidential: bool) -> str | None:
    """Register a client. Returns the secret of a confidential one; only this call ever does.

    Raises Refused(IDENTITY_UNACCEPTABLE or IDENTITY_TAKEN).
    """
    if not is_client_id(client_id):
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE, "the client id is not valid")
    if not is_label(name):
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE, "the name is not valid")
    secret = secrets.mint() if confidential else None
    try:
        with core.store.write() as writing:
            now = core.clock.now()
            insert_client(writing, now, client_id, name, secret)
            audit.record(writing, now, Event.CLIENT_ADDED, origin, note=client_id)
    except Conflict:
        raise Refused(Refusal.IDENTITY_TAKEN) from None
    return secret


def is_client_id(text: str) -> bool:
    return bool(_CLIENT_ID.fullmatch(text))


def insert_client(
    writing: Writing, now: float, client_id: str, name: str, secret: str | None
) -> None:
    writing.execute(
        _INSERT,
        {
            "client_id": client_id,
            "name": name,
            "secret_digest": secrets.digest(secret) if secret else None,
            "created_at": now,
        },
    )


def listed(core: Core, *, limit: int, after: str = "") -> list[ClientLine]:
    """A page of clients: at most ``limit`` with ids above ``after``, in order of id."""
    return [ClientLine(*row) for row in core.store.read(_LIST, after=after, most=limit)]


def set_disabled(core: Core, client_id: str, disabled: bool, origin: Origin) -> None:
    """Disable a client from its next request on, or enable it again. Raises Refused(NOT_FOUND)."""
    now = core.clock.now()
    note = f"{client_id} {'disabled' if disabled else 'enabled'}"
    since = {"since": now if disabled else None}
    _change(core, client_id, _SET_DISABLED, since, origin, note=note, missing="no such client")


def rotate_secret(core: Core, client_id: str, origin: Origin) -> str:
    """Replace a client's secret. Only this call returns the new one; the old one is invalid at once.

    Raises Refused(NOT_FOUND), also for a public client, which has none.
    """
    secret = secrets.mint()
    note = f"{client_id} secret rotated"
    _change(
        core,
        client_id,
        _SET_SECRET,
        {"replacement": secrets.digest(secret)},
        origin,
        note=note,
        missing="no such client, or not a confidential one",
    )
    return secret


def _change(
    core: Core,
    client_id: str,
    statement: Update,
    values: Mapping[str, object],
    origin: Origin,
    *,
    note: str,
    missing: str,
) -> None:
    """``missing`` says why no row was changed."""
    with core.store.write() as writing:
        if not writing.execute(statement, {"named": client_id, **values}).rowcount:
            raise Refused(Refusal.NOT_FOUND, missing)
        audit.record(writing, core.clock.now(), Event.CLIENT_CHANGED, origin, note=note)
