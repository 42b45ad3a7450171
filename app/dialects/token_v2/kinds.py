"""The session kind of token v2: a pair of JWTs, rotated by the second."""

from ...core.kinds import Form, Kind, Lifetime, Purpose
from ...core.policy import DAY

ACCESS = Purpose(4, "TOKEN_V2_ACCESS", Form.JWT, use="access")
REFRESH = Purpose(5, "TOKEN_V2_REFRESH", Form.JWT, is_refresh=True, use="refresh")

TOKEN_V2 = Kind(
    name="token_v2",
    purposes=(ACCESS, REFRESH),
    access=Lifetime("token_v2_access_seconds", 3_600, "access JWT of token v2 (`validityTime`)"),
    session=Lifetime(
        "token_v2_refresh_seconds", 30 * DAY, "refresh JWT of token v2, since its rotation"
    ),
    absolute=Lifetime("token_v2_absolute_seconds", 90 * DAY, "a token v2 session, since its login"),
)
