"""The token decoders, and the whole way to a live session: only tokens that were made here are valid."""

import re
import struct
from typing import Any

from hypothesis import strategies as st
from itsdangerous.encoding import base64_encode

from app.core import sessions
from app.core.keys import jwt
from app.core.sessions import tokens
from tests.texts import WRITABLE

from .harness import Target
from .house import House
from .mutations import mangled, texts

UUID = re.compile(r"[0-9a-f-]{36}", re.IGNORECASE)
CLAIMS = ("sid", "gen", "use", "exp", "iat", "uid", "jti")
CLAIM_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(WRITABLE, max_size=20)
    | st.sampled_from(
        ["access", "refresh", "0" * 16, "7fffffffffffffff", "-1", "0x10", "1_0", "٣"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(WRITABLE, max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


def decoders(house: House) -> list[Target]:
    core = house.core
    minted = house.live | house.refresh
    sealed = [token for token in minted if "~" in token]
    jwts = [token for token in minted if token.count(".") == 2]
    opaque = [token for token in minted if token not in (*sealed, *jwts)]
    key = next(iter(core.keys.ring.jwts.values()))

    def check_signed(token: str) -> None:
        """A decoder of signed tokens accepts only the genuine ones, each in its one spelling."""
        tokens.read(core, token)
        assert token in minted, f"{token!r} was not minted"

    def check_opaque(token: str) -> None:
        """Random tokens: the decoder checks their form, and the database whether they exist."""
        reference = tokens.read(core, token)
        assert reference.digest is not None or token in minted
        check_live(token)

    def check_live(token: str) -> None:
        """The whole way to a session. A UUID may be in capitals, as .NET writes it."""
        row = sessions.verify(core, token)
        spelled = token.lower() if UUID.fullmatch(token) else token
        assert spelled in house.live, f"{token!r} counts as {row.dialect}"

    def check_claims(given: tuple[dict[str, Any], bool]) -> None:
        """A party with the HS256 key can sign any claims. Odd ones are refused, and open no other session."""
        claims, refresh = given
        token = jwt.encode(key, claims, refresh=refresh)
        row = sessions.verify(core, token)
        assert claims["use"] == "access"
        assert int(claims["sid"], 16) == row.id

    def check_forged(given: tuple[int, int, int, int, str]) -> None:
        """A foreign payload with the signature of another token."""
        number, key_id, session_id, generation, signature = given
        payload = struct.pack(">BHQI", number, key_id, session_id, generation)
        check_signed(f"{base64_encode(payload).decode()}~{signature}")

    claims = st.dictionaries(st.sampled_from(CLAIMS), CLAIM_VALUES, max_size=7)
    signatures = st.one_of(
        st.sampled_from([token.partition("~")[2] for token in sealed]),
        st.text(WRITABLE, max_size=50),
    )
    forged = st.tuples(
        st.integers(0, 255),
        st.integers(0, 3),
        st.integers(0, 2**64 - 1),
        st.integers(0, 2**32 - 1),
        signatures,
    )
    return [
        Target("sealed", mangled(sealed), check_signed),
        Target("sealed-forged", forged, check_forged),
        Target("jwt", mangled(jwts), check_signed),
        Target("jwt-claims", st.tuples(claims, st.booleans()), check_claims),
        Target("uuid-sessid", texts(opaque), check_opaque),
        Target("any-token", texts(minted), check_live),
    ]
