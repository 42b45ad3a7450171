"""What an operator learns of the replicas of a PostgreSQL primary."""

from app.core.upkeep.replicas import Replica, replicas
from app.store.store import Store


def test_a_database_without_replicas_has_none(core):
    assert replicas(core) == []


def test_each_replica_is_told_with_its_lag(core, monkeypatch):
    rows = [("east", 0.25, True), ("west", None, False)]
    monkeypatch.setattr(core.store, "backend", "postgresql")
    monkeypatch.setattr(Store, "read", lambda *_given: rows)
    assert replicas(core) == [Replica("east", 0.25, True), Replica("west", None, False)]
