"""What an operator may do in the console: each act with its form, its command, and the core's function.

``ACTS`` is all of it. A test compares it with the commands: nothing can be done here that a command does not
do too.
"""

from . import clients, credentials, keys, roles, sessions, users
from .act import PROOF, Act, Done, Request, Subject

__all__ = ["ACTS", "PROOF", "SECRETS", "Act", "Done", "Request", "Subject"]

ACTS: tuple[Act, ...] = (
    *users.ACTS,
    *roles.ACTS,
    *credentials.ACTS,
    *sessions.ACTS,
    *clients.ACTS,
    *keys.ACTS,
)

# The fields that no page shows again.
SECRETS = frozenset({PROOF}).union(*(act.secrets for act in ACTS))
