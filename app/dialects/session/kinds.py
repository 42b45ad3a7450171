"""The session kind of the session API: a pair of sealed tokens, bound to the client that opened it."""

from ...core.kinds import Form, Kind, Lifetime, Purpose
from ...core.policy import DAY

ACCESS = Purpose(7, "SESSION_ACCESS", Form.SEALED)
REFRESH = Purpose(8, "SESSION_REFRESH", Form.SEALED, is_refresh=True)

SESSION = Kind(
    name="session",
    purposes=(ACCESS, REFRESH),
    access=Lifetime(
        "session_access_seconds",
        3_600,
        "access token of the session dialect (`access_token_expires_in`)",
    ),
    session=Lifetime(
        "session_refresh_seconds",
        30 * DAY,
        "refresh token of the session dialect, since its rotation",
    ),
    absolute=Lifetime(
        "session_absolute_seconds", 90 * DAY, "a session of the session dialect, since its login"
    ),
    bound_to_client=True,
)
