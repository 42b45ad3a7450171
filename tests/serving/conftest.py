"""One server for what does not end it."""

from collections.abc import Iterator

import pytest

from .rooms import Room, room

THREADS = 3
HELD_BYTES = 1024 * 1024
CONNECTIONS = 60


@pytest.fixture(scope="package")
def shared_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Few threads and connections, and little memory."""
    with room(
        tmp_path_factory.mktemp("room"),
        threads=THREADS,
        keepalive=20,
        worker_connections=CONNECTIONS,
        HELD_BYTES=HELD_BYTES,
    ) as running:
        yield running
