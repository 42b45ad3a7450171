"""A disabled, paused, expired or changed account has the same effect in every dialect."""

import hashlib
import re

from sqlalchemy import update

from app.core import identities
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.identities import end_sessions
from app.core.passwords import foreign
from app.store.models import User
from tests.conftest import START
from tests.factories import ORIGIN, Identities, Somebody

from .drivers import Aaa, Driver, every

NEW_PASSWORD = "a password nobody has had"


def without_ids(response) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer, but for the request's own id."""
    body = re.sub(r'"requestId":"[^"]*"', '"requestId":""', response.text)
    headers = {name: value for name, value in response.headers if name != "X-Request-ID"}
    return response.status_code, headers, body


@every()
def test_unknown_users_and_wrong_secrets_are_answered_alike(driver: Driver, user: Somebody, rows):
    unknown = driver.log_in(user, login="nobody@example.com")
    wrong = driver.log_in(user, secret="AAAAAAAAAAAAAAAAAAAAAA==")
    assert without_ids(unknown) == without_ids(wrong)
    assert driver.error(wrong) == driver.says["login"]
    assert rows("SELECT * FROM sessions") == []
    assert len(rows("SELECT * FROM audit_events WHERE event = 'login_refused'")) == 2


@every()
def test_a_disabled_user_is_refused_by_the_very_next_request(driver, user, core: Core, rows):
    held = driver.open(user)
    identities.disable(core, user.id, ORIGIN)
    response = driver.use(held)
    if driver.name == "aaa":
        assert driver.error(response) == driver.says["session of a disabled user"]
    else:
        assert response.status_code == 401
    assert driver.error(driver.log_in(user)) == driver.says["disabled"]
    assert rows("SELECT ended_at, end_reason FROM sessions") == [
        {"ended_at": START, "end_reason": "account_disabled"}
    ]


@every()
def test_an_enabled_user_logs_in_again_and_its_old_session_stays_dead(driver, user, core: Core):
    held = driver.open(user)
    identities.disable(core, user.id, ORIGIN)
    identities.enable(core, user.id, ORIGIN)
    assert driver.use(held).status_code == 401
    assert driver.use(driver.open(user)).status_code in (200, 204)


@every()
def test_that_an_account_is_disabled_is_told_only_to_who_knows_its_secret(driver, user, core):
    identities.disable(core, user.id, ORIGIN)
    wrong = driver.log_in(user, secret="AAAAAAAAAAAAAAAAAAAAAA==")
    assert driver.error(wrong) == driver.says["login"]
    assert without_ids(wrong) == without_ids(driver.log_in(user, login="nobody@example.com"))
    assert driver.error(driver.log_in(user)) == driver.says["disabled"]


@every("takes_passwords")
def test_ten_wrong_passwords_pause_the_name_even_for_the_right_one(
    driver, user, core: Core, clock: ManualClock, rows
):
    for _ in range(10):
        assert driver.error(driver.log_in(user, secret="wrong")) == driver.says["login"]
    for secret in (user.password, "wrong"):
        response = driver.log_in(user, secret=secret)
        assert driver.error(response) == driver.says["paused"]
        assert response.headers["Retry-After"] == "60"
    clock.advance(59)
    assert driver.log_in(user).headers["Retry-After"] == "1"
    clock.advance(1)
    assert driver.log_in(user).status_code == 200
    assert len(rows("SELECT id FROM sessions")) == 1


@every("takes_passwords")
def test_a_name_that_nobody_has_is_paused_with_the_same_words(driver, user):
    for _ in range(10):
        driver.log_in(user, login="nobody@example.com")
        driver.log_in(user, secret="wrong")
    nobody = driver.log_in(user, login="nobody@example.com")
    somebody = driver.log_in(user)
    assert driver.error(nobody) == driver.says["paused"]
    assert without_ids(nobody) == without_ids(somebody)


@every("takes_passwords")
def test_an_operator_lifts_the_pause(driver, user, core: Core):
    for _ in range(10):
        driver.log_in(user, secret="wrong")
    assert driver.error(driver.log_in(user)) == driver.says["paused"]
    identities.unlock(core, identities.get(core, user.id), ORIGIN)
    assert driver.log_in(user).status_code == 200


def test_the_dialects_count_wrong_passwords_together(drivers: list[Driver], user: Somebody):
    guessing = [driver for driver in drivers if driver.takes_passwords]
    for number in range(10):
        guessing[number % len(guessing)].log_in(user, secret="wrong")
    for driver in guessing:
        assert driver.error(driver.log_in(user)) == driver.says["paused"]


