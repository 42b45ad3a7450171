"""A client's address as it is counted and known: IPv4 whole, IPv6 by its /64, one customer's share."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)
def network_of(address: str | None) -> str | None:
    """None without an address, or for what is none."""
    if not address:
        return None
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((ip, 64), strict=False))
