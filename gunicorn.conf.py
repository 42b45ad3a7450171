"""gunicorn's settings; ``docs/performance.md`` has the measurements behind them."""

import gc
import os
import resource
import sys

# What this process makes is for its owner.
os.umask(0o077)

from app.doors.verify import ignores_body
from app.http import metrics
from app.http.may_wait import always, may_wait
from app.http.row_counts import counting_in_turn
from app.http.server_log import ServerLog
from app.http.unparsable import phrase
from app.machine import least_used_core
from app.serving.worker import Worker
from app.settings.start import refused_address, refused_directory, refused_server
from config import load_settings

_settings = load_settings()

bind = _settings.bind
umask = 0o777 & ~_settings.socket_mode  # of a UNIX socket
workers = _settings.workers
worker_class = Worker
_in_process = _settings.database_url.startswith("sqlite")
Worker.may_wait = staticmethod(may_wait if _in_process else always)
Worker.ignores_body = staticmethod(ignores_body)
Worker.phrase = staticmethod(phrase)
threads = _settings.threads
preload_app = True

# Gateways keep connections open; one that waits costs a descriptor and a few KiB. Where there are
# too many, the worker closes those that have waited longest.
_descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors, _descriptors))
worker_connections = (
    10_000 if _descriptors < 0 else max(threads + 1, min(10_000, _descriptors - 256))
)
keepalive = _settings.keepalive_seconds
backlog = 2048
timeout = 30
graceful_timeout = 20
# Recycling bounds whatever a library may leak; the jitter keeps workers from going all at once.
max_requests = 1_000_000
max_requests_jitter = 100_000

# Gateways append the URL they were asked for to theirs, or put it into a field, and add their own.
limit_request_line = 16 * 1024
limit_request_fields = 100
limit_request_field_size = 17 * 1024

proc_name = "watchword"
control_socket_disable = True  # one path for all instances of a user, and signals do
loglevel = "info"
errorlog = "-"
logger_class = ServerLog
accesslog = None  # the service writes its own, structured and without secrets
forwarded_allow_ips = ",".join(str(network) for network in _settings.trusted_proxies)

# More than there will be workers, also while new ones start beside those that stop.
_METRICS_SLOTS = max(64, 4 * workers)


def on_starting(server):
    """Refuse to start where starting would be wrong, with the reason in one line."""
    from app.core.upkeep.preflight import StartRefused, preflight
    from wsgi import app

    # gunicorn's own options may name another address than the settings do, or another worker.
    _refuse(refused_server(server.cfg.worker_class, Worker, has_tls=server.cfg.is_ssl))
    _refuse(refused_directory())
    _refuse(refused_address(_settings, server.cfg.address))
    try:
        preflight(app.extensions["watchword"].core)
    except StartRefused as refused:
        sys.exit(f"watchword: {refused}")
    server.count_rows = counting_in_turn()
    metrics.values.share(_METRICS_SLOTS)
    # What is loaded now is shared by all workers, and stays so if no collector writes to it.
    gc.collect()
    gc.freeze()


def when_ready(server):
    """The same for sockets that were open before: systemd hands such on. Nobody is served yet."""
    addresses = [listener.getsockname() for listener in server.LISTENERS]
    _refuse(refused_address(_settings, addresses))


def _refuse(reason):
    if reason is not None:
        sys.exit(f"watchword: {reason}")


def pre_fork(server, worker):
    """In the master, which knows what its other workers have: a slot of the metrics, and a core.

    A threaded worker that roams over cores loses half its speed to the hand-over of the GIL.
    """
    others = server.WORKERS.values()
    worker.metrics_slot = metrics.values.free([other.metrics_slot for other in others])
    worker.count_rows = server.count_rows
    worker.core = None
    if server.num_workers > 1:
        worker.core = least_used_core([other.core for other in others if other.core is not None])


def post_fork(_server, worker):
    """Take what the master chose. The store forgets the master's connections by itself."""
    metrics.take_slot(worker.metrics_slot)
    if worker.core is not None:
        os.sched_setaffinity(0, {worker.core})


def post_worker_init(worker):
    from app.core.upkeep.housekeeping import Housekeeper
    from wsgi import app

    worker.housekeeper = Housekeeper(app.extensions["watchword"].core, worker.count_rows)
    worker.housekeeper.start()


def worker_exit(_server, worker):
    if hasattr(worker, "housekeeper"):
        worker.housekeeper.stop()
        worker.housekeeper.join(1)  # what it counted is written; a purge is not waited for
