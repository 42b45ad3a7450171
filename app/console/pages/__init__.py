"""The pages: each reads a query, makes one call of the core, and renders a template."""

from ..dialect import Console
from . import acts, audit, clients, files, keys, overview, sessions, settings, users, way_in


def mount(console: Console) -> None:
    for page in (way_in, overview, users, sessions, clients, keys, audit, settings, acts, files):
        page.mount(console)
