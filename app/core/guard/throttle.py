"""Brute-force protection: consecutive failures per login name, and failures per client address.

The counts are in the database, so they are exact across workers and machines. A name is counted whether or
not it exists. While a name or an address is paused, passwords are refused unchecked.

A known address, from which the user has logged in lately, is an exception. Without it an attacker could lock
the user out. While the name is paused, the pair of name and known address has a count of its own. The pair is
also admitted while the address is paused, because an attacker may share the address.

An address that has used up its allowance of audit events is paused for everybody until the hour is over.
"""

import math
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from ...store.models import AuditEvent, LoginName
from ...store.store import Writing
from ..audit import Event, Origin, allowance
from ..audit.allowance import Spent
from ..core import Core
from ..names import folded
from ..policy import Policy, pause_seconds
from ..refusals import Refusal, Refused
from . import counters
from .counters import Kind, Subject

# Older events have no network; there the addresses are compared.
KNOWN_ADDRESS = (
    select(AuditEvent.id)
    .join(LoginName, LoginName.user_id == AuditEvent.user_id)
    .where(
        LoginName.name == bindparam("login"),
        or_(
            AuditEvent.network == bindparam("network"),
            and_(AuditEvent.network.is_(None), AuditEvent.address == bindparam("address")),
        ),
        AuditEvent.at > bindparam("since"),
        AuditEvent.event == Event.LOGIN.value,
    )
    .limit(1)
)


class Attempt(NamedTuple):
    """An admitted attempt, and where its failure is counted.

    ``counter`` is the key of the name's count, or of the pair's. ``counted`` says that it holds failures, to
    be cleared after a success. ``address`` is the key of the address's count; None if there is no address,
    or if a known pair was admitted although the address is paused. ``kind`` is what ``counter`` counts.
    """

    counter: bytes
    address: bytes | None
    counted: bool
    kind: Kind = Kind.NAME
    network: str | None = None


class _Counts:
    """The counts that concern one attempt, as they are now."""

    def __init__(self, core: Core, origin: Origin, name: str | None) -> None:
        self._core = core
        self._origin = origin
        self._now = core.clock.now()
        network = origin.network or ""
        self.name = name
        self.name_key = counters.key_of("login", name or "")
        self.pair_key = counters.key_of("door", name or "", network)
        self.address_key = counters.key_of("address", network)
        self._events_key = allowance.key_of(network)
        self.rows = {
            key: row
            for key, *row in core.store.read(
                counters.THROTTLES_OF,
                name_key=self.name_key,
                pair_key=self.pair_key,
                address_key=self.address_key,
                events_key=self._events_key,
            )
        }

    def refuse_beyond_allowance(self) -> None:
        """Raises Refused(ADDRESS_PAUSED) if the address has used up its allowance of events."""
        row = self.rows.get(self._events_key)
        if row is None or self._origin.allowance is None:
            return
        spent = Spent(row[0], row[2])
        if spent.events >= self._origin.allowance and allowance.is_open(spent, self._now):
            seconds = math.ceil(spent.until - self._now)
            raise Refused(Refusal.ADDRESS_PAUSED, retry_after=seconds)

    def pause(self, key: bytes, longest: int, refusal: Refusal) -> Refused | None:
        """The pause of a counter; None if it has none.

        A pause longer than ``longest`` seconds is shortened to that: the clock was set back, or the policy
        changed.
        """
        row = self.rows.get(key)
        if row is None:
            return None
        until = min(row[1], self._now + longest)
        if until < row[1]:
            with self._core.store.write() as writing:
                counters.shorten(writing, key, until)
        return _pause_of(until, self._now, refusal)

    def is_known(self) -> bool:
        """Whether the user has logged in from this network lately."""
        network = self._origin.network
        return network is not None and bool(
            self._core.store.first(
                KNOWN_ADDRESS,
                login=self.name,
                network=network,
                address=self._origin.address,
                since=self._now - self._core.policy.known_address_seconds,
            )
        )


