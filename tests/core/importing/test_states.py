"""Who was disabled in the old system comes in disabled, whatever its name for it is."""

import json

import pytest

from app.core.importing import Record
from app.core.importing.states import FOR_GOOD, NEVER, is_state
from tests.cases import each
from tests.conftest import START

from .conftest import read, reasons

# The fields of a user, and whether the user comes in disabled.
STATES = [
    ({}, False),
    ({"disabled": True}, True),
    ({"disabled": False, "enabled": True, "deleted_at": None}, False),
    ({"enabled": False}, True),
    ({"isActive": "false"}, True),
    ({"is_active": 0}, True),
    ({"active": "1"}, False),
    ({"Is Blocked": "y"}, True),
    ({"suspended": "no"}, False),
    # One that says so is enough, in any order.
    ({"enabled": True, "blocked": True}, True),
    ({"banned": True, "active": True}, True),
    ({"is_active": 0, "blocked": 0}, True),
    # Without a value: nobody said that the user is enabled, and nobody that the user is disabled.
    ({"is_active": ""}, True),
    ({"enabled": None}, True),
    ({"enabled": "NULL"}, True),
    ({"blocked": "", "locked": None, "deleted": "\\N"}, False),
    # A time, whatever its form.
    ({"deletedAt": "2020-01-01"}, True),
    ({"locked_at": 1_700_000_000_000}, True),
    ({"banned_at": {"$date": "2020-01-01"}}, True),
    ({"lockout_end": "0000-00-00 00:00:00", "deleted_at": 0}, False),
    # A time that has passed disables nobody any more.
    ({"banned_until": "2124-01-01 00:00:00+00"}, True),
    ({"banned_until": "2024-01-01 00:00:00+00", "deleted_at": None}, False),
    ({"banned_until": "infinity"}, True),
    ({"banned_until": "-infinity", "locked_until": ""}, False),
    ({"LockoutEnd": "9999-12-31 23:59:59.9999999 +00:00", "LockoutEnabled": True}, True),
    ({"LockoutEnd": "9999-12-31 23:59:59", "LockoutEnabled": ""}, True),
    ({"LockoutEnd": "2024-01-01T00:00:00.0000000Z", "LockoutEnabled": "True"}, False),
    # ASP.NET looks at no lockout of such a user.
    ({"LockoutEnd": "9999-12-31 23:59:59", "LockoutEnabled": False}, False),
    ({"LockoutEnabled": False}, False),
    ({"LockoutEnabled": True}, False),
    ({"LockoutEndDateUtc": "9999-12-31 23:59:59", "LockoutEnabled": 1}, True),
    ({"LockoutEndDateUtc": "9999-12-31 23:59:59", "LockoutEnabled": 0}, False),
    ({"LockoutEndDateUtc": "2024-01-01 00:00:00"}, False),
    ({"accountNonLocked": False}, True),
    ({"account_non_locked": "1", "accountNonExpired": True}, False),
    ({"accountNonExpired": ""}, True),
    ({"account_locked": "t"}, True),
    ({"accountLocked": False, "accountExpired": False}, False),
    ({"activated": "f"}, True),
    ({"is_account_locked": 1}, True),
    ({"isLoginDisabled": "true"}, True),
    ({"is_user_active": 0}, True),
    ({"active_flag": "0", "lockedFlag": 0}, True),
    ({"ban_expires": "2124-01-01"}, True),
    ({"blocked_since": "2020-01-01"}, True),
    ({"approved": None}, True),
    ({"archived": True, "approved": True, "activated": True}, True),
    ({"archivedAt": "2020-01-01"}, True),
    ({"ban": 1}, True),
    ({"block": 0}, False),
    ({"block": "1"}, True),
    ({"deleted_on": "2020-01-01"}, True),
    ({"deleted_on": None, "frozen": "no"}, False),
    ({"frozen": True}, True),
    ({"frozen_until": "2124-01-01"}, True),
    ({"deleted_at": "", "disabled_at": "null", "blocked_at": False}, False),
    ({"enabled" + "d" * 100: False}, False),
    # With the name of its table, and other signs.
    ({"Is.Active": "0"}, True),
    ({"user.enabled": "0"}, True),
    ({"users_active": 0}, True),
    ({"user_disabled": 1}, True),
    ({"user_is_active": 1}, False),
    ({"\uff24ISABLED?": 1}, True),
    ({"act\u200bive": 0}, True),
    ({"prohibit_login": True}, True),
    ({"DeleteAt": 1_700_000_000_000}, True),
    ({"DeleteAt": 0}, False),
    ({"suspended_till": "2124-01-01"}, True),
    ({"lockUntil": "2024-01-01"}, False),
    ({"discarded_at": "2020-01-01"}, True),
    ({"trashed": 1}, True),
    ({"lock": 1, "lockout": 0}, True),
]
# MongoDB's Extended JSON, in its three versions.
DATES = [
    ({"lockUntil": {"$date": "2124-01-01T00:00:00Z"}}, True),
    ({"lockUntil": {"$date": {"$numberLong": "4859740800000"}}}, True),
    ({"lockUntil": {"$date": 4859740800000}}, True),
    ({"lockUntil": {"$date": "2024-01-01T00:00:00.123Z"}}, False),
    ({"lockUntil": {"$date": {"$numberLong": "-1"}}}, False),
    ({"lockUntil": {"$date": 1_704_067_200_000}}, False),
]


