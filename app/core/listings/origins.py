"""Where sessions and events come from: the APIs, and what opens no session of its own."""

from collections.abc import Sequence

from ..core import Core
from ..refusals import Refusal, Refused

# Where events come from that no session kind is named for.
OTHERS = ("oauth2", "cli")


def dialects(core: Core) -> list[str]:
    """The session kinds."""
    return list(core.kinds.named)


def doors(core: Core) -> list[str]:
    """Where an event may come from."""
    return [*dialects(core), *OTHERS]


def refuse_unknown(name: str | None, known: Sequence[str]) -> None:
    """Raises Refused(NOT_FOUND) unless the name is one of those known. There can be no other."""
    if name is not None and name not in known:
        raise Refused(Refusal.NOT_FOUND, f"there is no {name!r} here; choose of {', '.join(known)}")
