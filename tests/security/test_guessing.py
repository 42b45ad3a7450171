"""Brute-force protection wherever a password is taken: counts, pauses, and no leak of who exists."""

import threading

import pytest

from app.core.audit import Origin
from app.core.guard import counters, throttle
from app.core.identities import find, prove
from app.core.identities.proof import verified
from app.core.refusals import Refusal, Refused
from tests.conftest import settings_for
from tests.factories import PASSWORD, Identities, at_once

from .test_enumeration import PASSWORD_DOORS, aaa_basic, aaa_login
from .tour import AAA, JSON, bearer, wrapped

ATTACKER = Origin("tests", "203.0.113.66", "attack")


class TestOnEveryDoor:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, trusted_proxies="127.0.0.1")

    @pytest.fixture
    def user(self, identities: Identities):
        identities.client()
        return identities.add()

    def test_every_password_door_feeds_one_count(self, client, user, rows, core):
        session = aaa_login(client, user.username, PASSWORD)
        cookie = {**JSON, "Cookie": f"SESSID={session.json['session_id']}"}
        for door in (*PASSWORD_DOORS, *PASSWORD_DOORS):
            assert door(client, user.username, "wrong").status_code == 401
        for _ in range(2):
            change = {"password": "wrong", "new_password": "another good password"}
            assert client.put(f"{AAA}/password", json=change, headers=cookie).status_code == 401
        counts = sorted(row["failures"] for row in rows("SELECT failures FROM throttles"))
        assert counts == [10, 10, 11], "of the name, of the address, and all its events"
        assert throttle.paused_until(core, user.username) is not None

    @pytest.mark.parametrize("door", PASSWORD_DOORS, ids=lambda door: door.__name__)
    def test_a_pause_is_felt_at_every_door_by_the_right_password_too(
        self, client, user, core, door
    ):
        for _ in range(10):
            with pytest.raises(Refused):
                prove(core, user.username, "wrong", ATTACKER)
        stranger = From(client, "203.0.113.5")
        right, wrong = (door(stranger, user.username, given) for given in (PASSWORD, "wrong"))
        assert right.status_code in (403, 429)
        assert right.headers["Retry-After"] == "60"
        assert (right.status_code, right.data) == (wrong.status_code, wrong.data)

    def test_a_change_of_password_is_a_password_door_too(self, client, user, core, identities):
        code = identities.code(user)
        grant = {"grant_type": "access_code", "assertion": wrapped(code)}
        token = client.post(f"{AAA}/oauth/token", data=grant).json["access_token"]
        for _ in range(10):
            with pytest.raises(Refused):
                prove(core, user.username, "wrong", ATTACKER)
        change = {"password": PASSWORD, "new_password": "another good password"}
        stranger = From(client, "203.0.113.99")
        response = stranger.put(f"{AAA}/password", json=change, headers=bearer(token))
        assert response.json["error_id"] == "AUTH_DISABLED_ACCOUNT"
        assert response.headers["Retry-After"] == "60"

    def test_one_client_behind_a_proxy_does_not_slow_the_others(self, client, user):
        for number in range(100):
            attacker = From(client, "203.0.113.66")
            assert aaa_basic(attacker, f"name-{number}", "wrong").status_code == 401
        assert aaa_basic(attacker, "one more", "wrong").status_code == 429
        other = From(client, "203.0.113.67")
        assert aaa_basic(other, user.username, PASSWORD).status_code == 200

    def test_one_ipv6_customer_is_slowed_as_one(self, client):
        for number in range(100):
            address = f"2001:db8:1:2:{number:x}::{number:x}"
            aaa_basic(From(client, address), f"name-{number}", "wrong")
        same = From(client, "2001:db8:1:2:ffff::1")
        assert aaa_basic(same, "one more", "wrong").status_code == 429
        neighbour = From(client, "2001:db8:1:3::1")
        assert aaa_basic(neighbour, "one more", "wrong").status_code == 401

    def test_a_client_cannot_choose_its_address_by_writing_more_of_them(self, client):
        for number in range(100):
            claimed = f"198.51.100.{number}, 203.0.113.66"
            aaa_basic(From(client, claimed), f"name-{number}", "wrong")
        claimed = "192.0.2.1, 203.0.113.66"
        assert aaa_basic(From(client, claimed), "one more", "wrong").status_code == 429

    def test_a_paused_address_writes_one_event_a_minute_so_that_a_flood_cannot_fill_the_table(
        self, client, core, rows
    ):
        attacker = From(client, "203.0.113.66")
        for number in range(100):
            aaa_basic(attacker, f"name-{number}", "wrong")
        before = rows("SELECT count(*) AS events FROM audit_events")[0]["events"]
        for _ in range(20):
            assert aaa_basic(attacker, "one more", "wrong").status_code == 429
        core.tally.flush()
        [event] = rows("SELECT * FROM audit_events WHERE reason = 'address_paused'")
        assert (event["count"], event["address"]) == (20, "203.0.113.66")
        assert rows("SELECT count(*) AS events FROM audit_events")[0]["events"] == before + 1


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


