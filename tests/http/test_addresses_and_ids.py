"""The client address and the request id: a client must not be able to forge them."""

import ipaddress
import re

from app.http.addresses import client_address
from app.http.request_ids import request_id
from tests.cases import each

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@each(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "' OR 1=1 --", "10.0.0.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.7", "198.51.100.7"),
        (None, None, None),
        ("10.0.0.1", "192.0.2.1:5000", "192.0.2.1"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", '"[2001:db8::1]:443"', "2001:db8::1"),
        ("10.0.0.1", "[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7:80, [fd00::2]:8080", "198.51.100.7"),
        ("10.0.0.1:4711", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::1]nonsense", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, " + "a" * 8_000, "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1," + "10.0.0.2," * 40 + "10.0.0.3", "10.0.0.2"),
    ],
)
def test_the_address_is_the_nearest_hop_that_is_no_trusted_proxy(peer, forwarded, address):
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_trusted_proxies_the_header_counts_for_nothing():
    assert client_address("10.0.0.1", "198.51.100.7", []) == "10.0.0.1"


@each(
    "given",
    ["a", "abc-1", "A9._:@/+=-", "x" * 128, "46592cd7-991c-4db4-8df2-a83ecd54e7e1"],
)
def test_a_sane_request_id_is_kept(given):
    assert request_id(given) == given


@each("given", [None, "", " ", "-a", "a b", "a\n", "a\r\nX: y", "\u00e9", "\u0661", "x" * 129, '"'])
def test_any_other_is_replaced_by_a_fresh_one(given):
    fresh, again = request_id(given), request_id(given)
    assert re.fullmatch(r"[0-9a-f]{32}", fresh)
    assert fresh != again
