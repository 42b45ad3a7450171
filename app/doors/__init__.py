"""The doors: where whatever sits behind Watchword asks whether a token still counts.

Any token of any dialect is accepted at each. Outside the dialects' URLs errors are problem details
(RFC 9457), except at ``/oauth2``, which speaks RFC 6749's error bodies.
"""

from functools import cache

from ..http.dialect import Dialect
from .problems import Problems

__all__ = ["Problems", "all_doors"]


@cache
def all_doors() -> tuple[Dialect, ...]:
    """The doors, built once in a process: they keep nothing of an application's."""
    from . import docs, health, jwks, oauth2, verify

    problems = Problems()
    for door in (verify, jwks, health, docs):
        door.mount(problems)
    return (problems, oauth2.build())