def admit(core: Core, login: str, origin: Origin) -> Attempt:
    """Admit an attempt with a password. Raises Refused(ACCOUNT_PAUSED or ADDRESS_PAUSED)."""
    counts = _Counts(core, origin, folded(login))
    counts.refuse_beyond_allowance()
    address = _address_pause(counts, core, origin)
    longest = core.policy.pause_longest_seconds
    name = counts.pause(counts.name_key, longest, Refusal.ACCOUNT_PAUSED)
    known = bool(address or name) and counts.is_known()
    if address and not known:
        raise address
    counter, kind = counts.name_key, Kind.NAME
    if name and known:
        counter, kind = counts.pair_key, Kind.PAIR
        name = counts.pause(counter, longest, Refusal.ACCOUNT_PAUSED)
    if name:
        raise name
    counts_for_address = origin.network is not None and not address
    return Attempt(
        counter,
        counts.address_key if counts_for_address else None,
        counter in counts.rows,
        kind,
        origin.network,
    )


def admit_address(core: Core, origin: Origin, login: str | None = None) -> bytes | None:
    """Admit an attempt with a random credential, which is too long to guess: only the address can be paused.

    Returns the key to count a failure on, or None. A refusal is counted for the audit trail. Raises
    Refused(ADDRESS_PAUSED).
    """
    if origin.network is None:
        return None
    try:
        counts = _Counts(core, origin, folded(login) if login is not None else None)
        counts.refuse_beyond_allowance()
        address = _address_pause(counts, core, origin)
        if address is None:
            return counts.address_key
        if login is not None and counts.is_known():
            return None
        raise address
    except Refused as refused:
        core.tally.note(refused.refusal, origin)
        raise


def _address_pause(counts: _Counts, core: Core, origin: Origin) -> Refused | None:
    if origin.network is None:
        return None
    longest = core.policy.address_pause_seconds
    return counts.pause(counts.address_key, longest, Refusal.ADDRESS_PAUSED)


def failed(
    writing: Writing, now: float, policy: Policy, attempt: Attempt, user_id: int | None = None
) -> Refused | None:
    """Count a wrong password, on the name and on the address. ``user_id`` is whose name it is, if anybody's.

    Returns the pause that began while the password was hashed, or None. The caller answers with that pause,
    whether or not the password was right.
    """
    failures, until = counters.count(
        writing, now, attempt.counter, now + policy.pause_forget_seconds, prolong=True
    )
    pause = pause_seconds(failures, policy)
    if pause:
        network = attempt.network if attempt.kind is Kind.PAIR else None
        subject = Subject(attempt.kind, network, user_id)
        counters.pause(writing, attempt.counter, now + pause, subject)
    name = _pause_of(min(until, now + policy.pause_longest_seconds), now, Refusal.ACCOUNT_PAUSED)
    return failed_address(writing, now, policy, attempt.address, attempt.network) or name


def failed_address(
    writing: Writing, now: float, policy: Policy, address: bytes | None, network: str | None
) -> Refused | None:
    """Count a failure on the client address only. Returns a pause as ``failed`` does."""
    if address is None:
        return None
    failures, until = counters.count(
        writing, now, address, now + policy.address_window_seconds, prolong=False
    )
    if failures >= policy.address_failures:
        subject = Subject(Kind.ADDRESS, network)
        counters.pause(writing, address, now + policy.address_pause_seconds, subject)
    return _pause_of(min(until, now + policy.address_pause_seconds), now, Refusal.ADDRESS_PAUSED)


def succeeded(writing: Writing, attempt: Attempt) -> None:
    """Clear the failures after a success. Call it only if ``attempt.counted``."""
    counters.clear(writing, attempt.counter)


def clear(writing: Writing, login: str) -> bool:
    """Clear the failures of a name, and so its pause (``flask users unlock``). Returns whether it had any."""
    return counters.clear(writing, counters.key_of("login", folded(login)))


def paused_until(core: Core, login: str) -> float | None:
    """Until when the name is paused, as a NumericDate; None if it is not."""
    row = core.store.first(counters.THROTTLE, of=counters.key_of("login", folded(login)))
    now = core.clock.now()
    if row is None or row[1] <= now:
        return None
    return min(float(row[1]), now + core.policy.pause_longest_seconds)


def user_paused_until(core: Core, *logins: str) -> float | None:
    """The end of the longest pause that any of a user's login names has now; None if none is paused."""
    return max((until for one in logins if (until := paused_until(core, one))), default=None)


def _pause_of(until: float, now: float, refusal: Refusal) -> Refused | None:
    return Refused(refusal, retry_after=math.ceil(until - now)) if now < until else None
