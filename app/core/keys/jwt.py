"""Compact JWTs (RFC 7519), signed and verified with joserfc. Any standard JWT library can verify them.

Only headers that this service writes itself are accepted: the whole text of the header is looked up among
the known ones. So ``alg: none``, a foreign ``kid``, ``jku`` or ``jwk``, and algorithm confusion (a key used
with another algorithm) are refused before any signature is checked (RFC 8725 section 3.1).
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import EdDSAAlgorithm, ESAlgorithm, JWSAlgModel
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

Algorithm = Literal["HS256", "EdDSA", "ES256", "RS256"]
ALGORITHMS: tuple[str, ...] = ("HS256", "EdDSA", "ES256", "RS256")


class DeterministicES256(ESAlgorithm):
    """ES256 with the deterministic nonce of RFC 6979, so that the same claims give the same token."""

    def __init__(self) -> None:
        super().__init__("ES256", "P-256", 256, recommended=True)

    def sign(self, msg: bytes, key: ECKey) -> bytes:
        algorithm = ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(key.get_op_key("sign").sign(msg, algorithm))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class EdDSA(EdDSAAlgorithm):
    """EdDSA without joserfc's warning. RFC 9864 has a new name, but the clients' documents say EdDSA."""

    security_warning = ""


class Registry(jws.JWSRegistry):
    algorithms: dict[str, JWSAlgModel] = {  # noqa: RUF012, joserfc is extended this way
        **jws.JWSRegistry.algorithms,
        "ES256": DeterministicES256(),
        "EdDSA": EdDSA(),
    }


REGISTRY = Registry(algorithms=list(ALGORITHMS))


@dataclass(frozen=True)
class JwtKey:
    id: int
    kid: str
    algorithm: str
    key: Key

    @cached_property
    def verifier(self) -> JWSAlgModel:
        return REGISTRY.get_alg(self.algorithm)

    @classmethod
    def load(cls, id_: int, kid: str, algorithm: str, secret: bytes) -> "JwtKey":
        return cls(id_, kid, algorithm, _import(algorithm, secret))

    def header(self, *, refresh: bool) -> dict[str, str]:
        """The JOSE header. As in the API's documents, an access token under HS256 has no ``kid``."""
        header = {"alg": self.algorithm, "typ": "JWT"}
        if refresh or self.algorithm != "HS256":
            header["kid"] = self.kid
        return header

    def public_jwk(self) -> dict[str, Any] | None:
        """The public key as a JWK (RFC 7517); None for a symmetric key."""
        if isinstance(self.key, OctKey):
            return None
        return {
            **self.key.as_dict(private=False),
            "kid": self.kid,
            "alg": self.algorithm,
            "use": "sig",
        }


def generate(algorithm: str) -> bytes:
    """A new private key for ``algorithm``, as a JWK in JSON. Raises ValueError for an unknown algorithm."""
    match algorithm:
        case "HS256":
            key: Key = OctKey.generate_key(256)
        case "EdDSA":
            key = OKPKey.generate_key("Ed25519")
        case "ES256":
            key = ECKey.generate_key("P-256")
        case "RS256":
            key = RSAKey.generate_key(2048)
        case _:
            raise ValueError(f"unknown JWT algorithm {algorithm}")
    return json.dumps(key.as_dict(private=True)).encode()


def _import(algorithm: str, secret: bytes) -> Key:
    kinds: dict[str, Any] = {"HS256": OctKey, "EdDSA": OKPKey, "ES256": ECKey, "RS256": RSAKey}
    return kinds[algorithm].import_key(json.loads(secret))  # type: ignore[no-any-return]


def encode(key: JwtKey, claims: Mapping[str, Any], *, refresh: bool) -> str:
    header = key.header(refresh=refresh)
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return jws.serialize_compact(header, payload, key.key, registry=REGISTRY)


def known_headers(keys: Iterable[JwtKey]) -> dict[str, tuple[JwtKey, ...]]:
    """Each header text that ``encode`` writes with these keys, with the keys that it may belong to."""
    known: dict[str, tuple[JwtKey, ...]] = {}
    for key in sorted(keys, key=lambda key: key.id, reverse=True):
        for refresh in (False, True):
            text = encode(key, {}, refresh=refresh).partition(".")[0]
            if key not in known.get(text, ()):
                known[text] = (*known.get(text, ()), key)
    return known


def verified_claims(token: str, keys: Iterable[JwtKey]) -> tuple[int, dict[str, Any]] | None:
    """The id of the key that signed the token, and its claims; None if no key did. Ignores the expiry."""
    signed, _, text = token.rpartition(".")
    signature = _decoded(text)
    if signature is None:
        return None
    for key in keys:
        try:
            # The caller has looked up the header, so only the signature is left to check.
            if not key.verifier.verify(signed.encode(), signature, key.key):
                continue
            claims = json.loads(urlsafe_b64decode(signed.partition(".")[2].encode()))
        except (JoseError, ValueError):
            continue
        return (key.id, claims) if isinstance(claims, dict) else None
    return None


def _decoded(segment: str) -> bytes | None:
    """The bytes of base64url text; None if it is not canonical (padding, or spare bits that are not zero)."""
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == segment else None
