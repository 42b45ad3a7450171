"""Where the service is: inside the wheel as data, or the repository that this package stands in.

Its top-level names (``app``, ``config``, ``wsgi``) are those of half of all projects, so they are put on
the import path of the service's own process, and of no other.
"""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IN_THE_WHEEL = PACKAGE / "_service"


def directory() -> Path:
    """The directory that holds ``app``, ``migrations`` and ``wsgi.py``."""
    return IN_THE_WHEEL if IN_THE_WHEEL.is_dir() else PACKAGE.parent


def import_from_here() -> None:
    """Make the service importable in this process, before anything of the same name."""
    sys.path.insert(0, str(directory()))


def environment() -> dict[str, str]:
    """The environment of a process that imports the service, or this package, and nothing of the caller's."""
    paths = dict.fromkeys((str(directory()), str(PACKAGE.parent)))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def version() -> str:
    """The one version of the service and of the wheel."""
    import_from_here()
    from app.version import VERSION

    return VERSION
