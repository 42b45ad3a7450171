"""A TCP relay between a gateway and Watchword: it keeps what was asked, and can hang up."""

import socket
import socketserver
import threading
from contextlib import suppress


class Relay(socketserver.ThreadingTCPServer):
    """Passes connections to the given port on, until ``hang_up``; ``heard`` has all that was asked."""

    daemon_threads = True

    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.upstream = upstream
        self.port: int = self.server_address[1]
        self.heard = bytearray()
        self.silent = False
        self.connections: list[socket.socket] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def hang_up(self) -> None:
        """Close all connections, and every new one at once."""
        self.silent = True
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def answer_again(self) -> None:
        self.silent = False

    def handle_error(self, *_arguments: object) -> None:
        """A closed connection is no fault."""

    def stop(self) -> None:
        self.hang_up()
        self.shutdown()
        self.server_close()


class _Passing(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        if self.server.silent:
            return
        with socket.create_connection(("127.0.0.1", self.server.upstream)) as upstream:
            self.server.connections += [self.request, upstream]
            back = threading.Thread(target=self._pass_back, args=[upstream], daemon=True)
            back.start()
            while asked := self.request.recv(65_536):
                self.server.heard += asked
                upstream.sendall(asked)
            upstream.shutdown(socket.SHUT_WR)
            back.join()

    def _pass_back(self, upstream: socket.socket) -> None:
        with suppress(OSError):
            while answered := upstream.recv(65_536):
                self.request.sendall(answered)
            self.request.shutdown(socket.SHUT_WR)
