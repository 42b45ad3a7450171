"""One entry never stops an import, and what stands before a place that cannot be read is taken."""

from collections.abc import Iterator

import pytest

from app.core import importing
from app.core.importing import Checks, Record, Rejected, records, running
from app.core.importing.checking import User
from tests.factories import PASSWORD

HASH = "$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi"


def user(number: int, **fields: object) -> Record:
    made = Record(f"line {number}", f"user{number}", f"user{number}@example.com", hash=HASH)
    return made._replace(**fields)


def cut(error: Exception) -> Iterator[Record | Rejected]:
    yield user(1)
    yield user(2, hash=None, password=PASSWORD)
    yield Rejected("line 3", "is none")
    yield user(4)
    raise error


@pytest.mark.parametrize("error", [importing.Unreadable("ends"), OSError(5, "a bad disk")])
def test_the_users_before_a_place_that_cannot_be_read_are_written_and_counted(run, rows, error):
    with pytest.raises(type(error)):
        run(cut(error))
    assert [row["username"] for row in rows("SELECT username FROM users ORDER BY username")] == [
        "user1",
        "user2",
        "user4",
    ]
    assert run.rejected == ["line 3: is none"]
    assert run.progress[-1].added == 3


class Odd(Checks):
    """Checks that break at one user, as a check would that forgot a value."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def user(self, record: Record) -> User:
        raise self._error


def _not_encodable() -> Exception:
    with pytest.raises(UnicodeEncodeError) as raised:
        "\ud800".encode()
    return raised.value


BREAKS = pytest.mark.parametrize("error", [ValueError("x"), _not_encodable(), OverflowError("x")])


@BREAKS
def test_a_user_whose_check_breaks_is_a_reject_with_its_place(error):
    (batch,) = running.batches([user(1)], Odd(error))
    assert batch == running.Batch([], [Rejected("line 1", "has a value that cannot be read")])


@BREAKS
def test_an_entry_at_which_a_reader_breaks_is_a_reject_with_its_place(error):
    def build(place: str, entry: object) -> Record:
        if entry == "odd":
            raise error
        return Record(place)

    found = list(records.each([("line 1", ""), ("line 2", "odd"), ("line 3", "")], build))
    assert found == [
        Record("line 1"),
        Rejected("line 2", "has a value that cannot be read"),
        Record("line 3"),
    ]


def test_a_salt_that_is_not_utf8_is_one_reject(run):
    odd = "pbkdf2_sha256$1000$\ud800abc$Jt0Fj0wCsk9/lCVNHSDI5vPcZJfXJCyrOiSN1gUGbNE="
    assert run([user(1), user(2, hash=odd), user(3)]) == (2, 0, 1)
    assert run.rejected == ["line 2: password hash is not UTF-8"]
