"""The time of each layer of a verification: ``python -m benchmarks.layers KIND`` on ``LAYERS_TOKENS``.

One thread calls each layer of ``/verify`` by itself with random tokens, in turns, and what a layer
adds is its own time without that of the layers inside it. The environment is the service's own. Prints this
process's microseconds a call as JSON, so the time of the PostgreSQL server is not in them.
"""

import gc
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import machine
from .data import Database

CALLS, ROUNDS = 4_000, 9


def alone(database: Database, kind: str) -> dict[str, float]:
    """The layers of one kind's verification, from a process of its own on the server's core."""
    environment = {
        **os.environ,
        **database.environment,
        "LAYERS_TOKENS": str(database.notes / f"{kind}.txt"),
        "WATCHWORD_LOG_LEVEL": "error",
    }
    pinned = ["taskset", "-c", ",".join(map(str, machine.SERVER_CORES))]
    with tempfile.TemporaryDirectory(prefix="watchword-bench-") as directory:
        environment["PROMETHEUS_MULTIPROC_DIR"] = directory
        done = subprocess.run(
            [*pinned, sys.executable, "-m", "benchmarks.layers", kind],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"the profile failed: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def environ_of(kind: str, token: str) -> dict[str, Any]:
    """The WSGI environment of such a request, as gunicorn makes it."""
    credential = (
        {"HTTP_COOKIE": f"SESSID={token}"}
        if kind == "sessid"
        else {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    )
    return {
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
        "SERVER_SOFTWARE": "gunicorn",
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "",
        "RAW_URI": "/verify",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "PATH_INFO": "/verify",
        "SCRIPT_NAME": "",
        **credential,
    }


def measured(calls: dict[str, tuple[Callable[[Any], Any], list[Any]]]) -> dict[str, float]:
    """Processor microseconds a call, each the median of rounds in which all take turns."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, (function, arguments) in calls.items():
            gc.collect()
            begun = time.process_time()
            for argument in arguments:
                function(argument)
            spent[name].append(1e6 * (time.process_time() - begun) / len(arguments))
    return {name: statistics.median(times) for name, times in spent.items()}


def main(kind: str) -> None:
    from app.core import sessions
    from app.core.sessions import rows, tokens
    from app.doors import verify
    from app.http import metrics
    from app.http.request_ids import request_id
    from wsgi import app

    core = app.extensions["watchword"].core
    texts = random.sample(Path(os.environ["LAYERS_TOKENS"]).read_text().splitlines(), CALLS)
    environs = [environ_of(kind, text) for text in texts]
    references = [tokens.read(core, text) for text in texts]

    def answered(environ: dict[str, Any]) -> None:
        list(app.wsgi_app(environ, lambda _status, _headers: None))

    def found(reference: tokens.Reference) -> Any:
        if reference.session_id is not None:
            return rows.by_id(core, reference.session_id)
        return rows.by_digest(core, reference.digest)

    statuses: list[str] = []
    list(app.wsgi_app(environs[0], lambda status, _headers: statuses.append(status)))
    assert statuses[0].startswith("204"), statuses
    us = measured(
        {
            "whole": (answered, environs),
            "decide": (lambda environ: verify.decide(core, environ), environs),
            "verify": (lambda text: sessions.verify(core, text), texts),
            "present": (verify.presented_token, environs),
            "read": (lambda text: tokens.read(core, text), texts),
            "select": (found, references),
            "metrics": (lambda _: metrics.observe("verify", 204, None, 0.001), texts),
            "request id": (request_id, [None] * CALLS),
        }
    )
    layers = {
        "find the token in the request": us["present"],
        "read the token, check its signature": us["read"],
        "SELECT the session and its user": us["select"],
        "row and policy": us["verify"] - us["read"] - us["select"],
        "the identity's headers": us["decide"] - us["verify"] - us["present"],
        "request id": us["request id"],
        "metrics": us["metrics"],
        "the short cut itself": us["whole"] - us["decide"] - us["request id"] - us["metrics"],
        "all of Watchword": us["whole"],
    }
    print(json.dumps({name: round(value, 2) for name, value in layers.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
