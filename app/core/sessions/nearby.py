"""Verification at a replica, where the operator has named one.

A replica may only say yes. It may not have a login yet, so what it refuses is asked again at the primary.
How old a yes of it may be is bounded (``store.replica``). Only the doors ask here: an operation that writes
must not follow from a session that has ended, so the dialects verify at the primary.
"""

from collections.abc import Callable
from typing import TypeVar

from ...store.faults import StoreUnavailable
from ..core import Core
from ..refusals import Refused
from . import state
from .rows import Live

T = TypeVar("T")

YES, REFUSED, FAILED = "yes", "refused", "failed"


def verify(core: Core, token: str) -> Live:
    """As ``state.verify``. This is the hot path."""
    if core.nearby is None:
        return state.verify(core, token)
    return first_yes(core, lambda at: state.verify(at, token))


def first_yes(core: Core, judge: Callable[[Core], T]) -> T:
    """What ``judge`` returns of the replica, or else of the primary. Raises what it raises there.

    ``judge`` raises Refused for a no, and only reads.
    """
    replica, nearby = core.replica, core.nearby
    if replica is None or nearby is None:
        return judge(core)
    if replica.reason is None:
        try:
            found = judge(nearby)
        except Refused:
            replica.count(REFUSED)
        except StoreUnavailable:
            replica.count(FAILED)
        else:
            replica.count(YES)
            return found
    else:
        replica.count(replica.reason)
    return judge(core)
