"""structlog, loaded as if rich were not installed. ``app`` imports this before all else.

structlog takes rich to print tracebacks in colours, and rich takes attrs where it finds it: a tenth of the
start of every process. Nothing here logs a traceback. The commands that print tables need rich, and load
it themselves (``cli/output``).
"""

import sys
from importlib import import_module
from typing import Any


def load() -> None:
    modules: dict[str, Any] = sys.modules
    modules.setdefault("rich", None)  # for which Python says that it is not installed
    import_module("structlog")
    if modules["rich"] is None:
        del modules["rich"]


load()
