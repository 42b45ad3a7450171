"""``flask seed``: which files it reads, JSON and YAML, and the demonstration."""

import json

import pytest

from app.core import identities
from app.core.credentials import api_keys, clients
from config import ROOT
from tests.cases import each
from tests.cli.seed.conftest import CUSTOMER, KEY, user
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD
from tests.grants import LOGIN

DEMO = ROOT / "app" / "cli" / "demo.json"


def test_yaml_says_the_same(done, tmp_path, core):
    path = tmp_path / "seed.YAML"
    path.write_text(
        f"""
        # people
        customers: [{{id: {CUSTOMER}, name: Datastore Ltd}}]
        users:
          - &first
            username: nessa
            email: nessa@example.com
            password: "{PASSWORD}"
            customer: {CUSTOMER}
            roles: [admin]
        """
    )
    assert done("seed", path).startswith("added 1 customer, 0 clients, 1 user")
    assert identities.prove(core, "nessa", PASSWORD, ORIGIN).customer == CUSTOMER


def test_a_byte_order_mark_is_no_fault(done, tmp_path):
    path = tmp_path / "seed.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"users": [user()]}).encode())
    assert done("seed", path).startswith("added 0 customers, 0 clients, 1 user")


@each(
    ("name", "content", "reason"),
    [
        ("a.json", b'{"users": [', "is not JSON: line 1, column 12: Expecting value"),
        ("a.json", b'\xff\xfe{\x00"\x00', "is not UTF-8"),
        ("a.json", b"[]", "must be a mapping of customers, clients and users"),
        ("a.json", b"[" * 100_000, "is nested too deeply"),
        ("a.json", b'{"users": ' + b"1" * 5000 + b"}", "holds a number of too many digits"),
        ("a.yaml", b"users: [", "is not YAML: line 2, column 1: did not find expected node"),
        ("a.yaml", b"- nessa", "must be a mapping of customers, clients and users"),
        ("a.yaml", b"users: !!python/name:os.system", "is not YAML: line 1, column 8: could not"),
        ("a.yaml", b"2026-99-99: x", "is not YAML"),
        ("a.yaml", b"[1]: x", "is not YAML"),
        ("a.yml", b"", "must be a mapping of customers, clients and users"),
        ("missing.json", None, "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_made_out_is_one_line(refused, tmp_path, name, content, reason):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert refused("seed", path).startswith(f"{path}: {reason}")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"users": [{"username": "a", "email": "a@x.de", "email": "b@x.de"}]}'),
        ("a.yaml", "users: [{username: a, email: a@x.de, email: b@x.de}]"),
    ],
)
def test_a_key_that_stands_twice_is_a_fault(run, tmp_path, tables, name, content):
    path = tmp_path / name
    path.write_text(content)
    assert run("seed", path).stderr.splitlines()[1:] == ["users[0].email: stands there twice"]
    path.write_text('{"users": [], "users": []}' if name == "a.json" else "users: []\nusers: []")
    assert run("seed", path).stderr.splitlines()[1:] == ["users: stands there twice"]
    assert tables()["users"] == []


def test_a_directory_is_no_seed(refused, tmp_path):
    assert refused("seed", tmp_path) == f"{tmp_path}: Is a directory"


def test_production_refuses_the_demonstration(refused, tables):
    for command in ("seed", "import"):
        assert "is for WATCHWORD_ENV=development" in refused(command, DEMO)
    assert tables()["users"] == []


class TestDemonstration:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, env="development")

    def test_the_identities_of_the_documents_samples_work_as_printed(self, run, core):
        result = run("seed", DEMO)
        assert result.exit_code == 0
        assert result.stderr == (
            "These identities are known to everybody: for demonstration only.\n"
        )
        ethan = identities.prove(core, "ethan.buckley@datastoreltd.biz", "S0qUx56pW!", ORIGIN)
        assert ethan.customer == CUSTOMER
        assert api_keys.exchange(core, LOGIN, "John.Doo", KEY, ORIGIN).expires_in == 20
        assert clients.require(core, "koms-web")
        assert identities.prove(core, "komi@example.com", "demonstration-of-session", ORIGIN)
        nessa = identities.prove(core, "nessa", "demonstration-of-aaa", ORIGIN)
        assert nessa.permissions == {"npm"}
        admin = identities.prove(core, "admin", "demonstration-of-admin", ORIGIN)
        assert admin.roles == {"admin"}
        secret = "Fk2mTx0eW7nQ4sVbR9cLpY"
        assert clients.prove(core, [("gateway", secret)], ORIGIN)
