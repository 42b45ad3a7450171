"""The client's address: the peer's, unless the peer is a proxy that the operator named."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(
    peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]
) -> str | None:
    """The nearest address in ``X-Forwarded-For`` that is no trusted proxy, seen from our side.

    Whatever stands left of that, or of what is no address, was written by the client and counts for
    nothing. A peer without an address is a proxy on a UNIX socket: trusted where any proxy is.
    """
    nearest = _parsed(peer) if peer else None
    if not trusted or not forwarded_for or (peer and not _is_trusted(nearest, trusted)):
        return str(nearest or peer or "") or None
    for hop in reversed(forwarded_for.split(",")):
        address = _parsed(hop.strip())
        if address is None:
            break
        nearest = address
        if not _is_trusted(address, trusted):
            break
    return str(nearest) if nearest else None


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Address | None:
    """One spelling for each address: IPv4 on an IPv6 socket is IPv4, and a zone says nothing here."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address
