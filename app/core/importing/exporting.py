"""All users as JSON Lines that ``import`` takes back, and how many have a hash of each kind.

Both read in pages, so no statement takes long, and nothing is locked.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, select, text

from ...store.models import User
from ..core import Core
from ..keys.keyring import IMPORTED
from ..passwords import foreign

PAGE = 2_000
KINDS_PAGE = 20_000

_USERS = (
    select(
        User.id,
        User.uuid,
        User.username,
        User.email,
        User.password_hash,
        User.pepper_id,
        User.roles,
        User.permissions,
        User.customer_id,
        User.password_expired,
        User.disabled_at,
    )
    .where(User.id > bindparam("after"))
    .order_by(User.id)
    .limit(bindparam("page"))
)
_KIND = {
    "sqlite": "substr(password_hash, 2, instr(substr(password_hash, 2), '$') - 1)",
    "postgresql": "split_part(password_hash, '$', 2)",
}
_KINDS = {
    backend: text(
        "SELECT kind, count(*), max(id) FROM"  # noqa: S608, our own names
        f" (SELECT id, {kind} AS kind FROM users WHERE id > :after ORDER BY id LIMIT :page) AS page"
        " GROUP BY kind"
    )
    for backend, kind in _KIND.items()
}


def exported(core: Core) -> Iterator[dict[str, Any]]:
    """The users by id, each with the fields that are not empty. Raises StoreUnavailable."""
    kids = {id_: kid for kid, id_ in peppers(core).items()}
    after = 0
    while page := core.store.read(_USERS, after=after, page=PAGE):
        for row in page:
            yield _line(row, kids)
        after = page[-1][0]


def _line(row: tuple[Any, ...], kids: dict[int, str]) -> dict[str, Any]:
    _, uuid, username, email, stored, pepper_id, roles, permissions, *rest = row
    customer, expired, disabled_at = rest
    line = {
        "uuid": uuid,
        "username": username,
        "email": email,
        "stored_hash": stored,
        "pepper": kids.get(pepper_id),
        "roles": sorted(roles),
        "permissions": sorted(permissions),
        "customer": customer,
        "password_expired": expired,
        "disabled": disabled_at is not None,
    }
    return {name: value for name, value in line.items() if value}


def peppers(core: Core) -> dict[str, int]:
    """The ids of the service's peppers, those of old systems too, by ``kid``."""
    return {row.kid: row.id for row in core.keys.rows() if row.use in ("pepper", IMPORTED)}


def kinds(core: Core) -> dict[str, int]:
    """How many users have a hash of each kind, the most frequent first. Raises StoreUnavailable."""
    counts: Counter[str] = Counter()
    after = 0
    while page := core.store.read(_KINDS[core.store.backend], after=after, page=KINDS_PAGE):
        for kind, number, last in page:
            counts[foreign.kind_name(kind)] += number
            after = max(after, last)
    return dict(counts.most_common())
