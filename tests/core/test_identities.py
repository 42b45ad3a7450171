"""One identity for all dialects: registered, found, proven and changed."""

import pytest

from app.core import identities
from app.core.core import Core
from app.core.identities import registration
from app.core.names import folded, is_email, is_username
from app.core.passwords import Passwords
from app.core.refusals import Refusal
from tests.cases import each
from tests.conftest import START
from tests.factories import ORIGIN, PASSWORD, full_house, refuses


def register(
    core: Core, username: str, email: str, password: str = PASSWORD, **more: object
) -> int:
    return registration.register(core, username, email, password, ORIGIN, **more)


class TestRegistering:
    @pytest.fixture
    def john(self, core: Core) -> int:
        return register(core, "john", "john@example.com")

    def test_the_row_is_what_was_asked_for_and_holds_no_password(self, core: Core, rows):
        user_id = register(core, "John", "John@Example.com", permissions=frozenset({"npm"}))
        [row] = rows("SELECT * FROM users")
        assert row.pop("uuid") == identities.get(core, user_id).uuid
        assert row.pop("password_hash").startswith("$argon2id$")
        assert {name: value for name, value in row.items() if value is not None} == {
            "id": user_id,
            "username": "John",
            "email": "John@Example.com",
            "password_expired": row["password_expired"],
            "epoch": 1,
            "roles": "",
            "permissions": "npm",
            "created_at": START,
        }
        assert not row["password_expired"]
        assert rows("SELECT name FROM login_names ORDER BY name") == [
            {"name": "john"},
            {"name": "john@example.com"},
        ]
        assert rows("SELECT event, user_id, request_id FROM audit_events") == [
            {"event": "user_added", "user_id": user_id, "request_id": "test-request"}
        ]

    @each(
        ("username", "email"),
        [
            ("JOHN", "other@example.com"),
            ("other", "JOHN@EXAMPLE.COM"),
            ("john@example.com", "other@example.com"),
            ("ｊｏｈｎ", "other@example.com"),
        ],
    )
    def test_no_name_can_be_another_users_in_any_spelling(self, core, john, rows, username, email):
        events = "SELECT event, reason FROM audit_events ORDER BY id"
        before = rows(events)
        with refuses(Refusal.IDENTITY_TAKEN):
            register(core, username, email)
        assert rows("SELECT id FROM users") == [{"id": john}]
        assert len(rows("SELECT name FROM login_names")) == 2
        assert rows(events) == [*before, {"event": "login_refused", "reason": "identity_taken"}]

    def test_no_email_can_be_another_users_username(self, core: Core, rows):
        register(core, "john@example.com", "other@example.com")
        with refuses(Refusal.IDENTITY_TAKEN):
            register(core, "mallory", "John@Example.com")
        assert len(rows("SELECT id FROM users")) == 1

    def test_username_and_email_may_be_one(self, core: Core, rows):
        register(core, "a@example.com", "A@example.com")
        assert rows("SELECT name FROM login_names") == [{"name": "a@example.com"}]

    def test_what_is_not_acceptable_is_refused_with_the_reason(self, core: Core, rows):
        for username, email, reason in (
            ("john", "no address", "The e-mail address is not valid."),
            ("jo:hn", "a@example.com", "The username is not valid."),
        ):
            with refuses(Refusal.IDENTITY_UNACCEPTABLE) as caught:
                register(core, username, email)
            assert caught.value.detail == reason
        with refuses(Refusal.PASSWORD_UNACCEPTABLE) as caught:
            register(core, "john", "a@example.com", "password")
        assert caught.value.detail == "The password is on the list of common passwords."
        with refuses(Refusal.IDENTITY_UNACCEPTABLE):
            register(core, "john", "a@example.com", roles=frozenset({"two words"}))
        with refuses(Refusal.NOT_FOUND):
            register(core, "john", "a@example.com", customer_id="nobody")
        assert rows("SELECT * FROM users") == []
        assert rows("SELECT * FROM audit_events") == []


