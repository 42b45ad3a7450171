"""The rules as pure functions, on the exact second."""

from dataclasses import dataclass, replace

import pytest

from app.core.policy import (
    Policy,
    access_refusal,
    idle_touch_due,
    pause_seconds,
    restriction,
    session_refusal,
    within_grace,
)
from app.core.refusals import Refusal
from tests.cases import each

POLICY = Policy()
SECOND = 1.0
# The closest a clock of doubles comes to a time of today
MOMENT = 2.5e-7


@dataclass(frozen=True)
class Row:
    generation: int = 3
    rotated_at: float = 1000.0
    access_expires_at: float = 4600.0
    expires_at: float = 9000.0
    absolute_expires_at: float = 20000.0
    ended_at: float | None = None
    epoch: int = 1
    user_epoch: int = 1
    disabled_at: float | None = None
    password_expired: bool = False


LIVE = Row()


@pytest.mark.parametrize("now", [4600 - SECOND, 4600 - MOMENT])
def test_a_token_counts_until_the_moment_before_its_expiry(now: float):
    assert access_refusal(LIVE, 3, now) is None


@pytest.mark.parametrize("now", [4600.0, 4600 + MOMENT, 4600 + SECOND])
def test_a_token_is_dead_at_its_expiry(now: float):
    assert access_refusal(LIVE, 3, now) is Refusal.TOKEN_EXPIRED


def test_a_session_is_dead_at_its_expiry_and_not_a_moment_before():
    assert session_refusal(LIVE, 9000 - MOMENT) is None
    assert session_refusal(LIVE, 9000.0) is Refusal.SESSION_EXPIRED
    assert access_refusal(LIVE, 3, 9000.0) is Refusal.SESSION_EXPIRED


@pytest.mark.parametrize("generation", [1, 2, 4])
def test_only_the_newest_generation_counts(generation: int):
    assert access_refusal(LIVE, generation, 1000.0) is Refusal.TOKEN_SUPERSEDED


@each(
    ("change", "refusal"),
    [
        ({"ended_at": 999.0}, Refusal.SESSION_ENDED),
        ({"user_epoch": 2}, Refusal.SESSION_ENDED),
        ({"disabled_at": 999.0}, Refusal.SESSION_DISABLED),
        ({"disabled_at": 999.0, "ended_at": 999.0}, Refusal.SESSION_DISABLED),
        ({"ended_at": 999.0, "expires_at": 999.0}, Refusal.SESSION_ENDED),
        ({"ended_at": 5000.0}, Refusal.SESSION_ENDED),
    ],
)
def test_an_ended_session_says_why_before_anything_about_its_token(change, refusal: Refusal):
    row = replace(LIVE, **change)
    assert session_refusal(row, 1000.0) is refusal
    assert access_refusal(row, 1, 99_999.0) is refusal


def test_an_expired_password_restricts_what_stands_on_it():
    assert restriction(replace(LIVE, password_expired=True)) is Refusal.PASSWORD_EXPIRED
    assert restriction(LIVE) is None


@each(
    ("generation", "now", "expected"),
    [
        (2, 1000.0, True),
        (2, 1010 - MOMENT, True),
        (2, 1010.0, False),
        (1, 1000.0, False),
        (3, 1000.0, False),
        (4, 1000.0, False),
    ],
)
def test_the_grace_is_for_the_last_generation_and_ends_at_its_tenth_second(
    generation: int, now: float, expected: bool
):
    assert within_grace(LIVE, generation, POLICY, now) is expected


def test_without_grace_there_is_none():
    assert not within_grace(LIVE, 2, Policy(refresh_grace_seconds=0), 1000.0)


def test_the_idle_expiry_is_pushed_at_most_once_a_minute():
    row = replace(LIVE, expires_at=1000.0 + 1800)
    assert idle_touch_due(row, 1800, 1060 - MOMENT) is None
    assert idle_touch_due(row, 1800, 1060.0) == 1060.0 + 1800


def test_a_short_idle_time_is_pushed_every_twentieth_of_it():
    row = replace(LIVE, expires_at=1000.0 + 100)
    assert idle_touch_due(row, 100, 1005 - MOMENT) is None
    assert idle_touch_due(row, 100, 1005.0) == 1105.0


def test_no_push_goes_past_the_absolute_expiry():
    row = replace(LIVE, expires_at=19_000.0)
    assert idle_touch_due(row, 1800, 18_900.0) == 20_000.0
    assert idle_touch_due(replace(row, expires_at=20_000.0), 1800, 19_999.0) is None


@each(
    ("failures", "seconds"),
    [
        (0, 0),
        (9, 0),
        (10, 60),
        (11, 120),
        (12, 240),
        (15, 1920),
        (16, 3600),
        (17, 3600),
        (1_000_000, 3600),
    ],
)
def test_the_pause_doubles_from_a_minute_to_an_hour(failures: int, seconds: int):
    assert pause_seconds(failures, POLICY) == seconds
