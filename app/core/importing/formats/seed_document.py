"""The users of a seed file in JSON. ``flask seed`` adds its customers, clients and API keys too."""

from typing import BinaryIO

from ..records import Format, Read, each, mapping
from . import json_lines
from .documents import items


def read(stream: BinaryIO) -> Read:
    return each(
        items(stream, "users", "users"),
        lambda place, entry: json_lines.user(place, mapping(entry)),
    )


FORMAT = Format("seed", "the users of a seed file (JSON)", read)
