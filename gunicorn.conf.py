"""gunicorn's settings; ``docs/performance.md`` has the measurements behind them."""

import gc
import os
import resource
import shutil
import sys
import tempfile

# prometheus_client reads this when it is imported: one directory for all workers of this master.
_metrics = None
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    _metrics = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
        prefix="watchword-metrics-"
    )

from prometheus_client import multiprocess

from app.http.worker import Worker
from config import Settings, SettingsError

try:
    _settings = Settings.from_environment()
except SettingsError as error:
    sys.exit(f"watchword: invalid settings\n{error}")

bind = _settings.bind
workers = _settings.workers
worker_class = Worker
Worker.ANSWERS_IN_PLACE = _settings.database_url.startswith("sqlite")
threads = _settings.threads
preload_app = True

# Gateways keep connections open; one that waits costs a descriptor and a few KiB. Where there are
# too many, the worker closes those that have waited longest.
_descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors, _descriptors))
worker_connections = (
    10_000 if _descriptors < 0 else max(threads + 1, min(10_000, _descriptors - 256))
)
keepalive = 75
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
accesslog = None  # the service writes its own, structured and without secrets
forwarded_allow_ips = ",".join(str(network) for network in _settings.trusted_proxies)
# Proxies pass on headers of such names from their clients, who could choose another path with them.
forwarder_headers = ""


def on_starting(_server):
    """Refuse to start where starting would be wrong, with the reason in one line."""
    from app.core.preflight import StartRefused, preflight
    from wsgi import app

    try:
        preflight(app.extensions["watchword"].core)
    except StartRefused as refused:
        sys.exit(f"watchword: {refused}")
    # What is loaded now is shared by all workers, and stays so if no collector writes to it.
    gc.collect()
    gc.freeze()


def post_fork(_server, worker):
    """Forget the master's connections and pin the worker to one core.

    A threaded worker that roams over cores loses half its speed to the hand-over of the GIL.
    """
    from app.extensions import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)
    if hasattr(os, "sched_setaffinity") and workers > 1:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[worker.age % len(cores)]})


def post_worker_init(worker):
    from app.core.housekeeping import Housekeeper
    from app.http.row_counts import show_row_counts
    from wsgi import app

    worker.housekeeper = Housekeeper(app.extensions["watchword"].core, show_row_counts)
    worker.housekeeper.start()


def worker_exit(_server, worker):
    if hasattr(worker, "housekeeper"):
        worker.housekeeper.stop()


def on_exit(_server):
    if _metrics is not None:
        shutil.rmtree(_metrics, ignore_errors=True)


def child_exit(_server, worker):
    multiprocess.mark_process_dead(worker.pid)
