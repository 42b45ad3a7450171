"""Brute-force protection: pauses grow, for names that exist and names that do not."""

import pytest

from app.core import identities
from app.core.audit import Origin
from app.core.audit.networks import network_of
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.guard import throttle
from app.core.refusals import Refusal, Refused
from tests import grants
from tests.cases import each
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody, at_once, full_house, refuses

ATTACKER = Origin("tests", "203.0.113.66", "attack")
HOME = Origin("tests", "198.51.100.7", "home")


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def guess(core: Core, login: str, times: int = 1, origin: Origin = ATTACKER) -> list[Refusal]:
    """As what each wrong password was refused."""
    refused = []
    for _ in range(times):
        with pytest.raises(Refused) as caught:
            identities.prove(core, login, "wrong", origin)
        refused.append(caught.value.refusal)
    return refused


def log_in(core: Core, user: Somebody, origin: Origin) -> None:
    proven = identities.prove(core, user.username, user.password, origin)
    grants.aaa_session(core, proven, origin)


def paused_seconds(core: Core, login: str, origin: Origin = ATTACKER) -> int | None:
    with refuses(Refusal.ACCOUNT_PAUSED) as caught:
        identities.prove(core, login, PASSWORD, origin)
    return caught.value.retry_after


def test_nine_failures_are_forgiven(core: Core, user: Somebody, rows):
    assert guess(core, user.username, 9) == [Refusal.PASSWORD_WRONG] * 9
    assert identities.prove(core, user.username, user.password, ATTACKER).id == user.id


def test_the_tenth_failure_pauses_the_name_even_for_the_right_password(
    core: Core, user: Somebody, rows
):
    guess(core, user.username, 10)
    assert paused_seconds(core, user.username) == 60
    [event] = rows("SELECT * FROM audit_events WHERE reason = 'account_paused'")
    assert event["event"] == "login_refused"
    assert event["address"] == "203.0.113.66"


def test_the_pause_ends_on_its_exact_second(core: Core, user: Somebody, clock: ManualClock):
    guess(core, user.username, 10)
    clock.advance(59)
    assert paused_seconds(core, user.username) == 1
    clock.advance(1)
    assert identities.prove(core, user.username, user.password, ATTACKER).id == user.id


def test_every_further_failure_doubles_the_pause_up_to_an_hour(core: Core, user, clock):
    guess(core, user.username, 10)
    for pause in (60, 120, 240, 480, 960, 1920, 3600, 3600):
        assert paused_seconds(core, user.username) == pause
        clock.advance(pause)
        guess(core, user.username)


def test_an_unknown_name_is_paused_just_the_same(core: Core):
    assert guess(core, "nobody", 10) == [Refusal.LOGIN_UNKNOWN] * 10
    assert paused_seconds(core, "nobody") == 60


def test_spellings_of_a_name_share_one_count(core: Core, user: Somebody, rows):
    for spelling in ("John.Doo", "JOHN.DOO", "john.doo", "ｊohn.doo", "John.DOO"):
        guess(core, spelling, 2)
    assert paused_seconds(core, user.username) == 60
    counts = rows("SELECT failures FROM throttles ORDER BY failures")
    assert counts == [{"failures": 10}, {"failures": 10}], "the name's and the address's"


def test_attempts_during_a_pause_look_at_no_password_and_count_for_nothing(core, user, rows):
    guess(core, user.username, 10)
    before = rows("SELECT * FROM throttles ORDER BY key")
    # Not even the hasher is asked: there is no slot in this house.
    with full_house(core):
        assert guess(core, user.username, 3) == [Refusal.ACCOUNT_PAUSED] * 3
        assert paused_seconds(core, user.username) == 60
    assert rows("SELECT * FROM throttles ORDER BY key") == before


def test_a_success_forgets_the_failures_of_the_name(core: Core, user: Somebody, rows):
    guess(core, user.username, 9)
    identities.prove(core, user.username, user.password, ATTACKER)
    assert guess(core, user.username, 9) == [Refusal.PASSWORD_WRONG] * 9
    identities.prove(core, user.username, user.password, ATTACKER)


