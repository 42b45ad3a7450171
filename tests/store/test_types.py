"""Columns whose Python and SQL forms differ keep what they were given."""

import pytest
from sqlalchemy import String, insert, select, type_coerce

from app.core.core import Core
from app.store.models import AuditEvent, User


def add(core: Core, roles) -> None:
    with core.store.write() as writing:
        writing.execute(
            insert(User).values(
                uuid="u", username="u", email="u", password_hash="", roles=roles, created_at=0.0
            )
        )


def test_names_are_a_set_in_python_and_sorted_words_in_the_table(core: Core, rows):
    add(core, {"npm", "admin", "audit"})
    assert rows("SELECT roles, permissions FROM users") == [
        {"roles": "admin audit npm", "permissions": ""}
    ]
    typed = core.store.first(select(User.roles, User.permissions))
    assert typed == (frozenset({"admin", "audit", "npm"}), frozenset())
    assert core.store.first(select(type_coerce(User.roles, String))) == ("admin audit npm",)


def test_values_come_back_as_sqlalchemy_gives_them_from_reads_and_writes_alike(core: Core):
    columns = (User.id, User.password_expired, User.pepper_id, User.disabled_at, User.roles)
    values = {"uuid": "u", "username": "u", "email": "u", "password_hash": "", "created_at": 1.0}
    with core.store.write() as writing:
        written = writing.execute(insert(User).returning(*columns), values).one()
    assert core.store.read(select(*columns)) == [written]
    assert written[1] is False
    assert written[1:] == (False, None, None, frozenset())
    assert core.store.read(select(User.disabled_at.is_(None), User.created_at)) == [(True, 1.0)]


def test_bytes_are_bytes_and_none_is_none(core: Core):
    digest = bytes(range(32))
    values = {"at": 0.0, "event": "login", "aggregate": digest}
    with core.store.write() as writing:
        writing.execute(insert(AuditEvent).inline(), values)
        writing.execute(insert(AuditEvent).inline(), values | {"aggregate": None, "at": 1.0})
    found = core.store.read(select(AuditEvent.aggregate).order_by(AuditEvent.at))
    assert found == [(digest,), (None,)]
    assert type(found[0][0]) is bytes


@pytest.mark.parametrize("name", ["two words", "", "tab\t", "no\u00a0break"])
def test_a_name_that_would_read_back_as_another_is_refused(core: Core, rows, name: str):
    with pytest.raises(ValueError, match="white space"):
        add(core, {name})
    assert rows("SELECT * FROM users") == []


@pytest.mark.parametrize("at", [0.0, 1_767_225_600.123456, 253_402_300_799.0])
def test_a_numeric_date_keeps_every_digit(core: Core, rows, at: float):
    with core.store.write() as writing:
        writing.execute(insert(AuditEvent).values(at=at, event="login"))
    assert rows("SELECT at FROM audit_events") == [{"at": at}]


def test_a_session_id_of_63_bits_fits(core: Core, rows):
    with core.store.write() as writing:
        writing.execute(insert(AuditEvent).values(at=0.0, event="login", session_id=2**63 - 1))
    assert rows("SELECT session_id FROM audit_events") == [{"session_id": 2**63 - 1}]
