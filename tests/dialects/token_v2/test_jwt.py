"""Other libraries can verify the JWTs, and forged ones are refused."""

import base64
import hashlib
import hmac
import json

import jwt as pyjwt
import pytest

from app.core.keys.jwt import ALGORITHMS, JwtKey
from tests.cases import each
from tests.conftest import START, settings_for

from .conftest import CUSTOMER, EMAIL, Api, Pair, assert_refused, pair_of

# The test clock stands in the past.
ANY_TIME = {"verify_exp": False}


def encoded(part: dict | bytes) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def current_key(core) -> JwtKey:
    return core.keys.ring.jwts[core.keys.ring.current_jwt]


def verifying_key(core):
    """What a party outside verifies with: the shared secret, or the published JWK."""
    key = current_key(core)
    jwk = key.public_jwk()
    return pyjwt.PyJWK(jwk) if jwk else decoded(key.key.as_dict()["k"])


def test_the_segments_begin_like_the_seeds_own(api: Api, ethan):
    pair = api.pair()
    assert pair.token.startswith("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1aWQiOj")
    assert pyjwt.get_unverified_header(pair.refresh).keys() == {"alg", "typ", "kid"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
class TestEveryAlgorithm:
    @pytest.fixture
    def settings(self, database_url, monkeypatch, algorithm):
        return settings_for(database_url, monkeypatch, jwt_algorithm=algorithm)

    def test_a_standard_library_verifies_both_tokens(
        self, api: Api, ethan, core, rows, algorithm: str
    ):
        pair = api.pair()
        key = verifying_key(core)
        [row] = rows("SELECT id FROM sessions")
        sid = f"{row['id']:016x}"
        common = {"iss": "watchword", "iat": int(START), "sid": sid, "gen": 1}
        access = pyjwt.decode(pair.token, key, algorithms=[algorithm], options=ANY_TIME)
        assert access == {
            **common,
            "uid": ethan.id,
            "email": EMAIL,
            "customerId": CUSTOMER,
            "exp": int(START) + 3_600,
            "jti": f"{sid}.1.access",
            "use": "access",
        }
        assert isinstance(access["uid"], int)
        refresh = pyjwt.decode(pair.refresh, key, algorithms=[algorithm], options=ANY_TIME)
        assert refresh == {
            **common,
            "exp": int(START) + 30 * 86_400,
            "jti": f"{sid}.1.refresh",
            "use": "refresh",
        }
        with pytest.raises(pyjwt.ExpiredSignatureError):
            pyjwt.decode(pair.token, key, algorithms=[algorithm])

    def test_the_header_names_the_algorithm_and_where_it_helps_the_key(
        self, api: Api, ethan, core, algorithm: str
    ):
        pair = api.pair()
        kid = current_key(core).kid
        named = {"alg": algorithm, "typ": "JWT", "kid": kid}
        assert pyjwt.get_unverified_header(pair.refresh) == named
        bare = {"alg": "HS256", "typ": "JWT"}
        expected = bare if algorithm == "HS256" else named
        assert pyjwt.get_unverified_header(pair.token) == expected

    def test_a_replayed_rotation_gives_the_very_same_pair(self, api: Api, ethan, clock, algorithm):
        old = api.pair()
        new = pair_of(api.extend(old.refresh))
        clock.advance(9.5)
        assert pair_of(api.extend(old.refresh)) == new
        assert api.lives(new.token)

    def test_use_expiry_and_end_are_the_same_with_it(self, api: Api, ethan, clock, algorithm):
        pair = api.pair()
        clock.advance(3_599.5)
        assert api.lives(pair.token)
        assert not api.lives(pair.refresh)
        clock.advance(0.5)
        assert not api.lives(pair.token)
        assert api.end(pair.token).status_code == 204
        assert_refused(api.extend(pair.refresh), "AUTH_1002")

    def test_every_forgery_is_refused_at_every_door_and_changes_nothing(
        self, api: Api, ethan, core, rows, algorithm: str, monkeypatch
    ):
        pair = api.pair()
        looked_up: list[object] = []
        with monkeypatch.context() as patch:
            patch.setattr(core.store, "read", lambda _, **given: looked_up.append(given) or [])
            for forged in forgeries(pair, core):
                assert not api.lives(forged), forged
                assert_refused(api.end(forged), "AUTH_1002")
                assert_refused(api.extend(forged), "AUTH_1002")
            assert looked_up == [], "nothing was looked for"
            assert not api.lives(pair.token)
            assert len(looked_up) == 1
        assert rows("SELECT generation, ended_at FROM sessions") == [
            {"generation": 1, "ended_at": None}
        ]
        assert api.lives(pair.token)


def forgeries(pair: Pair, core) -> list[str]:
    return [forged for token in pair for forged in _forgeries(token, core)]


def _forgeries(token: str, core) -> list[str]:
    """RFC 8725's attacks on one token: its algorithm, its key, its claims, its spelling."""
    header_text, payload_text, signature = token.split(".")
    header = json.loads(decoded(header_text))
    claims = json.loads(decoded(payload_text))
    key = current_key(core)
    jwk = key.public_jwk() or {"kty": "oct", "kid": key.kid}
    attacker = b"attacker's own key, 32 bytes long"

    def signed(head: dict, secret: bytes, body: dict = claims) -> str:
        text = f"{encoded(head)}.{encoded(body)}"
        mac = hmac.digest(secret, text.encode(), hashlib.sha256)
        return f"{text}.{encoded(mac)}"

    hs256 = {**header, "alg": "HS256"}
    forged = [
        # alg none, in every spelling, with and without a signature
        *(
            f"{encoded({**header, 'alg': none})}.{payload_text}.{rest}"
            for none in ("none", "None", "NONE", "nOnE", "", None)
            for rest in ("", signature)
        ),
        # another algorithm over the same key, or the public key taken for a shared secret
        *(
            f"{encoded({**header, 'alg': other})}.{payload_text}.{signature}"
            for other in ("HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "PS256")
            if other != header["alg"]
        ),
        signed(hs256, json.dumps(jwk).encode()),
        signed(hs256, b""),
        # a key of the attacker's choosing
        signed(hs256, attacker),
        signed({**hs256, "kid": "attacker"}, attacker),
        signed({**hs256, "kid": "../../../../dev/null"}, b""),
        signed({**hs256, "kid": "x' UNION SELECT 'attacker"}, attacker),
        signed({**hs256, "jku": "http://127.0.0.1/jwks.json"}, attacker),
        signed({**hs256, "x5u": "http://127.0.0.1/cert.pem"}, attacker),
        signed({**hs256, "jwk": {"kty": "oct", "k": encoded(attacker)}}, attacker),
        # the right signature under a header, or beside claims, that it does not cover
        f"{encoded({**header, 'kid': 'other'})}.{payload_text}.{signature}",
        f"{encoded({**header, 'crit': ['exp']})}.{payload_text}.{signature}",
        f"{encoded({**header, 'b64': False, 'crit': ['b64']})}.{payload_text}.{signature}",
        f"{header_text}.{encoded({**claims, 'uid': 1, 'gen': 2})}.{signature}",
        f"{header_text}.{encoded({**claims, 'use': 'access'})}.{signature}",
        f"{header_text}..{signature}",
        f"..{signature}",
        "..",
        # a second spelling of the same bytes
        f"{header_text}.{payload_text}.{signature}=",
        f"{header_text}.{payload_text}.{signature[:-1]}",
        f"{header_text}.{payload_text}.{signature}A",
        f"{header_text}=.{payload_text}.{signature}",
        f"{header_text}.{payload_text}.{_spare_bits(signature)}",
    ]
    return [text for text in forged if text != token]


def _spare_bits(signature: str) -> str:
    """The same bytes in another spelling: the last character carries bits that nobody reads."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for last in alphabet.replace(signature[-1], ""):
        if decoded(signature[:-1] + last) == decoded(signature):
            return signature[:-1] + last
    return signature + "="


def test_a_token_outlives_the_rotation_of_its_key_and_the_next_pair_has_the_new_one(
    api: Api, ethan, core
):
    pair = api.pair()
    core.keys.rotate("jwt")
    assert api.lives(pair.token)
    new = pair_of(api.extend(pair.refresh))
    old_kid = pyjwt.get_unverified_header(pair.refresh)["kid"]
    new_kid = pyjwt.get_unverified_header(new.refresh)["kid"]
    assert old_kid != new_kid == current_key(core).kid
    assert api.lives(new.token)


def test_another_services_token_under_the_same_header_is_refused(api: Api, ethan):
    foreign = pyjwt.encode({"uid": 1, "use": "access"}, "x" * 32, algorithm="HS256")
    assert foreign.startswith("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.")
    assert_refused(api.end(foreign), "AUTH_1002")


@each(
    "claims",
    [
        {},
        {"use": "access"},
        {"use": "access", "sid": "not hexadecimal", "gen": 1},
        {"use": "access", "sid": 5, "gen": 1},
        {"use": "access", "sid": "f" * 40, "gen": 1},
        {"use": "access", "sid": "-1", "gen": 1},
        {"use": "access", "sid": "1", "gen": "x"},
        {"use": "access", "sid": "1", "gen": None},
        {"use": "access", "sid": "1", "gen": float("inf")},
        {"use": "access", "sid": "1", "gen": 2**80},
        {"use": ["access"], "sid": "1", "gen": 1},
        {"use": {}, "sid": "1", "gen": 1},
    ],
)
def test_claims_that_this_service_never_writes_are_refused_even_under_its_key(
    api: Api, core, claims
):
    token = pyjwt.encode(claims, verifying_key(core), algorithm="HS256")
    assert_refused(api.end(token), "AUTH_1002")
    assert not api.lives(token)
