"""Django: ``manage.py dumpdata auth --format json`` or ``jsonl``. Groups become roles.

The users are the objects of ``auth.user``, or of the one model that looks like a user model of the project's
own: a ``password``, a ``last_login`` (Django's base class of users has both) and a name. A project has one
model of users, and other models have passwords too: access points, mailboxes. Groups must stand before the
users who are in them, as dumpdata sorts them.
"""

from typing import Any, BinaryIO

from ..records import Entry, Fault, Format, Read, Record, each, mapping, text
from ..states import disabled_until
from .documents import begins_with_a_list, items, lines, parsed

_GROUP = "auth.group"
_USER = "auth.user"


class _Objects:
    def __init__(self) -> None:
        self._groups: dict[Any, str] = {}
        self._users: str | None = None

    def user(self, place: str, entry: Entry) -> Record | None:
        """None for an object that is no user. Raises Fault."""
        fields = entry.get("fields")
        if not isinstance(fields, dict):
            raise Fault("is not an object as dumpdata writes it")
        model = entry.get("model")
        if model == _GROUP:
            self._groups[str(entry.get("pk"))] = text(fields, "name") or ""
            return None
        if "password" not in fields:
            return None
        if model != _USER and not _is_like_a_user(fields):
            raise Fault("has a password, but is of no model of users")
        self._users = self._users or str(model)
        if model != self._users:
            raise Fault("is of another model than the users before it")
        return Record(
            place,
            text(fields, "username"),
            text(fields, "email"),
            hash=text(fields, "password"),
            roles=frozenset(map(self._role, _listed(fields, "groups"))),
            disabled_until=disabled_until(fields),
        )

    def _role(self, group: Any) -> str:
        """A group's name: ``group`` is its key, or with --natural-foreign its name in a list."""
        name = group[0] if isinstance(group, list) and group else self._groups.get(str(group))
        if not isinstance(name, str):
            raise Fault("is in a group that the file does not have before it")
        # A role is one word.
        return "-".join(name.split())


def _is_like_a_user(fields: Entry) -> bool:
    return "last_login" in fields and ("username" in fields or "email" in fields)


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
