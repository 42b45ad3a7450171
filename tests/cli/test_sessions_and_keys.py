"""``flask sessions`` and ``keys``."""

import pytest

from app import create_app
from app.core import sessions
from app.core.refusals import Refusal
from tests import grants
from tests.cases import each
from tests.cli.conftest import notes, proven_by_password, refusal_of
from tests.conftest import TEST_SECRET, settings_for
from tests.factories import ORIGIN, PASSWORD
from tests.grants import SESSION, Purpose


def test_live_sessions_are_listed_by_public_name(listed, core, pair, user, identities):
    other = identities.add("nessa")
    grants.aaa_session(core, proven_by_password(core, other), ORIGIN)
    row = sessions.verify(core, pair.access)
    [line] = listed("sessions", "list", "John.Doo")
    assert line == {
        "session": row.name,
        "username": "John.Doo",
        "dialect": "session",
        "client_id": "koms-web",
        "address": "127.0.0.1",
        "opened_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-31T00:00:00Z",
        "state": "live",
    }
    assert len(listed("sessions", "list")) == 2


@pytest.mark.parametrize("more", [(), ("--client", "x"), ("--address", "::1"), ("--all",)])
def test_a_dialect_that_there_is_not_is_refused_with_those_that_there_are(refused, more):
    assert refused("sessions", "list", "--dialect", "foo", *more) == (
        "there is no 'foo' here; choose of aaa, token_v2, login, session, console"
    )


def test_one_session_is_ended_by_its_name_and_only_once(done, refused, listed, core, pair, rows):
    name = sessions.verify(core, pair.access).name
    assert done("sessions", "end", name) == f"ended session {name} of John.Doo"
    assert refusal_of(sessions.verify, core, pair.access) is Refusal.SESSION_ENDED
    assert refused("sessions", "end", name) == "no such session, or it has ended or expired"
    assert listed("sessions", "list") == []
    [line] = listed("sessions", "list", "--all")
    assert line["state"] == "session_ended"
    [event] = rows("SELECT * FROM audit_events WHERE event = 'session_ended'")
    assert (event["dialect"], event["reason"]) == ("cli", "ended_by_operator")


@each("name", ["", "x", "0" * 16, "f" * 16, "F" * 16, "0x" + "1" * 14, "1"])
def test_what_names_no_session_is_refused(refused, pair, name):
    assert refused("sessions", "end", name) == "no such session, or it has ended or expired"


def test_a_purge_reports_the_rows_by_table(done, core, pair, clock, rows):
    clock.advance(core.seconds(SESSION.absolute) + core.policy.audit_retention_seconds)
    reply = done("sessions", "purge").splitlines()
    assert reply[:3] == ["sessions 1", "throttles 0", "access_codes 0"]
    assert reply[3].startswith("audit_events ")
    assert rows("SELECT id FROM sessions") == rows("SELECT id FROM audit_events") == []
    assert done("sessions", "purge").splitlines()[3] == "audit_events 0"


def test_rotation_makes_new_signing_keys_and_old_tokens_go_on(done, listed, core, pair, rows):
    before = listed("keys", "list")
    reply = done("keys", "rotate").splitlines()
    after = listed("keys", "list")
    assert [line.split()[0] for line in reply] == ["seal", "jwt"]
    assert [key["state"] for key in after] == ["verifying", "verifying", "current", "current"]
    assert [key["kid"] for key in after[:2]] == [key["kid"] for key in before]
    assert [f"{key['use']} {key['kid']}" for key in after[2:]] == reply
    assert sessions.verify(core, pair.access, Purpose.SESSION_ACCESS)
    assert notes(rows) == [("key_rotated", line) for line in reply]
    assert "wrapped" not in after[0]


def test_one_kind_of_key_is_rotated_by_name(done, listed, core, user):
    assert done("keys", "rotate", "jwt").startswith("jwt ")
    assert [key["use"] for key in listed("keys", "list")] == ["seal", "jwt", "jwt"]
    assert done("keys", "rotate", "pepper").startswith("pepper ")
    done("users", "set-password", "John.Doo", stdin=PASSWORD)
    assert proven_by_password(core, user).pepper_id == 4


def test_retiring_a_key_ends_the_sessions_that_hang_on_it(done, refused, core, pair, rows):
    [old] = rows("SELECT kid FROM signing_keys WHERE use = 'seal'")
    done("keys", "rotate", "seal")
    assert done("keys", "retire", old["kid"]) == f"retired {old['kid']}; ended 1 sessions"
    assert refusal_of(sessions.verify, core, pair.access) is Refusal.TOKEN_FORGED
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "key_retired"}]
    assert notes(rows)[-1] == ("key_retired", f"seal {old['kid']}, 1 sessions ended")
    assert refused("keys", "retire", old["kid"]) == "the key is retired already"


def test_a_key_in_use_is_not_retired(refused, core, rows):
    core.keys.load()
    for row in rows("SELECT kid FROM signing_keys"):
        assert refused("keys", "retire", row["kid"]).startswith("this key is in use")
    assert refused("keys", "retire", "nothing") == "no such key"
    assert refused("keys", "rotate", "other").startswith("Invalid value for")
    assert rows("SELECT retired_at FROM signing_keys") == [{"retired_at": None}] * 2


def test_keys_wrapped_under_a_secret_that_is_gone_are_one_line(core, database_url, monkeypatch):
    core.keys.load()
    other = create_app(
        settings_for(database_url, monkeypatch, secret_keys="another-" + TEST_SECRET)
    )
    result = other.test_cli_runner().invoke(args=["keys", "list"])
    assert result.exit_code == 1
    assert "is not in WATCHWORD_SECRET_KEYS" in result.stderr
    assert result.stderr.count("\n") == 1
