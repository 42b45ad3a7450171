"""One purpose, one salt; one token, one spelling."""

import string
import uuid

from hypothesis import given
from hypothesis import strategies as st

from app.core import secrets
from app.core.secrets import Sealer, payload_of
from tests.cases import each
from tests.texts import WRITABLE

SEALER = Sealer(b"k" * 32)
TOKEN = SEALER.seal("SESSION_ACCESS", b"\x07 sixteen bytes ..")
ALPHABET = string.ascii_letters + string.digits + "-_~=. "


def test_what_was_sealed_opens_and_shows_its_payload():
    assert SEALER.opens("SESSION_ACCESS", TOKEN)
    assert payload_of(TOKEN) == b"\x07 sixteen bytes .."


def test_the_same_payload_is_sealed_to_the_very_same_token():
    assert SEALER.seal("SESSION_ACCESS", b"x") == SEALER.seal("SESSION_ACCESS", b"x")
    assert SEALER.seal("SESSION_ACCESS", b"x") == Sealer(b"k" * 32).seal("SESSION_ACCESS", b"x")


def test_a_token_stays_within_what_a_bearer_header_may_carry():
    assert set(TOKEN) <= set(string.ascii_letters + string.digits + "-_~")


@each("position", range(len(TOKEN)))
def test_no_character_of_a_token_can_be_another(position: int):
    for other in ALPHABET:
        if other != TOKEN[position]:
            forged = TOKEN[:position] + other + TOKEN[position + 1 :]
            assert not SEALER.opens("SESSION_ACCESS", forged)


@each("change", ["{}=", "{} ", " {}", "{}A", "{}~", "~{}", "{}\n", "{}\0"])
def test_nothing_can_be_added_to_a_token(change: str):
    assert not SEALER.opens("SESSION_ACCESS", change.format(TOKEN))


def test_a_token_of_one_purpose_does_not_open_for_another():
    assert not SEALER.opens("SESSION_REFRESH", TOKEN)


def test_a_token_of_one_key_does_not_open_under_another():
    assert not Sealer(b"l" * 32).opens("SESSION_ACCESS", TOKEN)


@given(st.text(WRITABLE))
def test_garbage_never_opens_and_never_raises(text: str):
    payload_of(text)
    if text.isascii():
        assert not SEALER.opens("SESSION_ACCESS", text)


@given(st.binary(max_size=40))
def test_a_payload_of_any_bytes_comes_back(payload: bytes):
    token = SEALER.seal("AAA_NPM", payload)
    assert payload_of(token) == payload
    assert SEALER.opens("AAA_NPM", token)


@each("text", ["", "no separator", "a~sig", "\u00e9~", "~", "!!!~!!!"])
def test_the_payload_of_garbage_is_nothing_to_trust(text: str):
    assert payload_of(text) in (None, b"")


def test_minted_secrets_are_long_dotless_and_never_twice_the_same():
    minted = {secrets.mint() for _ in range(100)}
    assert len(minted) == 100
    assert all(len(secret) == 43 and "." not in secret for secret in minted)


def test_session_ids_and_login_tokens_are_drawn_anew():
    sessids = {secrets.mint_hex(32) for _ in range(100)}
    assert {len(sessid) for sessid in sessids} == {64}
    tokens = {uuid.UUID(secrets.mint_uuid()) for _ in range(100)}
    assert {token.version for token in tokens} == {4}, "122 random bits"
    assert (len(sessids), len(tokens)) == (100, 100)


def test_uuids_of_many_at_once_are_as_random_as_one():
    """Every bit but the six that say what it is comes out as 0 and as 1, one in 10^60 runs excepted."""
    minted = secrets.mint_uuids(200)
    numbers = [uuid.UUID(text).int for text in minted]
    assert [str(uuid.UUID(text)) for text in minted] == minted
    assert {(uuid.UUID(text).version, uuid.UUID(text).variant) for text in minted} == {
        (4, uuid.RFC_4122)
    }
    assert len(set(minted)) == 200
    every, some = numbers[0], numbers[0]
    for number in numbers:
        every, some = every & number, some | number
    assert (some & ~every).bit_count() == 122
    assert secrets.mint_uuids(0) == []


def test_minted_ids_fit_a_signed_64_bit_column():
    assert all(0 <= secrets.mint_id() < 2**63 for _ in range(1000))


def test_a_mac_depends_on_the_key_and_on_where_each_part_ends():
    found = {
        secrets.mac("key", "a", "bc"),
        secrets.mac("key", "ab", "c"),
        secrets.mac("kez", "a", "bc"),
    }
    assert len(found) == 3
    assert secrets.mac("key", "a", "bc") in found
    assert {len(mac) for mac in found} == {43}
