"""Users: find them by name, prove their passwords, register, change and disable them, set their roles.

``passwords`` does the hashing, and ``guard`` the brute-force protection. A change of password ends sessions
through ``sessions``. This package opens no session.
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
from .roles import set_roles

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
    "set_roles",
    "unlock",
]
