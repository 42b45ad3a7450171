"""Tokens that an earlier version minted are still valid: the bytes of every form are compared."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.core.core import Core
from app.core.keys.jwt import JwtKey
from app.core.kinds import Purpose as AnyPurpose
from app.core.secrets import Sealer
from app.core.sessions import tokens
from app.core.sessions.tokens import Minting
from app.dialects.token_v2.grants import Subject, jwts
from tests.grants import Purpose

MINTING = Minting(0x0123456789ABCDEF, 7, 1, 1_000.0, 4_600.5, 9_000.0)
SECRET = b"""{"kty":"oct","k":"ampqampqampqampqampqampqampqampqampqampqampqampqamo"}"""
KEYS: Any = SimpleNamespace(
    sealer=lambda _id: Sealer(b"k" * 32),
    jwt_key=lambda _id: JwtKey.load(1, "kid-1", "HS256", SECRET),
)
ACCESS = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1aWQiOjksImVtYWlsIjoiYUBiLmMiLCJjdXN0b21lckl"
    "kIjoiY3VzdG9tZXIiLCJpc3MiOiJ3YXRjaHdvcmQiLCJpYXQiOjEwMDAsImV4cCI6NDYwMCwianRpIjoiMDE"
    "yMzQ1Njc4OWFiY2RlZi43LmFjY2VzcyIsInNpZCI6IjAxMjM0NTY3ODlhYmNkZWYiLCJnZW4iOjcsInVzZSI"
    "6ImFjY2VzcyJ9.QrTpHc1j8tMSaerMQo0UJXdj8s-VbCzuBnYs-39kaZo"
)
REFRESH = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImtpZC0xIn0.eyJpc3MiOiJ3YXRjaHdvcmQiLCJp"
    "YXQiOjEwMDAsImV4cCI6OTAwMCwianRpIjoiMDEyMzQ1Njc4OWFiY2RlZi43LnJlZnJlc2giLCJzaWQiOiIw"
    "MTIzNDU2Nzg5YWJjZGVmIiwiZ2VuIjo3LCJ1c2UiOiJyZWZyZXNoIn0.OwzK8IyatIC9eU-3DDZhfQd-Vxzq"
    "TFzufcfmknaLxjg"
)


@pytest.mark.parametrize(
    ("purpose", "token"),
    [
        (
            Purpose.AAA_OAUTH,
            "AwABASNFZ4mrze8AAAAH~OgPVQXjabc4tci4w3WiHV7iYJ6tGSbOEKhwPA-qrZw8",
        ),
        (
            Purpose.SESSION_ACCESS,
            "BwABASNFZ4mrze8AAAAH~SvTzGZ4Ly2UowW8OLLBOXM8p1qH-lclbyrXgII3YEek",
        ),
        (
            Purpose.SESSION_REFRESH,
            "CAABASNFZ4mrze8AAAAH~8PIZ0zQBFo4GGG-xOrF7zoX4dLFrzhk0BNaInlyU0dY",
        ),
    ],
)
def test_a_sealed_token_has_the_bytes_that_it_had(purpose: AnyPurpose, token: str):
    assert tokens.seal(KEYS, purpose, MINTING) == token


def test_an_npm_token_has_the_bytes_that_it_had():
    token = "AgABASNFZ4mrze8AAAAHAAAR-A~1_fDpqsYnwQh1v8CM0JHUoC3xMvioIpZE0A3fTnll_I"
    assert tokens.seal(KEYS, Purpose.AAA_NPM, MINTING, 4_600) == token


def test_a_pair_of_jwts_has_the_bytes_that_it_had():
    core = cast(Core, SimpleNamespace(keys=KEYS, issuer="watchword"))
    assert jwts(core, MINTING, Subject(9, "a@b.c", "customer")) == (ACCESS, REFRESH)
