"""The files of requirements pin all that is installed with them: two installations a year apart are one."""

import re
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config import ROOT


def pinned(file: str) -> list[Requirement]:
    """The lines of a file, and of those that it includes."""
    found: list[Requirement] = []
    for line in (ROOT / file).read_text().splitlines():
        if included := re.fullmatch(r"-r (\S+)", line):
            found += pinned(included[1])
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def needed(one: Requirement) -> set[str]:
    """What is installed with a package, by its name."""
    extras = [*one.extras, ""]
    return {
        canonicalize_name(other.name)
        for other in map(Requirement, distribution(one.name).requires or [])
        if other.marker is None or any(other.marker.evaluate({"extra": it}) for it in extras)
    }


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-otel.txt"])
def test_what_is_needed_in_turn_is_pinned_too(file: str):
    pins = pinned(file)
    names = {canonicalize_name(pin.name) for pin in pins}
    assert {name for pin in pins for name in needed(pin)} - names == set()
    versions = {str(pin): distribution(pin.name).version for pin in pins}
    assert {pin for pin, version in versions.items() if not pin.endswith(f"=={version}")} == set()
