"""Ports for servers that scenarios, tests and benchmarks start."""

import random
import socket
from contextlib import suppress

# Below those that Linux gives to clients. A client that tries a port of theirs before its server listens may
# be given the very same port, is then connected with itself, and keeps the server from it.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
