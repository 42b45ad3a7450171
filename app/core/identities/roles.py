"""The roles of a user: words that gateways are told, and that AAA and the console ask for."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select, text, update

from ...store.models import ADMIN, HAS_ROLES, User
from .. import audit
from ..audit import Event, Origin
from ..core import Core
from ..names import words_fault
from ..refusals import Refusal, Refused
from ..sessions import endings
from . import last_admin

_THE_USER = User.id == bindparam("uid")
# PostgreSQL locks the user until the transaction ends. SQLite has one writing transaction at a time.
_HAD = select(User.roles).where(_THE_USER).with_for_update(key_share=True)
_SET = update(User).where(_THE_USER).values(roles=bindparam("names"))
# Each set of roles that somebody has, one after another in the index, however many users have the same.
_SETS = text(
    f"WITH RECURSIVE sets(names) AS (SELECT min(roles) FROM users WHERE {HAS_ROLES} UNION ALL"  # noqa: S608, our own text
    f" SELECT (SELECT min(roles) FROM users WHERE {HAS_ROLES} AND roles > sets.names)"
    " FROM sets WHERE sets.names IS NOT NULL)"
    " SELECT names FROM sets WHERE names IS NOT NULL LIMIT :most"
)
# More than anybody has. Where somebody has more, a role of a later set may be called new.
SETS_LOOKED_AT = 1_000


def in_use(core: Core) -> list[str]:
    """The roles that users have, in alphabetical order, and ``admin``, which means something here."""
    sets = core.store.read(_SETS, most=SETS_LOOKED_AT)
    return sorted({ADMIN}.union(*(names.split() for (names,) in sets)))


def unheard_of(core: Core, roles: Iterable[str]) -> str | None:
    """A sentence about those roles that nobody has yet: one may be mistyped. None if all are in use."""
    wanted = set(roles)
    known = in_use(core) if wanted - {ADMIN} else [ADMIN]
    new = sorted(wanted.difference(known))
    if not new:
        return None
    roles_ = "the role" if len(new) == 1 else "the roles"
    return f"Nobody has {roles_} {', '.join(new)} yet. In use: {', '.join(known)}."


def set_roles(
    core: Core,
    user_id: int,
    roles: frozenset[str],
    origin: Origin,
    *,
    seen: frozenset[str] | None = None,
    keep_an_admin: bool = False,
) -> bool:
    """Give a user these roles and no others. Returns whether the user had others before.

    A session ends with the role that its kind demands. Other sessions go on: every check of a token reads
    the roles anew. ``seen`` are the roles that the operator was shown, if that was a while ago.

    Raises Refused, with the reason: IDENTITY_UNACCEPTABLE; CHANGED_MEANWHILE if the user has others than
    those seen; with ``keep_an_admin`` LAST_ADMIN if nobody could be an operator any more.
    """
    fault = words_fault(roles)
    if fault is not None:
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE, fault)
    with core.store.write() as writing:
        now = core.clock.now()
        if keep_an_admin and ADMIN not in roles:
            last_admin.refuse(writing, user_id)
        (had,) = writing.execute(_HAD, {"uid": user_id}).one()
        if had == roles:
            return False
        if seen is not None and had != seen:
            now_has = " ".join(sorted(had)) or "none"
            raise Refused(
                Refusal.CHANGED_MEANWHILE, f"The roles were changed meanwhile, to: {now_has}."
            )
        writing.execute(_SET, {"uid": user_id, "names": roles})
        endings.end_without_role(writing, now, user_id, core.kinds, roles)
        note = _difference(had, roles)
        audit.record(writing, now, Event.ROLES_CHANGED, origin, user_id=user_id, note=note)
    return True


def _difference(had: frozenset[str], roles: frozenset[str]) -> str:
    """Such as "gave admin; took auditor support"."""
    changes = {"gave": roles - had, "took": had - roles}
    return "; ".join(f"{verb} {' '.join(sorted(them))}" for verb, them in changes.items() if them)
