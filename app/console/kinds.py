"""The session kind of the console: one random token in a cookie, which means nothing at the doors."""

from ..core.identities import ADMIN
from ..core.kinds import Form, Kind, Lifetime, Purpose

# Who may use the console.
ROLE = ADMIN
SESSION = Purpose(9, "CONSOLE_SESSION", Form.HEX)

IDLE = Lifetime("console_idle_seconds", 900, "a session of the console, since its last use")
ABSOLUTE = Lifetime("console_absolute_seconds", 28_800, "a session of the console, since its login")

CONSOLE = Kind(
    name="console",
    purposes=(SESSION,),
    access=ABSOLUTE,
    session=IDLE,
    absolute=ABSOLUTE,
    idles=True,
    at_doors=False,
    role=ROLE,
)
