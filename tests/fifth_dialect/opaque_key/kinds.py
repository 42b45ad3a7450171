"""The session kind of the opaque key: one sealed token, which may be given back for a day."""

from app.core.kinds import Form, Kind, Lifetime, Purpose

KEY = Purpose(200, "OPAQUE_KEY", Form.SEALED)

HOUR = Lifetime("opaque_key_seconds", 3_600, "an opaque key")
DAY = Lifetime("opaque_key_session_seconds", 86_400, "the session of an opaque key")

OPAQUE_KEY = Kind(name="opaque_key", purposes=(KEY,), access=HOUR, session=DAY, absolute=DAY)
