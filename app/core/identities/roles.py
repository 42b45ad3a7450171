"""The roles of a user: words that gateways are told, and that AAA and the console ask for."""

from sqlalchemy import bindparam, select, update

from ...store.models import User
from .. import audit
from ..audit import Event, Origin
from ..core import Core
from ..names import words_fault
from ..refusals import Refusal, Refused
from ..sessions import endings

_THE_USER = User.id == bindparam("uid")
# PostgreSQL locks the user until the transaction ends. SQLite has one writing transaction at a time.
_HAD = select(User.roles).where(_THE_USER).with_for_update(key_share=True)
_SET = update(User).where(_THE_USER).values(roles=bindparam("names"))


def set_roles(
    core: Core,
    user_id: int,
    roles: frozenset[str],
    origin: Origin,
    *,
    seen: frozenset[str] | None = None,
) -> bool:
    """Give a user these roles and no others. Returns whether the user had others before.

    A session ends with the role that its kind demands. Other sessions go on: every check of a token reads
    the roles anew. ``seen`` are the roles that the operator was shown, if that was a while ago.

    Raises Refused, with the reason: IDENTITY_UNACCEPTABLE, and CHANGED_MEANWHILE if the user has others than
    those seen.
    """
    fault = words_fault(roles)
    if fault is not None:
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE, fault)
    with core.store.write() as writing:
        now = core.clock.now()
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
