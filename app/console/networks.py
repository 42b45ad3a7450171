"""Who can reach the console: clients of the named networks. For everybody else it does not exist."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from ..http.addresses import Network, names_a_client

_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
# A proxy says with these that it passes a request on for somebody else.
FORWARDED = (_FORWARDED_FOR, "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_PORT = re.compile(r":[0-9]*\Z")


def may_reach(
    environ: dict[str, Any],
    client: str | None,
    networks: Sequence[Network],
    trusted: Sequence[Network],
) -> bool:
    """Whether a request from the address ``client`` is from one of the networks.

    Where nobody knows the client it is not: its address would be the proxy's, which is often loopback,
    while the client may be anybody. So a proxy of ``WATCHWORD_TRUSTED_PROXIES`` must name its client, and
    any other must not pass anything on.

    Who comes from loopback must have asked for loopback by ``Host``, and with a version of HTTP that browsers
    use. The first stops a web site whose name leads there (DNS rebinding), and no client that writes its own
    ``Host``. The second notices an nginx that tells nothing: unless it is told otherwise, it asks in
    HTTP/1.0, and for the name of the service. Any other proxy that tells nothing is not noticed.
    """
    if not _is_in(client, networks):
        return False
    if _is_trusted(environ.get("REMOTE_ADDR"), trusted):
        return names_a_client(environ.get(_FORWARDED_FOR))
    if any(name in environ for name in FORWARDED):
        return False
    return not _is_in(client, LOOPBACK) or _is_browser_here(environ)


def _is_browser_here(environ: dict[str, Any]) -> bool:
    """Whether a request from loopback may be a browser's on this machine, or at the end of a tunnel."""
    return environ.get("SERVER_PROTOCOL") != "HTTP/1.0" and _is_local(environ.get("HTTP_HOST", ""))


def _is_local(host: str) -> bool:
    """Whether a ``Host`` names this machine: ``localhost``, or a loopback address."""
    name = _PORT.sub("", host.lower())
    return name == "localhost" or _is_in(name.removeprefix("[").removesuffix("]"), LOOPBACK)


def _is_trusted(peer: str | None, trusted: Sequence[Network]) -> bool:
    """Whether the peer is a named proxy. One on a UNIX socket has no address, and the settings demand one."""
    return _is_in(peer, trusted) if peer else bool(trusted)


def _is_in(text: str | None, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return False
    # IPv4 on an IPv6 socket.
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in networks)
