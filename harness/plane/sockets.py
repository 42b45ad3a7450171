"""Listening sockets: a port is bound at once, so nobody else can take it in between."""

import socket

BACKLOG = 1024


class Taken(Exception):
    """What was asked for is somebody's: a port, or the name of a world. The text says which."""


def listening(address: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; ``port`` 0 is any free one. Raises Taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "must be at most 65535"
        raise Taken(f"{address}, port {port}: {reason}") from None
    listener.listen(BACKLOG)
    return listener
