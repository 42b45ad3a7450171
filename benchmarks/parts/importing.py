"""``flask --app wsgi import FILE``: users a second and memory, from three formats into both databases."""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import compare, data, machine, postgres
from ..compare import Effort
from ..results import Findings, Row
from ..servers import ROOT

USERS, QUICK_USERS = 200_000, 20_000
ROUNDS = 3
PER_SECOND, MOST_MIB = 15_000, 150


def rates(effort: Effort) -> Findings:
    """From the command's start to its end, on a fresh database each time, with its peak of memory."""
    users = QUICK_USERS if effort.quick else USERS
    findings = Findings(details={"users": users})
    memory = []
    with (
        tempfile.TemporaryDirectory(prefix="watchword-import-") as name,
        postgres.server() as named,
    ):
        home = Path(name)
        for format_, write in FORMATS.items():
            file = home / format_
            with file.open("w") as stream:
                # In pieces: a child's peak of memory counts what its parent had when it forked.
                stream.writelines(write(users))
            for backend in ("SQLite", "PostgreSQL"):
                rate = []
                for number in range(min(effort.rounds, ROUNDS)):
                    database = f"import_{os.getpid()}_{format_}_{number}"
                    sqlite = f"sqlite:///{home / database}.sqlite3"
                    url = sqlite if backend == "SQLite" else named(database)
                    seconds, mib = _imported(url, file)
                    rate.append(users / seconds)
                    memory.append(mib)
                findings.details[f"{format_} into {backend}"] = compare.spread(rate, 0)
                findings.rows.append(
                    Row(
                        f"importing {users:,} users from {format_} into {backend}",
                        PER_SECOND,
                        statistics.median(rate),
                        unit=" users/s",
                    )
                )
    findings.rows.append(
        Row("memory of an import", MOST_MIB, max(memory), unit=" MiB", at_most=True)
    )
    return findings


def _imported(url: str, file: Path) -> tuple[float, float]:
    """Seconds and MiB of one import."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("WATCHWORD_")},
        "WATCHWORD_DATABASE_URL": url,
        "WATCHWORD_SECRET_KEYS": data.new_secret(),
    }
    _flask(environment, "db", "upgrade")
    started = time.perf_counter()
    mib = _flask(environment, "import", str(file))
    return time.perf_counter() - started, mib


def _flask(environment: dict[str, str], *command: str) -> float:
    """Run a command. Returns its peak of memory in MiB."""
    pinned = ["taskset", "-c", ",".join(map(str, machine.ALL_CORES))]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [*pinned, sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=environment,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        if process.returncode:
            raise RuntimeError(f"flask {command[0]} failed: {told.read()[-2000:]!r}")
    return usage.ru_maxrss / 1024


def _csv(users: int) -> Iterator[str]:
    yield "username,email,password_hash\n"
    for number in range(users):
        name, digest = _name(number), _digest(number).hex()[:53]
        yield f"{name},{name}@example.com,$2b$12${digest}\n"


def _dumpdata(users: int) -> Iterator[str]:
    yield "[\n"
    for number in range(users):
        name, digest = _name(number), b64encode(_digest(number)).decode()
        fields = {
            "password": f"pbkdf2_sha256$1000000${digest[:22].replace('/', 'a')}${digest}",
            "last_login": None,
            "is_superuser": False,
            "username": name,
            "first_name": "",
            "last_name": "",
            "email": f"{name}@example.com",
            "is_staff": False,
            "is_active": True,
            "date_joined": "2025-01-01T00:00:00Z",
            "groups": [],
            "user_permissions": [],
        }
        entry = {"model": "auth.user", "pk": number + 1, "fields": fields}
        yield f"{',' if number else ''}{json.dumps(entry)}\n"
    yield "]\n"


def _keycloak(users: int) -> Iterator[str]:
    yield '{"realm": "bench", "users": [\n'
    costs = json.dumps({"hashIterations": 210_000, "algorithm": "pbkdf2-sha512"})
    for number in range(users):
        name, digest = _name(number), b64encode(_digest(number) * 2).decode()
        secret = json.dumps({"value": digest, "salt": digest[:24], "additionalParameters": {}})
        entry = {
            "id": f"4e67ce9c-1ddc-45db-b36e-{number:012x}",
            "createdTimestamp": 1_740_654_292_335,
            "username": name,
            "enabled": True,
            "emailVerified": True,
            "email": f"{name}@example.com",
            "credentials": [
                {"type": "password", "secretData": secret, "credentialData": costs},
            ],
            "requiredActions": [],
            "realmRoles": ["default-roles-bench"],
            "groups": [],
        }
        yield f"{',' if number else ''}{json.dumps(entry)}\n"
    yield "]}\n"


def _name(number: int) -> str:
    return f"user{number:07}"


def _digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


FORMATS: dict[str, Callable[[int], Iterator[str]]] = {
    "csv": _csv,
    "dumpdata": _dumpdata,
    "keycloak": _keycloak,
}
