"""The gateways of docs/gateways: real programs, as printed but for ports and folders."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from chaos.ports import free_port
from config import ROOT
from tests.waiting import wait_until

from .gateways import keeps_out

# Debian has no folder for bodies that a test may write to.
NGINX = "daemon off; pid {home}/pid; error_log stderr;\nevents {{}}\n" + (
    "http {{ access_log off; {folders}\ninclude {home}/site.conf; }}\n"
)
# What Debian's apache2.conf has; the page's line "a2enmod" names further modules.
APACHE = """
ServerRoot {home}
ServerName 127.0.0.1
PidFile apache.pid
ErrorLog {home}/log
User www-data
Group www-data
DefaultRuntimeDir {home}
Define MODULES /usr/lib/apache2/modules
LoadModule mpm_event_module ${{MODULES}}/mod_mpm_event.so
LoadModule authn_core_module ${{MODULES}}/mod_authn_core.so
LoadModule authz_core_module ${{MODULES}}/mod_authz_core.so
LoadModule authz_user_module ${{MODULES}}/mod_authz_user.so
LoadModule proxy_module ${{MODULES}}/mod_proxy.so
{enabled}
Include {home}/site.conf
"""
NO_CHANGES: Mapping[str, str] = {}
SECRET = "the-secret-that-the-command-printed"


class Printed(NamedTuple):
    """The page's blocks, in order, by the file names that they get; and how the program is started."""

    files: Sequence[str]
    command: Sequence[str]
    needs: Sequence[Path] = ()


PAGES = {
    "nginx": Printed(["site.conf"], ["nginx", "-p", ".", "-c", "nginx.conf"]),
    "traefik": Printed(["traefik.yaml", "site.yaml"], ["traefik", "--configFile=traefik.yaml"]),
    "envoy": Printed(
        ["envoy.yaml"],
        [
            "envoy",
            "-c",
            "envoy.yaml",
            "--concurrency",
            "1",
            "--log-level",
            "error",
            "--use-dynamic-base-id",
        ],
    ),
    "caddy": Printed(["Caddyfile"], ["caddy", "run", "--config", "Caddyfile"]),
    "haproxy": Printed(["haproxy.cfg", "watchword.lua"], ["haproxy", "-db", "-f", "haproxy.cfg"]),
    "apache": Printed(
        ["install.sh", "site.conf", "watchword.lua"],
        ["apache2", "-X", "-d", ".", "-f", "apache.conf"],
        needs=[Path("/usr/lib/apache2/modules/mod_oauth2.so")],
    ),
}


def blocks(page: str) -> list[str]:
    """All fenced blocks of a page."""
    text = (ROOT / "docs" / "gateways" / f"{page}.md").read_text()
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def overview() -> list[str]:
    """The lines of the page about all of them."""
    return (ROOT / "docs" / "gateways" / "README.md").read_text().splitlines()


def found(program: str) -> str | None:
    """PyPI's wheels put programs beside the interpreter, and Debian where only root looks."""
    beside = Path(sys.executable).parent
    return shutil.which(program, path=f"{beside}:{os.environ['PATH']}:/usr/sbin")


class Gateway:
    """One of them, started; ``port`` once it answers. ``changes`` are made to its configuration."""

    def __init__(
        self, name: str, site: int, watchword: int, changes: Mapping[str, str] = NO_CHANGES
    ) -> None:
        self.name, self._port = name, free_port()
        self._home = Path(tempfile.mkdtemp(prefix=f"watchword-{name}-"))
        self._home.chmod(0o755)  # nginx drops root, and keeps bodies here
        self._process: subprocess.Popen[bytes] | None = None
        page = PAGES[name]
        program = found(page.command[0])
        if program is not None and all(map(Path.exists, page.needs)):
            ports = {"8080": self._port, "9000": site, "8000": watchword}
            self._write(dict(zip(page.files, blocks(name), strict=True)), ports, changes)
            self._process = self._start([program, *page.command[1:]])

    @property
    def port(self) -> int:
        if self._process is None:
            assert not os.environ.get("CI"), f"{self.name} is missing on CI"
            pytest.skip(f"{self.name} is not installed")
        wait_until(lambda: keeps_out(self._port), process=self._process, log=self.log)
        return self._port

    def log(self) -> str:
        return f"{self.name}\n{(self._home / 'log').read_text()}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if self.name == "envoy" else signal.SIGTERM)
            self._process.wait(20)
        shutil.rmtree(self._home)

    def _write(
        self, files: dict[str, str], ports: dict[str, int], changes: Mapping[str, str]
    ) -> None:
        folders = "\n".join(
            f"{kind}_temp_path {self._home}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        for name, text in files.items():
            with_ports = re.sub(
                r"(127\.0\.0\.1:|port_value: )(\d+)", lambda it: f"{it[1]}{ports[it[2]]}", text
            )
            with_ports = with_ports.replace("/etc/apache2", str(self._home))
            for old, new in changes.items():
                with_ports = with_ports.replace(old, new)
            (self._home / name).write_text(with_ports)
        (self._home / "nginx.conf").write_text(NGINX.format(home=self._home, folders=folders))
        modules = re.findall(r"^a2enmod (.*)$", files.get("install.sh", ""), re.MULTILINE)
        enabled = "\n".join(
            f"LoadModule {name}_module ${{MODULES}}/mod_{name}.so"
            for name in " ".join(modules).split()
        )
        (self._home / "apache.conf").write_text(APACHE.format(home=self._home, enabled=enabled))

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        private = {
            "CADDY_ADMIN": f"unix/{self._home}/admin",
            "HOME": str(self._home),
            "XDG_CONFIG_HOME": str(self._home),
            "XDG_DATA_HOME": str(self._home),
        }
        environment = {"PATH": os.environ["PATH"]} | private
        with (self._home / "log").open("wb") as log:
            return subprocess.Popen(
                command, cwd=self._home, env=environment, stdout=log, stderr=log
            )
