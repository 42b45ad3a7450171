"""Columns whose Python and SQL forms differ keep what they were given."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from app.core.core import Core
from app.store.models import AuditEvent, User
from app.store.unit_of_work import reading, transaction


def add(core: Core, roles) -> None:
    with transaction(core.engine) as connection:
        connection.execute(
            insert(User).values(
                uuid="u", username="u", email="u", password_hash="", roles=roles, created_at=0.0
            )
        )


def test_names_are_a_set_in_python_and_sorted_words_in_the_table(core: Core, rows):
    add(core, {"npm", "admin", "audit"})
    assert rows("SELECT roles, permissions FROM users") == [
        {"roles": "admin audit npm", "permissions": ""}
    ]
    with reading(core.engine) as connection:
        assert connection.execute(select(User.roles, User.permissions)).one() == (
            frozenset({"admin", "audit", "npm"}),
            frozenset(),
        )


@pytest.mark.parametrize("name", ["two words", "", "tab\t", "no\u00a0break"])
def test_a_name_that_would_read_back_as_another_is_refused(core: Core, rows, name: str):
    with pytest.raises(StatementError, match="white space"):
        add(core, {name})
    assert rows("SELECT * FROM users") == []


@pytest.mark.parametrize("at", [0.0, 1_767_225_600.123456, 253_402_300_799.0])
def test_a_numeric_date_keeps_every_digit(core: Core, rows, at: float):
    with transaction(core.engine) as connection:
        connection.execute(insert(AuditEvent).values(at=at, event="login"))
    assert rows("SELECT at FROM audit_events") == [{"at": at}]


def test_a_session_id_of_63_bits_fits(core: Core, rows):
    with transaction(core.engine) as connection:
        connection.execute(insert(AuditEvent).values(at=0.0, event="login", session_id=2**63 - 1))
    assert rows("SELECT session_id FROM audit_events") == [{"session_id": 2**63 - 1}]
