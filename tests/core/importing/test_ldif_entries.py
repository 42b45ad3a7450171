"""LDIF has more than users: values that are gone, in other languages, changes of entries, deleted entries."""

import pytest

from app.core.importing import Record
from app.core.importing.records import PassedOver, Rejected
from app.core.importing.states import FOR_GOOD

from .conftest import read, read_all, reasons

SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"
OTHER = "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"


def test_a_value_that_is_gone_is_none():
    """As 389 Directory Server keeps it for its replicas (`db2ldif -r`): the old password comes first."""
    text = (
        "dn: uid=ada\n"
        f"userPassword;vucsn-4;deleted: {OTHER}\n"
        f"userPassword;vucsn-5;mdcsn-5: {SSHA}\n"
        "uid;vucsn-3;vdcsn-4;deleted: lin\n"
        "uid;adcsn-1;vucsn-2: ada\n"
        "mail;deletedattribute;deleted: lin@b.de\n"
        "nsAccountLock;vdcsn-3;deleted: TRUE\n"
    )
    assert read_all("ldif", text.encode()) == [Record("line 1", "ada", hash=SSHA)]


def test_a_value_in_another_language_is_not_the_users_and_is_told():
    text = (
        f"dn: uid=ada\nuid;lang-de: lin\nuid: ada\nuserPassword;x-old: {OTHER}\n"
        f"jpegPhoto;binary: x\nuserPassword: {SSHA}\n"
    )
    assert read_all("ldif", text.encode()) == [
        Record("line 1", "ada", hash=SSHA),
        PassedOver(("uid;...", "userPassword;...", "jpegPhoto")),
    ]


def test_a_lock_with_options_locks():
    (record,) = read("ldif", f"uid: ada\nuserPassword: {SSHA}\nnsAccountLock;x-a: TRUE\n")
    assert record.disabled_until == FOR_GOOD


def test_a_password_that_must_be_changed_comes_in_expired():
    """As somebody else set it, and OpenLDAP's password policy says so."""
    entry = f"dn: uid=ada\nuid: ada\nuserPassword: {SSHA}\n"
    text = f"{entry}pwdReset: TRUE\n\n{entry}pwdReset: FALSE\n\n{entry}pwdReset: x\n"
    first, second, third = read_all("ldif", text.encode())
    assert first == Record("line 1", "ada", hash=SSHA, password_expired=True)
    assert second == Record("line 6", "ada", hash=SSHA)
    assert third == Rejected("line 11", "pwdReset is not yes or no")


@pytest.mark.parametrize(
    "change",
    [
        f"changetype: modify\nreplace: userPassword\nuserPassword: {SSHA}\n-\nadd: uid\nuid: ada\n-\n",
        f"changetype: modify\nuid: ada\nuserPassword: {SSHA}\n",
        f"changetype:: bW9kaWZ5\nuid: ada\nuserPassword: {SSHA}\n",
        f"ChangeType: delete\nuid: ada\nuserPassword: {SSHA}\n",
        f"changetype: moddn\nuid: ada\nuserPassword: {SSHA}\n",
    ],
)
def test_a_change_of_an_entry_is_no_user(change: str):
    reason = "line 1: changes an entry (changetype), and is no user"
    assert reasons("ldif", f"dn: uid=ada\n{change}") == [reason]


def test_an_entry_that_is_to_be_added_is_one():
    text = f"dn: uid=ada\nchangetype: Add\nuid: ada\nuserPassword: {SSHA}\n"
    assert read_all("ldif", text.encode()) == [Record("line 1", "ada", hash=SSHA)]


def test_two_entries_without_a_blank_line_between_them_are_no_user():
    """Of two files that were put together. The first of them may have no password."""
    text = f"dn: uid=ada\nuid: ada\ndn: uid=lin\nuid: lin\nuserPassword: {SSHA}\n\ndn: uid=mo\nuid: mo\n"
    reason = "has more than one dn: no blank line stands between two entries"
    assert reasons("ldif", text) == [f"line 1: {reason}"]


def test_an_entry_that_was_deleted_is_no_user():
    text = f"dn: nsuniqueid=6644-1dd2,uid=ada,dc=b\nuid: ada\nuserPassword: {SSHA}\n"
    assert reasons("ldif", text) == ["line 1: is an entry that was deleted (a tombstone)"]
