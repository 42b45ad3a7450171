"""Seed documents: the identities of a world. A harness shows their passwords."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cli import seed_file
from app.core import seeding
from app.core.audit import Origin
from app.core.core import Core
from app.core.seeding import bulk_hashing

ORIGIN = Origin("harness")


class BadSeed(Exception):
    """The document is refused as a whole; ``faults`` has a line for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Seeded:
    """All that was sown, as the documents said it."""

    customers: tuple[Mapping[str, Any], ...] = ()
    clients: tuple[Mapping[str, Any], ...] = ()
    users: tuple[Mapping[str, Any], ...] = field(default=())

    def with_document(self, document: Mapping[str, Any]) -> "Seeded":
        return Seeded(
            (*self.customers, *document.get("customers", ())),
            (*self.clients, *document.get("clients", ())),
            (*self.users, *document.get("users", ())),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "customers": list(self.customers),
            "clients": list(self.clients),
            "users": list(self.users),
        }


def sow(core: Core, document: Any, before: Seeded) -> Seeded:
    """Add what the document names and is not there yet. Raises BadSeed, and has added nothing then."""
    try:
        found = seed_file.shaped(document)
    except seed_file.Unreadable as error:
        raise BadSeed([str(error)]) from None
    planned = seeding.plan(core, found.seed)
    faults = [*found.outer_faults, *map(str, found.faults + planned.faults)]
    if faults:
        raise BadSeed(faults)
    seeding.write(core, planned, bulk_hashing.hash_all(core, planned.passwords), ORIGIN)
    return before.with_document(document)
