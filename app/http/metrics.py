"""Counters and timings, kept per process and summed by ``/metrics``.

Labels come from closed sets only, so a client cannot add a label, and none is a secret.
``observe`` runs at every request. It takes one lock, and adds to numbers whose places are remembered.
"""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from ..core.listings.timelines import BOUNDS as BUCKETS
from ..core.upkeep.purge import COUNT_AT_MOST
from .shared_values import Name, SharedValues

# The seconds in all, and the requests up to each bound and beyond the last.
TIMING_WIDTH = 1 + len(BUCKETS) + 1
REQUESTS, REFUSALS, SECONDS, ROWS = "requests", "refusals", "seconds", "rows"
REPLICA_READS, REPLICA_LAG = "replica_reads", "replica_lag"


class Family(NamedTuple):
    """One family of metrics: its name and type in Prometheus' terms, its meaning, its labels."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]


REQUESTED = Family("watchword_requests", "counter", "Requests answered", ("dialect", "status"))
REFUSED = Family("watchword_refusals", "counter", "Requests refused", ("dialect", "refusal"))
TIMED = Family(
    "watchword_request_seconds",
    "histogram",
    "Seconds from the request's headers to its answer",
    ("dialect",),
)
COUNTED = Family(
    "watchword_rows",
    "gauge",
    f"Rows that count, and that only wait for the purge; {COUNT_AT_MOST} means so many or more",
    ("table", "state"),
)
AT_REPLICA = Family(
    "watchword_replica_reads",
    "counter",
    "Verifications with a replica: it said `yes`; it `refused` or `failed`, and the primary was asked too;"
    " or the reason why it was passed over",
    ("outcome",),
)
LAG = Family(
    "watchword_replica_lag_seconds",
    "gauge",
    "How far the replica is behind at most, as a worker measured it last. It grows while it is passed over",
    (),
)
FAMILIES = (REQUESTED, REFUSED, TIMED, COUNTED, AT_REPLICA, LAG)

values = SharedValues()
_places: dict[tuple[str, int, StrEnum | None], tuple[int, int, int | None] | None] = {}


def observe(dialect: str, status: int, refusal: StrEnum | None, seconds: float) -> None:
    try:
        places = _places[dialect, status, refusal]
    except KeyError:
        places = _places[dialect, status, refusal] = _find(dialect, status, refusal)
    if places is None:
        return
    request, timing, refused = places
    slot = values.own
    numbers = slot.numbers
    with slot.lock:
        numbers[request] += 1
        numbers[timing] += seconds
        numbers[timing + 1 + bisect_left(BUCKETS, seconds)] += 1
        if refused is not None:
            numbers[refused] += 1


def _find(dialect: str, status: int, refusal: StrEnum | None) -> tuple[int, int, int | None] | None:
    """The places of the numbers, or None if the slot is full: the request is answered uncounted."""
    request = values.own.place((REQUESTS, dialect, str(status)), 1)
    timing = values.own.place((SECONDS, dialect), TIMING_WIDTH)
    refused = None
    if refusal is not None:
        refused = values.own.place((REFUSALS, dialect, refusal.value), 1)
    return None if request is None or timing is None else (request, timing, refused)


def set_rows(table: str, state: str, rows: int) -> None:
    """Record a count of rows and its time: of several workers' figures the newest is shown."""
    _set((ROWS, table, state), rows)


def set_replica_lag(seconds: float) -> None:
    """Record the lag of the replica, in the same way."""
    _set((REPLICA_LAG,), seconds)


def _set(name: Name, figure: float) -> None:
    place = values.own.place(name, 2)
    if place is not None:
        with values.own.lock:
            values.own.numbers[place] = figure
            values.own.numbers[place + 1] = time.time()


def count_replica_read(outcome: str) -> None:
    place = values.own.place((REPLICA_READS, outcome), 1)
    if place is not None:
        with values.own.lock:
            values.own.numbers[place] += 1


def answered(dialect: str) -> list[int]:
    """How many requests all workers have answered, by bucket of the time that it took."""
    timings = [numbers[1:] for name, numbers in values.read() if name == (SECONDS, dialect)]
    return [int(sum(counts)) for counts in zip(*timings, strict=True)]


def take_slot(slot: int | None) -> None:
    """Use this slot from now on. A worker calls it before its first request."""
    values.take(slot)
    _places.clear()


class _Metrics(Collector):
    """What all workers have counted, in prometheus_client's terms."""

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        summed, newest = _totals()
        requests = CounterMetricFamily(REQUESTED.name, REQUESTED.meaning, labels=REQUESTED.labels)
        refusals = CounterMetricFamily(REFUSED.name, REFUSED.meaning, labels=REFUSED.labels)
        timings = HistogramMetricFamily(TIMED.name, TIMED.meaning, labels=TIMED.labels)
        replica = CounterMetricFamily(AT_REPLICA.name, AT_REPLICA.meaning, labels=AT_REPLICA.labels)
        for (kind, *labels), numbers in sorted(summed.items()):
            if kind == REQUESTS:
                requests.add_metric(labels, numbers[0])
            elif kind == REFUSALS:
                refusals.add_metric(labels, numbers[0])
            elif kind == REPLICA_READS:
                replica.add_metric(labels, numbers[0])
            else:
                timings.add_metric(labels, _cumulated(numbers[1:]), numbers[0])
        yield requests
        yield refusals
        yield timings
        yield replica
        gauges = {
            kind: GaugeMetricFamily(family.name, family.meaning, labels=family.labels)
            for kind, family in ((ROWS, COUNTED), (REPLICA_LAG, LAG))
        }
        for (kind, *labels), (number, _at) in sorted(newest.items()):
            gauges[kind].add_metric(labels, number)
        yield from gauges.values()


def _totals() -> tuple[dict[Name, list[float]], dict[Name, list[float]]]:
    """Sums over the workers; and figures that are not summed, of which the newest is used."""
    summed: dict[Name, list[float]] = {}
    newest: dict[Name, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, numbers in values.read():
        if name[0] in (ROWS, REPLICA_LAG):
            newest[name] = max(newest[name], numbers, key=lambda figure: figure[1])
        elif name in summed:
            summed[name] = [a + b for a, b in zip(summed[name], numbers, strict=True)]
        else:
            summed[name] = numbers
    return summed, newest


def _cumulated(counts: list[float]) -> list[tuple[str, float]]:
    """Prometheus' cumulative buckets: upper bound in seconds, requests up to it."""
    total, buckets = 0.0, []
    for bound, count in zip([*map(float, BUCKETS), float("inf")], counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
    return buckets


REGISTRY = CollectorRegistry()
REGISTRY.register(_Metrics())
