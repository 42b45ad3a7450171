"""The Session API Reference, operation by operation."""

import pytest

from app.core import identities as core_identities
from tests.cases import each
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, PASSWORD, Identities

from .conftest import Api, assert_refused, pair_of

DAY = 86_400
STATE = "SELECT generation, ended_at, end_reason FROM sessions"


def test_a_new_session_answers_with_the_documented_struct_and_nothing_else(api: Api, user, rows):
    response = api.create(user.email, user.password)
    pair = pair_of(response)
    assert response.text == (
        f'{{"access_token":"{pair.access}","refresh_token":"{pair.refresh}",'
        '"access_token_expires_in":3600}'
    )
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    [row] = rows("SELECT * FROM sessions")
    assert (row["dialect"], row["client_id"], row["generation"]) == ("session", "koms-web", 1)
    assert (row["user_id"], row["ended_at"], row["token_digest"]) == (user.id, None, None)
    assert row["access_expires_at"] == START + 3_600
    assert row["expires_at"] == START + 30 * DAY
    assert row["absolute_expires_at"] == START + 90 * DAY


def test_access_and_refresh_tokens_are_opaque(api: Api, user):
    for token in api.open(user):
        assert "." not in token
        assert user.email not in token
        assert str(user.id) != token


def test_two_logins_are_two_sessions(api: Api, user):
    first, second = api.open(user), api.open(user)
    assert not set(first) & set(second)
    assert api.end(first.access).status_code == 204
    assert api.lives(second.access)


@pytest.mark.parametrize("name", ["JOHN.DOO@example.com", "john.doo"])
def test_the_email_is_compared_without_regard_to_case_and_the_username_will_do(
    api: Api, user, name: str
):
    assert api.create(name, user.password).status_code == 200


@pytest.mark.parametrize("account_type", ["social", "Traditional", ""])
def test_only_traditional_accounts_have_sessions(api: Api, user, rows, account_type: str):
    refused = api.create(user.email, user.password, account_type)
    assert_refused(
        refused, "BadRequest", "The body is not valid: account_type: must be traditional"
    )
    assert rows("SELECT id FROM sessions") == []


def test_an_unknown_email_and_a_wrong_password_are_told_alike(api: Api, user, rows):
    unknown = api.create("nobody@example.com", PASSWORD).json
    wrong = api.create(user.email, "wrong").json
    del unknown["requestId"], wrong["requestId"]
    assert unknown == wrong
    assert wrong == {
        "errorType": "Unauthorized",
        "httpStatus": 401,
        "message": "Invalid email or password.",
    }
    assert rows("SELECT id FROM sessions") == []


def test_a_disabled_account_and_an_expired_password_are_told_to_who_proved_the_password(
    api: Api, identities: Identities, core
):
    gone, late = identities.add("gone"), identities.add("late")
    core_identities.disable(core, gone.id, ORIGIN)
    core_identities.expire_password(core, late.id, ORIGIN)
    assert_refused(api.create(gone.email, PASSWORD), "Forbidden", "The account is disabled.")
    assert_refused(api.create(late.email, PASSWORD), "Forbidden", "The password must be changed.")
    for somebody in (gone, late):
        assert_refused(api.create(somebody.email, "wrong"), "Unauthorized", "Invalid email")


def test_ten_wrong_passwords_pause_the_email_whether_or_not_it_exists(api: Api, user, clock):
    for email in (user.email, "nobody@example.com"):
        for _ in range(10):
            assert_refused(api.create(email, "wrong"), "Unauthorized")
        paused = api.create(email, PASSWORD)
        assert_refused(paused, "TooManyRequests", "Too many wrong passwords")
        assert paused.headers["Retry-After"] == "60"
    clock.advance(60)
    assert api.create(user.email, PASSWORD).status_code == 200


