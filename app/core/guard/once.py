"""What may be done once: a form that is sent twice, for example (replay).

What was spent is a row of ``throttles``, so all workers see it, and the purge deletes it.
"""

from sqlalchemy.dialects import postgresql

from ...store.models import Throttle
from ..core import Core
from . import counters

# The same SQL runs on PostgreSQL and SQLite.
_SPEND = postgresql.insert(Throttle).inline().on_conflict_do_nothing(index_elements=[Throttle.key])


def spend(core: Core, value: str, until: float) -> bool:
    """Spend a random value that counts until ``until`` (a NumericDate). False if it was spent before."""
    row = {
        "key": counters.key_of("once", value),
        "failures": 1,
        "paused_until": 0.0,
        "expires_at": until,
    }
    with core.store.write() as writing:
        return writing.execute(_SPEND, row).rowcount > 0
