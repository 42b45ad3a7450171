"""The doors: the URLs where gateways and APIs ask whether a token is valid, and operators look in.

Every door that takes a token accepts those of all dialects. Errors are problem details (RFC 9457); at
``/oauth2`` they have the form of RFC 6749.
"""

from functools import cache

from ..http.dialect import Dialect
from .problems import Problems

__all__ = ["Problems", "all_doors"]


@cache
def all_doors() -> tuple[Dialect, ...]:
    """The doors, built once in a process. They keep no state of an application."""
    from . import docs, health, home, jwks, oauth2, verify

    problems = Problems()
    for door in (home, verify, jwks, health, docs):
        door.mount(problems)
    return (problems, oauth2.build())
