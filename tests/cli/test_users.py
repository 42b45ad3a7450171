"""``flask users``."""

import pytest

from app.core import identities
from app.core.guard import throttle
from app.core.refusals import Refusal, Refused
from tests.cases import each
from tests.factories import ORIGIN, PASSWORD, Identities

NEW_PASSWORD = "another horse, another staple"
CUSTOMER = "e7fcef24-5c03-41dd-9e33-995b7d6f47a7"


@pytest.fixture
def user(identities: Identities):
    return identities.add("John.Doo")


@pytest.fixture
def logged_in(core, user, rows):
    """A live session of the user; its public name."""
    from tests import grants

    grants.aaa_session(core, identities.prove(core, user.username, PASSWORD, ORIGIN), ORIGIN)
    [row] = rows("SELECT id FROM sessions")
    return f"{row['id']:016x}"


def events(rows):
    return [
        (row["event"], row["user_id"])
        for row in rows("SELECT event, user_id FROM audit_events WHERE dialect = 'cli' ORDER BY id")
    ]


def test_a_user_is_added_with_the_password_from_stdin_and_can_log_in(done, core, rows):
    assert (
        done(
            *("users", "add", "nessa", "Nessa@example.com", "--role", "admin"),
            *("--permission", "npm", "--permission", "audit"),
            stdin=f"{PASSWORD}\nanother line\n",
        )
        == "added nessa with uid 1"
    )
    [row] = rows("SELECT username, email, roles, permissions, customer_id FROM users")
    assert row == {
        "username": "nessa",
        "email": "Nessa@example.com",
        "roles": "admin",
        "permissions": "audit npm",
        "customer_id": None,
    }
    assert identities.prove(core, "nessa@EXAMPLE.com", PASSWORD, ORIGIN).id == 1
    assert events(rows) == [("user_added", 1)]


def test_a_password_is_taken_from_stdin_to_the_end_of_the_line_and_no_further(done, core):
    done("users", "add", "a", "a@example.com", stdin="  spaces and tabs\t \r\n")
    assert identities.prove(core, "a", "  spaces and tabs\t ", ORIGIN)


def test_a_password_may_be_the_whole_of_stdin(done, core):
    done("users", "add", "a", "a@example.com", stdin="Grüße aus Köln".encode())
    assert identities.prove(core, "a", "Grüße aus Köln", ORIGIN)


@each(
    ("arguments", "stdin", "reason"),
    [
        (("a", "a@example.com"), "", "no password on stdin"),
        (("a", "a@example.com"), "\n", "no password on stdin"),
        (("a", "a@example.com"), b"\xff\xfe12345678\n", "that is not valid UTF-8"),
        (
            ("a", "a@example.com"),
            "short\n",
            "The password must have at least 8 characters.",
        ),
        (
            ("a", "a@example.com"),
            "password1\n",
            "The password is on the list of common passwords.",
        ),
        (("a", "nowhere"), PASSWORD, "The e-mail address is not valid."),
        (("a:b", "a@example.com"), PASSWORD, "The username is not valid."),
        (
            ("a", "a@example.com", "--role", "two words"),
            PASSWORD,
            "A role or permission is a word without white space.",
        ),
        (("a", "a@example.com", "--customer", CUSTOMER), PASSWORD, "no such customer"),
        (("JOHN.doo", "a@example.com"), PASSWORD, "that name is taken"),
        (("a", "John.Doo@Example.com"), PASSWORD, "that name is taken"),
    ],
)
def test_a_user_that_cannot_be_added_is_refused_with_the_reason(
    refused, rows, user, arguments, stdin, reason
):
    assert refused("users", "add", *arguments, stdin=stdin) == reason
    assert len(rows("SELECT id FROM users")) == 1


def test_a_wrong_command_line_is_one_line_and_exit_status_1(refused):
    assert refused("users", "add", "a") == "Missing argument 'EMAIL'. (--help tells more)"
    assert refused("users", "add", "--password", "x") == (
        "No such option '--password'. (--help tells more)"
    )
    assert refused("users", "nothing") == "No such command 'nothing'. (--help tells more)"
    assert refused("users", "--bogus") == "No such option '--bogus'. (--help tells more)"


def test_a_group_by_itself_shows_its_commands_and_fails(run):
    result = run("users")
    assert result.exit_code == 1
    assert "set-password" in result.stderr


@each(
    "command",
    [
        *("show", "set-password", "expire-password", "set-roles", "disable", "enable", "unlock"),
        "end-sessions",
    ],
)
def test_an_unknown_user_is_refused_by_every_command(refused, command):
    assert refused("users", command, "nobody", stdin=PASSWORD) == "no such user"


def test_users_are_listed_as_json_for_scripts(listed, user, core):
    identities.disable(core, user.id, ORIGIN)
    [line] = listed("users", "list")
    assert line.pop("id").count("-") == 4
    assert line == {
        "uid": 1,
        "username": "John.Doo",
        "email": "john.doo@example.com",
        "customer": None,
        "roles": [],
        "permissions": ["npm"],
        "created_at": "2026-01-01T00:00:00Z",
        "disabled_at": "2026-01-01T00:00:00Z",
        "password_expired": False,
        "foreign_hash": False,
        "state": "disabled",
    }


def test_users_are_listed_as_a_table_for_people_with_names_as_they_are(done, identities):
    identities.add("[bold]x[/bold]", email="x" * 60 + "@example.com")
    table = done("users", "list")
    assert "[bold]x[/bold]" in table
    assert f"{'x' * 60}@example.com" in table
    assert "active" in table


