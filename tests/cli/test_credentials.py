"""``flask api-keys``, ``access-codes``, ``clients``, ``sessions`` and ``keys``."""

import pytest

from app import create_app
from app.core import identities, sessions
from app.core.credentials import access_codes, api_keys, clients
from app.core.refusals import Refusal, Refused
from app.core.sessions import grants
from app.core.sessions.tokens import Purpose
from app.extensions import db
from tests.conftest import TEST_SECRET, settings_for
from tests.factories import ORIGIN, PASSWORD, Identities

DAY = 86_400
YEAR = 365 * DAY


@pytest.fixture
def user(identities: Identities):
    return identities.add("John.Doo")


@pytest.fixture
def pair(core, user, identities):
    """A live session of the session dialect."""
    identities.client()
    proven = _proven(core, user)
    return grants.session_pair(core, proven, "koms-web", ORIGIN)


def _proven(core, user):
    return identities.prove(core, user.username, PASSWORD, ORIGIN)


def refusal_of(function, *arguments):
    with pytest.raises(Refused) as refused:
        function(*arguments)
    return refused.value.refusal


def notes(rows):
    return [
        (row["event"], row["note"])
        for row in rows("SELECT event, note FROM audit_events WHERE dialect = 'cli' ORDER BY id")
    ]


# api-keys


def test_an_api_key_is_printed_alone_on_stdout_and_logs_in(run, core, user, rows):
    result = run("api-keys", "issue", "john.doo@example.com")
    key = result.stdout.removesuffix("\n")
    assert api_keys.is_key(key)
    assert result.stderr == (
        "API key 2 of John.Doo, good until it is revoked. It is shown this once.\n"
    )
    assert api_keys.exchange(core, "John.Doo", key, ORIGIN).expires_in == 20
    assert notes(rows) == [("api_key_issued", "key 2")]
    assert key.encode() not in b"".join(
        row["digest"] for row in rows("SELECT digest FROM api_keys")
    )


def test_an_api_key_lasts_the_days_it_was_given(run, core, user, clock):
    result = run("api-keys", "issue", "John.Doo", "--days", 2)
    assert "good until 2026-01-03T00:00:00Z" in result.stderr
    clock.advance(2 * DAY - 1)
    assert api_keys.exchange(core, "John.Doo", result.stdout.strip(), ORIGIN)
    clock.advance(1)
    assert (
        refusal_of(api_keys.exchange, core, "John.Doo", result.stdout.strip(), ORIGIN)
        is Refusal.API_KEY_EXPIRED
    )


def test_api_keys_are_listed_with_how_they_stand(run, done, listed, user, clock):
    run("api-keys", "issue", "John.Doo", "--days", 1)
    done("api-keys", "revoke", 1)
    clock.advance(DAY)
    assert listed("api-keys", "list", "John.Doo") == [
        {
            "id": 1,
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": None,
            "revoked_at": "2026-01-01T00:00:00Z",
            "state": "revoked",
        },
        {
            "id": 2,
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-02T00:00:00Z",
            "revoked_at": None,
            "state": "expired",
        },
    ]


def test_revoking_an_api_key_ends_what_it_opened(done, refused, core, user, rows):
    api_keys.exchange(core, "John.Doo", user.api_key, ORIGIN)
    assert done("api-keys", "revoke", 1) == "revoked API key 1"
    assert (
        refusal_of(api_keys.exchange, core, "John.Doo", user.api_key, ORIGIN)
        is Refusal.API_KEY_REVOKED
    )
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "credential_revoked"}]
    assert refused("api-keys", "revoke", 1) == "no such API key, or it is revoked already"
    assert notes(rows) == [("api_key_revoked", "key 1")]


@pytest.mark.parametrize("group", ["api-keys", "access-codes"])
@pytest.mark.parametrize("number", ["0", "x", 2**63, "1" * 5000])
def test_what_is_no_id_is_refused_as_a_command_line(refused, group, number):
    assert refused(group, "revoke", number).startswith("Invalid value for 'ID'")


@pytest.mark.parametrize(
    "arguments",
    [
        ("api-keys", "issue", "nobody"),
        ("api-keys", "list", "nobody"),
        ("access-codes", "issue", "nobody"),
        ("access-codes", "list", "nobody"),
        ("sessions", "list", "nobody"),
    ],
)
def test_an_unknown_user_is_refused(refused, arguments):
    assert refused(*arguments) == "no such user"


# access-codes


def test_an_access_code_is_printed_alone_on_stdout_and_exchanges(run, core, user, rows):
    result = run("access-codes", "issue", "John.Doo")
    code = result.stdout.removesuffix("\n")
    assert result.stderr == (
        "Access code 1 of John.Doo, good until 2027-01-01T00:00:00Z. It is shown this once.\n"
    )
    assert access_codes.exchange(core, code, ORIGIN).expires_in == 3600
    assert notes(rows) == [("code_issued", "code 1")]


def test_access_codes_are_listed_and_revoked_with_what_they_opened(
    run, done, listed, refused, core, user, rows
):
    code = run("access-codes", "issue", "John.Doo").stdout.strip()
    access_codes.exchange(core, code, ORIGIN)
    [line] = listed("access-codes", "list", "John.Doo")
    assert (line["id"], line["state"]) == (1, "good")
    assert done("access-codes", "revoke", 1) == "revoked access code 1"
    [line] = listed("access-codes", "list", "John.Doo")
    assert line["state"] == "revoked"
    assert refusal_of(access_codes.exchange, core, code, ORIGIN) is Refusal.CODE_REVOKED
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "credential_revoked"}]
    assert refused("access-codes", "revoke", 1) == "no such access code, or it is revoked already"


