"""The harness: the real service in anybody's test suite, with a clock that turns.

In the wheel this package is called ``watchword``, and it is the only one that can be imported. It owns
the command, the client of the control plane and the pytest plugin, and needs the standard library alone
(the plugin needs pytest). ``plane`` runs in a process of its own, beside the service, and is imported
there only.

Nothing in here decides about sessions, tokens or refusals: that is the service's.
"""

from .client import Watchword
from .control import ControlError

__all__ = ["ControlError", "Watchword"]
