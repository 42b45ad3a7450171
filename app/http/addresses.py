"""The client's address: the peer's, unless the peer is a proxy that the operator named."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(
    peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]
) -> str | None:
    """The nearest address in ``X-Forwarded-For`` that is no trusted proxy, seen from our side.

    Whatever stands left of that was written by the client and counts for nothing. A peer without an
    address is a proxy on a UNIX socket: trusted where any proxy is.
    """
    if not trusted or not forwarded_for or not _is_trusted(peer, trusted):
        return peer or None
    hops = [hop.strip() for hop in forwarded_for.split(",")]
    for hop in reversed(hops):
        if not _is_trusted(hop, trusted):
            return hop if _parsed(hop) else peer
    return hops[0]


def _is_trusted(address: str | None, trusted: Sequence[Network]) -> bool:
    if not address:
        return True
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None
