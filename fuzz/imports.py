"""Files of users to be imported, and password hashes as other systems write them."""

import io
import json

from hypothesis import strategies as st

from app.core.importing import FORMATS, Checks, Rejected, Unreadable, recognised
from app.core.importing.records import Fault, Found, PassedOver
from app.core.passwords import foreign
from app.core.policy import Policy
from app.core.refusals import Refusal, Refused

from .harness import Target
from .mutations import mangled, raw, texts

_BCRYPT = "$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi"
_SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"
_DJANGO = "pbkdf2_sha256$1200$ugDA1Ck0ARnjQcRpSnwxnU$HIXKC7rdcb+9GF2Wpbt09N6BokWNSAqR0HSCdEoJSvo="
HASHES = (
    _BCRYPT,
    _SSHA,
    _DJANGO,
    "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$I0kcyxeC8TkNggGBxOUryuHP+dpHsH97bXgW6hVlJCQ",
    "$scrypt$ln=4,r=8,p=1$XOs9x1grZax1jpESQmiNkQ$rZdUMl01ggvfhR8z/qxuJ8l15pmWht2uSFvN4p4j9o8",
    "scrypt:16:8:1$salt$" + "ab" * 64,
    "$pbkdf2-sha256$1000$SgkhpLQWAgCAkHLO.Z8TIg$xp.5YSnW5.8ZvHzvTh1ImRtWVE1KTx4NtlK3QkGUuYA",
    "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw",
    "68553e2387c9e98023b366b9fbac8e9006b40a5b",
    "{PBKDF2-SHA256}1000$FOKcU.r9f8.59947Z2xtbQ$fy7qjSLA6tsi.jtIi/iWwCUiC.aAeJHotYTGXf3xRXE",
)
_USER = {"username": "ada", "email": "ada@example.com", "password_hash": _BCRYPT, "roles": ["x"]}
_KEYCLOAK = {
    "type": "password",
    "secretData": '{"value":"KqABIiReBuRWbP4pBct3Ww==","salt":"EPgscX9CQz7UnuZDNZxtMw=="}',
    "credentialData": '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}',
}
FILES = (
    f'username,email,password_hash,active\nada,ada@example.com,{_BCRYPT},yes\n"b ""c""",b@c.de,{_SSHA},no\n',
    json.dumps(_USER) + "\n" + json.dumps(_USER | {"username": "lin", "disabled": True}) + "\n",
    json.dumps({"users": [_USER]}),
    json.dumps(
        [
            {
                "model": "auth.user",
                "pk": 1,
                "fields": {"username": "ada", "password": _DJANGO, "groups": [[""]]},
            }
        ]
    ),
    json.dumps({"realm": "r", "users": [{"username": "ada", "credentials": [_KEYCLOAK]}]}),
    json.dumps(
        [{"email": "a@b.de", "custom_password_hash": {"algorithm": "md5", "hash": {"value": "00"}}}]
    ),
    json.dumps(
        {"users": [{"localId": "x", "email": "a@b.de", "passwordHash": "AAAA", "salt": "AA=="}]}
    ),
    f"dn: uid=ada\nuid: ada\nmail: ada@\n example.com\nuserPassword:: e1NIQX1h\n\n"
    f"dn: x\nuserPassword: {_SSHA}\n",
    f"# made by htpasswd\nada:{_BCRYPT}\nlin:{_SSHA}\n",
)
_CHECKS = Checks(
    Policy(),
    email_domain="example.com",
    wrap=True,
    pepper_id=None,
    peppers={},
    admins=True,
    now=0.0,
)


def check_file(given: tuple[bytes, str | None]) -> None:
    """A reader yields records and rejects, or says that it cannot read on; nothing else."""
    data, name = given
    stream = io.BytesIO(data)
    try:
        for found in (FORMATS[name] if name else recognised(stream)).read(stream):
            _look_at(found)
    except Unreadable:
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE) from None


def _look_at(found: Found) -> None:
    if isinstance(found, PassedOver):
        assert len(found.names) <= 30
        return
    if isinstance(found, Rejected):
        assert found.reason.isprintable()
        return
    try:
        user = _CHECKS.user(found)
    except (Fault, foreign.Unreadable):
        return
    for text in (user.stored, user.username, user.email, *user.names, user.roles):
        assert "\0" not in text
        assert text.encode().decode() == text


def check_hash(text: str) -> None:
    """What is read is stored as it is read again, and its cost is one that a login may have."""
    try:
        stored = foreign.read(text)
        found = foreign.accepted(stored)
    except foreign.Unreadable:
        raise Refused(Refusal.IDENTITY_UNACCEPTABLE) from None
    assert foreign.read(stored) == stored
    assert len(stored) <= 500
    assert found.cost.seconds <= 1
    assert not foreign.is_native(stored)


def imports() -> list[Target]:
    names = st.sampled_from([None, *FORMATS])
    return [
        Target("import", st.tuples(raw(FILES), names), check_file),
        Target("hash", st.one_of(mangled(HASHES), texts(HASHES)), check_hash),
    ]
