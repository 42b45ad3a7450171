"""The real HAProxy and nginx in front of a running service, for tests; missing ones fail on CI."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaos import proxied
from chaos.ports import free_port
from tests.waiting import listens, wait_until


def program(name: str) -> str:
    # Debian keeps them where only root looks.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        assert not os.environ.get("CI"), f"{name} is missing on CI"
        pytest.skip(f"{name} is not installed")
    return found


# What nginx does with a location that says no more than where to.
SILENT = "location / {{ proxy_pass http://127.0.0.1:{upstream}; }}"
# As much as nginx can share.
SHARING = """location / {{
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
        }}"""

NGINX = """
daemon off; pid {home}/pid; error_log stderr crit;
events {{}}
http {{
    access_log off;
    {folders}
    upstream service {{ server 127.0.0.1:{upstream}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        {lines}
    }}
}}
"""


@contextmanager
def haproxy(upstream: int, lines: str = "") -> Iterator[int]:
    """HAProxy as in the scenario of request smuggling, with further lines of its frontend; its port."""
    program("haproxy")
    with proxied.haproxy(upstream, lines) as port:
        yield port


@contextmanager
def nginx(upstream: int, lines: str = SHARING) -> Iterator[int]:
    """nginx with this location. By default it keeps connections open, and passes bodies on as they come."""
    command = program("nginx")
    home = Path(tempfile.mkdtemp(prefix="watchword-proxy-"))
    folders = "\n".join(
        f"{kind}_temp_path {home}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    port = free_port()
    file = home / "nginx.conf"
    location = lines.format(upstream=upstream)
    values = {"port": port, "upstream": upstream, "home": home, "folders": folders}
    file.write_text(NGINX.format(**values, lines=location))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([command, "-c", str(file)], stdout=log, stderr=log)
    try:
        wait_until(lambda: listens(port), process=process, log=(home / "log").read_text)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        shutil.rmtree(home)
