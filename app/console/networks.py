"""Who can reach the console: clients of the named networks. For everybody else it does not exist."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from ..http.addresses import Network

# A proxy says with these that it passes a request on for somebody else.
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_PORT = re.compile(r":[0-9]*\Z")


def may_reach(
    environ: dict[str, Any],
    client: str | None,
    networks: Sequence[Network],
    trusted: Sequence[Network],
) -> bool:
    """Whether a request from the address ``client`` is from one of the networks.

    A request that somebody passed on who is not in ``WATCHWORD_TRUSTED_PROXIES`` is not: its address is the
    proxy's, which is often loopback, while the client may be anybody. A proxy that tells nothing is not
    noticed.

    Who comes from loopback must have asked for loopback by ``Host``. That stops a web site whose name leads
    there (DNS rebinding), and no client that writes its own ``Host``.
    """
    if not _is_in(client, networks):
        return False
    if any(name in environ for name in FORWARDED):
        return _is_trusted(environ.get("REMOTE_ADDR"), trusted)
    return not _is_in(client, LOOPBACK) or _is_local(environ.get("HTTP_HOST", ""))


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
