"""Users: find them by name, prove their passwords, register, change and disable them, set their roles.

``passwords`` does the hashing, and ``guard`` the brute-force protection. A change of password ends sessions
through ``sessions``. This package opens no session.
"""

from ...store.models import ADMIN
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
from .roles import set_roles, unheard_of

__all__ = [
    "ADMIN",
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
    "unheard_of",
    "unlock",
]
