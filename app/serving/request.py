"""A complete request, as the parser gives it to the worker."""

from .environ import Environ


class Request:
    """A request that can be answered."""

    __slots__ = ("environ", "keep_alive", "method", "size")

    def __init__(self, environ: Environ, method: str, size: int, keep_alive: bool) -> None:
        self.environ = environ
        self.method = method
        self.size = size
        self.keep_alive = keep_alive
