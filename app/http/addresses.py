"""The client's address: the peer's, unless the peer is a proxy that the operator named."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Bounds of the work on a chain: more proxies than anybody has; an address with zone and port.
MAX_HOPS = 32
MAX_HOP_LENGTH = 80


def client_address(
    peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]
) -> str | None:
    """The address of the client, or None if it is unknown.

    It is the last address in ``X-Forwarded-For``, read from right to left, that is not a trusted proxy.
    Everything to the left of it, or of an element that is no address, may be forged by the client and is
    ignored. Empty elements are skipped (RFC 9110 section 5.6.1). A peer without an address is a proxy
    on a UNIX socket; it is trusted if any proxy is.
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


def names_a_client(forwarded_for: str | None) -> bool:
    """Whether the nearest proxy has named its client in ``X-Forwarded-For``: its element is the last one."""
    last = (forwarded_for or "").rstrip(", \t").rpartition(",")[2].strip()
    return _parsed(last) is not None


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _parsed(text: str) -> Address | None:
    return _address(text) if len(text) <= MAX_HOP_LENGTH else None


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """One spelling for each address: IPv4 on an IPv6 socket becomes IPv4, and a zone is dropped.

    So is a port, which some proxies add: ``192.0.2.1:5000``, ``[2001:db8::1]:443``, the latter also
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
