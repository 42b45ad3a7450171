"""The journal: the true reasons, no secret, a name for every token, and a way to wait."""

import base64
import threading

import pytest
import requests

from harness.client import ControlError, Watchword
from harness.plane.journal import Entry, Journal
from harness.plane.redaction import MAX_NAMES, Names

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


def test_the_newest_entries_stay():
    journal = Journal(capacity=3)
    for _ in range(5):
        number = journal.next_number()
        journal.add(Entry(number, 0.0, 0.0, "w", "GET", "/"))
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
