"""The four documented APIs, one package each. A dialect knows its wire format and its error table,
loads a request, makes one core call and dumps the answer; it imports ``http`` and ``core``, and never
another dialect."""

from functools import cache

from ..http.dialect import Dialect


@cache
def all_dialects() -> tuple[Dialect, ...]:
    """The four, built once in a process: they keep nothing of an application's."""
    from . import aaa, login, session, token_v2

    return (aaa.build(), token_v2.build(), login.build(), session.build())
