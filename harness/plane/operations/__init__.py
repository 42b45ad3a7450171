"""The operations of the control plane, a module for each resource.

Each says what it takes, gives and refuses, by the same ``Operation`` as the service's own: so they are
validated, documented and answered alike.
"""

from . import (
    clock,
    document,
    faults,
    identities,
    journal,
    page,
    sessions,
    states,
    tokens,
    worlds,
)

__all__ = ["ALL"]

ALL = (worlds, clock, faults, journal, states, identities, sessions, tokens, document, page)
