"""Problem details (RFC 9457): the errors of everything that is no dialect's."""

import json
from typing import Any

MEDIA_TYPE = "application/problem+json"
# The title says all that there is to say of the type (RFC 9457 section 4.2.1).
BLANK = "about:blank"


def problem(title: str, status: int, request_id: str, **members: Any) -> bytes:
    """The body. ``members`` are extension members (section 3.2)."""
    body = {
        "type": BLANK,
        "title": title,
        "status": status,
        "instance": f"urn:request:{request_id}",
        **members,
    }
    return json.dumps(body, separators=(",", ":")).encode()