def test_a_success_without_failures_before_it_writes_nothing(core: Core, user: Somebody, rows):
    before = rows("SELECT count(*) AS n FROM audit_events"), rows("SELECT * FROM throttles")
    identities.prove(core, user.username, user.password, HOME)
    assert (rows("SELECT count(*) AS n FROM audit_events"), rows("SELECT * FROM throttles")) == (
        before
    )


def test_failures_are_forgotten_a_day_after_the_last(core: Core, user, clock: ManualClock):
    guess(core, user.username, 9)
    clock.advance(86_400)
    assert guess(core, user.username, 9) == [Refusal.PASSWORD_WRONG] * 9
    identities.prove(core, user.username, user.password, HOME)


def test_an_operator_unlocks_both_names_of_a_user(core: Core, user: Somebody, rows):
    guess(core, user.username, 10)
    guess(core, user.email, 10, HOME)
    assert throttle.paused_until(core, user.username) == core.clock.now() + 60
    found = identities.get(core, user.id)
    assert identities.unlock(core, found, ATTACKER)
    assert throttle.paused_until(core, user.username) is None
    for name in (user.username, user.email):
        assert identities.prove(core, name, user.password, HOME).id == user.id
    assert len(rows("SELECT * FROM audit_events WHERE event = 'user_unlocked'")) == 1
    assert not identities.unlock(core, found, ATTACKER), "there is nothing left to lift"


def test_an_address_that_logged_in_lately_keeps_a_door_of_its_own(core: Core, user: Somebody):
    log_in(core, user, HOME)
    guess(core, user.username, 10)
    assert paused_seconds(core, user.username) == 60
    assert identities.prove(core, user.username, user.password, HOME).id == user.id
    assert paused_seconds(core, user.username) == 60, "for everybody else it is still paused"


def test_a_known_address_is_paused_after_ten_failures_of_its_own(core: Core, user: Somebody):
    log_in(core, user, HOME)
    guess(core, user.username, 10)
    assert guess(core, user.username, 10, HOME) == [Refusal.PASSWORD_WRONG] * 10
    assert paused_seconds(core, user.username, HOME) == 60


@pytest.mark.parametrize(
    ("days", "known"), [(30 - 1 / 86_400, True), (30, False)], ids=["a second before", "30 days"]
)
def test_an_address_is_forgotten_after_thirty_days(core, user, clock, days: float, known: bool):
    log_in(core, user, HOME)
    clock.advance(days * 86_400)
    guess(core, user.username, 10)
    if known:
        assert identities.prove(core, user.username, user.password, HOME).id == user.id
    else:
        assert paused_seconds(core, user.username, HOME) == 60


def test_an_address_is_known_for_the_name_that_logged_in_from_it_only(core, identities):
    victim, other = identities.add("victim"), identities.add("other")
    log_in(core, other, ATTACKER)
    guess(core, victim.username, 10)
    assert paused_seconds(core, victim.username) == 60


def test_a_hundred_failures_over_many_names_make_the_address_rest(core: Core, user, clock):
    for number in range(100):
        assert guess(core, f"name {number}") == [Refusal.LOGIN_UNKNOWN]
    with refuses(Refusal.ADDRESS_PAUSED) as caught:
        identities.prove(core, user.username, user.password, ATTACKER)
    assert caught.value.retry_after == 60
    assert identities.prove(core, user.username, user.password, HOME).id == user.id
    clock.advance(60)
    assert identities.prove(core, user.username, user.password, ATTACKER).id == user.id


def test_failures_of_one_address_count_within_a_window(core: Core, user, clock):
    for number in range(99):
        guess(core, f"name {number}")
    clock.advance(600)
    guess(core, "one more")
    assert identities.prove(core, user.username, user.password, ATTACKER).id == user.id


