"""``assertion``: an access code in its wrapper, ``base64url({"alg":"none"}) . code .``.

It looks like an unsigned JWT (RFC 7519 section 6) and is none: the code alone proves anything, and no
JWT library is ever shown it. Clients pad the base64 or do not, use either alphabet, and may put white
space in the JSON.
"""

import base64
import binascii

from ...core.refusals import Refusal, Refused
from ...http.bodies import parse_json

HEADER = {"alg": "none"}
# With all the white space that anybody puts into it. The code behind it is cut where it is digested, so
# that one that is too long is an unknown code like any other.
MAX_HEADER_LENGTH = 256


def access_code(assertion: str) -> str:
    """The code inside. Raises Refused(CODE_UNKNOWN) for anything that is no such wrapper."""
    header, _, rest = assertion.partition(".")
    code, _, tail = rest.partition(".")
    if tail or not rest.endswith(".") or not code or _decoded(header) != HEADER:
        raise Refused(Refusal.CODE_UNKNOWN)
    return code


def _decoded(header: str) -> dict[str, object] | None:
    if len(header) > MAX_HEADER_LENGTH:
        return None
    unpadded = header.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return parse_json(base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True))
    except (binascii.Error, ValueError, Refused):
        return None
