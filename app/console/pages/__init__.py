"""The pages: each reads a query, makes one call of the core, and renders a template."""

from ..dialect import Console
from . import acts, audit, clients, files, keys, overview, sessions, settings, users, way_in

# The command that tells the same as each page. A test compares both sides with what there is.
TWINS = {
    "/console": "stats",
    "/console/users": "users list",
    "/console/users/<uid:uid>": "users show",
    "/console/sessions": "sessions list",
    "/console/clients": "clients list",
    "/console/keys": "keys list",
    "/console/audit": "audit list",
    "/console/audit/tail": "audit tail",
    "/console/audit/export": "audit export",
    "/console/audit/why": "audit why",
    "/console/settings": "settings",
}


def mount(console: Console) -> None:
    for page in (way_in, overview, users, sessions, clients, keys, audit, settings, acts, files):
        page.mount(console)
