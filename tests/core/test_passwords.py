"""Hashing in slots, and the rules for new passwords."""

import threading
import time
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

from app.core.passwords import (
    PROFILES,
    Passwords,
    acceptable_hash,
    common_passwords,
    peppered,
    unacceptable,
)
from app.core.policy import Policy
from app.core.refusals import Refusal, Refused
from tests.cases import each
from tests.factories import PASSWORD, refuses

POLICY = Policy()
PEPPER = b"p" * 32
CHEAPEST = Passwords("cheapest-tests-only", POLICY)


def encode(**cost: int) -> str:
    parameters = {"memory_cost": 8, "time_cost": 1, "parallelism": 1} | cost
    return PasswordHasher(**parameters).hash("x")


def test_a_password_verifies_against_its_own_hash_only():
    encoded = CHEAPEST.hash(PASSWORD)
    assert CHEAPEST.verify(encoded, PASSWORD)
    assert not CHEAPEST.verify(encoded, PASSWORD + " ")
    assert not CHEAPEST.verify(encoded, "")
    assert not CHEAPEST.verify(encoded, PASSWORD.upper())
    assert PASSWORD not in encoded
    longest = "é" * 127
    assert not CHEAPEST.verify(CHEAPEST.hash(longest + "x"), longest + "y"), "to the last character"


def test_the_same_password_never_hashes_alike():
    assert CHEAPEST.hash(PASSWORD) != CHEAPEST.hash(PASSWORD)


def test_an_unknown_user_costs_a_verification_and_no_password_is_right():
    assert not CHEAPEST.verify(None, PASSWORD)
    assert not CHEAPEST.verify(None, "")


def test_the_dummy_verification_does_the_same_work():
    passwords = Passwords("owasp", POLICY)
    encoded = passwords.hash(PASSWORD)

    def least(stored: str | None) -> float:
        """Processor time of the whole process: the hash is computed in a thread of its own."""
        times = []
        for _ in range(3):
            started = time.process_time()
            passwords.verify(stored, "wrong")
            times.append(time.process_time() - started)
        return min(times)

    assert least(None) == pytest.approx(least(encoded), rel=0.6)


def test_the_default_profile_is_the_owasp_minimum():
    assert Passwords("owasp", POLICY).hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PROFILES["rfc9106-low"] == (65536, 3, 4)


def test_a_hash_of_another_profile_is_outdated():
    assert not CHEAPEST.outdated(CHEAPEST.hash("x"))
    assert CHEAPEST.outdated(encode(time_cost=2))
    assert Passwords("owasp", POLICY).outdated(CHEAPEST.hash("x"))


