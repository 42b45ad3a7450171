"""gunicorn's settings; ``docs/performance.md`` has the measurements behind them."""

import gc
import importlib
import os
import queue
import resource
import signal
import sys
from contextlib import suppress

# Files that this process creates are for its owner only.
os.umask(0o077)
# What is loaded until the server is ready is no garbage: to look for some takes a tenth of the start.
gc.disable()

from app.doors.verify import ignores_body
from app.http import metrics
from app.http.may_wait import also_under, always, may_wait
from app.http.row_counts import counting_in_turn
from app.http.server_log import ServerLog
from app.http.unparsable import phrase
from app.machine import least_used_core
from app.serving.limits import Limits
from app.serving.worker import Worker
from app.settings.start import refused_address, refused_directory, refused_server
from config import load_settings

_settings = load_settings()

bind = _settings.bind
umask = 0o777 & ~_settings.socket_mode  # of a UNIX socket
workers = _settings.workers
worker_class = Worker
_in_process = _settings.database_url.startswith("sqlite")
_may_wait = may_wait if _in_process else always
if _settings.console:
    _may_wait = also_under("/console", _may_wait)
Worker.may_wait = staticmethod(_may_wait)
Worker.ignores_body = staticmethod(ignores_body)
Worker.phrase = staticmethod(phrase)
threads = _settings.threads
preload_app = True

# Gateways keep connections open. An idle one costs a descriptor and a few KiB. If there are too many,
# the worker closes those that have been idle longest (load shedding).
_descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors, _descriptors))
worker_connections = (
    10_000 if _descriptors < 0 else max(threads + 1, min(10_000, _descriptors - 256))
)
keepalive = _settings.keepalive_seconds
backlog = 2048
timeout = 30
graceful_timeout = 20
# A worker is replaced after so many requests, which bounds any leak of a library. The jitter spreads
# the replacements.
max_requests = 1_000_000
max_requests_jitter = 100_000

limit_request_line, limit_request_fields, limit_request_field_size = Limits()

proc_name = "watchword"
control_socket_disable = True  # instances of one user would share its path; signals are enough
loglevel = "info"
errorlog = "-"
logger_class = ServerLog
accesslog = None  # the service writes its own log, structured and without secrets
forwarded_allow_ips = ",".join(str(network) for network in _settings.trusted_proxies)

# More than the workers at any time, even while new ones start beside those that stop.
_METRICS_SLOTS = max(64, 4 * workers)


def on_starting(server):
    """Refuse to start if settings, server or database are wrong, with the reason in one line."""
    from app.core.upkeep.preflight import StartRefused, preflight
    from wsgi import app

    # gunicorn's command line may name another address or another worker class than the settings.
    _refuse(refused_server(server.cfg.worker_class, Worker, has_tls=server.cfg.is_ssl))
    _refuse(refused_directory())
    _refuse(refused_address(_settings, server.cfg.address))
    try:
        preflight(app.extensions["watchword"].core)
    except StartRefused as refused:
        sys.exit(f"watchword: {refused}")
    if _settings.traces != "off":
        importlib.import_module("app.traces")  # once: the workers share its memory
    server.count_rows = counting_in_turn()
    metrics.values.share(_METRICS_SLOTS)
    # All workers share the memory of what is loaded now, as long as the collector does not write to it.
    gc.collect()
    gc.freeze()
    gc.enable()


def when_ready(server):
    """Check the addresses of inherited sockets too, such as systemd's. Nobody is served yet."""
    addresses = [listener.getsockname() for listener in server.LISTENERS]
    _refuse(refused_address(_settings, addresses))
    if _settings.development and isinstance(addresses[0], tuple):
        _welcome(*addresses[0][:2])


def _welcome(host, port):
    """Say where to look and what to try: whoever runs it in development has just typed `make run`."""
    from app.cli.welcome import welcome
    from wsgi import app

    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    core = app.extensions["watchword"].core
    sys.stdout.write("\n".join(["", *welcome(core, url, console=_settings.console), "", ""]))
    sys.stdout.flush()


def _refuse(reason):
    if reason is not None:
        sys.exit(f"watchword: {reason}")


def pre_fork(server, worker):
    """In the master: choose the new worker's slot of the metrics, and its core.

    A threaded worker that moves between cores loses half its speed to hand-overs of the GIL.
    """
    others = server.WORKERS.values()
    worker.metrics_slot = metrics.values.free([other.metrics_slot for other in others])
    worker.count_rows = server.count_rows
    worker.core = None
    if server.num_workers > 1:
        worker.core = least_used_core([other.core for other in others if other.core is not None])


def post_fork(server, worker):
    """Take what the master chose. The store forgets the master's connections by itself."""
    _end_if_told(server)
    metrics.take_slot(worker.metrics_slot)
    if worker.core is not None:
        os.sched_setaffinity(0, {worker.core})
    if _settings.console:
        # To render a page takes 10 ms and more. A verification must not wait 5 ms, which is Python's default,
        # until the page's thread lets it run.
        sys.setswitchinterval(0.0002)


_ENDS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


def _end_if_told(server):
    """End now, or while the worker starts, if the master says so.

    Until the worker has handlers of its own it has the master's, which only queue a signal. A master that was
    stopped while it started its workers would wait for such a worker until the graceful timeout.
    """
    for number in _ENDS:
        signal.signal(number, _end)
    with suppress(queue.Empty):
        while True:
            if server.SIG_QUEUE.get_nowait() in _ENDS:
                _end()


def _end(*_):
    # A worker that inherited the signal is told once more by its master. An exception in an interpreter that
    # already ends is written to stderr, and waits there if nobody reads it.
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def post_worker_init(worker):
    from app.core.upkeep.housekeeping import Housekeeper
    from app.core.upkeep.replica_watch import ReplicaWatch
    from wsgi import app

    core = app.extensions["watchword"].core
    worker.housekeeper = Housekeeper(core, worker.count_rows)
    worker.housekeeper.start()
    if _settings.traces != "off":
        from app.traces import start

        # Here, because the thread that sends the spans does not survive a fork.
        worker.traces = start(app)
    if core.replica is not None:
        ReplicaWatch(core.replica).start()


def worker_exit(_server, worker):
    if hasattr(worker, "housekeeper"):
        worker.housekeeper.stop()
        worker.housekeeper.join(1)  # long enough to write its counts, not to finish a purge
    if hasattr(worker, "traces"):
        worker.traces.stop()
