"""Who somebody is: users found by name, proven by password, registered, changed and disabled.

Passwords are hashed in ``passwords``, guesses slowed in ``guard``. A changed password ends sessions through
``sessions``; nothing in here opens one.
"""

from .accounts import (
    change_password,
    disable,
    enable,
    end_sessions,
    expire_password,
    prove,
    set_password,
    unlock,
)
from .identity import (
    Identity,
    find,
    get,
)

__all__ = [
    "Identity",
    "change_password",
    "disable",
    "enable",
    "end_sessions",
    "expire_password",
    "find",
    "get",
    "prove",
    "set_password",
    "unlock",
]
