"""The limits of the core's policy as settings."""

import dataclasses

import pytest

from app.core.policy import Policy
from config import ROOT, SettingsError, read_settings

MAY_BE_ZERO = {"refresh_grace_seconds", "hashing_queue"}


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_ENV", "development")
    monkeypatch.setenv("WATCHWORD_THREADS", "100")


@pytest.mark.parametrize("field", dataclasses.fields(Policy), ids=lambda field: field.name)
def test_every_limit_is_settable_from_its_least_value_on_and_documented(monkeypatch, field):
    name = f"WATCHWORD_{field.name.upper()}"
    least = 0 if field.name in MAY_BE_ZERO else 1
    for value in (7, least):
        monkeypatch.setenv(name, str(value))
        assert getattr(read_settings().policy, field.name) == value
    monkeypatch.setenv(name, str(least - 1))
    with pytest.raises(SettingsError, match=f"^{name}: "):
        read_settings()
    assert f"`{name}`" in (ROOT / "docs" / "operations.md").read_text()
