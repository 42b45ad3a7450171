"""The console's pages over HTTP on the large database, and ``/verify`` while ten operators use it.

An operator opens a page a second. ``/verify`` is asked on one connection, one request after another, first
alone and then beside the operators, whose processes are others than the asking one.
"""

import http.client
import math
import multiprocessing
import random
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import requests

from app.core import identities, listings
from app.core.audit import Origin
from app.core.core import Core
from app.core.identities import registration
from app.core.refusals import Refused
from app.dialects.session import grants

from .. import data
from ..compare import Effort
from ..console_data import BUSY_ADDRESS, FULL, HEAVY_USER, SMALL, Size, username
from ..data import Database
from ..results import Findings, Row
from ..servers import Server, watchword
from .console import BOUND_MS, CALLS, databases, measured_fill

FORK = multiprocessing.get_context("fork")
ORIGIN = Origin("benchmarks")
OPERATOR, PASSWORD = "operator-of-the-benchmark", "a password for the benchmark"
OPERATORS = 10
BETWEEN_CLICKS_SECONDS = 1.0
# How much longer the slowest hundredth of verifications may take beside the operators.
MOST_TIMES = 2.0
_FORM_TOKEN = re.compile(r'name="form" value="([^"]+)"')
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def pages(effort: Effort) -> Findings:
    size = SMALL if effort.quick else FULL
    findings = Findings()
    with ExitStack() as stack:
        for name, database in databases(stack, size).items():
            found = measure(database, size, seconds=5 if effort.quick else 20)
            findings.details[name] = found
            slowest = max(found["pages"], key=lambda page: float(found["pages"][page]["p95_ms"]))
            findings.rows += [
                Row(
                    f"the console's slowest page, p95, {name}, {size.events:,} events",
                    BOUND_MS,
                    found["pages"][slowest]["p95_ms"],
                    unit=" ms",
                    at_most=True,
                    note=slowest,
                ),
                Row(
                    f"/verify's p99 while {OPERATORS} operators click, {name}",
                    MOST_TIMES,
                    round(found["verify"]["beside_ms"] / found["verify"]["alone_ms"], 2),
                    unit=" × its p99 alone",
                    at_most=True,
                ),
            ]
    return findings


def measure(database: Database, size: Size, seconds: float) -> dict[str, Any]:
    with data.application(database) as core:
        measured_fill(core, size)
        token = _token(core)
    with watchword("watchword with a console", database.environment, console="on") as server:
        found = {page: _p95(server, page) for page in _pages(size)}
        alone = _verifications(server, token, seconds)
        with _operators(server, size):
            beside = _verifications(server, token, seconds)
    for page, figures in found.items():
        print(f"  {page}: {figures}", flush=True)
    print(f"  /verify, p99: {alone} ms alone, {beside} ms beside {OPERATORS} operators", flush=True)
    return {"pages": found, "verify": {"alone_ms": alone, "beside_ms": beside}}


def _token(core: Core) -> str:
    """The access token of a new session of the operator, who is made if need be."""
    with suppress(Refused):
        registration.register(
            core, OPERATOR, f"{OPERATOR}@example.com", PASSWORD, ORIGIN, roles=frozenset({"admin"})
        )
    user = identities.prove(core, OPERATOR, PASSWORD, ORIGIN)
    client = listings.clients(core, limit=1).lines[0].client_id
    return grants.pair(core, user, client, ORIGIN).access


def _pages(size: Size) -> list[str]:
    dice = random.Random(5)
    return [
        "/console?span=24h",
        "/console?span=90d",
        "/console/users",
        f"/console/users?q={username(dice.randint(1, size.users))}",
        "/console/users?q=user",
        "/console/users?q=zzz",
        f"/console/users/{HEAVY_USER}",
        f"/console/users/{size.users // 2}",
        "/console/sessions",
        "/console/sessions?dialect=token_v2",
        f"/console/sessions?address={BUSY_ADDRESS}",
        "/console/clients",
        "/console/keys",
        "/console/audit",
        "/console/audit?event=login_refused",
        f"/console/audit?address={BUSY_ADDRESS}",
        "/console/settings",
    ]


def _signed_in(server: Server) -> requests.Session:
    session = requests.Session()
    url = f"http://127.0.0.1:{server.port}/console/login"
    token = _FORM_TOKEN.findall(session.get(url, timeout=20).text)[0]
    given = {"username": OPERATOR, "password": PASSWORD, "form": token}
    session.post(url, data=given, headers=SAME_ORIGIN, timeout=20).raise_for_status()
    return session


def _p95(server: Server, page: str) -> dict[str, float]:
    session = _signed_in(server)
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        session.get(f"http://127.0.0.1:{server.port}{page}", timeout=20).raise_for_status()
        times.append((time.perf_counter() - started) * 1_000)
    times.sort()
    return {
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[math.ceil(len(times) * 0.95) - 1], 1),
    }


def _verifications(server: Server, token: str, seconds: float) -> float:
    """The 99th percentile of a verification, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"Authorization": f"Bearer {token}"}
    times, until = [], time.perf_counter() + seconds
    while (started := time.perf_counter()) < until:
        connection.request("GET", "/verify", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise RuntimeError(f"/verify answered {answer.status}")
        times.append((time.perf_counter() - started) * 1_000)
    connection.close()
    times.sort()
    return round(times[math.ceil(len(times) * 0.99) - 1], 3)


@contextmanager
def _operators(server: Server, size: Size) -> Iterator[None]:
    """Operators who click as long as the context lasts."""
    started = [
        FORK.Process(
            target=_click, args=(_signed_in(server), server, _pages(size), number), daemon=True
        )
        for number in range(OPERATORS)
    ]
    for operator in started:
        operator.start()
    yield
    for operator in started:
        operator.terminate()
        operator.join()


def _click(session: requests.Session, server: Server, pages: list[str], seed: int) -> None:
    dice = random.Random(seed)
    while True:
        session.get(f"http://127.0.0.1:{server.port}{dice.choice(pages)}", timeout=20)
        time.sleep(dice.uniform(0.5, 1.5) * BETWEEN_CLICKS_SECONDS)
