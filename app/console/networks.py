"""Who can reach the console: clients of the named networks. For everybody else it does not exist."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from ..http.addresses import Network

# A proxy says with these that it passes a request on for somebody else.
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def may_reach(
    environ: dict[str, Any],
    client: str | None,
    networks: Sequence[Network],
    trusted: Sequence[Network],
) -> bool:
    """Whether a request from the address ``client`` is from one of the networks.

    A request that somebody passed on who is not in ``WATCHWORD_TRUSTED_PROXIES`` is not: its address is the
    proxy's, which is often loopback, while the client may be anybody.
    """
    if not _is_in(client, networks):
        return False
    passed_on = any(name in environ for name in FORWARDED)
    return not passed_on or _is_trusted(environ.get("REMOTE_ADDR"), trusted)


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
