"""API keys: base64 of 16 random bytes, shown once, stored as a digest. A user may have several."""

import base64
import binascii
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, insert, select, update

from ...store.models import ApiKey, LoginName, User
from ...store.store import Writing
from .. import audit, secrets
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..kinds import Kind
from ..names import folded
from ..refusals import Refusal, Refused
from ..sessions import caps, grants, rows
from ..sessions.rows import Credential, Holder

KEY_BYTES = 16

BY_DIGEST = (
    select(ApiKey.id, ApiKey.expires_at, ApiKey.revoked_at, User.id, User.epoch, User.disabled_at)
    .join(User, User.id == ApiKey.user_id)
    .join(LoginName, LoginName.user_id == User.id)
    .where(ApiKey.digest == bindparam("digest"), LoginName.name == bindparam("login"))
)

# PostgreSQL locks the row until the session is committed. SQLite has one writing transaction at a time.
_UNREVOKED = (
    select(ApiKey.id, caps.CROWDED)
    .where(ApiKey.id == bindparam("key_id"), ApiKey.revoked_at.is_(None))
    .with_for_update(read=True)
)
_INSERT = insert(ApiKey).returning(ApiKey.id)
_LIST = (
    select(ApiKey.id, ApiKey.created_at, ApiKey.expires_at, ApiKey.revoked_at)
    .where(ApiKey.user_id == bindparam("owner"), ApiKey.id > bindparam("after"))
    .order_by(ApiKey.id)
    .limit(bindparam("most", type_=Integer))
)
_LIST_LIVE = _LIST.where(*caps.live(ApiKey))
_REVOKE = (
    update(ApiKey)
    .where(ApiKey.id == bindparam("key_id"), ApiKey.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    .returning(ApiKey.user_id)
)


class KeyLine(NamedTuple):
    """A key in a list for its owner or an operator."""

    id: int
    created_at: float
    expires_at: float | None
    revoked_at: float | None


class Exchanged(NamedTuple):
    token: str
    expires_in: int


def exchange(core: Core, kind: Kind, login: str, key: str, origin: Origin) -> Exchanged:
    """Exchange a login name and one of its keys for a session of ``kind``, whose one token is random.

    Raises Refused: ADDRESS_PAUSED, API_KEY_UNKNOWN (for an unknown login and for another user's key, so that
    the answer does not tell which names exist), API_KEY_REVOKED, API_KEY_EXPIRED, ACCOUNT_DISABLED.
    """
    address = throttle.admit_address(core, origin, login)
    row = core.store.first(BY_DIGEST, digest=secrets.digest(key), login=folded(login))
    refusal = _key_refusal(row, core.clock.now()) if row else Refusal.API_KEY_UNKNOWN
    if row is not None and refusal is None:
        (purpose,) = kind.purposes
        token = grants.random_token(purpose)
        if _opened(core, kind, row, token, origin):
            return Exchanged(token, core.seconds(kind.access))
        refusal = Refusal.API_KEY_REVOKED
    with core.store.write() as writing:
        now = core.clock.now()
        if row is None:
            throttle.failed_address(writing, now, core.policy, address, origin.network)
        user_id = row[3] if row else None
        audit.record(writing, now, Event.LOGIN_REFUSED, origin, user_id=user_id, reason=refusal)
    raise Refused(refusal or Refusal.API_KEY_UNKNOWN)


def _opened(core: Core, kind: Kind, row: tuple[Any, ...], token: str, origin: Origin) -> bool:
    """Open the session. False if the key was revoked meanwhile, because that did not end this session."""
    with core.store.write() as writing:
        asked = caps.asked(core.policy, core.clock.now(), row[3])
        found = writing.execute(_UNREVOKED, {"key_id": row[0], **asked}).first()
        if found is None:
            return False
        rows.open_session(
            core,
            writing,
            Holder(row[3], row[4]),
            kind,
            origin,
            token=token,
            credential=Credential(api_key_id=row[0]),
            crowded=found[1] is not None,
        )
    return True


def _key_refusal(row: tuple[object, ...], now: float) -> Refusal | None:
    _, expires_at, revoked_at, _, _, disabled_at = row
    if revoked_at is not None:
        return Refusal.API_KEY_REVOKED
    if isinstance(expires_at, float) and expires_at <= now:
        return Refusal.API_KEY_EXPIRED
    if disabled_at is not None:
        return Refusal.ACCOUNT_DISABLED
    return None


def is_key(text: str) -> bool:
    """Whether the text has the form of a key: base64 of 16 bytes."""
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def issue(
    core: Core, user_id: int, origin: Origin, *, expires_at: float | None = None
) -> tuple[int, str]:
    """Make a key for the user. Returns its id and the key, which only this call ever returns.

    Raises Refused(CREDENTIALS_CAPPED).
    """
    key = base64.b64encode(secrets.mint_bytes(KEY_BYTES)).decode()
    with core.store.write() as writing:
        now = core.clock.now()
        caps.refuse_beyond(writing, now, user_id, ApiKey, core.policy.api_keys_per_user)
        key_id = insert_key(writing, now, user_id, key, expires_at=expires_at)
        audit.record(
            writing, now, Event.API_KEY_ISSUED, origin, user_id=user_id, note=f"key {key_id}"
        )
    return key_id, key


def insert_key(
    writing: Writing, now: float, user_id: int, key: str, expires_at: float | None = None
) -> int:
    """Insert a key's digest. Returns the row's id. Raises Conflict if any user has this key already."""
    (key_id,) = writing.execute(
        _INSERT,
        {
            "user_id": user_id,
            "digest": secrets.digest(key),
            "created_at": now,
            "expires_at": expires_at,
        },
    ).one()
    return int(key_id)


def listed(
    core: Core, user_id: int, *, limit: int, after: int = 0, live: bool = False
) -> list[KeyLine]:
    """At most ``limit`` of a user's keys with ids above ``after``, by id; if ``live``, only live ones."""
    asked = {"owner": user_id, "after": after, "most": limit}
    if live:
        found = core.store.read(_LIST_LIVE, **asked, moment=core.clock.now())
    else:
        found = core.store.read(_LIST, **asked)
    return [KeyLine(*row) for row in found]


def revoke(core: Core, key_id: int, origin: Origin) -> None:
    """Revoke a key and end the sessions that it opened.

    Raises Refused(NOT_FOUND), also if the key was revoked before.
    """
    with core.store.write() as writing:
        now = core.clock.now()
        revoked = writing.execute(_REVOKE, {"key_id": key_id, "now": now}).first()
        if revoked is None:
            raise Refused(Refusal.NOT_FOUND, "no such API key, or it is revoked already")
        user_id = revoked[0]
        whose = {"owner": user_id, "opened_by": key_id}
        rows.end_where(writing, now, "credential_revoked", rows.OF_API_KEY, **whose)
        audit.record(
            writing, now, Event.API_KEY_REVOKED, origin, user_id=user_id, note=f"key {key_id}"
        )
