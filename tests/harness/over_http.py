"""Flask's test client, as far as the contract suite uses it, over real HTTP."""

import http.client
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response
from werkzeug.test import EnvironBuilder

from harness.client import Watchword


class Answer(Response):
    """What Flask's client adds to a response."""

    @property
    def text(self) -> str:
        return self.get_data(as_text=True)


class HttpClient:
    """A client of one world."""

    def __init__(self, world: Watchword) -> None:
        self._base = urlsplit(world.url)

    def open(self, path: str, **options: Any) -> Response:
        method = options.pop("method", "GET")
        # What is no part of a request, but of the way that Flask's own client hands it over.
        options.pop("environ_base", None)
        request = EnvironBuilder(path, method=method, **options).get_request()
        target = self._base.path + quote(path, safe="/%?=&")
        if request.query_string and "?" not in path:
            target += f"?{request.query_string.decode()}"
        headers = {
            name: value for name, value in request.headers if name not in ("Host", "Content-Length")
        }
        assert self._base.hostname is not None, "a world's URL names a host"
        connection = http.client.HTTPConnection(self._base.hostname, self._base.port, timeout=10)
        try:
            connection.request(method, target, request.get_data() or None, headers)
            answer = connection.getresponse()
            return Answer(answer.read(), answer.status, answer.getheaders())
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Response:
        return self.open(path, method="GET", **options)

    def head(self, path: str, **options: Any) -> Response:
        return self.open(path, method="HEAD", **options)

    def post(self, path: str, **options: Any) -> Response:
        return self.open(path, method="POST", **options)

    def put(self, path: str, **options: Any) -> Response:
        return self.open(path, method="PUT", **options)

    def delete(self, path: str, **options: Any) -> Response:
        return self.open(path, method="DELETE", **options)
