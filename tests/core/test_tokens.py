"""What a token refers to. Only tokens of ours refer to anything."""

import base64
import dataclasses
import json
import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core.clock import ManualClock
from app.core.core import Core
from app.core.kinds import Kinds
from app.core.refusals import Refusal, Refused
from app.core.sessions import tokens
from app.core.sessions.tokens import Minting, Reference
from app.dialects import all_kinds
from app.dialects.token_v2.grants import Subject, jwts
from tests.cases import each
from tests.factories import refuses
from tests.grants import Purpose
from tests.texts import WRITABLE

SESSION_ID = 0x0123456789ABCDEF
SEALED = [
    Purpose.AAA_NPM,
    Purpose.AAA_OAUTH,
    Purpose.SESSION_ACCESS,
    Purpose.SESSION_REFRESH,
]
URL_SAFE = string.ascii_letters + string.digits + "-_"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Tokens meet the database only where the keys are kept."""
    return sqlite_url


@pytest.fixture
def minting(core: Core) -> Minting:
    return Minting(SESSION_ID, 7, core.keys.ring.current_seal, 1000.0, 4600.5, 9000.0)


@pytest.fixture
def pair(core: Core, minting: Minting) -> tuple[str, str]:
    minting = minting._replace(key_id=core.keys.ring.current_jwt)
    return jwts(core, minting, Subject(9, "a@b.c", "customer"))


def claims(token: str) -> dict[str, object]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.mark.parametrize("purpose", SEALED)
def test_a_sealed_token_says_its_session_generation_and_purpose(core, minting, purpose: Purpose):
    token = tokens.seal(core.keys, purpose, minting)
    assert tokens.read(core, token) == Reference(purpose, SESSION_ID, 7, key_id=minting.key_id)
    assert token.count(".") == 0


def test_a_sealed_token_may_say_when_it_expires(core: Core, minting: Minting):
    token = tokens.seal(core.keys, Purpose.AAA_NPM, minting, 4600)
    assert tokens.read(core, token).expires_at == 4600


@pytest.mark.parametrize("purpose", SEALED)
def test_a_sealed_token_cannot_be_read_as_made_for_another_purpose(core, minting, purpose):
    token = tokens.seal(core.keys, purpose, minting)
    payload, _, signature = token.partition("~")
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    for other in range(256):
        if other != purpose.number:
            forged = base64.urlsafe_b64encode(bytes([other]) + raw[1:]).rstrip(b"=").decode()
            with pytest.raises(Refused) as caught:
                tokens.read(core, f"{forged}~{signature}")
            assert caught.value.refusal in (Refusal.TOKEN_FORGED, Refusal.TOKEN_MALFORMED)


def test_a_jwt_says_its_session_generation_and_purpose(core: Core, pair: tuple[str, str]):
    access, refresh = (tokens.read(core, token) for token in pair)
    signed = {"key_id": core.keys.ring.current_jwt}
    assert access == Reference(Purpose.TOKEN_V2_ACCESS, SESSION_ID, 7, **signed)
    assert refresh == Reference(Purpose.TOKEN_V2_REFRESH, SESSION_ID, 7, **signed)


def test_a_jwt_has_its_times_in_whole_seconds(pair):
    assert claims(pair[0])["exp"] == 4600
    assert claims(pair[1])["exp"] == 9000


def test_a_refresh_jwt_tells_nothing_of_the_user(pair):
    assert not claims(pair[1]).keys() & {"uid", "email", "customerId"}


def test_every_character_of_a_jwt_counts_and_has_one_spelling(core: Core, pair):
    for token in pair:
        for position, character in enumerate(token):
            others = (URL_SAFE + ".=") if position == len(token) - 1 else "Aa.="
            for other in others:
                if other != character:
                    forged = token[:position] + other + token[position + 1 :]
                    with pytest.raises(Refused):
                        tokens.read(core, forged)


@each("change", ["{}=", "{}==", "{}A", "{}AA", " {}", "{} ", "{}.", ".{}"])
def test_nothing_can_be_added_to_a_jwt(core: Core, pair, change: str):
    for token in pair:
        with pytest.raises(Refused):
            tokens.read(core, change.format(token))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@each(
    "header",
    [
        {"alg": "none"},
        {"alg": "none", "typ": "JWT"},
        {"alg": "HS512", "typ": "JWT"},
        {"alg": "HS256", "typ": "JWT", "kid": "../../dev/null"},
        {"alg": "HS256", "typ": "JWT", "jku": "http://127.0.0.1/keys"},
        {"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": "AAAA"}},
        {"typ": "JWT", "alg": "HS256"},
        [],
    ],
)
def test_a_header_that_is_not_ours_word_for_word_is_forged(core: Core, pair, header):
    _, payload, signature = pair[0].split(".")
    for tail in (signature, ""):
        with refuses(Refusal.TOKEN_FORGED):
            tokens.read(core, f"{encoded(header)}.{payload}.{tail}")


def test_a_random_token_is_known_by_its_digest_alone(core: Core):
    login = "0A0B0C0D-0000-4000-8000-00000000ABCD"
    reference = tokens.read(core, login)
    assert reference.purpose is Purpose.LOGIN
    assert reference == tokens.read(core, login.lower()), "a UUID has no case"
    sessid = tokens.read(core, "0f" * 32)
    assert sessid.purpose is Purpose.AAA_SESSION
    assert sessid.session_id is None


@each("text", ["0F" * 32, "0f" * 31, "0f" * 33, "", "0f" * 32 + "\n"])
def test_what_only_resembles_a_random_token_is_malformed(core: Core, text: str):
    with refuses(Refusal.TOKEN_MALFORMED):
        tokens.read(core, text)


@pytest.mark.parametrize("text", ["0f" * 32, "0a0b0c0d-0000-4000-8000-00000000abcd"])
def test_a_random_token_of_a_kind_that_is_not_installed_is_malformed(core: Core, text: str):
    others = [kind for kind in all_kinds() if kind.name in ("token_v2", "session")]
    with refuses(Refusal.TOKEN_MALFORMED):
        tokens.read(dataclasses.replace(core, kinds=Kinds(others, {})), text)


@given(
    st.one_of(
        st.text(WRITABLE),
        st.text(alphabet=URL_SAFE + "~.", max_size=90),
        st.builds("~".join, st.lists(st.text(alphabet=URL_SAFE, min_size=20, max_size=24))),
        st.builds(".".join, st.lists(st.text(alphabet=URL_SAFE), min_size=3, max_size=3)),
        st.binary(min_size=15, max_size=19).map(
            lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode() + "~" + "A" * 43
        ),
    )
)
@example("\ud800")
@example("٣" * 64)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_garbage_is_refused_by_name_and_never_by_accident(core: Core, clock: ManualClock, text):
    clock.advance(1)
    with pytest.raises(Refused) as caught:
        tokens.read(core, text)
    assert caught.value.refusal in (Refusal.TOKEN_MALFORMED, Refusal.TOKEN_FORGED)


def test_tokens_of_a_retired_key_are_forged_and_no_more_are_made(core: Core, minting, clock):
    [kid] = [row.kid for row in core.keys.rows() if row.use == "seal"]
    token = tokens.seal(core.keys, Purpose.SESSION_ACCESS, minting)
    core.keys.rotate("seal")
    assert tokens.read(core, token).session_id == SESSION_ID
    core.keys.retire(kid)
    with refuses(Refusal.TOKEN_FORGED):
        tokens.read(core, token)
    with refuses(Refusal.SESSION_ENDED):
        tokens.seal(core.keys, Purpose.SESSION_ACCESS, minting)


def test_a_session_is_called_by_sixteen_digits():
    assert tokens.session_name(255) == "00000000000000ff"
    assert len(tokens.session_name(2**63 - 1)) == 16
