"""``/.well-known/jwks.json``: the public keys (RFC 7517), for APIs that verify JWTs themselves."""

from marshmallow import Schema, fields

from ..http.answers import JsonAnswer, Reply
from ..http.contract import Call
from ..http.dialect import Dialect

# A verifier that caches the answer learns a new key at most this many seconds late.
MAX_AGE_SECONDS = 60


class Jwk(Schema):
    kty = fields.String(required=True)
    kid = fields.String(required=True)
    alg = fields.String(required=True)
    use = fields.String(required=True)
    crv = fields.String()
    x = fields.String()
    y = fields.String()
    n = fields.String()
    e = fields.String()


class JwkSet(Schema):
    keys = fields.List(fields.Nested(Jwk), required=True)


def mount(dialect: Dialect) -> None:
    @dialect.operation(
        "GET",
        "/.well-known/jwks.json",
        summary="Public keys of the JWTs",
        answer=JsonAnswer(JwkSet()),
        headers=("Cache-Control",),
    )
    def jwks(call: Call) -> Reply:
        """Empty where JWTs are signed with a shared secret (HS256)."""
        found = [key.public_jwk() for key in call.core.keys.ring.jwts.values()]
        return Reply(
            {"keys": [key for key in found if key is not None]},
            {"Cache-Control": f"public, max-age={MAX_AGE_SECONDS}"},
        )
