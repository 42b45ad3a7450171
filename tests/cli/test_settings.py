"""``flask settings``: what is in force, and where from."""

from app.settings.in_force import in_force
from config import read_settings
from tests.conftest import TEST_SECRET


def test_every_setting_is_listed_with_its_source_and_no_secret(listed, done):
    found = {line["variable"]: line for line in listed("settings")}
    secret = found["WATCHWORD_SECRET_KEYS"]
    assert (secret["value"], secret["source"]) == ("set, and never shown", "environment")
    console = found["WATCHWORD_CONSOLE"]
    assert (console["value"], console["source"]) == ("off", "default")
    assert found["WATCHWORD_TRUSTED_PROXIES"]["value"] == "not set"
    assert TEST_SECRET not in done("settings")


def test_a_secret_from_a_file_says_so(settings, monkeypatch, tmp_path):
    file = tmp_path / "keys"
    file.write_text(TEST_SECRET)
    monkeypatch.delenv("WATCHWORD_SECRET_KEYS")
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS_FILE", str(file))
    lines = in_force(read_settings().stated)
    (secret,) = [line for line in lines if line.variable == "WATCHWORD_SECRET_KEYS"]
    assert (secret.value, secret.source) == ("set, and never shown", "file")
