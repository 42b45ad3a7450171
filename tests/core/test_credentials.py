"""API keys, access codes and client secrets: shown once, kept as digests, dead when revoked."""

import base64

import pytest

from app.core import identities, sessions
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import access_codes, api_keys, clients
from app.core.refusals import Refusal
from app.core.sessions.tokens import Purpose
from tests.conftest import START
from tests.factories import ORIGIN, Identities, Somebody, at_once, refuses

DAY = 86_400


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def reasons(rows) -> list[object]:
    found = rows("SELECT reason FROM audit_events WHERE event = 'login_refused' ORDER BY id")
    return [row["reason"] for row in found]


class TestApiKeys:
    def exchange(self, core: Core, user: Somebody, key: str | None = None) -> api_keys.Exchanged:
        return api_keys.exchange(core, user.username, key or user.api_key, ORIGIN)

    def test_a_key_is_sixteen_random_bytes_of_which_only_a_digest_is_kept(self, core, user, rows):
        assert len(base64.b64decode(user.api_key, validate=True)) == 16
        [row] = rows("SELECT digest, expires_at, revoked_at FROM api_keys")
        assert len(bytes(row.pop("digest"))) == 32
        assert row == {"expires_at": None, "revoked_at": None}

    def test_a_key_is_exchanged_for_a_token_of_twenty_seconds(self, core, user, clock, rows):
        issued = self.exchange(core, user)
        assert issued.expires_in == 20
        clock.advance(19)
        assert sessions.verify(core, issued.token, Purpose.LOGIN).username == user.username
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, issued.token)
        [row] = rows("SELECT dialect, api_key_id, expires_at, absolute_expires_at FROM sessions")
        [key] = rows("SELECT id FROM api_keys")
        assert row == {
            "dialect": "login",
            "api_key_id": key["id"],
            "expires_at": START + 20,
            "absolute_expires_at": START + 20,
        }

    def test_every_key_of_a_user_works_under_each_of_its_names(self, core: Core, user: Somebody):
        _, second = api_keys.issue(core, user.id, ORIGIN)
        for login in (user.username, user.email.upper()):
            for key in (user.api_key, second):
                assert api_keys.exchange(core, login, key, ORIGIN).token

    def test_unknown_logins_and_other_peoples_keys_are_the_same_refusal(
        self, core, user, identities, rows
    ):
        other = identities.add("Jane.Roe")
        for login, key in (
            ("nobody", user.api_key),
            (user.username, other.api_key),
            (user.username, user.api_key[:-1]),
            (user.username, user.api_key + "="),
            (user.username, ""),
        ):
            with refuses(Refusal.API_KEY_UNKNOWN):
                api_keys.exchange(core, login, key, ORIGIN)
        assert reasons(rows) == ["api_key_unknown"] * 5
        assert rows("SELECT failures FROM throttles") == [{"failures": 5}], "the address alone"
        assert rows("SELECT * FROM sessions") == []

    def test_a_revoked_key_is_told_from_an_unknown_one_and_its_sessions_end(self, core, user, rows):
        token = self.exchange(core, user).token
        _, second = api_keys.issue(core, user.id, ORIGIN)
        kept = self.exchange(core, user, second).token
        [first, _] = api_keys.listed(core, user.id, limit=9)
        api_keys.revoke(core, first.id, ORIGIN)
        with refuses(Refusal.API_KEY_REVOKED):
            self.exchange(core, user)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, token)
        assert sessions.verify(core, kept).username == user.username
        assert rows("SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL") == [
            {"end_reason": "credential_revoked"}
        ]
        with refuses(Refusal.NOT_FOUND):
            api_keys.revoke(core, first.id, ORIGIN)
        assert len(rows("SELECT id FROM audit_events WHERE event = 'api_key_revoked'")) == 1

    def test_a_key_expires_on_its_exact_second(self, core: Core, user: Somebody, clock):
        _, key = api_keys.issue(core, user.id, ORIGIN, expires_at=START + 100)
        clock.advance(99)
        assert self.exchange(core, user, key).token
        clock.advance(1)
        with refuses(Refusal.API_KEY_EXPIRED):
            self.exchange(core, user, key)

    def test_a_disabled_users_keys_open_nothing_until_it_is_enabled(self, core, user, rows):
        identities.disable(core, user.id, ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            self.exchange(core, user)
        identities.enable(core, user.id, ORIGIN)
        assert self.exchange(core, user).token
        assert reasons(rows) == ["account_disabled"]

    def test_a_key_revoked_while_it_is_exchanged_opens_nothing(self, core, user, monkeypatch, rows):
        """The row was read before the revocation, the session is to be opened after it."""
        read = core.store.first

        def overtaken(statement: object, **parameters: object):
            row = read(statement, **parameters)
            if statement is api_keys.BY_DIGEST:
                api_keys.revoke(core, row[0], ORIGIN)
            return row

        monkeypatch.setattr(core.store, "first", overtaken)
        with refuses(Refusal.API_KEY_REVOKED):
            self.exchange(core, user)
        assert rows("SELECT * FROM sessions WHERE ended_at IS NULL") == []
        assert reasons(rows) == ["api_key_revoked"]

    def test_exchanges_against_a_revocation_leave_nothing_alive(self, core, user, rows):
        for _ in range(5):
            key_id, key = api_keys.issue(core, user.id, ORIGIN)

            def act(index: int, key_id: int = key_id, key: str = key) -> object:
                if index == 0:
                    return api_keys.revoke(core, key_id, ORIGIN)
                return self.exchange(core, user, key)

            revoked, *exchanged = at_once(core, 6, act)
            assert revoked is None
            assert all(
                isinstance(each, api_keys.Exchanged) or each is Refusal.API_KEY_REVOKED
                for each in exchanged
            )
        assert rows("SELECT * FROM sessions WHERE ended_at IS NULL") == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("A" * 22 + "==", True), ("A" * 22, False), ("", False), ("A" * 24, False), ("é", False)],
    )
    def test_a_text_is_a_key_if_it_is_base64_of_sixteen_bytes(self, text: str, expected: bool):
        assert api_keys.is_key(text) is expected


