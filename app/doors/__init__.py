"""The doors: where whatever sits behind Watchword asks whether a token still counts.

Any token of any dialect is accepted at each. Outside the dialects' URLs errors are problem details
(RFC 9457), except at ``/oauth2``, which speaks RFC 6749's error bodies.
"""

from ..http.dialect import Dialect
from .problems import Problems

__all__ = ["Problems", "all_doors"]


def all_doors() -> list[Dialect]:
    """A fresh set of the doors, for one application."""
    from . import docs, health, jwks, oauth2, verify

    problems = Problems()
    for door in (verify, jwks, health, docs):
        door.mount(problems)
    return [problems, oauth2.build()]