@pytest.mark.parametrize("encoded", ["", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$x"])
def test_a_broken_hash_lets_nobody_in(encoded: str):
    assert not CHEAPEST.verify(encoded or "$", PASSWORD)


def test_the_same_characters_typed_another_way_are_the_same_password():
    encoded = CHEAPEST.hash("Ångström Ⅳ ﬁ")
    assert CHEAPEST.verify(encoded, "A\u030angstro\u0308m IV fi")


def test_a_pepper_is_part_of_the_password():
    encoded = CHEAPEST.hash(PASSWORD, PEPPER)
    assert CHEAPEST.verify(encoded, PASSWORD, PEPPER)
    assert not CHEAPEST.verify(encoded, PASSWORD)
    assert not CHEAPEST.verify(encoded, PASSWORD, b"q" * 32)
    assert not CHEAPEST.verify(CHEAPEST.hash(PASSWORD), PASSWORD, PEPPER)
    assert peppered(PASSWORD, PEPPER) != PASSWORD.encode()


class Full:
    """An application whose slots the test holds: the next hash has to wait."""

    def __init__(self, passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
        self.going_on = threading.Event()
        self.inside = threading.Semaphore(0)
        hasher = passwords.hasher

        def verify(encoded: str, password: bytes) -> bool:
            self.inside.release()
            self.going_on.wait(10)
            return hasher.verify(encoded, password)

        monkeypatch.setattr(passwords, "hasher", SimpleNamespace(verify=verify))
        self.encoded = hasher.hash(PASSWORD)
        self._passwords = passwords
        self.verdicts: list[object] = []
        self._threads: list[threading.Thread] = []

    def enter(self) -> None:
        def verify() -> None:
            try:
                self.verdicts.append(self._passwords.verify(self.encoded, PASSWORD))
            except Refused as refused:
                self.verdicts.append(refused.refusal)

        self._threads.append(threading.Thread(target=verify))
        self._threads[-1].start()

    def leave(self) -> None:
        self.going_on.set()
        for thread in self._threads:
            thread.join()


def test_no_more_hashes_run_at_once_than_there_are_slots(monkeypatch):
    passwords = Passwords("cheapest-tests-only", Policy(hashing_slots=2, hashing_queue=2))
    full = Full(passwords, monkeypatch)
    for _ in range(4):
        full.enter()
    assert full.inside.acquire(timeout=5)
    assert full.inside.acquire(timeout=5)
    assert not full.inside.acquire(timeout=0.05), "a third hash is running"
    full.leave()
    assert full.verdicts == [True] * 4


def test_a_full_queue_is_refused_at_once_and_told_when_to_come_back(monkeypatch):
    passwords = Passwords("cheapest-tests-only", Policy(hashing_slots=1, hashing_queue=0))
    full = Full(passwords, monkeypatch)
    full.enter()
    assert full.inside.acquire(timeout=5)
    started = time.monotonic()
    with refuses(Refusal.BUSY) as caught:
        passwords.verify(full.encoded, PASSWORD)
    assert time.monotonic() - started < 0.5
    assert caught.value.retry_after == 2
    full.leave()
    assert passwords.verify(full.encoded, PASSWORD), "the refusal took no slot with it"


def test_whoever_waits_in_the_queue_is_told_within_two_seconds(monkeypatch):
    passwords = Passwords("cheapest-tests-only", Policy(hashing_slots=1, hashing_queue=1))
    full = Full(passwords, monkeypatch)
    full.enter()
    assert full.inside.acquire(timeout=5)
    started = time.monotonic()
    with refuses(Refusal.BUSY):
        passwords.verify(full.encoded, PASSWORD)
    assert 1 < time.monotonic() - started < 2
    full.leave()
    assert passwords.verify(full.encoded, PASSWORD)


@each(
    ("password", "fault"),
    [
        ("1234567", "at least 8 characters"),
        ("x" * 129, "at most 128 characters"),
        ("password", "list of common passwords"),
        ("PassWord", "list of common passwords"),
        ("12345678", "list of common passwords"),
        ("ｐａｓｓｗｏｒｄ１", "list of common passwords"),
        ("ＰＡＳＳＷＯＲＤ", "list of common passwords"),
        ("A\u030a" * 5, "at least 8 characters"),
        ("\ufdfa" * 8, "at most 128 characters"),
        ("x" * 1_025, "at most 128 characters"),
    ],
)
def test_a_password_that_may_not_be_chosen_is_told_why(password: str, fault: str):
    assert fault in (unacceptable(password, POLICY) or "")


def test_what_is_longer_than_any_password_is_never_the_one_and_costs_the_same(monkeypatch):
    passwords = Passwords("cheapest-tests-only", POLICY)
    hashed: list[bytes] = []
    hasher = passwords.hasher

    def verify(encoded: str, password: bytes) -> bool:
        hashed.append(password)
        return hasher.verify(encoded, password)

    monkeypatch.setattr(passwords, "hasher", SimpleNamespace(verify=verify))
    long = "x" * 1_025
    assert not passwords.verify(hasher.hash(long), long)
    assert not passwords.verify(hasher.hash(""), long)
    assert hashed == [b"", b""]


@each("password", [PASSWORD, "xq7#mPz2", "ééééééé8", "A\u030a" * 128, "y" * 128, " " * 8 + "z"])
def test_length_counts_in_characters_and_nothing_else_is_asked(password: str):
    assert unacceptable(password, POLICY) is None


def test_the_list_of_common_passwords_is_long():
    assert len(common_passwords()) >= 30_000
    assert {"password", "qwertyuiop", "iloveyou"} <= common_passwords()


def at(costs: str) -> str:
    return encode().replace("m=8,t=1,p=1", costs)


def test_an_imported_hash_may_not_cost_more_than_a_login_may():
    assert acceptable_hash(Passwords("owasp", POLICY).hash("x"))
    for costs in ("m=8,t=1,p=1", "m=262144,t=3,p=1", "m=65536,t=3,p=16", "m=8,t=100000,p=1"):
        assert acceptable_hash(at(costs)), costs
    # Too much memory, too many seconds, too many threads at once and after one another.
    for costs in ("m=262145,t=1,p=1", "m=262144,t=4,p=1", "m=1024,t=1,p=17", "m=16,t=9999,p=2"):
        assert not acceptable_hash(at(costs)), costs


@each(
    "encoded",
    [
        "",
        "secret",
        "$argon2id$",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
        "$argon2id$v=19$m=0,t=1,p=1$c2FsdHNhbHQ$" + "A" * 43,
        "$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$" + "A" * 43,
        "$2b$12$" + "a" * 53,
        PasswordHasher(1, 8, 1, type=Type.I).hash("x", salt=b"salt for tests 1"),
        PasswordHasher(1, 8, 1, type=Type.D).hash("x", salt=b"salt for tests 1"),
        encode() + "A" * 500,
    ],
)
def test_an_import_that_no_login_could_verify_is_not_accepted(encoded: str):
    assert not acceptable_hash(encoded)
