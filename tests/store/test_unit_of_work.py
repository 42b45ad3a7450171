"""One transaction, rolled back unless it ran to its end."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.core.core import Core
from app.store.models import Lease, LoginName, User
from app.store.unit_of_work import StoreUnavailable, reading, transaction
from tests.factories import Identities

LEASE = {"name": "purge", "holder": "me", "expires_at": 1.5}


def test_a_block_that_ends_is_committed(core: Core, rows):
    with transaction(core.engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
    assert rows("SELECT * FROM leases") == [LEASE]


def test_a_block_that_raises_leaves_nothing_behind(core: Core, rows):
    with pytest.raises(LookupError), transaction(core.engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
        raise LookupError
    assert rows("SELECT * FROM leases") == []


def test_a_block_that_raises_lets_go_of_its_locks(core: Core, rows):
    with pytest.raises(LookupError), transaction(core.engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
        raise LookupError
    with transaction(core.engine) as connection:
        connection.execute(insert(Lease).values(**LEASE | {"holder": "another"}))
    assert rows("SELECT holder FROM leases") == [{"holder": "another"}]


def test_a_violated_constraint_stays_what_it_is_and_nothing_is_kept(core: Core, rows):
    with pytest.raises(IntegrityError), transaction(core.engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
        connection.execute(insert(Lease).values(**LEASE))
    assert rows("SELECT * FROM leases") == []


def test_a_login_name_belongs_to_a_user_that_exists(core: Core, rows):
    with pytest.raises(IntegrityError), transaction(core.engine) as connection:
        connection.execute(insert(LoginName).values(name="nobody", user_id=999))
    assert rows("SELECT * FROM login_names") == []


def test_what_belongs_to_a_user_goes_with_it(core: Core, identities: Identities, rows):
    user = identities.add()
    identities.code(user)
    with transaction(core.engine) as connection:
        connection.execute(User.__table__.delete())
    for table in ("login_names", "api_keys", "access_codes"):
        assert rows(f"SELECT * FROM {table}") == []


def test_reading_takes_no_lock_and_waits_for_none(core: Core):
    with transaction(core.engine) as writer:
        writer.execute(insert(Lease).values(**LEASE))
        with reading(core.engine) as connection:
            assert connection.execute(select(Lease.name)).all() == []


def test_a_connection_that_was_read_from_still_writes_in_transactions(core: Core, rows):
    with reading(core.engine) as connection:
        connection.execute(select(Lease.name)).all()
    with pytest.raises(LookupError), transaction(core.engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
        raise LookupError
    assert rows("SELECT * FROM leases") == []


@pytest.fixture
def missing_url(database_url: str, tmp_path: Path) -> str:
    """The URL of a database that is not there: no such directory, no such socket."""
    missing = tmp_path / "missing"
    if database_url.startswith("sqlite"):
        return f"sqlite:///{missing}/watchword.sqlite3"
    return f"postgresql+psycopg://postgres@/watchword?host={missing}"


def test_a_missing_database_is_unavailable_and_the_error_names_no_place(
    missing_url: str, open_store
):
    engine = open_store(missing_url).engine
    with pytest.raises(StoreUnavailable) as caught, transaction(engine):
        pass
    assert str(caught.value) == "OperationalError"
    with pytest.raises(StoreUnavailable), reading(engine):
        pass


def test_a_pool_that_has_no_connection_left_is_unavailable(sqlite_url: str, open_store):
    pool = {"pool_timeout": 0.01, "pool_size": 1, "max_overflow": 0}
    engine = open_store(sqlite_url, pool).engine
    with reading(engine), pytest.raises(StoreUnavailable), transaction(engine):
        pass


@pytest.fixture
def postgresql_engine(postgresql_url: str, open_store):
    return open_store(postgresql_url).engine


END_THE_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(
    postgresql_engine, rows_of
):
    with transaction(postgresql_engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
    assert rows_of(END_THE_OTHERS)
    with transaction(postgresql_engine) as connection:
        assert connection.scalar(select(Lease.holder)) == "me"


def test_a_transaction_whose_server_goes_away_is_unavailable_and_undone(postgresql_engine, rows_of):
    with pytest.raises(StoreUnavailable), transaction(postgresql_engine) as connection:
        connection.execute(insert(Lease).values(**LEASE))
        rows_of(END_THE_OTHERS)
        connection.execute(select(Lease.name))
    assert rows_of(text("SELECT * FROM leases")) == []


@pytest.fixture
def rows_of(postgresql_url: str):
    """Run a statement on PostgreSQL over a connection of the operator's own."""
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")

    def run(statement):
        with engine.connect() as connection:
            return connection.execute(statement).all()

    yield run
    engine.dispose()
