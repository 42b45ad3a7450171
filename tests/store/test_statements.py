"""A statement of a module is compiled once; one that is built for a call is forgotten after it."""

import gc

import pytest
from sqlalchemy import bindparam, create_engine, insert, select, update
from sqlalchemy.dialects import postgresql

from app.core.core import Core
from app.store import statements
from app.store.models import Lease, User
from app.store.statements import Statements

HOLDER = select(Lease.holder).where(Lease.name == bindparam("name"))
LEASE = {"name": "purge", "holder": "me", "expires_at": 1.5}


@pytest.fixture(params=["sqlite://", "postgresql+psycopg://"])
def compiled(request: pytest.FixtureRequest):
    return Statements(create_engine(request.param).dialect).compiled


def test_a_constant_is_compiled_once_for_all_stores_of_a_process(compiled):
    again = Statements(postgresql.dialect()).compiled
    assert compiled(HOLDER) is compiled(HOLDER)
    assert again(HOLDER) is again(HOLDER)
    assert again(HOLDER).sql != ""


def test_a_statement_that_is_built_for_a_call_is_forgotten_after_it(core: Core):
    core.store.read(HOLDER, name="purge")
    gc.collect()  # what the tests before this one left behind
    before = number_known()
    for number in range(20):
        core.store.read(HOLDER.limit(number), name="purge")
        with core.store.write() as writing:
            writing.execute(update(Lease).values(holder=f"holder {number}"))
    gc.collect()
    assert number_known() == before


def number_known() -> int:
    return sum(map(len, statements.KNOWN.values()))


def test_statements_that_differ_only_in_a_value_are_never_mixed_up(core: Core):
    with core.store.write() as writing:
        for number in range(50):
            writing.execute(insert(Lease).values(LEASE | {"name": f"lease {number}"}))
    for number in range(50):
        (row,) = core.store.read(select(Lease.name).where(Lease.name == f"lease {number}"))
        assert row == (f"lease {number}",)


def test_an_insert_of_fewer_columns_is_another_statement(core: Core, rows):
    statement = insert(User).inline()
    least = {"username": "u", "email": "u", "password_hash": "", "created_at": 0.0}
    with core.store.write() as writing:
        writing.execute(statement, least | {"uuid": "1"})
        writing.execute(statement, least | {"uuid": "2", "epoch": 7, "roles": {"npm"}})
    assert rows("SELECT epoch, roles FROM users ORDER BY uuid") == [
        {"epoch": 1, "roles": ""},
        {"epoch": 7, "roles": "npm"},
    ]


def test_a_list_of_values_stands_in_the_statement(core: Core):
    with core.store.write() as writing:
        writing.execute(insert(Lease).inline(), LEASE)
    found = core.store.read(select(Lease.name).where(Lease.name.in_(["other", "purge"])))
    assert found == [("purge",)]
    assert core.store.read(select(Lease.name).where(Lease.name.in_([]))) == []
