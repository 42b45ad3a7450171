"""Counters and timings, kept per process and summed by ``/metrics`` (Prometheus multiprocess mode).

Labels come from closed sets only: nothing a client sends can grow them, and no secret is one.
"""

from enum import StrEnum
from functools import cache

from prometheus_client import Counter, Histogram

REQUESTS = Counter("watchword_requests_total", "Requests answered", ["dialect", "status"])
REFUSALS = Counter("watchword_refusals_total", "Requests refused", ["dialect", "refusal"])
SECONDS = Histogram(
    "watchword_request_seconds",
    "Seconds from the request's headers to its answer",
    ["dialect"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)


def observe(dialect: str, status: int, refusal: StrEnum | None, seconds: float) -> None:
    _requests(dialect, status).inc()
    _seconds(dialect).observe(seconds)
    if refusal is not None:
        _refusals(dialect, refusal.value).inc()


@cache
def _requests(dialect: str, status: int) -> Counter:
    return REQUESTS.labels(dialect, str(status))


@cache
def _seconds(dialect: str) -> Histogram:
    return SECONDS.labels(dialect)


@cache
def _refusals(dialect: str, refusal: str) -> Counter:
    return REFUSALS.labels(dialect, refusal)
