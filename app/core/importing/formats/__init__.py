"""A module for each format of a file of users. ``FORMATS`` has them by name."""

from collections.abc import Mapping

from ..records import Format
from . import (
    auth0,
    csv_table,
    dumpdata,
    firebase,
    htpasswd,
    json_lines,
    keycloak,
    ldif,
    seed_document,
)

FORMATS: Mapping[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        csv_table,
        json_lines,
        seed_document,
        dumpdata,
        keycloak,
        auth0,
        firebase,
        ldif,
        htpasswd,
    )
}
