"""Which clients may register users, and that a confidential client must prove its secret."""

import base64
from urllib.parse import quote

import pytest

from app.settings.settings import Settings
from config import SettingsError
from tests.conftest import settings_for
from tests.factories import PASSWORD

from .conftest import CLIENT, HEADERS, assert_refused

NEW = {"email": "mary@example.com", "password": PASSWORD}
APP = "app:1"
CLOSED = "This client may not register users."
UNPROVEN = "The client must prove itself."


def headers(client_id: str, secret: str | None = None, name: str | None = None) -> dict[str, str]:
    given = {**HEADERS, "x-koms-clientid": client_id}
    if secret is not None:
        pair = f"{quote(name or client_id, safe='')}:{quote(secret, safe='')}".encode()
        given["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return given


@pytest.fixture
def secret(identities) -> str:
    """Of the confidential client; there is a public one too."""
    identities.client()
    found = identities.client(APP, confidential=True)
    assert found is not None
    return found


class TestClosed:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, registration="closed")

    def test_nobody_registers_and_no_password_is_looked_at(
        self, client, core, secret, rows, monkeypatch
    ):
        monkeypatch.delattr(type(core.passwords), "hash")
        for given in (headers(CLIENT), headers(APP, secret)):
            assert_refused(client.post("/user", json=NEW, headers=given), "Forbidden", CLOSED)
        assert rows("SELECT id FROM users") == []

    def test_logins_go_on(self, client, secret, identities):
        user = identities.add()
        body = {"account_type": "traditional", "email": user.email, "password": PASSWORD}
        assert client.post("/session", json=body, headers=headers(CLIENT)).status_code == 200


class TestListedClients:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(
            database_url, monkeypatch, registration="clients", registration_clients=f" {APP} , x"
        )

    def test_a_listed_one_registers_and_another_does_not(self, client, secret, rows):
        refused = client.post("/user", json=NEW, headers=headers(CLIENT))
        assert_refused(refused, "Forbidden", CLOSED)
        assert client.post("/user", json=NEW, headers=headers(APP, secret)).status_code == 201
        assert len(rows("SELECT id FROM users")) == 1


class TestConfidentialClients:
    """Registration is open here, and the login too: to who has the secret."""

    @pytest.fixture(params=["/user", "/session"])
    def opening(self, client, identities, request):
        user = identities.add()
        login = {"account_type": "traditional", "email": user.email, "password": PASSWORD}
        body = NEW if request.param == "/user" else login
        return lambda given: client.post(request.param, json=body, headers=given)

    def test_the_secret_opens(self, opening, secret):
        assert opening(headers(APP, secret)).status_code in (200, 201)

    def test_without_it_nothing_is_opened(self, opening, secret, rows):
        before = rows("SELECT count(*) AS n FROM users")
        refused = opening(headers(APP))
        assert_refused(refused, "Unauthorized", UNPROVEN)
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="watchword"'
        for given in (
            headers(APP, "wrong"),
            headers(APP, secret, name=CLIENT),
            {**headers(APP), "Authorization": "Bearer x"},
        ):
            assert_refused(opening(given), "Unauthorized", UNPROVEN)
        assert_refused(opening({**headers(APP), "Authorization": "Basic !"}), "Unauthorized")
        assert rows("SELECT id FROM sessions") == []
        assert rows("SELECT count(*) AS n FROM users") == before

    def test_guessing_at_it_counts_for_the_address_and_is_on_record(self, opening, secret, rows):
        for _ in range(100):
            assert opening(headers(APP, "wrong")).status_code == 401
        assert_refused(opening(headers(APP, secret)), "TooManyRequests")
        found = rows("SELECT note FROM audit_events WHERE reason = 'client_unproven'")
        assert found == [{"note": APP}] * 100

    @pytest.mark.parametrize("name", [CLIENT, "nobody"])
    def test_another_clients_name_is_a_wrong_guess_too(self, opening, secret, rows, name):
        refused = opening(headers(APP, secret, name=name))
        assert_refused(refused, "Unauthorized", UNPROVEN)
        found = rows("SELECT note FROM audit_events WHERE reason = 'client_unproven'")
        assert found == [{"note": APP}]

    def test_a_paused_address_stops_no_user_who_is_known_there(
        self, client, identities, secret, rows
    ):
        """The client's secret is asked for first, and from the same address."""
        bodies = [
            {"account_type": "traditional", "email": user.email, "password": PASSWORD}
            for user in (identities.add("known"), identities.add("stranger"))
        ]
        given = headers(APP, secret)
        assert client.post("/session", json=bodies[0], headers=given).status_code == 200
        for _ in range(100):
            client.post("/session", json=bodies[0], headers=headers(APP, "wrong"))
        assert client.post("/session", json=bodies[0], headers=given).status_code == 200
        assert_refused(client.post("/session", json=bodies[1], headers=given), "TooManyRequests")
        assert_refused(client.post("/user", json=NEW, headers=given), "TooManyRequests")
        for guess in (headers(APP, "wrong"), headers(APP, secret[:-1])):
            refused = client.post("/session", json=bodies[0], headers=guess)
            assert_refused(refused, "TooManyRequests")
        assert len(rows("SELECT id FROM sessions")) == 2

    def test_a_public_client_needs_none_and_its_header_is_its_own(self, opening, secret):
        given = {**headers(CLIENT), "Authorization": "Basic whatever"}
        assert opening(given).status_code in (200, 201)

    def test_the_tokens_of_its_session_need_no_secret_again(self, client, identities, secret):
        user = identities.add()
        body = {"account_type": "traditional", "email": user.email, "password": PASSWORD}
        pair = client.post("/session", json=body, headers=headers(APP, secret)).json
        held = {**headers(APP), "Authorization": f"Bearer {pair['access_token']}"}
        assert client.get("/user", headers=held).status_code == 200
        refresh = {"refresh_token": pair["refresh_token"]}
        assert client.put("/session", json=refresh, headers=held).status_code == 200


@pytest.mark.parametrize(
    ("mode", "listed"), [("clients", ""), ("open", APP), ("closed", APP), ("shut", "")]
)
def test_a_mode_and_a_list_that_do_not_go_together_are_a_fault(
    sqlite_url, monkeypatch, mode, listed
):
    with pytest.raises(SettingsError, match="WATCHWORD_REGISTRATION"):
        settings_for(sqlite_url, monkeypatch, registration=mode, registration_clients=listed)


def test_registration_is_open_by_default(sqlite_url, monkeypatch):
    settings: Settings = settings_for(sqlite_url, monkeypatch)
    assert settings.registrars is None
