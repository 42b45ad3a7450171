"""The users of a seed file in JSON. ``flask seed`` adds its customers, clients and API keys too."""

import re
from typing import BinaryIO

from ..records import Format, Read, each, mapping
from . import json_lines
from .documents import items

# So far the key is looked for.
LOOK = 64 * 1024
_FOR_DEVELOPMENT = re.compile(rb'"development_only"\s*:\s*true')


def is_for_development(stream: BinaryIO) -> bool:
    """Whether a file says so at its beginning, as the demonstration does. The stream stands there again."""
    start = stream.read(LOOK)
    stream.seek(0)
    return _FOR_DEVELOPMENT.search(start) is not None


def read(stream: BinaryIO) -> Read:
    return each(
        items(stream, "users", "users"),
        lambda place, entry: json_lines.user(place, mapping(entry)),
    )


FORMAT = Format("seed", "the users of a seed file (JSON)", read)