class TestGetSession:
    @pytest.mark.parametrize(
        ("elapsed", "left"), [(0, 3_600), (0.25, 3_599), (1, 3_599), (3_599, 1), (3_599.5, 0)]
    )
    def test_tells_the_whole_seconds_that_are_left(self, api: Api, user, clock, elapsed, left):
        access = api.open(user).access
        clock.advance(elapsed)
        response = api.show(access)
        assert response.status_code == 200
        assert response.text == f'{{"access_token_expires_in":{left}}}'

    def test_is_refused_from_the_second_of_expiry(self, api: Api, user, clock):
        access = api.open(user).access
        clock.advance(3_600)
        refused = api.show(access)
        assert_refused(refused, "Unauthorized", "The token has expired.")
        assert 'error_description="expired"' in refused.headers["WWW-Authenticate"]
        assert_refused(api.who(access), "Unauthorized", "The token has expired.")

    def test_is_refused_once_the_token_is_no_longer_the_most_recent(self, api: Api, user):
        old = api.open(user)
        api.refresh(*old)
        assert_refused(api.show(old.access), "Unauthorized", "The token is not valid.")
        assert_refused(api.who(old.access), "Unauthorized", "The token is not valid.")

    def test_asks_and_changes_nothing(self, api: Api, user, rows, clock):
        access = api.open(user).access
        before = rows("SELECT * FROM sessions")
        clock.advance(1_800)
        api.show(access)
        assert rows("SELECT * FROM sessions") == before

    def test_is_refused_while_the_password_is_expired(self, api: Api, user, core):
        access = api.open(user).access
        core_identities.expire_password(core, user.id, ORIGIN)
        assert_refused(api.show(access), "Forbidden", "The password must be changed.")


class TestDeleteSession:
    def test_ends_the_session_with_every_token_of_it(self, api: Api, user, rows):
        old = api.open(user)
        new = pair_of(api.refresh(*old))
        response = api.end(new.access)
        assert (response.status_code, response.data) == (204, b"")
        assert rows(STATE) == [{"generation": 2, "ended_at": START, "end_reason": "logout"}]
        for access in (old.access, new.access):
            assert not api.lives(access)
            assert_refused(api.end(access), "Unauthorized")
            for refresh in (old.refresh, new.refresh):
                assert_refused(api.refresh(access, refresh), "Unauthorized")
        assert rows(STATE) == [{"generation": 2, "ended_at": START, "end_reason": "logout"}]

    def test_takes_an_expired_token_if_it_is_the_most_recent(self, api: Api, user, rows, clock):
        pair = api.open(user)
        clock.advance(30 * DAY - 0.5)
        assert api.end(pair.access).status_code == 204
        assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "logout"}]

    def test_of_a_session_that_expired_as_a_whole_is_refused(self, api: Api, user, clock):
        pair = api.open(user)
        clock.advance(30 * DAY)
        assert_refused(api.end(pair.access), "Unauthorized", "The token has expired.")

    def test_takes_the_token_before_the_last_rotation_within_the_grace(
        self, api: Api, user, rows, clock
    ):
        old = api.open(user)
        new = pair_of(api.refresh(*old))
        clock.advance(9.5)
        assert api.end(old.access).status_code == 204
        assert not api.lives(new.access)
        assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "logout"}]

    def test_refuses_that_token_at_the_end_of_the_grace_and_the_session_lives(
        self, api: Api, user, rows, clock
    ):
        old = api.open(user)
        new = pair_of(api.refresh(*old))
        clock.advance(10)
        assert_refused(api.end(old.access), "Unauthorized", "The token is not valid.")
        assert rows(STATE) == [{"generation": 2, "ended_at": None, "end_reason": None}]
        assert api.lives(new.access)

    def test_takes_no_refresh_token(self, api: Api, user):
        pair = api.open(user)
        assert_refused(api.end(pair.refresh), "Unauthorized")
        assert api.lives(pair.access)

    def test_works_while_the_password_is_expired(self, api: Api, user, core):
        pair = api.open(user)
        core_identities.expire_password(core, user.id, ORIGIN)
        assert api.end(pair.access).status_code == 204


