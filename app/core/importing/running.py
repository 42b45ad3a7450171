"""One import: batches of records are checked, compared with the database, hashed where needed, and written.

Each batch is one transaction. A user who is there already is passed over. So an import that was killed is
started again with the same file, and ends with the rows that it would have ended with.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ...store.faults import Conflict
from ..audit import Origin
from ..core import Core
from ..passwords import foreign, peppered
from ..refusals import Refusal, Refused
from ..seeding import bulk_hashing
from .checking import Checks, User
from .comparing import FileSoFar, Outcome, Taken
from .records import NO_VALUE, Fault, Found, PassedOver, Record, Rejected, Unreadable
from .writing import NewUser, customers, holders, owners, write

BATCH = 2_000
# A hash takes tens of milliseconds. A batch of so many takes some seconds.
HASHED_BATCH = 200
TRIES = 3


class Counts(NamedTuple):
    """Users: added, there already, rejected. ``wrapped`` are among those added, and ``plain`` passwords."""

    added: int = 0
    present: int = 0
    rejected: int = 0
    wrapped: int = 0
    plain: int = 0

    @property
    def read(self) -> int:
        return self.added + self.present + self.rejected


class Batch(NamedTuple):
    """Users of the file, the entries before the last of them that are none, and columns that nobody reads."""

    users: list[User]
    refused: list[Rejected]
    passed_over: PassedOver = PassedOver()


class Import:
    """One run over one file. ``reject`` is told each entry that is not taken, ``progress`` the counts."""

    def __init__(
        self,
        core: Core,
        origin: Origin,
        *,
        dry_run: bool,
        reject: Callable[[Rejected], None],
        progress: Callable[[Counts], None],
    ) -> None:
        self._core = core
        self._origin = origin
        self._dry_run = dry_run
        self._reject = reject
        self._progress = progress
        self._file = FileSoFar(dry_run=dry_run)
        self._customers: set[str] = set()
        self._asks = True
        self.counts = Counts()
        self.passed_over = PassedOver()

    def run(self, batches: Iterable[Batch]) -> Counts:
        """Take what ``batches`` yields, one batch a transaction.

        Raises StoreUnavailable, records.Unreadable, and BrokenExecutor if a process that helps is killed.
        What was written before stays written.
        """
        for batch in batches:
            self._refuse(batch.refused)
            if any(batch.passed_over):
                self.passed_over = batch.passed_over
            if batch.users:
                self._note(self._take(batch.users))
        return self.counts

    def _refuse(self, refused: Sequence[Rejected]) -> None:
        for rejected in refused:
            self._reject(rejected)
        self.counts = self.counts._replace(rejected=self.counts.rejected + len(refused))

    def _take(self, batch: Sequence[User]) -> Outcome:
        """Where the last batch met nobody, this one is written without a question."""
        if self._dry_run or any(user.is_hashed_now for user in batch):
            self._asks = True
        for _ in range(TRIES):
            taken = self._taken(batch) if self._asks else Taken({}, {})
            outcome = self._file.compared(batch, taken, self._known_customers(batch))
            try:
                ids = self._written(outcome.new)
            except Conflict:
                self._asks = True
                continue  # a name or a UUID is taken, perhaps since the question
            self._asks = any(taken)
            self._file.add_users([*ids, *outcome.present])
            return outcome
        raise Refused(Refusal.IDENTITY_TAKEN, "somebody adds the same names: run it again")

    def _taken(self, batch: Sequence[User]) -> Taken:
        store = self._core.store
        return Taken(
            holders(store, {name for user in batch for name in user.names}),
            owners(store, {user.uuid for user in batch if user.uuid is not None}),
        )

    def _known_customers(self, batch: Sequence[User]) -> set[str]:
        asked = {user.customer for user in batch if user.customer} - self._customers
        self._customers |= customers(self._core.store, asked)
        return self._customers

    def _note(self, outcome: Outcome) -> None:
        new, present, refused = outcome
        self._refuse(refused)
        counts = self.counts
        self.counts = counts._replace(
            added=counts.added + len(new),
            present=counts.present + len(present),
            wrapped=counts.wrapped + sum(user.wraps for user in new),
            plain=counts.plain + sum(user.password is not None for user in new),
        )
        self._progress(self.counts)

    def _written(self, new: Sequence[User]) -> list[int]:
        if self._dry_run:
            self._file.add_names(new)
            return []
        return write(self._core, list(self._hashed(new)), self._origin) if new else []

    def _hashed(self, new: Sequence[User]) -> Iterator[NewUser]:
        """With the hashes that are made now: of plain passwords, and around weak hashes."""
        pepper_id, pepper = self._core.keys.ring.own_pepper
        secrets = []
        for user in new:
            if user.password is not None:
                secrets.append(peppered(user.password, pepper))
            elif user.wraps:
                # A pepper of the old system protects the digest already; a row has one pepper.
                own = pepper if user.pepper_id is None else None
                secrets.append(foreign.digest_to_wrap(user.stored, own))
        made = bulk_hashing.hash_prepared(self._core, secrets)
        for user in new:
            if user.password is not None:
                yield NewUser(user, next(made), pepper_id)
            elif user.wraps:
                under = pepper_id if user.pepper_id is None else user.pepper_id
                yield NewUser(user, foreign.wrapped(user.stored, next(made)), under)
            else:
                yield NewUser(user, user.stored, user.pepper_id)


def batches(records: Iterable[Found], checks: Checks) -> Iterator[Batch]:
    """Check the records. Asks no database, so a process of its own can do it.

    Raises records.Unreadable and OSError, after a batch of what stood before that place.
    """
    users: list[User] = []
    refused: list[Rejected] = []
    hashed = 0
    try:
        for record in records:
            if isinstance(record, PassedOver):
                yield Batch([], [], record)
                continue
            found = _checked(record, checks)
            if isinstance(found, Rejected):
                refused.append(found)
            else:
                users.append(found)
                hashed += found.is_hashed_now
            if max(len(users), len(refused)) >= BATCH or hashed >= HASHED_BATCH:
                yield Batch(users, refused)
                users, refused, hashed = [], [], 0
    except (Unreadable, OSError):
        yield Batch(users, refused)
        raise
    yield Batch(users, refused)


def _checked(record: Record | Rejected, checks: Checks) -> User | Rejected:
    if isinstance(record, Rejected):
        return record
    try:
        return checks.user(record)
    except Fault as fault:
        return Rejected(record.place, str(fault))
    except foreign.Unreadable as fault:
        return Rejected(record.place, f"password hash {fault}")
    except (ValueError, OverflowError):
        return Rejected(record.place, NO_VALUE)
