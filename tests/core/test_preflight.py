"""The checks at start, and readiness."""

import threading

import pytest
from sqlalchemy import text

from app import create_app
from app.core.core import Core
from app.core.keys.keyring import KeysUnusable
from app.core.refusals import Refusal
from app.core.upkeep import preflight, readiness
from app.store.faults import Fault, StoreUnavailable
from tests.conftest import settings_for


def refused(core: Core) -> str:
    with pytest.raises(preflight.StartRefused) as found:
        preflight.preflight(core)
    return str(found.value)


def raising(error: Exception):
    def fail(*_given: object) -> None:
        raise error

    return fail


def test_a_migrated_database_with_its_keys_is_good_to_start_with(core: Core):
    preflight.preflight(core)
    assert core.keys.ring.current_seal


def test_a_schema_of_an_earlier_version_is_refused_with_what_to_do(core: Core):
    with core.store.write() as writing:
        writing.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert refused(core) == "the database is not migrated: run flask --app wsgi db upgrade"


@pytest.mark.parametrize(
    "url", ["sqlite:///{}/none.sqlite3", "sqlite:///file:{}/none.sqlite3?uri=true"]
)
def test_a_file_that_is_not_there_is_not_made(tmp_path, monkeypatch, url: str):
    app = create_app(settings_for(url.format(tmp_path), monkeypatch))
    core: Core = app.extensions["watchword"].core
    assert refused(core) == preflight.NOT_MIGRATED
    assert list(tmp_path.iterdir()) == []
    core.close()


def test_a_database_that_does_not_answer_is_refused_with_the_reason(core: Core, monkeypatch):
    monkeypatch.setattr(core.store, "check_pooler", raising(StoreUnavailable("Silent")))
    assert refused(core) == "the database cannot be used (no server answers in time)"


def test_keys_that_cannot_be_unwrapped_are_refused(core: Core, monkeypatch):
    monkeypatch.setattr(core.keys, "load", raising(KeysUnusable("the secret is gone")))
    assert refused(core) == "the secret is gone"


def test_a_database_that_takes_no_writes_is_refused_and_a_busy_one_is_not(core: Core, monkeypatch):
    read_only = StoreUnavailable("SQLITE_READONLY", Fault.READ_ONLY)
    monkeypatch.setattr(preflight, "take_a_write", raising(read_only))
    assert "its file takes no writes" in refused(core)
    monkeypatch.setattr(preflight, "take_a_write", raising(StoreUnavailable("SQLITE_BUSY")))
    preflight.preflight(core)


def test_a_probe_that_takes_too_long_is_a_verdict_of_its_own(core: Core, monkeypatch):
    let_go = threading.Event()
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(readiness, "is_migrated", lambda _core: let_go.wait(10))
    asked = readiness.Readiness()
    assert asked.refusal(core) is Refusal.STORE_UNAVAILABLE
    let_go.set()
