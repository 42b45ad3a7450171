"""The strength that a client's secret must have, because it is stored as a plain digest."""

import base64
import random
import string
import uuid

from app.core.guessing import is_strong
from tests.cases import each

# The same ones at every run: the estimate has a few false alarms among thousands.
RANDOM = random.Random(7662)
BITS = RANDOM.randbytes(16)


def drawn(alphabet: str, length: int) -> str:
    return "".join(RANDOM.choice(alphabet) for _ in range(length))


@each(
    "secret",
    [
        BITS.hex(),
        BITS.hex().upper(),
        str(uuid.UUID(bytes=BITS)),
        base64.b64encode(BITS).decode(),
        base64.urlsafe_b64encode(BITS).decode().rstrip("="),
        base64.b32encode(BITS).decode().rstrip("="),
        base64.b64encode(RANDOM.randbytes(32)).decode(),
        drawn(string.ascii_letters + string.digits, 22),
        drawn(string.ascii_lowercase, 28),
        drawn(string.ascii_letters + string.digits + string.punctuation, 24),
        "orbit-velvet-cactus-lunar-fjord-mango-quartz-tulip",
    ],
)
def test_128_bits_drawn_by_a_machine_are_enough(secret: str):
    assert is_strong(secret)


@each(
    "secret",
    [
        "",
        "8 chars.",
        "long enough",
        RANDOM.randbytes(15).hex(),
        base64.b64encode(RANDOM.randbytes(12)).decode(),
        drawn(string.ascii_letters + string.digits, 20),
        drawn(string.digits, 32),
        "a" * 64,
        "abc123" * 12,
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "correct horse battery staple of many",
        "Companyname-Gateway-Production-2024",
        "companynamegatewayproductionsecret2024",
        "please-change-this-secret-before-production",
        "0000-1111-2222-3333-4444-5555-6666-7777",
    ],
)
def test_fewer_bits_words_and_patterns_are_not(secret: str):
    assert not is_strong(secret)


def test_the_estimate_takes_no_long_time_for_a_long_text():
    assert is_strong(base64.b64encode(RANDOM.randbytes(750)).decode())
    assert not is_strong("a" * 1_000)