def test_a_success_does_not_clear_the_address(core: Core, user: Somebody):
    for number in range(99):
        guess(core, f"name {number}")
    identities.prove(core, user.username, user.password, ATTACKER)
    guess(core, "one more")
    with refuses(Refusal.ADDRESS_PAUSED):
        identities.prove(core, user.username, user.password, ATTACKER)


@each(
    ("address", "network"),
    [
        ("203.0.113.66", "203.0.113.66"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.66", "203.0.113.66"),
        ("", None),
        (None, None),
        ("unix:", None),
        ("203.0.113.66:1234", None),
    ],
)
def test_an_address_counts_whole_and_ipv6_by_its_64(address: str | None, network: str | None):
    assert network_of(address) == network


def test_one_ipv6_customer_is_one_address(core: Core):
    for number in range(100):
        guess(core, f"name {number}", origin=Origin("tests", f"2001:db8::{number:x}"))
    with refuses(Refusal.ADDRESS_PAUSED):
        identities.prove(core, "x", "y", Origin("tests", "2001:db8::ffff"))
    assert guess(core, "x", origin=Origin("tests", "2001:db8:0:1::1")) == [Refusal.LOGIN_UNKNOWN]


def test_a_caller_without_an_address_is_counted_by_name_alone(core: Core, rows):
    nowhere = Origin("tests", None)
    guess(core, "nobody", 10, nowhere)
    assert paused_seconds(core, "nobody", nowhere) == 60
    assert rows("SELECT failures FROM throttles") == [{"failures": 10}]


def test_no_name_and_no_address_stands_in_the_table(core: Core, user: Somebody, rows):
    guess(core, user.username)
    for row in rows("SELECT key FROM throttles"):
        assert len(bytes(row["key"])) == 32
        assert b"john" not in bytes(row["key"]).lower()


class TestGuessesAtTheSameTime:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        """Room for twenty hashes of one address, so that every guess is looked at."""
        return settings_for(
            database_url, monkeypatch, hashing_slots=40, hashing_queue=4, threads=45
        )

    def test_twenty_count_as_twenty(self, core: Core, user: Somebody, rows):
        with core.store.write():
            pass
        refused = at_once(core, 20, lambda _: identities.prove(core, user.username, "x", ATTACKER))
        assert refused.count(Refusal.PASSWORD_WRONG) == 10
        assert refused.count(Refusal.ACCOUNT_PAUSED) == 10, "whether looked at or not"
        name, address = (row["failures"] for row in rows("SELECT failures FROM throttles"))
        assert 10 <= name == address <= 20

    def test_twenty_failures_recorded_together_are_twenty(self, core: Core, user, rows):
        attempt = throttle.admit(core, user.username, ATTACKER)

        def fail(_: int) -> None:
            with core.store.write() as writing:
                throttle.failed(writing, core.clock.now(), core.policy, attempt)

        at_once(core, 20, fail)
        assert rows("SELECT failures FROM throttles") == [{"failures": 20}] * 2

    def test_the_right_password_among_them_does_not_outrun_the_pause(self, core, user, monkeypatch):
        """It was let in before the tenth failure, and is judged after it."""
        verify = core.passwords.verify

        def overtaken(encoded, password, *more, **named):
            correct = verify(encoded, password, *more, **named)
            if password == user.password:
                guess(core, user.username, 10)
            return correct

        monkeypatch.setattr(core.passwords, "verify", overtaken)
        with refuses(Refusal.ACCOUNT_PAUSED):
            identities.prove(core, user.username, user.password, ATTACKER)


def test_each_failure_of_a_name_begins_the_time_anew_after_which_it_is_forgotten(
    core: Core, user: Somebody, clock: ManualClock, rows
):
    for _ in range(3):
        with refuses(Refusal.PASSWORD_WRONG):
            identities.prove(core, user.username, "wrong", ORIGIN)
        clock.advance(core.policy.pause_forget_seconds - 1)
    assert max(row["failures"] for row in rows("SELECT failures FROM throttles")) == 3
