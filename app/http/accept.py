"""``Accept``: the ranges of a header, and how much a client wants a media type (RFC 9110 section 12.5.1)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# Longer headers are not read. No client sends as much.
MAX_LENGTH = 2_048
_PARAMETERS = {("charset", "utf-8")}
# Commas and semicolons in a quoted text do not separate. Possessive, so that matching takes linear time.
_QUOTED = r'"(?:[^"\\]|\\.)*+"?'
_ELEMENT = re.compile(rf'(?:[^,"]|{_QUOTED})++')
_PARAMETER = re.compile(rf'(?:[^;"]|{_QUOTED})++')
_WEIGHT = re.compile(r"[0-9]{1,3}\.?[0-9]{0,9}|\.[0-9]{1,9}", re.ASCII)


class MediaRange(NamedTuple):
    """One element of ``Accept``: a type, a subtype or ``*`` for either, parameters, and a weight."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float

    def specificity(self, offer: str) -> int:
        """How closely the range matches the offered type; negative if it does not."""
        kind, subtype = offer.split("/")
        if not self.parameters <= _PARAMETERS:
            return -1
        if (self.type, self.subtype) == ("*", "*"):
            return 0
        if self.type != kind or self.subtype not in ("*", subtype):
            return -1
        return 1 if self.subtype == "*" else 2 + len(self.parameters)


def ranges(accept: str | None) -> Iterator[MediaRange]:
    """The elements that can be read. After a weight there are no parameters."""
    for element in _ELEMENT.findall(accept or ""):
        parts = [part.strip(" \t") for part in _PARAMETER.findall(element)]
        name, parameters = parts[0] if parts else "", parts[1:]
        # Java's HttpURLConnection says "*" for "*/*".
        kind, _, subtype = ("*/*" if name == "*" else name.lower()).partition("/")
        quality, known = 1.0, set()
        for parameter in parameters:
            key, _, value = (part.strip(" \t") for part in parameter.lower().partition("="))
            value = value.strip('"')
            if key == "q":
                quality = _quality(value)
                break
            if key:
                known.add((key, value))
        if 0.0 <= quality <= 1.0:
            yield MediaRange(kind, subtype, frozenset(known), quality)


def weight(found: list[MediaRange], offer: str) -> tuple[float, int]:
    """The weight of the most specific range that matches, and how specific it is; (0.0, -1) if none."""
    specificity, quality = max((each.specificity(offer), each.quality) for each in found)
    return (quality, specificity) if specificity >= 0 else (0.0, -1)


def _quality(text: str) -> float:
    """A weight, also as Java writes it: ``.2``, and ``1.``; negative if the text is no weight."""
    return float(text) if _WEIGHT.fullmatch(text) else -1.0
