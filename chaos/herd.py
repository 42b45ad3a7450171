"""Many connections at once, in a process of its own: ``python -m chaos.herd PORT MODE NUMBER SECONDS``.

Prints one JSON line when all connections are open, and one with the results at the end.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections import Counter
from typing import Any

from .databases import CLIENT, PASSWORD, USERS

DRIP_SECONDS = 0.5
BIG = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: chaos\r\n\r\n"
HEAD = b"GET /verify HTTP/1.1\r\nHost: chaos\r\nX-Drip: "
BODY = b"POST /session HTTP/1.1\r\nHost: chaos\r\nContent-Length: 9999\r\n\r\n"
CHUNKED = b"POST /login HTTP/1.1\r\nHost: chaos\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n"
GARBAGE = (
    b"GET /verify HTTP/1.1\r\nHost: chaos\r\n\r\n" * 3
    + b"\x00\xff\x16\x03\x01 nonsense\r\n\r\n" * 50
)


class Herd:
    def __init__(self, port: int, number: int, seconds: float) -> None:
        self.port = port
        self.number = number
        self.deadline = time.monotonic() + seconds
        self.statuses: Counter[str] = Counter()
        self.tokens: list[str] = []
        self.longest_refusal = 0.0
        self.without_retry_after = 0
        self.closed = 0
        self._standing = 0

    async def run(self, mode: str) -> dict[str, Any]:
        tasks = [asyncio.create_task(self._keep(mode, index)) for index in range(self.number)]
        while self._standing < self.number and time.monotonic() < self.deadline:
            await asyncio.sleep(0.05)
        print(json.dumps({"standing": self._standing}), flush=True)
        await asyncio.gather(*tasks)
        return {
            "statuses": self.statuses,
            "tokens": self.tokens[:200],
            "longest_refusal": self.longest_refusal,
            "without_retry_after": self.without_retry_after,
            "closed": self.closed,
        }

    async def _keep(self, mode: str, index: int) -> None:
        """One connection after the other, as the server closes them."""
        standing = False
        while time.monotonic() < self.deadline:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=4096)
            except OSError:
                await asyncio.sleep(0.2)
                continue
            if not standing:
                self._standing, standing = self._standing + 1, True
            try:
                await getattr(self, f"_{mode}")(reader, writer, index)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                self.closed += 1
            finally:
                writer.close()

    async def _logins(self, reader: Any, writer: Any, index: int) -> None:
        login = f"chaos{index % USERS}@example.com"
        body = {"account_type": "traditional", "email": login, "password": PASSWORD}
        text = json.dumps(body)
        request = (
            f"POST /session HTTP/1.1\r\nHost: chaos\r\nx-koms-clientid: {CLIENT}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
        ).encode()
        while time.monotonic() < self.deadline:
            started = time.monotonic()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split()[0])
            answer = await reader.readexactly(length)
            status = head.split()[1]
            self.statuses[status] += 1
            if status == "200":
                self.tokens.append(json.loads(answer)["access_token"])
            if status == "503":
                self.longest_refusal = max(self.longest_refusal, time.monotonic() - started)
                self.without_retry_after += "retry-after:" not in head
                # Half of what Retry-After asks for.
                await asyncio.sleep(1)
            if "\r\nconnection: close\r\n" in head:
                return

    async def _drip(self, writer: Any, begin: bytes) -> None:
        writer.write(begin)
        while time.monotonic() < self.deadline:
            await writer.drain()
            await asyncio.sleep(DRIP_SECONDS)
            writer.write(b"a")

    async def _heads(self, _reader: Any, writer: Any, _index: int) -> None:
        await self._drip(writer, HEAD)

    async def _bodies(self, _reader: Any, writer: Any, index: int) -> None:
        await self._drip(writer, BODY if index % 2 else CHUNKED)

    async def _readers(self, _reader: Any, writer: Any, _index: int) -> None:
        """Asks for large answers and takes none of them."""
        writer.transport.pause_reading()
        writer.write(BIG * 20)
        while time.monotonic() < self.deadline and not writer.is_closing():
            await asyncio.sleep(0.2)

    async def _idle(self, reader: Any, _writer: Any, _index: int) -> None:
        await asyncio.wait_for(reader.read(1), max(0.01, self.deadline - time.monotonic()))

    async def _garbage(self, reader: Any, writer: Any, index: int) -> None:
        writer.write(GARBAGE)
        if index % 3 == 0 and writer.can_write_eof():
            writer.write_eof()
        while await reader.read(4096):
            pass
        await asyncio.sleep(0.1)


def main() -> None:
    port, mode, number, seconds = sys.argv[1:]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # The load runs on the same machine as the server.
    os.nice(5)
    herd = Herd(int(port), int(number), float(seconds))
    print(json.dumps(asyncio.run(herd.run(mode))))


if __name__ == "__main__":
    main()
