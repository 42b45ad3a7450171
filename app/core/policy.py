"""Frozen lifetimes and limits, and the rules over them: pure functions of (thing, now).

Validity is a named reason, never a bare boolean. ``expires_at <= now`` is expired: a token of 20
seconds counts for 20 seconds and not at the twentieth.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from .refusals import Refusal

DAY = 86_400


class Dialect(StrEnum):
    """The documented API families. The value is kept in session rows and shown by the doors."""

    AAA = "aaa"
    TOKEN_V2 = "token_v2"
    LOGIN = "login"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every field is settable as ``WATCHWORD_<FIELD>``; the unit is in the name."""

    aaa_idle_seconds: int = 1_800
    aaa_absolute_seconds: int = 43_200
    aaa_token_seconds: int = 3_600
    aaa_code_seconds: int = 365 * DAY
    token_v2_access_seconds: int = 3_600
    token_v2_refresh_seconds: int = 30 * DAY
    token_v2_absolute_seconds: int = 90 * DAY
    login_token_seconds: int = 20
    session_access_seconds: int = 3_600
    session_refresh_seconds: int = 30 * DAY
    session_absolute_seconds: int = 90 * DAY
    refresh_grace_seconds: int = 10

    password_min_length: int = 8
    password_max_length: int = 128
    hashing_slots: int = 2
    hashing_queue: int = 4

    pause_after_failures: int = 10
    pause_first_seconds: int = 60
    pause_longest_seconds: int = 3_600
    pause_forget_seconds: int = DAY
    address_failures: int = 100
    address_pause_seconds: int = 60
    address_window_seconds: int = 600
    address_events_per_hour: int = 4_000
    known_address_seconds: int = 30 * DAY

    sessions_per_user: int = 1_000
    access_codes_per_user: int = 100
    api_keys_per_user: int = 100

    purge_interval_seconds: int = 60
    purge_batch_rows: int = 2_500
    expired_retention_seconds: int = 3_600
    audit_retention_seconds: int = 90 * DAY


class Terms(NamedTuple):
    """How long a session's parts count, in seconds from its login or its last rotation."""

    access: int
    session: int
    absolute: int


def session_terms(policy: Policy, dialect: Dialect) -> Terms:
    """The lifetimes of the session that a login through ``dialect`` opens."""
    match dialect:
        case Dialect.AAA:
            absolute = policy.aaa_absolute_seconds
            return Terms(absolute, policy.aaa_idle_seconds, absolute)
        case Dialect.TOKEN_V2:
            return Terms(
                policy.token_v2_access_seconds,
                policy.token_v2_refresh_seconds,
                policy.token_v2_absolute_seconds,
            )
        case Dialect.LOGIN:
            return single_token_terms(policy.login_token_seconds)
        case Dialect.SESSION:
            return Terms(
                policy.session_access_seconds,
                policy.session_refresh_seconds,
                policy.session_absolute_seconds,
            )


def single_token_terms(seconds: int) -> Terms:
    """A session of one token that is neither refreshed nor kept alive."""
    return Terms(seconds, seconds, seconds)


class Standing(Protocol):
    """What the rules ask of a session row and its user."""

    @property
    def dialect(self) -> str: ...
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
    """Why the session as a whole no longer counts, or None if it does."""
    if row.disabled_at is not None:
        return Refusal.SESSION_DISABLED
    if row.ended_at is not None or row.epoch != row.user_epoch:
        return Refusal.SESSION_ENDED
    if row.expires_at <= now:
        return Refusal.SESSION_EXPIRED
    return None


def access_refusal(row: Standing, generation: int, now: float) -> Refusal | None:
    """Why an access token of ``generation`` does not count, or None if it does."""
    refusal = session_refusal(row, now)
    if refusal is not None:
        return refusal
    if generation != row.generation:
        return Refusal.TOKEN_SUPERSEDED
    if row.access_expires_at <= now:
        return Refusal.TOKEN_EXPIRED
    return None


def restriction(row: Standing) -> Refusal | None:
    """What a live session may still not be used for: an API key does not stand on the password."""
    if row.password_expired and row.dialect != Dialect.LOGIN:
        return Refusal.PASSWORD_EXPIRED
    return None


def within_grace(row: Standing, generation: int, policy: Policy, now: float) -> bool:
    """Whether a token of ``generation`` may be the lost answer or the second tab of a rotation."""
    return generation == row.generation - 1 and now < row.rotated_at + policy.refresh_grace_seconds


def idle_touch_due(row: Standing, policy: Policy, now: float) -> float | None:
    """The new idle expiry, if it is worth a write: once a minute, or in a twentieth of the idle time."""
    renewed = min(now + policy.aaa_idle_seconds, row.absolute_expires_at)
    if renewed - row.expires_at < min(60, policy.aaa_idle_seconds / 20):
        return None
    return renewed


def pause_seconds(failures: int, policy: Policy) -> int:
    """How long a login name rests after ``failures`` wrong passwords in a row: 1 min, 2, 4 … 1 h."""
    doublings = failures - policy.pause_after_failures
    if doublings < 0:
        return 0
    return min(policy.pause_first_seconds << min(doublings, 30), policy.pause_longest_seconds)
