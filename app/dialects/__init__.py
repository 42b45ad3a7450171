"""The documented APIs, one package each.

A dialect declares its session kinds to the core (``kinds``). It knows its wire format (``schemas``) and its
error table (``errors``). A view loads a request, makes one core call and dumps the answer. A dialect imports
``http`` and ``core``, and never another dialect. ``PACKAGES`` is the only place that names them all.
"""

from functools import cache
from types import ModuleType

from ..core.kinds import Kind
from ..http.dialect import Dialect
from . import aaa, login, session, token_v2

PACKAGES: tuple[ModuleType, ...] = (aaa, token_v2, login, session)


def all_dialects() -> tuple[Dialect, ...]:
    """Each built once in a process: they keep nothing of an application's."""
    return tuple(map(_built, PACKAGES))


def all_kinds() -> tuple[Kind, ...]:
    """What the dialects declare of their sessions."""
    return tuple(kind for package in PACKAGES for kind in package.KINDS)


@cache
def _built(package: ModuleType) -> Dialect:
    dialect: Dialect = package.build()
    return dialect