class TestUser:
    def test_a_new_user_can_log_in_at_once(self, api: Api, rows):
        response = api.register("Mary.Major@example.com", PASSWORD)
        assert response.status_code == 201
        assert response.text == '{"message":"The user has been created."}'
        [row] = rows("SELECT username, email, roles, permissions, customer_id FROM users")
        assert row == {
            "username": "Mary.Major@example.com",
            "email": "Mary.Major@example.com",
            "roles": "",
            "permissions": "",
            "customer_id": None,
        }
        assert rows("SELECT name FROM login_names") == [{"name": "mary.major@example.com"}]
        access = pair_of(api.create("mary.major@example.com", PASSWORD)).access
        assert api.who(access).json["email"] == "Mary.Major@example.com"

    @pytest.mark.parametrize("email", ["john.doo@example.com", "JOHN.DOO@EXAMPLE.COM"])
    def test_an_email_that_is_taken_is_a_conflict(self, api: Api, user, rows, email: str):
        assert_refused(api.register(email, PASSWORD), "Conflict", "account for this email already")
        assert rows("SELECT count(*) AS n FROM users") == [{"n": 1}]

    def test_an_email_that_is_anothers_username_is_taken_too(
        self, api: Api, identities: Identities, rows
    ):
        identities.add("a@example.com", email="b@example.com")
        assert_refused(api.register("A@example.com", PASSWORD), "Conflict")
        assert rows("SELECT count(*) AS n FROM login_names") == [{"n": 2}]

    @each("email", ["", "mary", "mary@", "@example.com", "mary@localhost", "a b@c.de", "a@b@c.de"])
    def test_what_is_no_email_address_is_refused_and_told_so(self, api: Api, rows, email: str):
        refused = api.register(email, PASSWORD)
        assert_refused(refused, "BadRequest", "The e-mail address is not valid.")
        assert rows("SELECT id FROM users") == []

    @each(
        ("password", "how"),
        [
            ("sevench", "must have at least 8 characters."),
            ("", "must have at least 8 characters."),
            ("x" * 129, "must have at most 128 characters."),
            ("password123", "is on the list of common passwords."),
            ("PassWord123", "is on the list of common passwords."),
        ],
    )
    def test_a_password_that_fails_the_policy_is_refused_and_told_how(
        self, api: Api, rows, password: str, how: str
    ):
        refused = api.register("mary@example.com", password)
        assert_refused(refused, "BadRequest", f"The password is not accepted: The password {how}")
        assert rows("SELECT id FROM users") == []

    @pytest.mark.parametrize("password", ["8charact", "x" * 127 + "y", "pässwörter für älle"])
    def test_a_password_within_the_policy_is_taken_as_it_is(self, api: Api, password: str):
        assert api.register("mary@example.com", password).status_code == 201
        assert api.create("mary@example.com", password).status_code == 200

    def test_get_answers_with_the_uuid_and_the_email_and_nothing_else(self, api: Api, user, rows):
        response = api.who(api.open(user).access)
        [row] = rows("SELECT uuid FROM users")
        assert response.status_code == 200
        assert response.text == f'{{"id":"{row["uuid"]}","email":"john.doo@example.com"}}'


class TestOtherLifetimes:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(
            database_url, monkeypatch, session_access_seconds=100, session_absolute_seconds=250
        )

    def test_expires_in_is_the_access_lifetime_and_the_absolute_bound_when_that_is_nearer(
        self, api: Api, user, clock
    ):
        response = api.create(user.email, user.password)
        assert response.json["access_token_expires_in"] == 100
        pair = pair_of(response)
        clock.advance(200)
        response = api.refresh(*pair)
        assert response.json["access_token_expires_in"] == 50
        last = pair_of(response)
        clock.advance(49.5)
        assert api.show(last.access).json == {"access_token_expires_in": 0}
        clock.advance(0.5)
        assert not api.lives(last.access)
        assert_refused(api.refresh(*last), "Unauthorized", "The token has expired.")
