"""The network of a client address, by which it is counted: an IPv4 address, or the /64 of an IPv6 address.

A provider gives a customer at least a /64, so one person can use all addresses in it.
"""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)
def network_of(address: str | None) -> str | None:
    """The network; None if there is no address, or the text is not one."""
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
