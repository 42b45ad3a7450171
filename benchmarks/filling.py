"""Rows and tokens of many sessions, made without logging in that many times.

Rows are inserted as ``sessions.rows.open_session`` would write them, but they live for a month, so that a
kept database stays usable. The service's own keys sign the tokens. No idle expiry of such rows is due to be
moved: that costs at most one write a minute and session, and is not in the figures.
"""

import base64
import random
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Table, insert

from app.core import policy, secrets
from app.core.core import Core
from app.core.kinds import Purpose
from app.core.names import folded
from app.core.passwords import PROFILES
from app.core.sessions import tokens
from app.core.sessions.tokens import Minting
from app.dialects.aaa import kinds as aaa_kinds
from app.dialects.login import kinds as login_kinds
from app.dialects.session import kinds as session_kinds
from app.dialects.token_v2 import grants as token_v2
from app.dialects.token_v2 import kinds as token_v2_kinds
from app.store.models import ApiKey, Client, LoginName, Session, User

from .bulk import bulk_insert, finish_loading

LIFETIME_SECONDS = 30 * policy.DAY
SAMPLE = 100_000
MAX_USERS = 100_000
PASSWORD = "correct horse battery staple"
CLIENT = "bench"
# All four dialects, and the OAuth token that keeps an AAA session alive as a Bearer token.
KIND_OF = {
    "session": session_kinds.SESSION,
    "jwt": token_v2_kinds.TOKEN_V2,
    "uuid": login_kinds.LOGIN,
    "sessid": aaa_kinds.AAA,
    "oauth": aaa_kinds.AAA,
}


def fill(core: Core, notes: Path, sessions: int, kinds: tuple[str, ...]) -> None:
    """Insert users with an API key each, and sessions of each kind. The tokens are written to ``notes``."""
    now = core.clock.now()
    users = min(sessions, MAX_USERS)
    encoded = PasswordHasher(**PROFILES["owasp"]._asdict()).hash(PASSWORD)
    keys = [base64.b64encode(secrets.mint_bytes(16)).decode() for _ in range(users)]
    people = [(number, f"user{number}@example.com") for number in range(1, users + 1)]
    bulk_insert(core.store, _table(User), (_user(*one, encoded, now) for one in people))
    names = ({"name": folded(email), "user_id": number} for number, email in people)
    bulk_insert(core.store, _table(LoginName), names)
    rows = (
        {"id": number, "user_id": number, "digest": secrets.digest(key), "created_at": now}
        for (number, _), key in zip(people, keys, strict=True)
    )
    bulk_insert(core.store, _table(ApiKey), rows)
    with core.store.write() as writing:
        writing.execute(insert(Client).values(client_id=CLIENT, name=CLIENT, created_at=now))
    _note(
        notes,
        "apikeys",
        (f"{email}\t{key}" for (_, email), key in zip(people, keys, strict=True)),
    )
    for kind in kinds:
        minted = mintings(core, kind, sessions, now)
        texts = {m.session_id: random_token(kind) for m in minted} if _is_random(kind) else {}
        rows = (session_row(kind, m, users, now, texts.get(m.session_id)) for m in minted)
        bulk_insert(core.store, _table(Session), rows)
        _note_tokens(core, notes, kind, random.sample(minted, min(SAMPLE, sessions)), texts)
    finish_loading(core.store)


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _user(number: int, email: str, encoded: str, now: float) -> dict[str, Any]:
    return {
        "id": number,
        "uuid": str(uuid.uuid4()),
        "username": email,
        "email": email,
        "password_hash": encoded,
        "password_expired": False,
        "epoch": 1,
        "roles": "",
        "permissions": "npm",
        "created_at": now,
    }


def _is_random(kind: str) -> bool:
    return kind in ("uuid", "sessid")


def random_token(kind: str) -> str:
    return secrets.mint_uuid() if kind == "uuid" else secrets.mint_hex(32)


def mintings(core: Core, kind: str, count: int, now: float) -> list[Minting]:
    """The data from which the tokens of ``count`` new sessions are made; by id, so inserts are fast."""
    expires_at = now + LIFETIME_SECONDS
    key_id = 0 if _is_random(kind) else core.current_key_id(KIND_OF[kind])
    ids = sorted(random.getrandbits(63) for _ in range(count))
    return [Minting(id_, 1, key_id, now, expires_at, expires_at) for id_ in ids]


def session_row(
    kind: str, minting: Minting, users: int, now: float, token: str | None = None
) -> dict[str, Any]:
    return {
        "id": minting.session_id,
        "user_id": random.randint(1, users),
        "dialect": KIND_OF[kind].name,
        "client_id": CLIENT if kind == "session" else None,
        "token_digest": secrets.digest(token) if token else None,
        "generation": minting.generation,
        "key_id": minting.key_id or None,
        "epoch": 1,
        "opened_at": now,
        "rotated_at": minting.rotated_at,
        "access_expires_at": minting.access_expires_at,
        "expires_at": minting.expires_at,
        "absolute_expires_at": minting.expires_at,
        "address": "127.0.0.1",
    }


def _note_tokens(
    core: Core, notes: Path, kind: str, mintings: list[Minting], texts: dict[int, str]
) -> None:
    """Write down each session's token; for the session dialect the refresh token too."""

    def sealed(purpose: Purpose) -> Iterator[str]:
        return (tokens.seal(core.keys, purpose, minting) for minting in mintings)

    match kind:
        case "session":
            _note(notes, "session", sealed(session_kinds.ACCESS))
            _note(notes, "session-refresh", sealed(session_kinds.REFRESH))
        case "oauth":
            _note(notes, "oauth", sealed(aaa_kinds.OAUTH))
        case "jwt":
            subject = token_v2.Subject(1, "user1@example.com", str(uuid.UUID(int=0)))
            pairs = (token_v2.jwts(core, m, subject) for m in mintings)
            _note(notes, "jwt", (access for access, _ in pairs))
        case _:
            _note(notes, kind, (texts[minting.session_id] for minting in mintings))


def _note(notes: Path, name: str, lines: Iterable[str]) -> None:
    with (notes / f"{name}.txt").open("w") as file:
        file.writelines(f"{line}\n" for line in lines)
