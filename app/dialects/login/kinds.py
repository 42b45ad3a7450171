"""The session kind of login: one random token for 20 seconds, opened by an API key."""

from ...core.kinds import Form, Kind, Lifetime, Purpose

TOKEN = Purpose(6, "LOGIN", Form.UUID)
SECONDS = Lifetime("login_token_seconds", 20, "login token (`ExpireInSec`)")

LOGIN = Kind(
    name="login",
    purposes=(TOKEN,),
    access=SECONDS,
    session=SECONDS,
    absolute=SECONDS,
    # An API key opens it: an expired password does not concern it.
    stands_on_password=False,
)