def test_an_api_key_neither_feeds_nor_feels_the_pause(drivers: list[Driver], user: Somebody):
    by_name = {driver.name: driver for driver in drivers}
    for _ in range(11):
        by_name["login"].log_in(user, secret="AAAAAAAAAAAAAAAAAAAAAA==")
    assert by_name["session"].log_in(user).status_code == 200
    for _ in range(10):
        by_name["token_v2"].log_in(user, login=user.username, secret="wrong")
    assert by_name["login"].log_in(user).status_code == 200


@every()
def test_a_hundred_failures_pause_the_address_in_every_dialect(driver, user, clock):
    for number in range(100):
        driver.log_in(user, login=f"name{number}@example.com", secret="AAAAAAAAAAAAAAAAAAAAAA==")
    response = driver.log_in(user)
    assert driver.error(response) == driver.says["address paused"]
    assert response.headers["Retry-After"] == "60"
    clock.advance(60)
    assert driver.log_in(user).status_code == 200


@every("takes_passwords")
def test_an_expired_password_is_told_only_to_who_knows_it(driver, user, core: Core, rows):
    identities.expire_password(core, user.id, ORIGIN)
    assert driver.error(driver.log_in(user, secret="wrong")) == driver.says["login"]
    response = driver.log_in(user)
    if driver.opens_despite_expired_password:
        response = driver.use(driver.held(response))
    assert driver.error(response) == driver.says["password expired"]


@every()
def test_a_session_is_restricted_once_the_password_expires_unless_a_key_opened_it(
    driver, user, core: Core
):
    held = driver.open(user)
    identities.expire_password(core, user.id, ORIGIN)
    assert driver.use(held).status_code == driver.restricted


@every("ends")
def test_a_session_with_an_expired_password_can_still_be_ended(driver, user, core, rows):
    held = driver.open(user)
    identities.expire_password(core, user.id, ORIGIN)
    assert driver.end(held).status_code == 204
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "logout"}]


def test_a_changed_password_ends_the_sessions_of_every_other_dialect(
    client, drivers: list[Driver], user: Somebody, rows
):
    held = {driver.name: driver.open(user) for driver in drivers}
    aaa = Aaa(client)
    assert aaa.change_password(held["aaa"], user.password, NEW_PASSWORD).status_code == 204
    for driver in drivers:
        expected = 204 if driver.name == "aaa" else 401
        assert driver.use(held[driver.name]).status_code == expected, driver.name
    assert rows("SELECT dialect FROM sessions WHERE ended_at IS NULL") == [{"dialect": "aaa"}]
    for driver in drivers:
        if driver.takes_passwords:
            assert driver.error(driver.log_in(user)) == driver.says["login"]
            assert driver.log_in(user, secret=NEW_PASSWORD).status_code == 200
        else:
            assert driver.log_in(user).status_code == 200, "an API key is no password"


def test_an_operator_ends_a_users_sessions_in_every_dialect_and_nobody_elses(
    drivers: list[Driver], user: Somebody, identities: Identities, core: Core
):
    other = identities.add("Jane.Roe")
    held = [(driver, driver.open(user), driver.open(other)) for driver in drivers]
    assert end_sessions(core, user.id, ORIGIN).sessions == len(drivers)
    for driver, mine, theirs in held:
        assert driver.use(mine).status_code == 401
        assert driver.use(theirs).status_code in (200, 204)


@every()
def test_no_secret_of_any_form_is_more_than_wrong(driver, user):
    for secret in (" ", "ü" * 128, "x" * 4000, "\u202e", "🔑" * 20):
        response = driver.log_in(user, secret=secret)
        assert driver.error(response) in (driver.says["login"], driver.says["malformed"]), secret


@every()
def test_an_empty_password_is_wrong_also_where_an_import_brought_its_hash(driver, user, core, rows):
    stored = foreign.read(hashlib.md5(b"").hexdigest())
    for password_hash in (stored, core.passwords.unbounded()(b"")):
        with core.store.write() as writing:
            writing.execute(update(User).values(password_hash=password_hash, pepper_id=None), {})
        empty = driver.log_in(user, secret="")
        assert driver.error(empty) in (driver.says["login"], driver.says["malformed"])
        if driver.error(empty) == driver.says["login"]:
            assert without_ids(empty) == without_ids(driver.log_in(user, secret="wrong"))
    assert rows("SELECT * FROM sessions") == []
