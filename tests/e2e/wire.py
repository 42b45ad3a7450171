"""A client that sends the bytes it is given, and reads answers as RFC 9112 section 6 frames them.

A *manner* is how the bytes arrive: whole, byte by byte, or with the body after the server had time to
look at the head. Behind them comes the *sentinel*, a request of a name of its own. A connection that goes
on answers it, one that ends does not; so a test never waits to see that nothing comes.
"""

import re
import select
import socket
import time
from itertools import count
from typing import NamedTuple

# Far below every deadline of the server: what is answered at once is answered within it.
AT_ONCE_SECONDS = 4.0
MANNERS = ("whole", "byte by byte", "late body")
NUMBERS = count(1)


class Answer(NamedTuple):
    status: int
    lines: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.lines)

    @property
    def request_id(self) -> str:
        return self.headers.get("x-request-id", "")


class Silence(AssertionError):
    """The server does not answer, and does not close the connection."""


class Wire:
    """One connection. A request's method matters to its answer: that to HEAD has no body."""

    def __init__(self, port: int, *, source: str = "127.0.0.1") -> None:
        address, here = ("127.0.0.1", port), (source, 0)
        self.socket = socket.create_connection(address, AT_ONCE_SECONDS, here)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes, step: int | None = None) -> None:
        """Stop if the server has closed. Its answer can still be read."""
        try:
            for at in range(0, len(data), step or len(data) or 1):
                self.socket.sendall(data[at : at + (step or len(data))])
        except (BrokenPipeError, ConnectionResetError):
            pass

    def answer(self, method: str = "GET") -> Answer | None:
        """The next answer, 1xx included; None at the end of the connection."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                assert self._buffer == b"", f"an answer broke off: {self._buffer!r}"
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        found = re.fullmatch(r"HTTP/1\.[01] ([1-5]\d\d) [ -~]*", first)
        assert found, f"no status line: {first!r}"
        pairs = [line.split(": ", 1) for line in lines]
        answer = Answer(int(found[1]), [(name.lower(), text) for name, text in pairs], b"")
        if method == "HEAD" or answer.status < 200 or answer.status in (204, 304):
            return answer
        return answer._replace(body=self._body(answer))

    def _body(self, answer: Answer) -> bytes:
        assert "transfer-encoding" not in answer.headers, "no answer here has no known length"
        length = int(answer.headers["content-length"])
        while len(self._buffer) < length:
            assert self._receive(), "a body broke off"
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _receive(self) -> bool:
        try:
            piece = self.socket.recv(65_536)
        except TimeoutError as error:
            raise Silence(f"nothing came after {self._buffer!r}") from error
        except ConnectionResetError:
            piece = b""
        self._buffer += piece
        return piece != b""

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long, an end of the connection included."""
        return not select.select([self.socket], [], [], seconds)[0]

    def answers(self, until: str = "", method: str = "GET") -> list[Answer]:
        """All answers up to that of the request ``until``, or to the end of the connection."""
        found: list[Answer] = []
        while answer := self.answer(method if not found else "GET"):
            found.append(answer)
            if until and answer.request_id == until:
                break
        return found


class Exchange(NamedTuple):
    """What came back for a request, and whether the connection went on behind it."""

    answers: list[Answer]
    goes_on: bool

    @property
    def statuses(self) -> list[int]:
        """Final ones: no 1xx."""
        return [answer.status for answer in self.answers if answer.status >= 200]

    @property
    def last(self) -> Answer:
        return self.answers[-1]


def sentinel(name: str) -> bytes:
    line = f"GET /api/common/1.0/ping HTTP/1.1\r\nHost: x\r\nX-Request-ID: {name}\r\n\r\n"
    return line.encode()


def exchange(
    port: int, request: bytes, manner: str = "whole", *, source: str = "127.0.0.1"
) -> Exchange:
    """Send ``request`` and a sentinel behind it; everything that comes back."""
    name = f"sentinel-{next(NUMBERS)}"
    method = "HEAD" if request.startswith(b"HEAD") else "GET"
    with Wire(port, source=source) as wire:
        if manner == "whole":
            wire.send(request + sentinel(name))
        elif manner == "byte by byte":
            wire.send(request + sentinel(name), step=1)
        else:
            head, end, body = request.partition(b"\r\n\r\n")
            wire.send(head + end)
            let_it_look(port)
            wire.send(body + sentinel(name))
        answers = wire.answers(name, method)
    goes_on = bool(answers) and answers[-1].request_id == name
    return Exchange(answers[:-1] if goes_on else answers, goes_on)


def let_it_look(port: int) -> None:
    """Until the one worker has seen what was sent before: it has answered two requests since."""
    with Wire(port) as wire:
        for _ in range(2):
            name = f"look-{next(NUMBERS)}"
            wire.send(sentinel(name))
            assert wire.answers(name)


class Stopwatch:
    """Processor time of some processes, which other load on the machine does not lengthen."""

    def __init__(self, processes: list) -> None:
        self._processes = processes
        self._before = self._used()
        self._started = time.monotonic()

    def _used(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._processes)

    @property
    def seconds(self) -> float:
        return self._used() - self._before
