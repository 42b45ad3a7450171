"""What a harness is started with: settings, an address, a seed file, a time. Each fault is one line."""

import pytest

from harness import documents
from harness.plane import server
from harness.plane.schemas import NotATime, instant_of
from harness.plane.sockets import Taken, listening


@pytest.fixture
def refused(monkeypatch):
    """Why these variables are refused."""

    def settings(**variables: str) -> str:
        for name in server.OWN:
            monkeypatch.delenv(f"WATCHWORD_{name}", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(server.Refusal) as refusal:
            server.settings(monkeypatch.setenv)
        assert "\n" not in str(refusal.value)
        return str(refusal.value)

    return settings


@pytest.mark.parametrize("name", server.OWN)
@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_databases_and_secrets_are_its_own(refused, name, suffix):
    said = refused(**{f"WATCHWORD_{name}{suffix}": "sqlite:////var/lib/watchword.sqlite3"})
    assert said.startswith(f"WATCHWORD_{name}{suffix} is set")
    assert "/var/lib" not in said


def test_a_setting_that_is_wrong_is_named(refused):
    assert "WATCHWORD_LOG_LEVEL" in refused(WATCHWORD_LOG_LEVEL="loud")


@pytest.mark.parametrize(("address", "port"), [("127.0.0.1", 65_536), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_is_refused(address, port):
    with pytest.raises(Taken, match=f"{address}, port {port}: "):
        listening(address, port)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("seed.json", "{", "Expecting property name"),
        ("seed.yaml", "users: [", "is not YAML"),
        ("seed.json", "[]", "must be a mapping"),
        ("seed.json", b"\xff", "codec can't decode"),
        ("seed.json", None, "No such file"),
    ],
)
def test_a_seed_file_that_cannot_be_read_is_named(tmp_path, name, text, reason):
    path = tmp_path / name
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(documents.BadDocument) as bad:
        documents.read(path)
    assert str(bad.value).startswith(f"{path}: ")
    assert reason in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("now", ["tomorrow", "2027-03-28T00:59:50", "nan", "1e400", 7, None])
def test_a_time_that_is_none_is_refused(now):
    with pytest.raises(NotATime):
        instant_of(now)