def test_a_user_is_shown_with_its_credentials_and_live_sessions(listed, done, user, logged_in):
    shown = listed("users", "show", user.email)
    assert shown["username"] == "John.Doo"
    assert shown["api_keys"] == [1]
    assert shown["access_codes"] == []
    assert shown["sessions"] == [logged_in]
    assert shown["paused_until"] is None
    assert f"sessions          {logged_in}" in done("users", "show", "john.doo")


def test_a_new_password_replaces_the_old_and_ends_the_sessions(
    done, listed, core, user, logged_in, rows
):
    reply = done("users", "set-password", "john.DOO", stdin=NEW_PASSWORD)
    assert reply == "John.Doo has a new password; all sessions and access codes are ended"
    assert identities.prove(core, user.username, NEW_PASSWORD, ORIGIN)
    with pytest.raises(Refused):
        identities.prove(core, user.username, PASSWORD, ORIGIN)
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "password_changed"}]
    assert listed("sessions", "list") == []
    assert events(rows) == [("password_changed", user.id)]


def test_an_unacceptable_new_password_changes_nothing(refused, tables, user):
    before = tables()
    assert refused("users", "set-password", "John.Doo", stdin="12345678") == (
        "The password is on the list of common passwords."
    )
    assert tables() == before


def test_an_expired_password_proves_nothing_but_its_change(done, core, user, rows):
    assert done("users", "expire-password", "John.Doo") == "John.Doo must change the password"
    with pytest.raises(Refused) as refusal:
        identities.prove(core, user.username, PASSWORD, ORIGIN)
    assert refusal.value.refusal is Refusal.PASSWORD_EXPIRED
    assert events(rows) == [("password_expired", user.id)]


def test_roles_are_set_as_a_whole_and_none_are_taken_away(done, listed, user, rows):
    reply = done("users", "set-roles", "john.DOO", "--role", "support", "--role", "admin")
    assert reply == "John.Doo has new roles: admin support"
    assert listed("users", "show", "John.Doo")["roles"] == ["admin", "support"]
    reply = done("users", "set-roles", "John.Doo", "--role", "admin", "--role", "support")
    assert reply == "John.Doo had these roles already: admin support"
    assert done("users", "set-roles", "John.Doo") == "John.Doo has new roles: none"
    assert done("users", "set-roles", "John.Doo") == "John.Doo had these roles already: none"
    [row] = rows("SELECT roles, permissions FROM users")
    assert row == {"roles": "", "permissions": "npm"}
    assert events(rows) == [("roles_changed", user.id)] * 2


def test_a_role_that_nobody_has_is_taken_with_a_warning(run, user, identities):
    """Roles are an open set: a mistyped one may as well be the first of its kind."""
    identities.add("second", roles=("auditor", "support"))
    result = run("users", "set-roles", "John.Doo", "--role", "admn", "--role", "support")
    assert (result.exit_code, result.stdout) == (0, "John.Doo has new roles: admn support\n")
    assert result.stderr == (
        "Warning: Nobody has the role admn yet. In use: admin, auditor, support.\n"
    )
    again = run("users", "set-roles", "John.Doo", "--role", "admn")
    assert again.stderr == "", "it is in use now"
    given = ("--role", "a", "--role", "b", "--role", "admin")
    result = run("users", "add", "third", "third@example.com", *given, stdin=PASSWORD)
    assert result.stderr == (
        "Warning: Nobody has the roles a, b yet. In use: admin, admn, auditor, support.\n"
    )


def test_the_first_admin_is_no_new_role(run):
    result = run("users", "add", "nessa", "n@example.com", "--role", "admin", stdin=PASSWORD)
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_last_admin_may_be_demoted_and_disabled_by_command(done, identities, rows):
    identities.add("nessa", roles=("admin",))
    assert done("users", "set-roles", "nessa") == "nessa has new roles: none"
    assert done("users", "disable", "nessa") == "nessa is disabled"


def test_what_is_no_role_changes_nothing(refused, tables, user):
    before = tables()
    assert refused("users", "set-roles", "John.Doo", "--role", "two words") == (
        "A role or permission is a word without white space."
    )
    assert tables() == before


def test_disabling_ends_the_sessions_and_enabling_lets_the_user_log_in_again(
    done, core, user, logged_in, rows
):
    assert done("users", "disable", "John.Doo") == "John.Doo is disabled"
    assert done("users", "disable", "John.Doo") == "John.Doo was disabled already"
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "account_disabled"}]
    assert done("users", "enable", "John.Doo") == "John.Doo is enabled"
    assert done("users", "enable", "John.Doo") == "John.Doo was enabled already"
    assert identities.prove(core, user.username, PASSWORD, ORIGIN)
    assert events(rows) == [("user_disabled", user.id), ("user_enabled", user.id)]


def test_unlocking_lifts_the_pause_from_both_names(done, listed, core, user, rows):
    for name in (user.username, user.email):
        for _ in range(core.policy.pause_after_failures):
            with pytest.raises(Refused):
                identities.prove(core, name, "wrong password", ORIGIN)
    assert listed("users", "show", "John.Doo")["paused_until"] == "2026-01-01T00:01:00Z"
    assert done("users", "unlock", "John.Doo") == "John.Doo is unlocked"
    assert throttle.paused_until(core, user.username) is None
    assert throttle.paused_until(core, user.email) is None
    assert done("users", "unlock", "John.Doo") == "John.Doo was not paused"
    assert events(rows) == [("user_unlocked", user.id)] * 2


def test_all_sessions_of_a_user_are_ended_and_counted_and_what_is_left_is_told(
    done, user, logged_in, rows, identities
):
    identities.code(user)
    left = "still valid, and can open new sessions: the password, 1 access codes, 1 API keys"
    for ended in (1, 0):
        assert done("users", "end-sessions", "John.Doo").splitlines() == [
            f"ended {ended} sessions and 0 access codes made in them",
            left,
        ]
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "ended_by_operator"}]