def test_an_access_code_is_expired_at_the_very_second(run, listed, user, clock):
    run("access-codes", "issue", "John.Doo")
    clock.advance(YEAR - 1)
    assert listed("access-codes", "list", "John.Doo")[0]["state"] == "good"
    clock.advance(1)
    assert listed("access-codes", "list", "John.Doo")[0]["state"] == "expired"


# clients


def test_a_public_client_has_no_secret(done, listed, core, rows):
    assert done("clients", "add", "koms-web", "The web application") == "added koms-web"
    assert clients.require(core, "koms-web") == "koms-web"
    assert listed("clients", "list") == [
        {
            "client_id": "koms-web",
            "name": "The web application",
            "confidential": False,
            "created_at": "2026-01-01T00:00:00Z",
            "disabled_at": None,
        }
    ]
    assert notes(rows) == [("client_added", "koms-web")]


def test_a_confidential_clients_secret_is_printed_once_and_can_be_replaced(run, core, rows):
    added = run("clients", "add", "gateway", "Gateway", "--confidential")
    secret = added.stdout.removesuffix("\n")
    assert added.stderr == "The secret of gateway. It is shown this once.\n"
    assert clients.prove(core, [("gateway", secret)], ORIGIN)
    rotated = run("clients", "rotate-secret", "gateway")
    assert rotated.stderr == "The new secret of gateway. It is shown this once.\n"
    assert clients.prove(core, [("gateway", rotated.stdout.strip())], ORIGIN)
    assert refusal_of(clients.prove, core, [("gateway", secret)], ORIGIN) is Refusal.CLIENT_UNPROVEN
    assert notes(rows) == [
        ("client_added", "gateway"),
        ("client_changed", "gateway secret rotated"),
    ]


def test_a_disabled_client_is_refused_until_it_is_enabled(done, core, identities, rows):
    identities.client()
    assert done("clients", "disable", "koms-web") == "koms-web is disabled"
    assert refusal_of(clients.require, core, "koms-web") is Refusal.CLIENT_DISABLED
    assert done("clients", "enable", "koms-web") == "koms-web is enabled"
    assert clients.require(core, "koms-web")
    assert notes(rows) == [
        ("client_changed", "koms-web disabled"),
        ("client_changed", "koms-web enabled"),
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "koms-web", "Again"), "that name is taken"),
        (("add", "two words", "Name"), "the client id is not valid"),
        (("add", "ümlaut", "Name"), "the client id is not valid"),
        (("add", "x" * 201, "Name"), "the client id is not valid"),
        (("add", "fine", ""), "the name is not valid"),
        (("add", "fine", "a\x1b[2Jb"), "the name is not valid"),
        (("disable", "nobody"), "no such client, or not a confidential one"),
        (("enable", "nobody"), "no such client, or not a confidential one"),
        (("rotate-secret", "koms-web"), "no such client, or not a confidential one"),
    ],
)
def test_a_client_command_that_cannot_be_done_is_refused(
    refused, identities, rows, arguments, reason
):
    identities.client()
    before = rows("SELECT * FROM clients")
    assert refused("clients", *arguments) == reason
    assert rows("SELECT * FROM clients") == before


# sessions


def test_live_sessions_are_listed_by_public_name(listed, core, pair, user, identities):
    other = identities.add("nessa")
    grants.aaa_session(core, _proven(core, other), ORIGIN)
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


def test_one_session_is_ended_by_its_name_and_only_once(done, refused, listed, core, pair, rows):
    name = sessions.verify(core, pair.access).name
    assert done("sessions", "end", name) == f"ended session {name} of John.Doo"
    assert refusal_of(sessions.verify, core, pair.access) is Refusal.SESSION_ENDED
    assert refused("sessions", "end", name) == "no such session, or it counts no longer"
    assert listed("sessions", "list") == []
    [line] = listed("sessions", "list", "--all")
    assert line["state"] == "session_ended"
    [event] = rows("SELECT * FROM audit_events WHERE event = 'session_ended'")
    assert (event["dialect"], event["reason"]) == ("cli", "ended_by_operator")


@pytest.mark.parametrize("name", ["", "x", "0" * 16, "f" * 16, "F" * 16, "0x" + "1" * 14, "1"])
def test_what_names_no_session_is_refused(refused, pair, name):
    assert refused("sessions", "end", name) == "no such session, or it counts no longer"


def test_a_purge_reports_the_rows_by_table(done, core, pair, clock, rows):
    clock.advance(core.policy.session_absolute_seconds + core.policy.audit_retention_seconds)
    reply = done("sessions", "purge").splitlines()
    assert reply[:3] == ["sessions 1", "throttles 0", "access_codes 0"]
    assert reply[3].startswith("audit_events ")
    assert rows("SELECT id FROM sessions") == rows("SELECT id FROM audit_events") == []
    assert done("sessions", "purge").splitlines()[3] == "audit_events 0"


# keys


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
    assert _proven(core, user).pepper_id == 4


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
    with other.app_context():
        db.engine.dispose()
    assert result.exit_code == 1
    assert "is not in WATCHWORD_SECRET_KEYS" in result.stderr
    assert result.stderr.count("\n") == 1