@each(("fields", "disabled"), [*STATES, *DATES])
@pytest.mark.parametrize("name", ["jsonl", "seed", "auth0", "firebase", "keycloak"])
def test_any_field_that_says_so_disables_in_every_format(name: str, fields, disabled: bool):
    entry = {"email": "ada@b.de", **fields}
    listed = name in ("seed", "firebase", "keycloak")
    (record,) = read(name, json.dumps({"users": [entry]} if listed else entry))
    assert (record.disabled_until > START) == disabled


@each(("fields", "disabled"), STATES)
def test_a_table_and_a_dump_of_django_say_the_same(fields, disabled: bool):
    header = ",".join(["email", "password", *fields])
    row = ",".join(["a@b.de", "x", *("" if it is None else str(it) for it in fields.values())])
    (record,) = read("csv", f"{header}\n{row}\n")
    assert (record.disabled_until > START) == disabled
    dumped = {"model": "auth.user", "fields": {"password": "x", "email": "a@b.de", **fields}}
    assert (read("dumpdata", json.dumps(dumped))[0].disabled_until > START) == disabled


@each("value", ["maybe", 2, 0.5, [], {}])
@each("name", ["enabled", "is_blocked"])
def test_what_is_not_understood_rejects_the_user(name: str, value):
    reason = f"line 1: {name.replace('_', '')} is not yes or no"
    assert reasons("jsonl", json.dumps({"email": "a@b.de", name: value})) == [reason]


TIMES = ["tomorrow", 1.5e12, "12/31/9999", "1712-1231", "2031-13-01", {}, {"date": 1}]


@each("value", [*TIMES, *({"$date": it} for it in (None, "", True, {}, {"$numberLong": "x"}))])
def test_a_time_that_is_not_understood_rejects_the_user(value):
    entry = {"email": "a@b.de", "banned_until": value}
    assert reasons("jsonl", json.dumps(entry)) == ["line 1: banneduntil is not a time"]


@pytest.mark.parametrize(
    "value",
    [1_700_000_000, 1_712_123_100_000, "4102444800000", "20991231", 133_000_000_000_000_000],
)
def test_a_number_is_no_time_until_somebody_is_locked(value):
    """Python reads some of them: 1712123100000 as a day in 1712, and the user came in enabled."""
    reason = "line 1: banneduntil is a number, and not a time as 2031-12-31T12:00:00Z"
    assert reasons("jsonl", json.dumps({"email": "a@b.de", "banned_until": value})) == [reason]


def test_every_name_of_a_time_and_of_a_lock_is_a_state():
    """One opinion: what one system calls a lock is one in every format."""
    for word in ("archived", "frozen", "locked_out", "Deleted"):
        for form in ("{}", "is_{}", "{}_at", "{} On", "{}-until"):
            assert is_state(form.format(word)), form.format(word)


@each(
    ("attribute", "disabled"),
    [
        ("nsAccountLock: TRUE", True),
        ("nsAccountLock: FALSE", False),
        ("loginDisabled: FALSE\nloginDisabled: TRUE", True),
        ("pwdAccountLockedTime: 000001010000Z", True),
        ("ds-pwp-account-disabled: true", True),
        ("msDS-UserAccountDisabled: TRUE", True),
        ("msDS-UserAccountDisabled: FALSE", False),
        ("lockoutTime: 0", False),
        ("lockoutTime: 133497216000000000", True),
        ("accountUnlockTime: 20991231235959Z", True),
        ("accountUnlockTime: 20991231235959.5+0100", True),
        ("accountUnlockTime: 19700101000000Z", True),
        ("accountUnlockTime: 19700101000000.0Z", True),
        ("accountUnlockTime: 19700101000000+0000", True),
        ("accountUnlockTime: 197001010000Z", True),
        (f"nsAccountLock;x-{'a' * 300}: TRUE", True),
        (f"nsAccountLock;vucsn-{'4' * 300};deleted: TRUE", False),
        ("accountUnlockTime: 20240101000000Z", False),
        ("userAccountControl: 512", False),
        ("userAccountControl: 514", True),
        ("sambaAcctFlags: [U          ]", False),
        ("sambaAcctFlags: [UD         ]", True),
        ("inetUserStatus:: QWN0aXZl", False),
        ("inetUserStatus: inactive", True),
        ("nsAcc\n ountLock: TRUE", True),
        ("nsRoleDN: cn=nsManagedDisabledRole,dc=example,dc=com", True),
        ("nsRole: cn=staff,dc=b\nnsRole: CN=nsDisabledRole,dc=b", True),
        ("nsRoleDN: cn=staff,cn=nsManagedDisabledRole,dc=b", False),
    ],
)
def test_the_locks_of_directories_disable(attribute: str, disabled: bool):
    text = f"dn: uid=ada\n{attribute}\nuid: ada\nuserPassword: x\n"
    (record,) = read("ldif", text)
    assert record == Record("line 1", "ada", password="x", disabled_until=record.disabled_until)
    assert (record.disabled_until > START) == disabled


