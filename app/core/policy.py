"""Frozen lifetimes and limits, and the rules that use them: pure functions of (thing, now).

A rule returns the reason of a refusal, or None. It never returns a bare boolean. ``expires_at <= now`` means
expired: a token of 20 seconds is not valid any more when 20 seconds have passed.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from .refusals import Refusal

DAY = 86_400


def limit(default: int, meaning: str, *, least: int = 1) -> Any:
    """A field of ``Policy``: its default, what it means, and the smallest value it may have."""
    return field(default=default, metadata={"meaning": meaning, "least": least})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every field is settable as ``WATCHWORD_<FIELD>``; the unit is in the name.

    ``docs/operations.md`` shows the meaning of each field for its setting.
    """

    refresh_grace_seconds: int = limit(
        10, "how long a repeated refresh gets the same pair again", least=0
    )

    password_min_length: int = limit(
        8, "the fewest characters of a new password, counted after NFKC, as it is hashed"
    )
    password_max_length: int = limit(
        128, "the most characters of a new password, counted in the same way"
    )
    hashing_slots: int = limit(
        2,
        "passwords that a worker hashes at once; one client address (IPv6: /64) may use half of them",
    )
    hashing_queue: int = limit(
        4,
        "logins that may wait for a slot. The next one is answered 503 at once, and so is one of an"
        " address that already has half of slots and queue",
        least=0,
    )

    pause_after_failures: int = limit(
        10, "wrong passwords in a row, after which a login name is paused"
    )
    pause_first_seconds: int = limit(60, "the first pause; every further failure doubles it")
    pause_longest_seconds: int = limit(3_600, "the longest pause")
    pause_forget_seconds: int = limit(
        DAY, "how long after its last failure the count of a login name is forgotten"
    )
    address_failures: int = limit(
        100, "failures of one client address (IPv6: /64) in the window, after which it is paused"
    )
    address_pause_seconds: int = limit(60, "how long an address is paused")
    address_window_seconds: int = limit(
        600, "the window in which failures of an address are counted"
    )
    address_events_per_hour: int = limit(
        4_000,
        "audit events of one client address (IPv6: /64) in an hour; beyond it the address opens"
        " nothing more until the hour is over",
    )
    known_address_seconds: int = limit(
        30 * DAY,
        "how long an address (IPv6: /64) is known to a user after a good login from it; pauses of"
        " the name and of the address do not stop it",
    )

    sessions_per_user: int = limit(
        1_000, "live sessions of one user in all APIs together; a login beyond it ends the oldest"
    )
    access_codes_per_user: int = limit(
        100, "live access codes of one user; one more is refused, also by commands and seed files"
    )
    api_keys_per_user: int = limit(
        100, "live API keys of one user; one more is refused, also by commands and seed files"
    )

    purge_interval_seconds: int = limit(60, "how often one worker purges")
    purge_batch_rows: int = limit(2_500, "rows that the purge deletes in one transaction")
    expired_retention_seconds: int = limit(
        3_600, "how long an expired session is told apart from an unknown one"
    )
    audit_retention_seconds: int = limit(
        90 * DAY, "how long audit events are kept, and access codes that expired or were revoked"
    )
    stats_retention_seconds: int = limit(
        400 * DAY, "how long the hourly counts behind the operator's figures are kept"
    )


class Terms(NamedTuple):
    """The lifetimes of a session's parts, in seconds from its login or its last rotation."""

    access: int
    session: int
    absolute: int


def single_token_terms(seconds: int) -> Terms:
    """A session of one token that is neither refreshed nor kept alive."""
    return Terms(seconds, seconds, seconds)


class Standing(Protocol):
    """What the rules ask of a session row and its user."""

    @property
    def generation(self) -> int: ...
    @property
    def rotated_at(self) -> float: ...
    @property
    def access_expires_at(self) -> float: ...
    @property
    def expires_at(self) -> float: ...
    @property
    def absolute_expires_at(self) -> float: ...
    @property
    def ended_at(self) -> float | None: ...
    @property
    def epoch(self) -> int: ...
    @property
    def user_epoch(self) -> int: ...
    @property
    def disabled_at(self) -> float | None: ...
    @property
    def password_expired(self) -> bool: ...


def session_refusal(row: Standing, now: float) -> Refusal | None:
    """Why the session as a whole is not valid; None if it is."""
    if row.disabled_at is not None:
        return Refusal.SESSION_DISABLED
    if row.ended_at is not None or row.epoch != row.user_epoch:
        return Refusal.SESSION_ENDED
    if row.expires_at <= now:
        return Refusal.SESSION_EXPIRED
    return None


def access_refusal(row: Standing, generation: int, now: float) -> Refusal | None:
    """Why an access token of ``generation`` is not valid; None if it is."""
    refusal = session_refusal(row, now)
    if refusal is not None:
        return refusal
    if generation != row.generation:
        return Refusal.TOKEN_SUPERSEDED
    if row.access_expires_at <= now:
        return Refusal.TOKEN_EXPIRED
    return None


def restriction(row: Standing) -> Refusal | None:
    """Why a live session that depends on the user's password is restricted; None if it is not."""
    return Refusal.PASSWORD_EXPIRED if row.password_expired else None


def within_grace(row: Standing, generation: int, policy: Policy, now: float) -> bool:
    """Whether a token of ``generation`` may repeat the last rotation: a lost answer, or a second tab."""
    return generation == row.generation - 1 and now < row.rotated_at + policy.refresh_grace_seconds


def idle_touch_due(row: Standing, idle_seconds: int, now: float) -> float | None:
    """The new idle expiry if its write is due: once a minute, or once in a twentieth of the idle time."""
    renewed = min(now + idle_seconds, row.absolute_expires_at)
    if renewed - row.expires_at < min(60, idle_seconds / 20):
        return None
    return renewed


def pause_seconds(failures: int, policy: Policy) -> int:
    """The pause of a login name in seconds, after ``failures`` consecutive ones: 1 min, 2, 4 … 1 h."""
    doublings = failures - policy.pause_after_failures
    if doublings < 0:
        return 0
    return min(policy.pause_first_seconds << min(doublings, 30), policy.pause_longest_seconds)
