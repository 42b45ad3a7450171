"""The session kind of AAA: SESSID, and the npm and OAuth tokens beside it."""

from ...core.kinds import CodeGrant, Form, Kind, Lifetime, Purpose
from ...core.policy import DAY

SESSION = Purpose(1, "AAA_SESSION", Form.HEX)
NPM = Purpose(2, "AAA_NPM", Form.SEALED)
OAUTH = Purpose(3, "AAA_OAUTH", Form.SEALED)

IDLE = Lifetime("aaa_idle_seconds", 1_800, "an AAA session, since its last use")
ABSOLUTE = Lifetime("aaa_absolute_seconds", 43_200, "an AAA session, since its login")
TOKEN = Lifetime("aaa_token_seconds", 3_600, "npm and OAuth tokens of AAA")
CODE = Lifetime("aaa_code_seconds", 365 * DAY, "access codes of AAA")

AAA = Kind(
    name="aaa",
    purposes=(SESSION, NPM, OAUTH),
    access=ABSOLUTE,
    session=IDLE,
    absolute=ABSOLUTE,
    more=(TOKEN, CODE),
    idles=True,
)
CODES = CodeGrant(kind=AAA, purpose=OAUTH, code=CODE, token=TOKEN)