def test_a_lock_of_a_directory_that_is_not_understood_rejects_the_user():
    entry = "dn: uid=ada\nuid: ada\nuserPassword: x\n"
    assert reasons("ldif", f"{entry}userAccountControl: x\n\n{entry}nsAccountLock: x\n") == [
        "line 1: userAccountControl is not a number",
        "line 6: nsaccountlock is not yes or no",
    ]


@each(
    ("secret", "hash_"),
    [
        ("!{SSHA}abc", "{SSHA}abc"),
        ("!!$6$a$b", "$6$a$b"),
        ("*{CRYPT}x", "{CRYPT}x"),
        ("{CRYPT}!$6$a$b", "{CRYPT}$6$a$b"),
        ("{CRYPT}*LK*$6$a$b", "{CRYPT}$6$a$b"),
        ("*LOCKED*$6$a$b", "$6$a$b"),
        ("{CRYPT}*", "{CRYPT}"),
        ("!!", ""),
    ],
)
def test_a_hash_with_a_lock_before_it_is_no_password(secret: str, hash_: str):
    assert read("ldif", f"dn: uid=ada\nuid: ada\nuserPassword: {secret}\n") == [
        Record("line 1", "ada", hash=hash_, disabled_until=FOR_GOOD)
    ]


SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"


@each(
    ("values", "hash_", "disabled"),
    [
        (["{SASL}ada@EXAMPLE.COM", SSHA], SSHA, False),
        ([SSHA, "{SASL}ada@EXAMPLE.COM"], SSHA, False),
        (["{SASL}ada@EXAMPLE.COM", f"!{SSHA}"], SSHA, True),
        (["!{SASL}ada@EXAMPLE.COM", SSHA], SSHA, True),
        # The lock may stand in the scheme, or for the hash.
        (["{CRYPT}!$6$a$b", SSHA], SSHA, True),
        ([SSHA, "{CRYPT}*"], SSHA, True),
        (["{crypt}!!", SSHA], SSHA, True),
        (["*LOCKED*", SSHA], SSHA, True),
        (["!", SSHA], SSHA, True),
        # None can be taken: the reason is that of the first.
        (["{SASL}ada@EXAMPLE.COM", "{X-OTHER}x"], "{SASL}ada@EXAMPLE.COM", False),
    ],
)
def test_of_several_passwords_the_first_that_can_be_taken_is_the_users(values, hash_, disabled):
    lines = "".join(f"userPassword: {value}\n" for value in values)
    (record,) = read("ldif", f"dn: uid=ada\nuid: ada\n{lines}")
    assert (record.hash, record.password) == (hash_, None)
    assert record.disabled_until == (FOR_GOOD if disabled else NEVER)


@pytest.mark.parametrize("attribute", ["uid:< file:///etc/hostname", "userPassword:<file:///x"])
def test_the_url_of_a_file_is_no_name_and_no_password(attribute: str):
    text = f"dn: uid=ada\n{attribute}\nmail: a@b.de\nuserPassword: x\n"
    assert reasons("ldif", text) == ["line 1: has a value that is the URL of a file"]
    other = "dn: uid=ada\nuid: ada\njpegPhoto:< file:///a.jpg\nuserPassword: x\n"
    assert len(reasons("ldif", other)) == 0


def test_a_file_of_many_names_hides_none():
    names = json.dumps({"email": "a@b.de", **{f"x{number}": 1 for number in range(11_000)}})
    assert read("jsonl", names)[0].disabled_until == NEVER
    (record,) = read("jsonl", json.dumps({"email": "a@b.de", "iS_bLoCkEd": True}))
    assert record.disabled_until == FOR_GOOD


@pytest.mark.parametrize("locks", ['"disabled":true,"disabled":false', '"a":{"b":1,"b":1}'])
def test_a_line_of_json_with_a_name_twice_is_rejected(locks: str):
    """The parser takes the last one: a lock, and who is behind it, would be gone."""
    line = f'{{"email":"a@b.de",{locks}}}'
    assert reasons("jsonl", line) == ["line 1: has a name twice in one object"]
