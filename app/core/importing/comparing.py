"""What a batch of users is, beside the database and the file so far: new, there already, or in conflict.

It says the same of a file at each run, whatever was written of it before, and in a dry run too.
"""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from .checking import User
from .records import Rejected
from .seen import SeenNames, SeenUsers
from .writing import Holder

_ANOTHERS = "belongs to another user of the database"


class Taken(NamedTuple):
    """What the database has of a batch: who has a login name, by name, and which user a UUID."""

    holders: Mapping[str, Holder]
    owners: Mapping[str | None, int]


class Outcome(NamedTuple):
    """What a batch has: users who are new, ids of those who are there already, and rejects."""

    new: list[User]
    present: list[int]
    refused: list[Rejected]


class FileSoFar:
    """For which users of the database lines of the file stand, and in a dry run what the new ones take."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._users = SeenUsers()
        self._names = SeenNames()

    def add_users(self, user_ids: Sequence[int]) -> None:
        for user_id in user_ids:
            self._users.add(user_id)

    def add_names(self, new: Sequence[User]) -> None:
        """Of users who would be added."""
        for user in new:
            for key in _keys(user):
                self._names.add(key)

    def compared(self, batch: Sequence[User], taken: Taken, customers: Set[str]) -> Outcome:
        """``customers`` are those that exist, of the batch at least."""
        new: list[User] = []
        present: dict[int, None] = {}
        refused: list[Rejected] = []
        names: set[str] = set()
        if not self._dry_run and not any(taken) and _differ(batch, customers):
            # Most batches of a first run.
            return Outcome(list(batch), [], [])
        for user in batch:
            holder, mailbox = (taken.holders.get(name) for name in user.names)
            reason = (
                self._twice(user, names)
                or self._conflict(user, holder, mailbox, present, customers)
                or self._other_id(user, holder, taken.owners.get(user.uuid), names, present)
            )
            if reason:
                refused.append(Rejected(user.place, reason))
            elif holder is None:
                new.append(user)
                names.update(_keys(user))
            else:
                present[holder.user_id] = None
        return Outcome(new, list(present), refused)

    def _twice(self, user: User, names: set[str]) -> str | None:
        """Why the file contradicts itself: names of this batch, and in a dry run of the earlier ones too."""
        for name, field in zip(user.names, ("username", "email"), strict=True):
            if name in names or (self._dry_run and name in self._names):
                return f"{field} stands in the file already"
        return None

    def _conflict(
        self,
        user: User,
        holder: Holder | None,
        mailbox: Holder | None,
        present: dict[int, None],
        customers: Set[str],
    ) -> str | None:
        """Why the user cannot be added; None also if the very same one is there."""
        for found, field in ((holder, "username"), (mailbox, "email")):
            if found is not None and (found.user_id in self._users or found.user_id in present):
                return f"{field} stands in the file already"
        if holder is None and mailbox is None:
            is_known = user.customer is None or user.customer in customers
            return None if is_known else "there is no such customer"
        if holder is not None and holder == mailbox and holder.username == user.names[0]:
            return None
        return f"{'email' if holder is None else 'username'} {_ANOTHERS}"

    def _other_id(
        self,
        user: User,
        holder: Holder | None,
        owner: int | None,
        names: set[str],
        present: dict[int, None],
    ) -> str | None:
        """Why the user cannot have the UUID of the file; ``owner`` has it in the database."""
        if user.uuid is None or (holder is not None and holder.uuid == user.uuid):
            return None
        key = _uuid_key(user.uuid)
        if key in names or (self._dry_run and key in self._names):
            return "its id stands in the file already"
        if owner is not None:
            is_of_file = owner in self._users or owner in present
            return f"its id {'stands in the file already' if is_of_file else _ANOTHERS}"
        return None if holder is None else "is there already, with another id"


def _differ(batch: Sequence[User], customers: Set[str]) -> bool:
    """Whether no two of the batch have a name or an id in common, and all customers exist."""
    names = [name for user in batch for name in set(user.names)]
    uuids = [user.uuid for user in batch if user.uuid is not None]
    if len(set(names)) < len(names) or len(set(uuids)) < len(uuids):
        return False
    return all(user.customer is None or user.customer in customers for user in batch)


def _keys(user: User) -> tuple[str, ...]:
    """What no other user may have."""
    return user.names if user.uuid is None else (*user.names, _uuid_key(user.uuid))


def _uuid_key(uuid: str) -> str:
    """A UUID beside the names. No name has a NUL, but one may be a UUID."""
    return f"\0{uuid}"
