"""The journal: the true reasons, no secret, a name for every token, and a way to wait."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from harness.client import Watchword
from harness.control import ControlError
from harness.plane.journal import Entry, Journal
from harness.plane.redaction import MAX_NAMES, Names
from harness.plane.server import THREADS
from harness.plane.worlds import MOST_WAITING

PASSWORD = "demonstration-of-session"
KEY = "hDn/LFXIPESM036W+s7VKg=="
JSON = {"Content-Type": "application/json", "x-koms-clientid": "koms-web"}


def open_session(world: Watchword, password: str = PASSWORD) -> dict[str, str]:
    body = {"account_type": "traditional", "email": "komi@example.com", "password": password}
    return requests.post(f"{world.url}/session", json=body, headers=JSON, timeout=5).json()


def test_an_entry_tells_the_true_reason_behind_a_generic_answer(world):
    open_session(world, "wrong")
    [entry] = world.journal.entries()
    assert entry["operation"] == "POST /session"
    assert (entry["status"], entry["refusal"]) == (401, "password_wrong")
    assert (entry["user"], entry["dialect"]) == ("komi@example.com", "session")
    assert entry["at"] == world.clock.now().timestamp()


def test_a_verification_is_told_like_all_else(world):
    token = open_session(world)["access_token"]
    url, headers = f"{world.url}/verify", {"Authorization": f"Bearer {token}"}
    requests.get(url, headers=headers, timeout=5)
    world.clock.tick(hours=1)
    requests.get(url, headers=headers, timeout=5)
    requests.get(url, timeout=5)
    _, live, late, without = world.journal.entries()
    assert (live["status"], live["refusal"], live["user"]) == (204, None, "komi")
    assert (late["status"], late["refusal"], late["user"]) == (401, "token_expired", "komi")
    assert (without["refusal"], without["user"]) == ("credentials_missing", None)
    assert {entry["operation"] for entry in (live, late, without)} == {"GET /verify"}
    assert live["response"]["headers"]["X-Auth-Session"] == live["session"] == late["session"]


def test_a_token_from_before_a_reset_is_nobodys(world):
    headers = {"Authorization": f"Bearer {open_session(world)['access_token']}"}
    requests.get(f"{world.url}/verify", headers=headers, timeout=5)
    assert world.journal.entries()[-1]["user"] == "komi"
    world.reset()
    requests.get(f"{world.url}/verify", headers=headers, timeout=5)
    [entry] = world.journal.entries()
    assert (entry["user"], entry["session"], entry["refusal"]) == (None, None, "token_unknown")


def test_two_entries_with_one_token_show_one_name(world):
    pair = open_session(world)
    headers = {**JSON, "Authorization": f"Bearer {pair['access_token']}"}
    requests.get(f"{world.url}/session", headers=headers, timeout=5)
    opened, used = world.journal.entries()
    assert opened["response"]["body"]["access_token"] == "access#1"
    assert opened["response"]["body"]["refresh_token"] == "refresh#1"
    assert used["request"]["headers"]["Authorization"] == "Bearer access#1"
    assert opened["session"] == used["session"]
    assert used["user"] == "komi"


def test_no_secret_and_no_token_is_kept(world):
    pair = open_session(world)
    basic = base64.b64encode(f"komi:{PASSWORD}".encode()).decode()
    keepalive = f"{world.url}/api/cascade.aaa/1.0/keepalive"
    requests.get(keepalive, headers={"Authorization": f"Basic {basic}"}, timeout=5)
    requests.post(f"{world.url}/login", json={"UserLogin": "komi", "ApiKey": KEY}, timeout=5)
    xml = f"<Request><UserLogin>komi</UserLogin><ApiKey>{KEY}</ApiKey></Request>"
    as_xml = {"Content-Type": "application/xml"}
    token = requests.post(f"{world.url}/login", data=xml, headers=as_xml, timeout=5)
    assert token.status_code == 200
    form = {"token": pair["access_token"]}
    secret = "Fk2mTx0eW7nQ4sVbR9cLpY"
    requests.post(f"{world.url}/oauth2/introspect", data=form, auth=("gateway", secret), timeout=5)
    told = repr(world.journal.entries())
    for kept in (PASSWORD, KEY, basic, secret, *pair.values()):
        assert str(kept) not in told or kept == 3600


def test_entries_are_found_by_what_they_say_and_by_number(world):
    open_session(world)
    open_session(world, "wrong")
    assert world.journal.count(operation="POST /session") == 2
    assert world.journal.count(refusal="PASSWORD_WRONG", status=401) == 1
    assert [entry["status"] for entry in world.journal.entries(after=1)] == [401]
    world.journal.clear()
    assert world.journal.entries() == []


def test_a_filter_that_nobody_knows_is_refused(world):
    for wanted in ({"colour": "red"}, {"after": "last"}):
        with pytest.raises(ControlError) as refused:
            world.journal.entries(**wanted)
        assert refused.value.status == 400


def test_wait_answers_as_soon_as_an_entry_matches(world):
    found: list[list[dict[str, object]]] = []
    waiting = threading.Thread(
        target=lambda: found.append(world.journal.wait(operation="POST /session", seconds=20))
    )
    waiting.start()
    requests.get(f"{world.url}/healthz", timeout=5)
    open_session(world)
    waiting.join(10)
    assert [entry["operation"] for entry in found[0]] == ["POST /session"]


def test_wait_ends_with_nothing(world):
    assert world.journal.wait(operation="POST /session", seconds=0) == []


@contextmanager
def many_that_wait(world: Watchword, count: int) -> Iterator[list[socket.socket]]:
    """So many clients, each of which has asked to wait for an entry that never comes."""
    control = urlsplit(world.control)
    line = f"GET {control.path}/journal/wait?status=599&seconds=60 HTTP/1.1"
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            address = (control.hostname, control.port)
            client = stack.enter_context(socket.create_connection(address, timeout=10))
            client.sendall(f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            clients.append(client)
        yield clients


def test_those_who_wait_leave_threads_for_the_others(world):
    crowded = world.world()
    with many_that_wait(crowded, 2 * THREADS) as clients:
        open_session(world)
        assert world.journal.wait(operation="POST /session") != []
        assert world.journal.wait(operation="PUT /session", seconds=0.3) == []
        crowded.close()
        bodies = [client.makefile("rb").read().partition(b"\r\n\r\n")[2] for client in clients]
    waited = [json.loads(body)["waited_seconds"] for body in bodies]
    assert len([seconds for seconds in waited if seconds > 0.1]) == MOST_WAITING
    assert max(waited) < 30, "a world that is gone wakes those who wait for it"


def test_a_request_that_is_answered_late_is_seen_by_those_who_saw_a_later_one():
    journal = Journal()
    early, late = entry(), entry()
    journal.add(late)
    assert [found.number for found in journal.find({})] == [1]
    journal.add(early)
    assert journal.find({}, after=1) == [early]


def entry() -> Entry:
    return Entry(at=0.0, real_at=0.0, world="w", method="GET", path="/")


def test_the_newest_entries_stay():
    journal = Journal(capacity=3)
    for _ in range(5):
        journal.add(entry())
    assert [entry.number for entry in journal.find({})] == [3, 4, 5]


def test_a_body_that_nobody_can_read_is_kept_as_its_length(world):
    url = f"{world.url}/session"
    text = '{"password": "demonstration-of-session", '
    requests.post(url, data=text, headers=JSON, timeout=5)
    requests.post(url, data=text, headers={**JSON, "Content-Type": "text/plain"}, timeout=5)
    told = [entry["request"]["body"] for entry in world.journal.entries()]
    assert told == [f"[{len(text)} bytes]"] * 2


def test_a_token_of_nobody_has_a_name_too(world):
    forged = world.token("komi", "session", "forged")["access"]
    for token in (forged, "0f" * 32):
        headers = {"Authorization": f"Bearer {token}"}
        requests.get(f"{world.url}/verify", headers=headers, timeout=5)
    told = [entry["request"]["headers"]["Authorization"] for entry in world.journal.entries()]
    assert told == ["Bearer unknown#1", "Bearer unknown#2"]


def test_the_oldest_names_are_forgotten():
    names = Names(lambda token: "access")
    first = f"{'a' * 32}~{'b' * 32}"
    assert names.name(first) == "access#1"
    for number in range(MAX_NAMES):
        names.name(f"{'a' * 32}~{number:032}")
    assert names.name(first) == f"access#{MAX_NAMES + 2}"
