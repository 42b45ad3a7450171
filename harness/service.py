"""Where the service is: inside the wheel as data, or the repository that this package stands in.

Its top-level names (``app``, ``config``, ``wsgi``) are those of half of all projects. So they can be
imported in the service's own process, and in no other.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parent
IN_THE_WHEEL = PACKAGE / "_service"
NAMES = frozenset({"app", "config", "wsgi"})


def directory() -> Path:
    """The directory that holds ``app``, ``migrations`` and ``wsgi.py``."""
    return IN_THE_WHEEL if IN_THE_WHEEL.is_dir() else PACKAGE.parent


class _ServiceFinder(MetaPathFinder):
    """Finds the service's three names where the service is, whatever the import path says."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname not in NAMES:
            return None
        return PathFinder.find_spec(fullname, [str(directory())], target)


def import_from_here() -> None:
    """Make the service importable in this process, before anything of the same name."""
    sys.meta_path.insert(0, _ServiceFinder())


def environment() -> dict[str, str]:
    """The environment of a process that imports this package, and nothing of the caller's."""
    return {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}


def version() -> str:
    """The one version of the service and of the wheel."""
    return str(runpy.run_path(str(directory() / "app" / "version.py"))["VERSION"])
