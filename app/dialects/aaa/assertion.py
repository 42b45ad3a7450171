"""``assertion``: an access code in its wrapper, ``base64url({"alg":"none"}) . code .``.

It looks like an unsigned JWT (RFC 7519 section 6), but only the code proves something. So no JWT library
reads it. Clients may pad the base64 or not, use either alphabet, and put white space in the JSON.
"""

import base64
import binascii

from ...core.refusals import Refusal, Refused
from ...http.bodies import parse_json

HEADER = {"alg": "none"}
# A limit with room for white space. The code behind it is cut before it is digested, so a code that is too
# long is an unknown code.
MAX_HEADER_LENGTH = 256


def access_code(assertion: str) -> str:
    """The code in the wrapper. Raises Refused(CODE_UNKNOWN) if the text is no such wrapper."""
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
