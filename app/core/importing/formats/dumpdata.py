"""Django: ``manage.py dumpdata auth --format json`` or ``jsonl``. Groups become roles.

A model of the project's own is a user if it has a ``password`` and a name. Groups must stand before the users
who are in them, as dumpdata sorts them.
"""

from typing import Any, BinaryIO

from ..records import Entry, Fault, Format, Read, Record, each, mapping, text
from ..states import is_disabled
from .documents import begins_with_a_list, items, lines, parsed

_GROUP = "auth.group"


class _Objects:
    def __init__(self) -> None:
        self._groups: dict[Any, str] = {}

    def user(self, place: str, entry: Entry) -> Record | None:
        """None for an object that is no user. Raises Fault."""
        fields = entry.get("fields")
        if not isinstance(fields, dict):
            raise Fault("is not an object as dumpdata writes it")
        if entry.get("model") == _GROUP:
            self._groups[str(entry.get("pk"))] = text(fields, "name") or ""
            return None
        if "password" not in fields:
            return None
        return Record(
            place,
            text(fields, "username"),
            text(fields, "email"),
            hash=text(fields, "password"),
            roles=frozenset(map(self._role, _listed(fields, "groups"))),
            disabled=is_disabled(fields),
        )

    def _role(self, group: Any) -> str:
        """A group's name: ``group`` is its key, or with --natural-foreign its name in a list."""
        name = group[0] if isinstance(group, list) and group else self._groups.get(str(group))
        if not isinstance(name, str):
            raise Fault("is in a group that the file does not have before it")
        # A role is one word.
        return "-".join(name.split())


def _listed(fields: Entry, name: str) -> list[Any]:
    """Raises Fault."""
    value = fields.get(name) or []
    if not isinstance(value, list):
        raise Fault(f"{name} is not a list")
    return value


def read(stream: BinaryIO) -> Read:
    objects = _Objects()
    if begins_with_a_list(stream):
        entries = items(stream, None, "objects")
        return each(entries, lambda place, entry: objects.user(place, mapping(entry)))
    return each(lines(stream), lambda place, line: objects.user(place, mapping(parsed(line))))


FORMAT = Format("dumpdata", "Django's `dumpdata` (JSON or JSON Lines)", read)
