"""What one process at a time does for all, once in a purge interval: count, purge, and keep figures."""

from collections.abc import Callable

from ..core import Core
from . import event_hours, figures, purge, request_hours


def work(core: Core, pause: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Returns the number of deleted rows by table. ``pause`` is called after each batch.

    Events are counted before they are purged. Raises StoreUnavailable.
    """
    event_hours.count_up(core, pause)
    deleted = purge.purge(core, pause)
    event_hours.purge(core)
    request_hours.purge(core)
    figures.keep(core, deleted, pause)
    return deleted