class TestAccessCodes:
    @pytest.fixture
    def code(self, core: Core, user: Somebody) -> access_codes.Issued:
        return access_codes.issue(core, user.id, ORIGIN)

    def test_a_code_holds_no_dot_and_is_kept_as_a_digest_for_a_year(self, core, user, code, rows):
        assert "." not in code.code
        assert code.expires_at == START + 365 * DAY
        [row] = rows("SELECT digest, expires_at FROM access_codes")
        assert len(bytes(row["digest"])) == 32
        assert row["expires_at"] == code.expires_at
        [line] = access_codes.listed(core, user.id, limit=9)
        assert line == (code.id, START, code.expires_at, None)

    def test_a_code_is_exchanged_again_and_again_until_its_exact_second(self, core, code, clock):
        for _ in range(2):
            issued = access_codes.exchange(core, code.code, ORIGIN)
            assert issued.expires_in == 3600
            assert sessions.verify(core, issued.token, Purpose.AAA_OAUTH)
        clock.advance(365 * DAY - 1)
        assert access_codes.exchange(core, code.code, ORIGIN).token
        clock.advance(1)
        with refuses(Refusal.CODE_EXPIRED):
            access_codes.exchange(core, code.code, ORIGIN)

    def test_an_unknown_code_counts_against_the_address(self, core: Core, code, rows):
        for text in ("", "x", code.code[:-1], code.code + "A"):
            with refuses(Refusal.CODE_UNKNOWN):
                access_codes.exchange(core, text, ORIGIN)
        assert rows("SELECT failures FROM throttles") == [{"failures": 4}]

    def test_revoking_ends_what_the_code_opened_and_only_its_owner_may(
        self, core, user, code, identities, rows
    ):
        other = identities.add("Jane.Roe")
        token = access_codes.exchange(core, code.code, ORIGIN).token
        with refuses(Refusal.NOT_FOUND):
            access_codes.revoke(core, code.id, ORIGIN, owner_id=other.id)
        assert sessions.verify(core, token)
        access_codes.revoke(core, code.id, ORIGIN, owner_id=user.id)
        with refuses(Refusal.CODE_REVOKED):
            access_codes.exchange(core, code.code, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, token)
        with refuses(Refusal.NOT_FOUND):
            access_codes.revoke(core, code.id, ORIGIN)
        assert len(rows("SELECT id FROM audit_events WHERE event = 'code_revoked'")) == 1

    def test_a_code_revoked_while_it_is_exchanged_opens_nothing(
        self, core, code, monkeypatch, rows
    ):
        read = core.store.first

        def overtaken(statement: object, **parameters: object):
            row = read(statement, **parameters)
            if statement is access_codes.BY_DIGEST:
                access_codes.revoke(core, code.id, ORIGIN)
            return row

        monkeypatch.setattr(core.store, "first", overtaken)
        with refuses(Refusal.CODE_REVOKED):
            access_codes.exchange(core, code.code, ORIGIN)
        assert rows("SELECT * FROM sessions WHERE ended_at IS NULL") == []

    def test_a_disabled_user_or_an_expired_password_opens_nothing(self, core, user, code, rows):
        identities.expire_password(core, user.id, ORIGIN)
        with refuses(Refusal.PASSWORD_EXPIRED):
            access_codes.exchange(core, code.code, ORIGIN)
        identities.disable(core, user.id, ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            access_codes.exchange(core, code.code, ORIGIN)
        assert reasons(rows) == ["password_expired", "account_disabled"]


class TestClients:
    def test_a_public_client_has_no_secret_and_proves_nothing(self, core: Core, rows):
        assert clients.add(core, "koms-web", "Web", ORIGIN, confidential=False) is None
        assert rows("SELECT secret_digest FROM clients") == [{"secret_digest": None}]
        assert clients.require(core, "koms-web") == "koms-web"
        for secret in ("", "\0" * 32, "x"):
            with refuses(Refusal.CLIENT_UNPROVEN):
                clients.prove(core, [("koms-web", secret)], ORIGIN)

    def test_a_confidential_client_is_proven_by_its_secret_alone(self, core: Core, rows):
        secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        assert clients.prove(core, [("gateway", secret)], ORIGIN) == "gateway"
        for client_id, attempt in (("gateway", "x"), ("nobody", secret), ("gateway", "")):
            with refuses(Refusal.CLIENT_UNPROVEN):
                clients.prove(core, [(client_id, attempt)], ORIGIN)
        assert secret.encode() not in bytes(
            rows("SELECT secret_digest FROM clients")[0]["secret_digest"]
        )
        assert reasons(rows) == ["client_unproven"] * 3
        assert rows("SELECT failures FROM throttles") == [{"failures": 3}]

    def test_missing_unknown_and_disabled_are_told_apart_by_name(self, core: Core, rows):
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        for client_id, refusal in (
            (None, Refusal.CLIENT_MISSING),
            ("x", Refusal.CLIENT_UNKNOWN),
            ("KOMS-WEB", Refusal.CLIENT_UNKNOWN),
        ):
            with refuses(refusal):
                clients.require(core, client_id)
        clients.set_disabled(core, "koms-web", True, ORIGIN)
        with refuses(Refusal.CLIENT_DISABLED):
            clients.require(core, "koms-web")
        clients.set_disabled(core, "koms-web", False, ORIGIN)
        assert clients.require(core, "koms-web")
        events = rows("SELECT event, note FROM audit_events ORDER BY id")
        assert [tuple(event.values()) for event in events] == [
            ("client_added", "koms-web"),
            ("client_changed", "koms-web disabled"),
            ("client_changed", "koms-web enabled"),
        ]

    def test_a_disabled_client_proves_nothing(self, core: Core):
        secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        clients.set_disabled(core, "gateway", True, ORIGIN)
        with refuses(Refusal.CLIENT_UNPROVEN):
            clients.prove(core, [("gateway", secret)], ORIGIN)

    def test_a_new_secret_kills_the_old_one(self, core: Core):
        old = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        new = clients.rotate_secret(core, "gateway", ORIGIN)
        assert clients.prove(core, [("gateway", new)], ORIGIN) == "gateway"
        with refuses(Refusal.CLIENT_UNPROVEN):
            clients.prove(core, [("gateway", old)], ORIGIN)

    def test_a_public_client_gets_no_secret_by_rotation(self, core: Core, rows):
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        for client_id in ("koms-web", "nobody"):
            with refuses(Refusal.NOT_FOUND):
                clients.rotate_secret(core, client_id, ORIGIN)
        assert rows("SELECT secret_digest FROM clients") == [{"secret_digest": None}]

    def test_an_id_is_taken_once(self, core: Core, rows):
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        with refuses(Refusal.IDENTITY_TAKEN):
            clients.add(core, "koms-web", "Other", ORIGIN, confidential=True)
        assert rows("SELECT name, secret_digest FROM clients") == [
            {"name": "Web", "secret_digest": None}
        ]

    @pytest.mark.parametrize("client_id", ["", "two words", "é", "x" * 201, "a\n", "a\0"])
    def test_an_id_that_no_header_carries_is_refused(self, core, rows, client_id: str):
        with refuses(Refusal.IDENTITY_UNACCEPTABLE):
            clients.add(core, client_id, "Name", ORIGIN, confidential=False)
        assert rows("SELECT * FROM clients") == []

    def test_the_list_shows_no_secret(self, core: Core, clock: ManualClock):
        secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        clients.add(core, "a", "A", ORIGIN, confidential=False)
        assert clients.listed(core, limit=9) == [
            ("a", "A", False, START, None),
            ("gateway", "Gateway", True, START, None),
        ]
        assert secret not in repr(clients.listed(core, limit=9))
