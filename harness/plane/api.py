"""The control plane as a Flask application: the same machinery that serves the dialects."""

from flask import Flask

from app import Service
from app.core.core import Core
from app.http import hooks
from app.http.error_pages import ErrorPages

from . import operations
from .errors import Plane
from .operations.here import here
from .worlds import Worlds


class Here:
    """What the shared machinery asks of an application: the core of the world that is asked for."""

    def __init__(self, dialects: list[Plane]) -> None:
        self.dialects = dialects

    @property
    def core(self) -> Core:
        return here().core


def control_plane(worlds: Worlds) -> Flask:
    """The application that answers under ``/__harness__/``, for every world."""
    plane = Plane(worlds.base)
    for resource in operations.ALL:
        resource.mount(plane, worlds)
    app = Service(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    pages = ErrorPages([plane], outside=plane)
    app.extensions["watchword"] = Here([plane])
    plane.register(app)
    pages.register(app)
    hooks.register(app, pages, ())
    app.before_request(_refuse_no_world)
    return app


def _refuse_no_world() -> None:
    here()
