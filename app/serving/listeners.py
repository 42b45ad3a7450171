"""The listening sockets: when they are watched, and how a connection is made from one."""

import errno
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from selectors import EVENT_READ, BaseSelector
from typing import Any

from .connection import Connection, address_of
from .environ import base_environ
from .limits import Limits
from .parser import Parser


class Listeners:
    """The listening sockets of one worker; ``cfg`` is gunicorn's. Only the leader touches them."""

    def __init__(
        self,
        sockets: Sequence[Any],
        poller: BaseSelector,
        cfg: Any,
        ignores_body: Callable[[str], bool],
        connection_class: type[Connection] = Connection,
    ) -> None:
        self._sockets = list(sockets)
        self._connection_class = connection_class
        self._poller = poller
        self._cfg = cfg
        self._ignores_body = ignores_body
        self._limits = Limits(
            cfg.limit_request_line, cfg.limit_request_fields, cfg.limit_request_field_size
        )
        self._secure_headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in cfg.secure_scheme_headers.items()
        }
        self._watched = False

    def watch(self, accepting: bool, ready: Callable[[Any], None]) -> None:
        """Call ``ready`` with a listener that has a client. If not ``accepting``, the backlog keeps it."""
        if accepting == self._watched:
            return
        self._watched = accepting
        for listener in self._sockets:
            if accepting:
                listener.setblocking(False)
                self._poller.register(listener, EVENT_READ, ready)
            else:
                self._poller.unregister(listener)

    def add(self, listener: Any, ready: Callable[[Any], None]) -> None:
        """Take connections at one more socket, from now on."""
        self._sockets.append(listener)
        if self._watched:
            listener.setblocking(False)
            self._poller.register(listener, EVENT_READ, ready)

    def remove(self, listener: Any) -> None:
        """Stop listening at a socket, and close it."""
        self._sockets.remove(listener)
        if self._watched:
            self._poller.unregister(listener)
        listener.close()

    def close(self) -> None:
        """Close them, once none is watched. New clients are refused unless the master still listens."""
        for listener in self._sockets:
            listener.close()

    def accept(self, listener: Any, out_of_descriptors: Callable[[], None]) -> Connection | None:
        """The new connection; None if the client has gone, or if there is no descriptor for it."""
        if listener not in self._sockets:
            return None  # removed since the poller saw it
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                out_of_descriptors()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return None
        base = base_environ(listener.getsockname(), client, multiprocess=self._cfg.workers > 1)
        secure = self._secure_headers if self._is_trusted(client) else {}
        parser = Parser(base, self._limits, self._ignores_body, secure)
        return self._connection_class(sock, address_of(client), parser)

    def _is_trusted(self, client: Any) -> bool:
        """Whether the peer may state its client's scheme, by gunicorn's ``forwarded_allow_ips``."""
        address = address_of(client)
        if address is None or "*" in self._cfg.forwarded_allow_ips:
            return True
        peer = ip_address(address)
        return any(peer in network for network in self._cfg.forwarded_allow_networks())
