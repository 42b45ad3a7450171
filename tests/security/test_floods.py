"""The most rows that a flood from one address can add in an hour, through every path that writes."""

from collections.abc import Callable

import pytest

from app.core.policy import Policy
from app.extensions import Model
from tests.conftest import settings_for
from tests.factories import PASSWORD, Somebody, full_house

from .test_enumeration import DOORS, PASSWORD_DOORS, aaa_basic, aaa_login, login
from .tour import AAA, CLIENT, JSON, V2, bearer, wrapped

ALLOWANCE = 60
ROUNDS = 60  # one a minute
MOST_ROWS = 10_000
COUNTED = "aggregate IS NOT NULL AND event <> 'login'"


@pytest.fixture
def settings(database_url: str, monkeypatch):
    """A day's worth of patience, so that the address's pause is not what stops the flood."""
    return settings_for(
        database_url,
        monkeypatch,
        address_events_per_hour=ALLOWANCE,
        address_failures=10_000,
        pause_after_failures=10_000,
    )


@pytest.fixture
def user(identities) -> Somebody:
    identities.client()
    identities.client("gateway", confidential=True)
    return identities.add()


@pytest.fixture
def count_rows(core, rows) -> Callable[[], dict[str, int]]:
    tables = set(Model.metadata.tables)
    return lambda: {
        table: int(str(rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])) for table in tables
    }


def everything(client, user: Somebody, number: int) -> None:
    """Each way to have something written, once: what comes of it does not matter."""
    for door in DOORS:
        door(client, f"nobody {number}", "wrong")
        door(client, user.username, "wrong")
    client.post("/user", json={"email": user.email, "password": PASSWORD}, headers=CLIENT)
    new = {"email": f"new{number}@example.com", "password": PASSWORD}
    client.post("/user", json=new, headers=CLIENT)
    session = client.post(
        "/session",
        json={"account_type": "traditional", "email": user.email, "password": PASSWORD},
        headers=CLIENT,
    )
    pair = session.json
    if session.status_code == 200:
        held = {**CLIENT, **bearer(pair["access_token"])}
        client.put("/session", json={"refresh_token": pair["refresh_token"]}, headers=held)
        client.delete("/session", headers=held)
    opened = aaa_login(client, user.username, PASSWORD)
    cookie = {**JSON, "Cookie": f"SESSID={opened.json.get('session_id')}"}
    aaa_basic(client, user.username, PASSWORD)
    code = client.post(f"{AAA}/oauth/codes", headers=cookie).json
    grant = {"grant_type": "access_code", "assertion": wrapped(code.get("access_code", "x"))}
    client.post(f"{AAA}/oauth/token", data=grant)
    client.post(f"{AAA}/oauth/token", data={**grant, "assertion": wrapped("unknown")})
    client.delete(f"{AAA}/oauth/codes/{code.get('id', 1)}", headers=cookie)
    change = {"password": PASSWORD, "new_password": f"{PASSWORD} {number}"}
    client.put(f"{AAA}/password", json=change, headers=cookie)
    client.post(f"{AAA}/logout", headers=cookie)
    login(client, user.username, user.api_key)
    form = {"token": "x", "client_id": "gateway", "client_secret": "wrong"}
    client.post("/oauth2/introspect", data=form)
    client.post("/oauth2/revoke", data=form)
    client.delete(V2, headers=bearer("x.y.z"))


def test_an_hour_of_the_worst_flood_adds_at_most_ten_thousand_rows_to_any_table(
    client, user, core, clock, rows, count_rows
):
    before = count_rows()
    for number in range(ROUNDS):
        everything(client, user, number)
        clock.advance(60)
        core.tally.flush()
    added = {table: n - before[table] for table, n in count_rows().items()}
    kinds = max(
        int(str(row["n"]))
        for row in rows(
            f"SELECT count(*) AS n FROM audit_events WHERE {COUNTED} GROUP BY CAST(at / 60 AS INT)"
        )
    )
    assert kinds >= 5, "the flood goes on when nothing of it is written any more"
    one_by_one = added["audit_events"] - len(rows(f"SELECT id FROM audit_events WHERE {COUNTED}"))
    assert ALLOWANCE <= one_by_one <= 2 * ALLOWANCE, "an hour may see the end of one count's window"
    for table in added.keys() - {"audit_events"}:
        assert added[table] <= 2 * ALLOWANCE + 3, table
    assert 2 * Policy().address_events_per_hour + 60 * kinds <= MOST_ROWS


class TestOnRecord:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch)

    @pytest.mark.parametrize("door", PASSWORD_DOORS, ids=lambda door: door.__name__)
    def test_a_login_that_finds_the_queue_full(self, client, user, core, rows, door):
        with full_house(core):
            assert door(client, user.username, PASSWORD).status_code == 503
        [event] = rows("SELECT event, count FROM audit_events WHERE reason = 'busy'")
        assert event == {"event": "login_refused", "count": 1}

    def test_a_registration_that_finds_the_name_taken(self, client, user, rows):
        body = {"email": user.email, "password": PASSWORD}
        assert client.post("/user", json=body, headers=CLIENT).status_code == 409
        [event] = rows("SELECT event, dialect FROM audit_events WHERE reason = 'identity_taken'")
        assert event == {"event": "login_refused", "dialect": "session"}

    @pytest.mark.parametrize("name", ["John.Doo\0", "John.Doo", "nobody\0"])
    def test_a_nul_in_basic_credentials(self, client, user, rows, name):
        refused = aaa_basic(client, name, "x\0")
        wrong = aaa_basic(client, "nobody", "x")
        assert (refused.status_code, refused.data) == (401, wrong.data)
        reasons = rows("SELECT reason FROM audit_events WHERE event = 'login_refused' ORDER BY id")
        expected = "login_unknown" if "\0" in name else "password_wrong"
        assert [row["reason"] for row in reasons] == [expected, "login_unknown"]
