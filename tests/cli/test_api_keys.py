"""``flask api-keys`` and ``access-codes``."""

from app.core.credentials import access_codes, api_keys
from app.core.refusals import Refusal
from tests.cases import each
from tests.cli.conftest import notes, refusal_of
from tests.factories import ORIGIN
from tests.grants import CODES, LOGIN

DAY = 86_400


YEAR = 365 * DAY


def test_an_api_key_is_printed_alone_on_stdout_and_logs_in(run, core, user, rows):
    result = run("api-keys", "issue", "john.doo@example.com")
    key = result.stdout.removesuffix("\n")
    assert api_keys.is_key(key)
    assert result.stderr == (
        "API key 2 of John.Doo, good until it is revoked. It is shown this once.\n"
    )
    assert api_keys.exchange(core, LOGIN, "John.Doo", key, ORIGIN).expires_in == 20
    assert notes(rows) == [("api_key_issued", "key 2")]
    assert key.encode() not in b"".join(
        row["digest"] for row in rows("SELECT digest FROM api_keys")
    )


def test_an_api_key_lasts_the_days_it_was_given(run, core, user, clock):
    result = run("api-keys", "issue", "John.Doo", "--days", 2)
    assert "good until 2026-01-03T00:00:00Z" in result.stderr
    clock.advance(2 * DAY - 1)
    assert api_keys.exchange(core, LOGIN, "John.Doo", result.stdout.strip(), ORIGIN)
    clock.advance(1)
    assert (
        refusal_of(api_keys.exchange, core, LOGIN, "John.Doo", result.stdout.strip(), ORIGIN)
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
    api_keys.exchange(core, LOGIN, "John.Doo", user.api_key, ORIGIN)
    assert done("api-keys", "revoke", 1) == "revoked API key 1"
    assert (
        refusal_of(api_keys.exchange, core, LOGIN, "John.Doo", user.api_key, ORIGIN)
        is Refusal.API_KEY_REVOKED
    )
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "credential_revoked"}]
    assert refused("api-keys", "revoke", 1) == "no such API key, or it is revoked already"
    assert notes(rows) == [("api_key_revoked", "key 1")]


@each("group", ["api-keys", "access-codes"])
@each("number", ["0", "x", 2**63, "1" * 5000])
def test_what_is_no_id_is_refused_as_a_command_line(refused, group, number):
    assert refused(group, "revoke", number).startswith("Invalid value for 'ID'")


@each(
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


def test_an_access_code_is_printed_alone_on_stdout_and_exchanges(run, core, user, rows):
    result = run("access-codes", "issue", "John.Doo")
    code = result.stdout.removesuffix("\n")
    assert result.stderr == (
        "Access code 1 of John.Doo, good until 2027-01-01T00:00:00Z. It is shown this once.\n"
    )
    assert access_codes.exchange(core, CODES, code, ORIGIN).expires_in == 3600
    assert notes(rows) == [("code_issued", "code 1")]


def test_access_codes_are_listed_and_revoked_with_what_they_opened(
    run, done, listed, refused, core, user, rows
):
    code = run("access-codes", "issue", "John.Doo").stdout.strip()
    access_codes.exchange(core, CODES, code, ORIGIN)
    [line] = listed("access-codes", "list", "John.Doo")
    assert (line["id"], line["state"]) == (1, "good")
    assert done("access-codes", "revoke", 1) == "revoked access code 1"
    [line] = listed("access-codes", "list", "John.Doo")
    assert line["state"] == "revoked"
    assert refusal_of(access_codes.exchange, core, CODES, code, ORIGIN) is Refusal.CODE_REVOKED
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "credential_revoked"}]
    assert refused("access-codes", "revoke", 1) == "no such access code, or it is revoked already"


def test_an_access_code_is_expired_at_the_very_second(run, listed, user, clock):
    run("access-codes", "issue", "John.Doo")
    clock.advance(YEAR - 1)
    assert listed("access-codes", "list", "John.Doo")[0]["state"] == "good"
    clock.advance(1)
    assert listed("access-codes", "list", "John.Doo")[0]["state"] == "expired"