class TestProving:
    def test_any_spelling_of_either_name_will_do(self, core: Core):
        user_id = register(core, "Straße", "Straße@example.com")
        for login in ("STRASSE", "straße", "Strasse@EXAMPLE.com"):
            assert identities.prove(core, login, PASSWORD, ORIGIN).id == user_id

    def test_a_disabled_account_is_told_only_with_the_right_password(self, core, rows):
        user_id = register(core, "john", "a@example.com")
        identities.disable(core, user_id, ORIGIN)
        with refuses(Refusal.PASSWORD_WRONG):
            identities.prove(core, "john", "wrong", ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            identities.prove(core, "john", PASSWORD, ORIGIN)
        found = rows("SELECT reason FROM audit_events WHERE event = 'login_refused' ORDER BY id")
        assert [row["reason"] for row in found] == ["password_wrong", "account_disabled"]

    def test_an_expired_password_proves_only_where_that_is_allowed(self, core: Core):
        user_id = register(core, "john", "a@example.com")
        identities.expire_password(core, user_id, ORIGIN)
        with refuses(Refusal.PASSWORD_EXPIRED):
            identities.prove(core, "john", PASSWORD, ORIGIN)
        assert identities.prove(core, "john", PASSWORD, ORIGIN, allow_expired=True).id == user_id

    def test_a_password_does_not_age(self, core: Core, clock):
        user_id = register(core, "john", "a@example.com")
        clock.advance(10 * 365 * 86_400)
        assert identities.prove(core, "john", PASSWORD, ORIGIN).id == user_id

    def test_a_full_queue_is_busy_and_counts_no_failure(self, core: Core, rows):
        register(core, "john", "a@example.com")
        with full_house(core), refuses(Refusal.BUSY):
            identities.prove(core, "john", "wrong", ORIGIN)
        assert rows("SELECT * FROM throttles") == []

    def test_a_hash_of_another_profile_is_made_anew_at_login_and_the_sessions_stay(
        self, core, rows, monkeypatch
    ):
        register(core, "john", "a@example.com")
        owasp = Passwords("owasp", core.policy)
        monkeypatch.setattr(core.passwords, "hasher", owasp.hasher)
        identities.prove(core, "john", PASSWORD, ORIGIN)
        [row] = rows("SELECT password_hash, epoch FROM users")
        assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert row["epoch"] == 1
        identities.prove(core, "john", PASSWORD, ORIGIN)
        assert rows("SELECT password_hash FROM users") == [{"password_hash": row["password_hash"]}]


class TestRememberedCredentials:
    def test_they_are_hashed_once_and_asked_of_the_database_every_time(self, core, rows):
        user_id = register(core, "john", "a@example.com")

        def prove(password: str = PASSWORD) -> identities.Identity:
            return identities.prove(core, "john", password, ORIGIN, remember=True)

        assert prove().id == user_id
        with full_house(core):
            assert prove().id == user_id, "no slot was free"
            with refuses(Refusal.BUSY):
                prove("wrong")
        identities.disable(core, user_id, ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            prove()
        identities.enable(core, user_id, ORIGIN)
        identities.set_password(core, user_id, "another good password", ORIGIN)
        with refuses(Refusal.PASSWORD_WRONG):
            prove()
        assert prove("another good password").id == user_id


class TestChanging:
    def test_the_current_password_is_asked_for(self, core: Core, rows):
        user_id = register(core, "john", "a@example.com")
        with refuses(Refusal.PASSWORD_WRONG):
            identities.change_password(core, user_id, "wrong", "a good new one", ORIGIN, keep=None)
        assert rows("SELECT epoch FROM users") == [{"epoch": 1}]

    def test_the_new_password_is_held_to_the_same_rules(self, core: Core, rows):
        user_id = register(core, "john", "a@example.com")
        for new in ("short", "password", PASSWORD):
            with refuses(Refusal.PASSWORD_UNACCEPTABLE):
                identities.change_password(core, user_id, PASSWORD, new, ORIGIN, keep=None)
        assert identities.prove(core, "john", PASSWORD, ORIGIN).id == user_id

    def test_a_change_lifts_the_expiry_and_is_on_the_record(self, core: Core, rows):
        user_id = register(core, "john", "a@example.com")
        identities.expire_password(core, user_id, ORIGIN)
        identities.change_password(core, user_id, PASSWORD, "a good new one", ORIGIN, keep=None)
        assert identities.prove(core, "john", "a good new one", ORIGIN).id == user_id
        with refuses(Refusal.PASSWORD_WRONG):
            identities.prove(core, "john", PASSWORD, ORIGIN)
        events = rows("SELECT event FROM audit_events ORDER BY id")
        assert [row["event"] for row in events][:3] == [
            "user_added",
            "password_expired",
            "password_changed",
        ]

    def test_disabling_twice_is_done_and_recorded_once(self, core: Core, rows):
        user_id = register(core, "john", "a@example.com")
        assert identities.disable(core, user_id, ORIGIN)
        assert not identities.disable(core, user_id, ORIGIN)
        assert identities.enable(core, user_id, ORIGIN)
        assert not identities.enable(core, user_id, ORIGIN)
        events = rows("SELECT event FROM audit_events ORDER BY id")
        assert [row["event"] for row in events] == ["user_added", "user_disabled", "user_enabled"]
        assert rows("SELECT epoch FROM users") == [{"epoch": 2}]

    def test_nobody_is_not_found(self, core: Core):
        with refuses(Refusal.NOT_FOUND):
            identities.get(core, 999)


class TestNames:
    @each(
        "text",
        [
            "a@b.c",
            "first.last+tag@sub.example.com",
            "ü@exämple.de",
            "名前@例え.テスト",
            "म@उदाहरण.भारत",
            "o'neil@x-y.z",
            "a@xn--bcher-kva.example",
            "a@" + "b" * 63 + ".c",
        ],
    )
    def test_an_address_is_taken_for_one(self, text: str):
        assert is_email(text)

    @each(
        "text",
        [
            "",
            "a",
            "a@b",
            "@b.c",
            "a@",
            "a b@c.d",
            "a@b..c",
            "a@.b.c",
            "a@b.c.",
            "a@b.c\n",
            "a\0@b.c",
            "a@@b.c",
            "x" * 65 + "@b.c",
            "a@" + "b" * 254 + ".c",
            "\u202ea@b.c",
            "<a@b.cd>",
            "a@b.cd>",
            "<a@b.cd",
            "\uff1ca@b.cd",
            "a@-b.cd",
            "a@b-.cd",
            "a@b.-cd",
            "a@" + "b" * 64 + ".c",
            "a@b.cd,c@d.ef",
            "a;b@c.de",
            "mailto:a@b.cd",
            "a(b)@c.de",
            '"a"@b.cd',
            "a@[192.0.2.1]",
            "a@b_c.de",
            "a@b.cd/",
            "a\\@b.cd",
        ],
    )
    def test_anything_else_is_not(self, text: str):
        assert not is_email(text)

    @each("text", ["", " a", "a ", "a:b", "a\nb", "a\0", "x" * 255, "\u200b"])
    def test_a_username_that_could_not_be_typed_or_sent_is_not_acceptable(self, text: str):
        assert not is_username(text)

    @each("text", ["a", "John Doo", "x" * 254, "名前", "a@b"])
    def test_most_usernames_are(self, text: str):
        assert is_username(text)

    @each("text", ["ﬁ", "ẞ", "İ", "ΐ", "K", "ſ", "ᾳ", "Å"])
    def test_folding_twice_changes_nothing_more(self, text: str):
        assert folded(folded(text)) == folded(text)
        assert folded(text.upper()) == folded(text.lower()) or text == "İ"
