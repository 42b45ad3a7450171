"""Brute-force protection: which failures share a count, and which never do."""

import pytest

from app.core.audit import Origin
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.guard import throttle
from app.core.identities import prove
from app.core.refusals import Refusal, Refused
from tests import grants
from tests.factories import Identities, Somebody, refuses

ATTACKER = Origin("tests", "203.0.113.66", "attack")
HOME = Origin("tests", "198.51.100.7", "home")
WORK = Origin("tests", "192.0.2.9", "work")


def log_in(core: Core, user: Somebody, origin: Origin) -> None:
    proven = prove(core, user.username, user.password, origin)
    grants.aaa_session(core, proven, origin)


def fail(core: Core, attempt: throttle.Attempt) -> Refused | None:
    with core.store.write() as writing:
        return throttle.failed(writing, core.clock.now(), core.policy, attempt)


def pause(core: Core, login: str, origin: Origin = ATTACKER) -> None:
    """Ten wrong passwords pause a name, or its pair with a known address."""
    for _ in range(10):
        fail(core, throttle.admit(core, login, origin))
    with refuses(Refusal.ACCOUNT_PAUSED):
        throttle.admit(core, login, origin)


def test_two_names_behind_one_known_address_have_separate_counts(
    core: Core, identities: Identities
):
    users = [identities.add("first"), identities.add("second")]
    for user in users:
        log_in(core, user, HOME)
        pause(core, user.username)
    first, second = users
    pause(core, first.username, HOME)
    log_in(core, second, HOME)


def test_one_name_has_separate_counts_at_two_known_addresses(core: Core, identities: Identities):
    user = identities.add()
    log_in(core, user, HOME)
    log_in(core, user, WORK)
    pause(core, user.username)
    pause(core, user.username, HOME)
    log_in(core, user, WORK)


def test_a_name_that_spells_an_address_is_not_counted_as_that_address(core: Core):
    pause(core, f"address\0{HOME.network}")
    assert throttle.admit_address(core, HOME) is not None


def test_a_user_called_login_does_not_share_a_count_with_a_name_that_spells_an_address(
    core: Core, identities: Identities
):
    user = identities.add("login")
    log_in(core, user, HOME)
    pause(core, str(HOME.network))
    pause(core, user.username)
    log_in(core, user, HOME)


def test_a_pause_of_the_address_that_began_meanwhile_refuses_for_its_whole_length(core: Core):
    attempts = [throttle.admit(core, f"name {number}", ATTACKER) for number in range(101)]
    *before, overtaken = [fail(core, attempt) for attempt in attempts]
    assert before == [None] * 100
    assert overtaken is not None
    assert overtaken.refusal is Refusal.ADDRESS_PAUSED
    assert overtaken.retry_after == core.policy.address_pause_seconds


@pytest.mark.parametrize(("passed", "left"), [(59, 1), (60, None)])
def test_an_operator_sees_a_pause_until_its_exact_second(
    core: Core, clock: ManualClock, passed: int, left: int | None
):
    pause(core, "nobody")
    clock.advance(passed)
    until = throttle.paused_until(core, "nobody")
    assert until == (left and core.clock.now() + left)
