"""The addresses of a host are found within a limit, whatever the name servers do."""

import os
import socket
import threading
from collections import Counter
from typing import Any

import psycopg
import pytest

from app.store.resolving import addresses
from app.store.urls import places
from tests.factories import at_once
from tests.waiting import wait_until

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]
AGAIN = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
REAL = socket.getaddrinfo
NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class NameServers:
    """What the resolver says of each host; one that is ``silent`` answers when it is told to."""

    def __init__(self) -> None:
        self.says: list[object] = FOUND
        self.silent = False
        self.speak = threading.Event()
        self.asked: Counter[str] = Counter()

    def getaddrinfo(self, host: str, *given: Any, **named: Any) -> object:
        if not host.endswith(".invalid"):
            # A thread of another test, or of this one's tools.
            return REAL(host, *given, **named)
        self.asked[host] += 1
        if self.silent:
            assert self.speak.wait(10)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch):
    servers = NameServers()
    monkeypatch.setattr(socket, "getaddrinfo", servers.getaddrinfo)
    yield servers
    servers.speak.set()
    wait_until(lambda: not [it for it in threading.enumerate() if it.name == "resolver"])


@pytest.fixture
def host(request: pytest.FixtureRequest) -> str:
    """A name that no other test has asked for."""
    return f"{request.node.name.replace('_', '-')}.invalid"


def test_a_name_is_asked_for_each_time_and_an_address_never(servers: NameServers, host: str):
    assert addresses(host, 5) == ["192.0.2.7"]
    servers.says = [(*FOUND[0][:4], ("192.0.2.8", 0))]
    assert addresses(host, 5) == ["192.0.2.8"]
    assert addresses("192.0.2.9", 5) == ["192.0.2.9"]
    assert addresses("2001:db8::1", 5) == ["2001:db8::1"]
    assert servers.asked == {host: 2}


@pytest.mark.parametrize("says", [AGAIN, OSError(), UnicodeError()])
def test_who_fails_to_answer_makes_nobody_forget(servers: NameServers, host: str, says):
    addresses(host, 5)
    servers.says = says
    assert addresses(host, 5) == ["192.0.2.7"]


def test_who_knows_that_there_is_no_such_host_is_believed(servers: NameServers, host: str):
    addresses(host, 5)
    servers.says = NO_NAME
    assert addresses(host, 5) == []
    with pytest.raises(psycopg.OperationalError, match="no host by that name"):
        places({"host": host}, float("inf"))


def test_who_says_nothing_is_waited_for_no_longer_than_the_limit(servers: NameServers, host: str):
    servers.silent = True
    assert addresses(host, 0.05) == []
    servers.speak.set()
    wait_until(lambda: addresses(host, 5) == ["192.0.2.7"])
    servers.speak.clear()
    assert addresses(host, 0.05) == ["192.0.2.7"]
    assert places({"host": host, "port": "5433"}, 0.0) == [
        {"host": host, "port": "5433", "hostaddr": "192.0.2.7"}
    ]


def test_all_who_ask_at_once_wait_for_one_answer(servers: NameServers, host: str):
    servers.silent = True
    asking = threading.Thread(target=addresses, args=(host, 5))
    asking.start()
    wait_until(lambda: servers.asked[host])
    threading.Timer(0.1, servers.speak.set).start()
    assert at_once(None, 8, lambda _number: addresses(host, 5)) == [["192.0.2.7"]] * 8
    asking.join()
    assert servers.asked[host] == 1


def test_a_worker_asks_anew_what_its_master_was_asking(servers: NameServers, host: str):
    servers.silent = True
    assert addresses(host, 0.0) == []
    pid = os.fork()
    if not pid:
        servers.silent = False
        os._exit(addresses(host, 5) != ["192.0.2.7"])
    assert os.waitpid(pid, 0)[1] == 0
