"""The same migrations for both databases agree with the models and lose no rows."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, inspect, text

from app import create_app
from app.core import identities
from app.core.core import Core
from app.core.refusals import Refused
from app.core.upkeep import leader, preflight, purge, request_hours
from app.extensions import Model
from app.store.engine import migrating_engine
from app.store.models import Customer
from config import ROOT
from tests import grants
from tests.conftest import settings_for
from tests.factories import ORIGIN, Identities

MIGRATIONS = str(ROOT / "migrations")
TABLES = sorted(Model.metadata.tables)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_app(request, tmp_path: Path, monkeypatch) -> Iterator[Flask]:
    """An application on a database without a single table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        url = request.getfixturevalue("empty_postgresql_url")
    app = create_app(settings_for(url, monkeypatch))
    with app.app_context():
        yield app
    app.extensions["watchword"].core.close()


def engine() -> Engine:
    """What the migrations ran on."""
    return migrating_engine(current_app.extensions["watchword"].connections)


def tables() -> list[str]:
    return sorted(inspect(engine()).get_table_names())


def test_a_fresh_database_gets_every_table_and_passes_the_preflight(empty_app: Flask):
    core = empty_app.extensions["watchword"].core
    assert not preflight.is_migrated(core, MIGRATIONS)
    upgrade(directory=MIGRATIONS)
    assert tables() == sorted([*TABLES, "alembic_version"])
    assert preflight.is_migrated(core, MIGRATIONS)


def test_models_and_migrations_agree(empty_app: Flask):
    upgrade(directory=MIGRATIONS)
    with engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Model.metadata) == []


def test_an_empty_database_goes_all_the_way_down_and_up_again(empty_app: Flask):
    upgrade(directory=MIGRATIONS)
    downgrade(directory=MIGRATIONS, revision="base")
    assert tables() == ["alembic_version"]
    upgrade(directory=MIGRATIONS)
    assert tables() == sorted([*TABLES, "alembic_version"])


def test_the_migrations_are_one_line():
    scripts = ScriptDirectory(MIGRATIONS)
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


@pytest.fixture
def full(core: Core, identities: Identities, app: Flask) -> Iterator[None]:
    """A row, at least, in every table."""
    with core.store.write() as writing:
        writing.execute(Customer.__table__.insert().values(id="c1", name="Customer"))
    user = identities.add(customer_id="c1", roles=("admin",))
    identities.code(user)
    identities.client(confidential=True)
    fill(core, user)
    with app.app_context():
        yield


def fill(core: Core, user) -> None:
    with pytest.raises(Refused):
        identities.prove(core, user.username, "wrong", ORIGIN)
    proven = identities.prove(core, user.email, user.password, ORIGIN)
    with pytest.raises(Refused):
        identities.prove(core, user.email, "wrong", ORIGIN)
    grants.session_pair(core, proven, "koms-web", ORIGIN)
    grants.aaa_session(core, proven, ORIGIN)
    grants.jwt_pair(core, proven, ORIGIN)
    assert purge.acquire_lease(core, "me", 60)
    for _ in range(3):
        leader.work(core)
    request_hours.add(core, "verify", [1])


def contents(rows) -> dict[str, list[dict[str, object]]]:
    return {table: rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}


def steps_down() -> list[str]:
    """Every revision but the oldest: down to the one before it and up again."""
    return [script.down_revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()][:-1]


@pytest.mark.parametrize("revision", steps_down())
def test_down_and_up_again_loses_no_row_of_any_table(full, rows, revision: str):
    before = contents(rows)
    assert all(before.values()), "a row in every table"
    downgrade(directory=MIGRATIONS, revision=revision)
    upgrade(directory=MIGRATIONS)
    assert contents(rows) == before


def test_codes_of_the_version_before_get_the_epoch_that_their_user_has(full, core: Core, rows):
    downgrade(directory=MIGRATIONS, revision="0003")
    with core.store.write() as writing:
        writing.execute(text("UPDATE access_codes SET epoch = NULL"))
        writing.execute(text("UPDATE users SET epoch = 7"))
    upgrade(directory=MIGRATIONS)
    assert rows("SELECT epoch, session_id FROM access_codes") == [{"epoch": 7, "session_id": None}]


def test_the_way_down_to_nothing_is_refused_while_there_are_users(full, rows, caplog):
    before = contents(rows)
    with caplog.at_level(logging.ERROR), pytest.raises(SystemExit):
        downgrade(directory=MIGRATIONS, revision="base")
    assert "this would delete 1 users" in caplog.text
    upgrade(directory=MIGRATIONS)
    assert contents(rows) == before
