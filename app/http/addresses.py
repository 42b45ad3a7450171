"""The client's address: the peer's, unless the peer is a proxy that the operator named."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Of a chain that is looked at: more proxies than anybody has, and an address with zone and port.
MAX_HOPS = 32
MAX_HOP_LENGTH = 80


def client_address(
    peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]
) -> str | None:
    """The nearest address in ``X-Forwarded-For`` that is no trusted proxy, seen from our side.

    Whatever stands left of that, or of what is no address, was written by the client and counts for
    nothing. Empty elements say nothing (RFC 9110 section 5.6.1). A peer without an address is a proxy
    on a UNIX socket: trusted where any proxy is.
    """
    nearest = _parsed(peer) if peer else None
    if not trusted or not forwarded_for or (peer and not _is_trusted(nearest, trusted)):
        return str(nearest or peer or "") or None
    for hop in map(str.strip, reversed(forwarded_for.rsplit(",", MAX_HOPS)[-MAX_HOPS:])):
        if not hop:
            continue
        address = _parsed(hop)
        if address is None:
            break
        nearest = address
        if not _is_trusted(address, trusted):
            break
    return str(nearest) if nearest else None


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _parsed(text: str) -> Address | None:
    return _address(text) if len(text) <= MAX_HOP_LENGTH else None


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """One spelling for each address: IPv4 on an IPv6 socket is IPv4, and a zone says nothing here.

    Nor does a port, which some proxies add: ``192.0.2.1:5000``, ``[2001:db8::1]:443``, the latter also
    in quotes (RFC 7239 section 6).
    """
    host = text.strip('"')
    if host.startswith("["):
        host, _, port = host[1:].partition("]")
        if port and not port.startswith(":"):
            return None
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address
