"""If one address asks for hashes all the time, other addresses still get theirs."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from argon2 import PasswordHasher

from app.core.passwords import Passwords
from app.core.passwords.slots import Slots
from app.core.policy import Policy
from app.core.refusals import Refusal, Refused
from tests.factories import PASSWORD, refuses

ATTACKER = "203.0.113.66"


@pytest.mark.parametrize(
    ("slots", "queue", "share"), [(2, 4, 3), (4, 4, 4), (1, 4, 2), (3, 0, 1), (1, 0, 1)]
)
def test_one_network_has_half_of_the_places_and_the_rest_is_for_others(slots, queue, share):
    house = Slots(slots, queue)
    house.inside[ATTACKER] = share - 1
    with house.taken(ATTACKER):
        with refuses(Refusal.BUSY):
            house.taken(ATTACKER).__enter__()
        if slots > 1:
            with house.taken("198.51.100.7"):
                pass
    with house.taken(ATTACKER):
        assert house.inside[ATTACKER] == share, "what was left is free again"


def test_one_network_hashes_in_half_of_the_slots_while_the_other_half_is_free(monkeypatch):
    monkeypatch.setattr("app.core.passwords.slots.WAIT_SECONDS", 0.05)
    house = Slots(2, 4)
    with house.taken(ATTACKER):
        with refuses(Refusal.BUSY):
            house.taken(ATTACKER).__enter__()
        with house.taken("198.51.100.7"):
            pass
    assert not house.inside
    assert not house.hashing


def test_a_caller_without_an_address_has_no_share_to_keep_to():
    house = Slots(2, 0)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(house.taken(None))
        with refuses(Refusal.BUSY):
            house.taken(None).__enter__()


@contextmanager
def flood(act, threads: int = 8) -> Iterator[list[bool]]:
    """One address that asks as fast as it is answered; what it was answered."""
    over = threading.Event()
    answered: list[bool] = []

    def ask() -> None:
        while not over.is_set():
            try:
                act()
                answered.append(True)
            except Refused:
                answered.append(False)
                over.wait(0.001)  # the way to a client and back

    attackers = [threading.Thread(target=ask) for _ in range(threads)]
    for attacker in attackers:
        attacker.start()
    yield answered
    over.set()
    for attacker in attackers:
        attacker.join()


@pytest.mark.parametrize("kind", ["registrations", "one account's good password"])
def test_fifty_honest_logins_beside_a_flood_of_one_address_are_let_in(monkeypatch, kind):
    passwords = Passwords("cheapest-tests-only", Policy())
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8 * 1024, 1))
    encoded = passwords.hash(PASSWORD)

    def attack() -> None:
        if kind == "registrations":
            passwords.hash(PASSWORD, network=ATTACKER)
        else:
            passwords.verify(encoded, PASSWORD, network=ATTACKER)

    refused = 0
    with flood(attack) as answered:
        for number in range(50):
            try:
                assert passwords.verify(encoded, PASSWORD, network=f"198.51.100.{number}")
            except Refused:
                refused += 1
    assert refused <= 5
    assert True in answered, "nor is the address shut out"
    assert False in answered, "it asked for more than its share"
