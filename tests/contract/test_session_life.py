"""Log in, use, expire, refresh and end a session: the same tests for every dialect."""

import pytest

from app.core.clock import ManualClock
from tests.conftest import START
from tests.factories import Somebody

from .drivers import Aaa, Driver, Held, every

DEAD = {"generation": 1, "ended_at": START}


def session_rows(rows, columns: str = "generation, ended_at"):
    return rows(f"SELECT {columns} FROM sessions ORDER BY opened_at, id")


@every()
def test_a_login_opens_one_session_that_can_be_used_at_once(driver: Driver, user: Somebody, rows):
    held = driver.open(user)
    assert driver.use(held).status_code in (200, 204)
    assert session_rows(rows, "user_id, dialect, generation, ended_at, address") == [
        {
            "user_id": user.id,
            "dialect": driver.name,
            "generation": 1,
            "ended_at": None,
            "address": "127.0.0.1",
        }
    ]


@every()
def test_a_login_name_is_the_username_or_the_email_whatever_their_case(driver, user, rows):
    for login in (user.username, user.email, user.username.upper(), user.email.title()):
        assert driver.log_in(user, login=login).status_code == 200
    assert len(session_rows(rows)) == 4


@every()
def test_a_token_lives_one_second_before_its_expiry_and_is_dead_at_it(
    driver: Driver, user: Somebody, clock: ManualClock
):
    used, left_alone = driver.open(user), driver.open(user)
    clock.advance(driver.lifetime - 1)
    assert driver.use(used).status_code in (200, 204)
    clock.advance(1)
    assert driver.use(left_alone).status_code == 401


@every("refreshes")
def test_a_refresh_gives_a_pair_that_lives_and_kills_the_old_one(driver, user, clock, rows):
    old = driver.open(user)
    clock.advance(60)
    response = driver.refresh(old)
    assert response.status_code == 200
    new = driver.held(response)
    assert {new.access, new.refresh}.isdisjoint({old.access, old.refresh})
    assert driver.use(new).status_code in (200, 204)
    assert driver.use(old).status_code == 401
    assert session_rows(rows, "generation, rotated_at, ended_at") == [
        {"generation": 2, "rotated_at": START + 60, "ended_at": None}
    ]


@every("refreshes")
def test_a_refreshed_token_lives_for_a_whole_lifetime_of_its_own(driver, user, clock):
    held = driver.open(user)
    clock.advance(driver.lifetime)
    held = driver.held(driver.refresh(held))
    clock.advance(driver.lifetime - 1)
    assert driver.use(held).status_code in (200, 204)
    clock.advance(1)
    assert driver.use(held).status_code == 401


@every("refreshes")
@pytest.mark.parametrize("seconds", [0, 9])
def test_the_same_refresh_within_the_grace_gives_the_same_pair(
    driver, user, clock, rows, seconds: int
):
    old = driver.open(user)
    new = driver.held(driver.refresh(old))
    clock.advance(seconds)
    response = driver.refresh(old)
    assert response.status_code == 200
    assert driver.held(response) == new
    assert session_rows(rows) == [{"generation": 2, "ended_at": None}]


@every("refreshes")
def test_the_same_refresh_at_the_end_of_the_grace_ends_the_session(driver, user, clock, rows):
    old = driver.open(user)
    new = driver.held(driver.refresh(old))
    clock.advance(10)
    assert driver.error(driver.refresh(old)) == driver.says["dead"]
    assert driver.use(new).status_code == 401
    assert driver.error(driver.refresh(new)) == driver.says["dead"]
    assert session_rows(rows, "generation, ended_at, end_reason") == [
        {"generation": 2, "ended_at": START + 10, "end_reason": "token_reused"}
    ]


@every("refreshes")
def test_a_session_can_be_refreshed_for_thirty_days_and_not_a_second_more(driver, user, clock):
    first, second = driver.open(user), driver.open(user)
    clock.advance(30 * 86_400 - 1)
    assert driver.refresh(first).status_code == 200
    clock.advance(1)
    assert driver.error(driver.refresh(second)) == driver.says["dead"]


@every("refreshes")
def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(driver, user, rows):
    held = driver.open(user)
    swapped = Held(held.refresh, held.access)
    assert driver.error(driver.refresh(swapped)) == driver.says["foreign"]
    assert driver.use(swapped).status_code == 401
    assert driver.error(driver.end(swapped)) == driver.says["foreign"]
    assert session_rows(rows) == [{"generation": 1, "ended_at": None}]


@every("ends")
def test_an_ended_session_is_refused_by_the_very_next_request(driver, user, rows):
    held, other = driver.open(user), driver.open(user)
    response = driver.end(held)
    assert (response.status_code, response.data) == (204, b"")
    assert driver.use(held).status_code == 401
    assert driver.error(driver.end(held)) == driver.says["dead"]
    assert driver.use(other).status_code in (200, 204), "another login is another session"
    ended = "SELECT ended_at, end_reason FROM sessions WHERE ended_at IS NOT NULL"
    assert rows(ended) == [{"ended_at": START, "end_reason": "logout"}]


@every("ends", "refreshes")
def test_an_ended_session_cannot_be_refreshed(driver, user, rows):
    held = driver.open(user)
    driver.end(held)
    assert driver.error(driver.refresh(held)) == driver.says["dead"]
    assert session_rows(rows) == [DEAD]


@every("ends", but=[Aaa])
def test_an_expired_token_still_ends_its_session(driver, user, clock, rows):
    held = driver.open(user)
    clock.advance(driver.lifetime)
    assert driver.end(held).status_code == 204
    assert session_rows(rows, "end_reason") == [{"end_reason": "logout"}]


@every("has_resources")
def test_a_token_that_never_was_is_refused_in_the_dialects_own_words(driver, user):
    uuid = "00000000-0000-4000-8000-000000000000"
    for token in ("x", "a.b.c", "~", "0" * 64, uuid, "A" * 4000):
        assert driver.use(Held(token, token)).status_code == 401, token
        assert driver.error(driver.end(Held(token, token))) == driver.says["dead"], token
