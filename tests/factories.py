"""Identities and clients for tests, made through the core as an operator would."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest

from app.core.audit import Origin
from app.core.core import Core
from app.core.credentials import access_codes, api_keys, clients
from app.core.identities import registration
from app.core.refusals import Refusal, Refused
from tests.grants import CODES

ORIGIN = Origin("tests", "127.0.0.1", "test-request")
CLIENT = "koms-web"
PASSWORD = "correct horse battery staple"


@contextmanager
def refuses(refusal: Refusal) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """The block must raise ``Refused`` with this name."""
    with pytest.raises(Refused) as caught:
        yield caught
    assert caught.value.refusal is refusal


@contextmanager
def full_house(core: Core) -> Iterator[None]:
    """All slots and all places in the queue are taken."""
    inside = core.passwords.slots.inside
    places = core.policy.hashing_slots + core.policy.hashing_queue
    inside[None] += places
    yield
    inside[None] -= places


def at_once(core: Core, number: int, call: Callable[[int], Any]) -> list[Any]:
    """Run ``call(0)``, ``call(1)``, … at the same time. Returns their results or refusals."""
    start = Barrier(number)

    def run(index: int) -> Any:
        start.wait()
        try:
            return call(index)
        except Refused as refused:
            return refused.refusal

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))


@dataclass(frozen=True)
class Somebody:
    id: int
    username: str
    email: str
    password: str
    api_key: str


class Identities:
    def __init__(self, core: Core) -> None:
        self._core = core

    def add(
        self,
        username: str = "John.Doo",
        *,
        email: str | None = None,
        password: str = PASSWORD,
        customer_id: str | None = None,
        roles: tuple[str, ...] = (),
        permissions: tuple[str, ...] = ("npm",),
    ) -> Somebody:
        """A user with an API key; by default one who may ask for npm tokens."""
        email = email or f"{username.lower()}@example.com"
        user_id = registration.register(
            self._core,
            username,
            email,
            password,
            ORIGIN,
            customer_id=customer_id,
            roles=frozenset(roles),
            permissions=frozenset(permissions),
        )
        _, key = api_keys.issue(self._core, user_id, ORIGIN)
        return Somebody(user_id, username, email, password, key)

    def code(self, user: Somebody) -> str:
        return access_codes.issue(self._core, CODES, user.id, ORIGIN).code

    def client(self, client_id: str = CLIENT, *, confidential: bool = False) -> str | None:
        return clients.add(self._core, client_id, client_id, ORIGIN, confidential=confidential)
