"""The four documented APIs, one package each. A dialect knows its wire format and its error table,
loads a request, makes one core call and dumps the answer; it imports ``http`` and ``core``, and never
another dialect."""

from ..http.dialect import Dialect


def all_dialects() -> list[Dialect]:
    """A fresh set of the four, for one application."""
    from . import aaa, login, session, token_v2

    return [aaa.build(), token_v2.build(), login.build(), session.build()]
