"""What operators do in more than one step, for the commands and the console alike."""

from .. import listings, sessions
from ..audit import Origin
from ..core import Core
from ..sessions.rows import Live

ENDED_BY_OPERATOR = "ended_by_operator"


def end_session(core: Core, name: str, origin: Origin) -> Live:
    """End the live session with this public name. Raises Refused(NOT_FOUND) if it is not live any more."""
    row = listings.live_session(core, name)
    sessions.end_row(core, row, origin, ENDED_BY_OPERATOR)
    return row