class TestGuessesUnderWayTogether:
    """Nine guesses have failed, and a few more are being hashed when the tenth begins the pause."""

    @pytest.fixture
    def database_url(self, either_database: str) -> str:
        return either_database

    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, hashing_slots=16, threads=24)

    @pytest.fixture
    def user(self, identities: Identities):
        return identities.add()

    def overtaken(self, core, user, password: str, monkeypatch) -> Refused:
        """As what a guess is refused that was let in, and then overtaken by the tenth failure."""
        verify = core.passwords.verify
        failing = []

        def slow(*given, **named):
            correct = verify(*given, **named)
            if not failing:
                failing.append(True)
                for _ in range(10):
                    with pytest.raises(Refused):
                        prove(core, user.username, "overtaking", ATTACKER)
            return correct

        monkeypatch.setattr(core.passwords, "verify", slow)
        with pytest.raises(Refused) as caught:
            prove(core, user.username, password, ATTACKER)
        return caught.value

    @pytest.mark.parametrize("password", [PASSWORD, "wrong"], ids=["right", "wrong"])
    def test_the_right_one_is_told_and_counted_like_the_others(
        self, core, user, rows, monkeypatch, password
    ):
        refused = self.overtaken(core, user, password, monkeypatch)
        assert refused.refusal is Refusal.ACCOUNT_PAUSED
        assert refused.retry_after == 60
        counts = sorted(row["failures"] for row in rows("SELECT failures FROM throttles"))
        assert counts == [11, 11], "so the next pause does not tell which it was either"
        reasons = [row["reason"] for row in rows("SELECT reason FROM audit_events ORDER BY id")]
        assert reasons[-1] == "account_paused"

    @pytest.mark.parametrize("right_at", [None, 3])
    def test_no_answer_tells_which_of_many_was_right(self, core, user, rows, right_at):
        for _ in range(10):
            with pytest.raises(Refused):
                prove(core, user.username, "wrong", ATTACKER)
        hashed = threading.Barrier(6)
        attempt = throttle.Attempt(counters.key_of("login", "john.doo"), None, True)

        def guess(index: int) -> None:
            hashed.wait()
            password = PASSWORD if index == right_at else "wrong"
            user_found = find(core, user.username)
            verified(core, user.username, user_found, password, ATTACKER, attempt=attempt)

        answers = at_once(core, 6, guess)
        assert answers == [Refusal.ACCOUNT_PAUSED] * 6
        assert max(row["failures"] for row in rows("SELECT failures FROM throttles")) == 16


class From:
    """The client, seen through a trusted proxy from another address."""

    def __init__(self, client, address: str) -> None:
        self._client = client
        self._headers = {"X-Forwarded-For": address}

    def __getattr__(self, method: str):
        call = getattr(self._client, method)
        return lambda *given, headers=None, **more: call(
            *given, headers={**(headers or {}), **self._headers}, **more
        )
