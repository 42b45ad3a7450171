"""Settings: all faults are reported together, and nothing unsafe starts."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from secrets import token_bytes, token_hex, token_urlsafe

import pytest

from app.core.policy import Policy
from app.settings.values import DEVELOPMENT_SECRET, guessable
from config import ROOT, SettingsError, read_settings

# As openssl rand -base64 48 makes them.
GOOD_SECRET = "q0Vt9yLw2Zr8XkPn4Hd6JbTs1FgMc7Ra+Ue5WoYi3Kx/CvBzNlSjEhDmGpQf0AuI"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch):
    """None of the variables set but a good secret."""
    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", GOOD_SECRET)


def faults() -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read_settings()
    return str(refused.value).splitlines()


def test_the_defaults_are_the_contracts_lifetimes():
    settings = read_settings()
    assert settings.policy == Policy()
    lifetimes = settings.lifetimes
    assert (lifetimes["aaa_idle_seconds"], lifetimes["login_token_seconds"]) == (1800, 20)
    assert settings.bind == "127.0.0.1:8000"
    assert not settings.development


def test_every_fault_is_listed_at_once_by_name(monkeypatch):
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", "")
    monkeypatch.setenv("WATCHWORD_AAA_IDLE_SECONDS", "half an hour")
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", "mysql://localhost/x")
    monkeypatch.setenv("WATCHWORD_BIND", "8000")
    monkeypatch.setenv("WATCHWORD_JWT_ALGORITHM", "none")
    monkeypatch.setenv("WEB_CONCURRENCY", "0")
    named = {fault.partition(":")[0] for fault in faults()}
    assert named == {
        "WATCHWORD_SECRET_KEYS",
        "WATCHWORD_AAA_IDLE_SECONDS",
        "WATCHWORD_DATABASE_URL",
        "WATCHWORD_BIND",
        "WATCHWORD_JWT_ALGORITHM",
        "WEB_CONCURRENCY",
    }


SECRETS = {
    "is missing; make one with: openssl rand -base64 48": ("",),
    "every key needs at least 32 random characters": ("short", "a" * 64, f"{GOOD_SECRET},short"),
    "is the development default, which everybody knows": (
        DEVELOPMENT_SECRET,
        f"{GOOD_SECRET},{DEVELOPMENT_SECRET}",
    ),
    "a key can be guessed; make one with: openssl rand -base64 48": (
        "abcdefgh" * 4,
        "Tr0ub4dor&3xKcd!" * 2,
        "changeme-changeme-changeme-changeme",
        "please-change-this-secret-before-production",
        "0123456789abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "Password123!Password123!Password",
    ),
}


@pytest.mark.parametrize(
    ("secret", "fault"), [(secret, fault) for fault in SECRETS for secret in SECRETS[fault]]
)
def test_production_refuses_a_missing_a_weak_and_the_default_secret(monkeypatch, secret, fault):
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", secret)
    assert faults() == [f"WATCHWORD_SECRET_KEYS: {fault}"]


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "192.0.2.1:80", "[::]:8000", "example.com:80"])
def test_development_serves_loopback_only(monkeypatch, bind):
    monkeypatch.setenv("WATCHWORD_ENV", "development")
    monkeypatch.setenv("WATCHWORD_BIND", bind)
    assert faults() == ["WATCHWORD_BIND: WATCHWORD_ENV=development serves loopback addresses only"]


@pytest.mark.parametrize("bind", ["127.0.0.1:9", "[::1]:8000", "localhost:8000"])
def test_development_takes_any_loopback_address_and_needs_no_secret(monkeypatch, bind):
    monkeypatch.setenv("WATCHWORD_ENV", "development")
    monkeypatch.setenv("WATCHWORD_BIND", bind)
    monkeypatch.delenv("WATCHWORD_SECRET_KEYS")
    assert read_settings().secret_keys == (DEVELOPMENT_SECRET,)


@pytest.mark.parametrize("make", [token_hex, token_urlsafe, token_bytes], ids=lambda f: f.__name__)
def test_a_drawn_secret_is_never_taken_for_a_guessable_one(make):
    for _ in range(200):
        drawn = make(32)
        secret = drawn if isinstance(drawn, str) else base64.b64encode(drawn).decode()
        assert not guessable(secret), secret


def test_judging_a_drawn_secret_costs_no_start_anything():
    code = "import sys, config; config.read_settings(); print('zxcvbn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "not a url", "mysql://h/d"])
def test_a_database_that_workers_cannot_share_is_refused(monkeypatch, url):
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", url)
    assert [fault.partition(":")[0] for fault in faults()] == ["WATCHWORD_DATABASE_URL"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg_3_however_the_url_spells_it(monkeypatch, scheme):
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", f"{scheme}://u:p%40ss@h/d")
    assert read_settings().database_url == "postgresql+psycopg://u:p%40ss@h/d"


def test_fewer_threads_than_logins_may_hold_are_refused(monkeypatch):
    monkeypatch.setenv("WATCHWORD_THREADS", "6")
    assert [fault.partition(":")[0] for fault in faults()] == ["WATCHWORD_THREADS"]


def test_settings_never_show_their_secrets():
    assert GOOD_SECRET not in repr(read_settings())


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("BIND", "127.0.0.1:8001 ", lambda s: s.bind),
        ("DATABASE_URL", "sqlite:////tmp/w.sqlite3\t", lambda s: s.database_url),
        ("SECRET_KEYS", f"{GOOD_SECRET} \r\n", lambda s: s.secret_keys[0]),
        ("ISSUER", "a.example ", lambda s: s.issuer),
        ("LOG_LEVEL", "debug ", lambda s: s.log_level),
        ("LOGIN_BANNER", "Authorized use only ", lambda s: s.login_banner),
    ],
)
def test_white_space_around_a_value_is_no_part_of_it(monkeypatch, name, value, read):
    monkeypatch.setenv(f"WATCHWORD_{name}", value)
    assert read(read_settings()) == value.strip()


def test_numbers_may_stand_in_white_space_and_an_empty_list_of_proxies_is_none(monkeypatch):
    monkeypatch.setenv("WATCHWORD_THREADS", " 16\n")
    monkeypatch.setenv("WEB_CONCURRENCY", "3 ")
    monkeypatch.setenv("WATCHWORD_TRUSTED_PROXIES", "  ")
    settings = read_settings()
    assert (settings.threads, settings.workers, settings.trusted_proxies) == (16, 3, ())


@pytest.mark.parametrize("value", ["9" * 5000, "٣", "+3", "1_0", "3.0", "-1", ""])
def test_a_number_is_plain_digits(monkeypatch, value):
    monkeypatch.setenv("WATCHWORD_AAA_IDLE_SECONDS", value)
    assert faults() == ["WATCHWORD_AAA_IDLE_SECONDS: must be a whole number of at least 1"]


def test_an_unknown_name_is_a_fault_with_the_name_that_was_meant(monkeypatch):
    monkeypatch.setenv("WATCHWORD_TRUSTED_PROXYS", "127.0.0.1")
    monkeypatch.setenv("WATCHWORD_COLOUR", "blue")
    assert faults() == [
        "WATCHWORD_COLOUR: there is no such setting",
        "WATCHWORD_TRUSTED_PROXYS: there is no such setting;"
        " did you mean WATCHWORD_TRUSTED_PROXIES?",
    ]


def test_what_kubernetes_sets_beside_a_service_of_this_name_is_no_setting(monkeypatch):
    for name, value in {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "8000",
        "SERVICE_PORT_HTTP": "8000",
        "PORT": "tcp://10.0.0.1:8000",
        "PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "PORT_8000_TCP_ADDR": "10.0.0.1",
    }.items():
        monkeypatch.setenv(f"WATCHWORD_{name}", value)
    read_settings()


@pytest.mark.parametrize(
    "bind",
    [
        *("127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:99999999", "127.0.0.1:", "127.0.0.1:٨٠"),
        *("::1:8000", "127.0.0.1:80,0.0.0.0:80", "a host:80", "unix:", ":8000", "127.0.0.1:http"),
    ],
)
def test_an_address_that_cannot_be_bound_is_a_fault(monkeypatch, bind):
    monkeypatch.setenv("WATCHWORD_BIND", bind)
    [fault] = faults()
    assert fault.startswith("WATCHWORD_BIND: must be ADDRESS:PORT")


def test_a_unix_socket_needs_proxies_that_name_the_client(monkeypatch):
    monkeypatch.setenv("WATCHWORD_BIND", "unix:/run/watchword/socket")
    [fault] = faults()
    assert fault.startswith("WATCHWORD_BIND: a UNIX socket has no client addresses")
    monkeypatch.setenv("WATCHWORD_TRUSTED_PROXIES", "127.0.0.1")
    assert read_settings().bind == "unix:/run/watchword/socket"


@pytest.mark.parametrize(
    ("mode", "found"), [("0600", 0o600), ("0660", 0o660), ("600", None), ("0777", None)]
)
def test_a_unix_sockets_mode_is_one_of_three(monkeypatch, mode, found):
    monkeypatch.setenv("WATCHWORD_SOCKET_MODE", mode)
    if found is None:
        assert [fault.partition(":")[0] for fault in faults()] == ["WATCHWORD_SOCKET_MODE"]
    else:
        assert read_settings().socket_mode == found


def test_a_hash_that_protects_nothing_is_for_tests_alone(monkeypatch):
    monkeypatch.setenv("WATCHWORD_ARGON2_PROFILE", "cheapest-tests-only")
    assert faults() == [
        "WATCHWORD_ARGON2_PROFILE: cheapest-tests-only protects no password;"
        " it needs WATCHWORD_ENV=testing"
    ]
    monkeypatch.setenv("WATCHWORD_ENV", "testing")
    assert read_settings().argon2_profile == "cheapest-tests-only"


def test_testing_is_as_strict_as_production_and_serves_this_machine_alone(monkeypatch):
    monkeypatch.setenv("WATCHWORD_ENV", "testing")
    monkeypatch.setenv("WATCHWORD_BIND", "0.0.0.0:8000")
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", DEVELOPMENT_SECRET)
    assert faults() == [
        "WATCHWORD_SECRET_KEYS: is the development default, which everybody knows",
        "WATCHWORD_BIND: WATCHWORD_ENV=testing serves loopback addresses only",
    ]


class TestSecretsFromFiles:
    """As Docker, Kubernetes and systemd hand them to a container or a unit."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "secret"

    def test_a_file_is_read_without_its_last_newline(self, monkeypatch, file):
        monkeypatch.delenv("WATCHWORD_SECRET_KEYS")
        file.write_text(f"{GOOD_SECRET}\n")
        monkeypatch.setenv("WATCHWORD_SECRET_KEYS_FILE", f"{file} ")
        assert read_settings().secret_keys == (GOOD_SECRET,)

    def test_several_keys_may_stand_on_lines(self, monkeypatch, file):
        monkeypatch.delenv("WATCHWORD_SECRET_KEYS")
        file.write_text(f"{GOOD_SECRET}\n{GOOD_SECRET[::-1]}\n")
        monkeypatch.setenv("WATCHWORD_SECRET_KEYS_FILE", str(file))
        assert read_settings().secret_keys == (GOOD_SECRET, GOOD_SECRET[::-1])

    def test_the_database_url_may_be_in_one(self, monkeypatch, file):
        file.write_text("postgresql://u:hidden@h/d\r\n")
        monkeypatch.setenv("WATCHWORD_DATABASE_URL_FILE", str(file))
        assert read_settings().database_url == "postgresql+psycopg://u:hidden@h/d"

    def test_both_forms_at_once_are_a_fault(self, monkeypatch, file):
        file.write_text(GOOD_SECRET)
        monkeypatch.setenv("WATCHWORD_SECRET_KEYS_FILE", str(file))
        assert faults() == [
            "WATCHWORD_SECRET_KEYS: is set, and WATCHWORD_SECRET_KEYS_FILE too: which one counts?"
        ]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "cannot be read: No such file or directory"),
            (b" \n", "is empty"),
            (b"\xff\xfe" * 40, "is not text"),
        ],
    )
    def test_a_file_that_gives_no_secret_is_named(self, monkeypatch, file, content, reason):
        monkeypatch.delenv("WATCHWORD_SECRET_KEYS")
        if content is not None:
            file.write_bytes(content)
        monkeypatch.setenv("WATCHWORD_SECRET_KEYS_FILE", str(file))
        assert faults() == [f"WATCHWORD_SECRET_KEYS: the file {file} {reason}"]
