"""A leaked signing key can forge tokens of sessions of its own time, and of no newer session."""

from collections.abc import Iterator

import pytest

from app import create_app
from app.core import identities, sessions
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import access_codes
from app.core.keys.keyring import PICKED_UP_SECONDS, RESTARTED_SECONDS
from app.core.refusals import Refusal
from app.core.sessions import introspection, tokens
from app.core.sessions.rows import Live
from tests import grants
from tests.conftest import settings_for
from tests.factories import ORIGIN, Identities, Somebody, refuses
from tests.grants import CODES, Pair, Purpose, token_v2

CLIENT = "koms-web"


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client(CLIENT)
    return identities.add()


@pytest.fixture
def with_eddsa(core: Core, clock: ManualClock, database_url, monkeypatch) -> Iterator[Core]:
    """Another process on the same database, restarted under another algorithm."""
    core.keys.load()
    app = create_app(settings_for(database_url, monkeypatch, jwt_algorithm="EdDSA"), clock)
    yield app.extensions["watchword"].core
    app.extensions["watchword"].core.close()


def proven(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, user.password, ORIGIN)


def log_in(core: Core, user: Somebody) -> Pair:
    return grants.session_pair(core, proven(core, user), CLIENT, ORIGIN)


def log_in_v2(core: Core, user: Somebody) -> Pair:
    return grants.jwt_pair(core, proven(core, user), ORIGIN)


def refresh(core: Core, pair: Pair) -> Pair:
    return grants.refreshed_session_pair(core, pair.access, pair.refresh, CLIENT, ORIGIN)


def refresh_v2(core: Core, pair: Pair) -> Pair:
    return grants.refreshed_jwt_pair(core, pair.refresh, ORIGIN)


def row_of(core: Core, token: str) -> Live:
    return sessions.find(core, tokens.read(core, token))


def forged(core: Core, row: Live, key_id: int, generation: int | None = None) -> Pair:
    """Both tokens of a generation, the current one by default, as any holder of the key makes them."""
    minting = row.minting._replace(key_id=key_id, generation=generation or row.generation)
    if row.dialect == "token_v2":
        subject = token_v2.Subject(row.user_id, row.email, row.customer)
        access, refresh = token_v2.jwts(core, minting, subject)
    else:
        access = tokens.seal(core.keys, Purpose.SESSION_ACCESS, minting)
        refresh = tokens.seal(core.keys, Purpose.SESSION_REFRESH, minting)
    return Pair(access, refresh, 0)


class TestTheCurrentGeneration:
    @pytest.mark.parametrize(
        ("use", "log_in", "refresh", "ends"),
        [
            ("seal", log_in, refresh, Purpose.SESSION_ACCESS),
            ("jwt", log_in_v2, refresh_v2, Purpose.TOKEN_V2_ACCESS),
        ],
        ids=["session", "token_v2"],
    )
    def test_a_superseded_key_opens_renews_and_ends_nothing_that_is_newer(
        self, core: Core, user, rows, use, log_in, refresh, ends
    ):
        leaked = core.keys.ring.current_seal if use == "seal" else core.keys.ring.current_jwt
        core.keys.rotate(use)
        genuine = log_in(core, user)
        forgery = forged(core, row_of(core, genuine.access), leaked)
        for act in (
            lambda: sessions.verify(core, forgery.access),
            lambda: refresh(core, forgery),
            lambda: refresh(core, genuine._replace(refresh=forgery.refresh)),
            lambda: sessions.end(core, forgery.access, ORIGIN, ends),
        ):
            with refuses(Refusal.TOKEN_FORGED):
                act()
        for token in forgery[:2]:
            assert introspection.judge(core, token) is None
            introspection.revoke(core, token, "gateway", ORIGIN)
        assert rows("SELECT generation, ended_at FROM sessions") == [
            {"generation": 1, "ended_at": None}
        ]
        assert sessions.verify(core, genuine.access).username == user.username

    def test_a_forged_access_token_does_not_go_with_a_genuine_refresh_token(self, core, user, rows):
        leaked = core.keys.ring.current_seal
        core.keys.rotate("seal")
        genuine = log_in(core, user)
        forgery = forged(core, row_of(core, genuine.access), leaked)
        with refuses(Refusal.TOKEN_FORGED):
            refresh(core, genuine._replace(access=forgery.access))
        assert rows("SELECT generation FROM sessions") == [{"generation": 1}]

    def test_neither_does_the_key_of_another_algorithm(self, core: Core, user, with_eddsa: Core):
        leaked = core.keys.ring.current_jwt
        genuine = log_in_v2(with_eddsa, user)
        forgery = forged(with_eddsa, row_of(with_eddsa, genuine.access), leaked)
        assert with_eddsa.keys.ring.jwts[leaked].algorithm == "HS256"
        with refuses(Refusal.TOKEN_FORGED):
            sessions.verify(with_eddsa, forgery.access)
        with refuses(Refusal.TOKEN_FORGED):
            refresh_v2(with_eddsa, forgery)
        assert sessions.verify(with_eddsa, genuine.access).username == user.username

    @pytest.mark.parametrize("purpose", [Purpose.AAA_NPM, Purpose.AAA_OAUTH])
    def test_nor_for_the_tokens_of_the_aaa_dialect(self, core, user, identities, purpose):
        leaked = core.keys.ring.current_seal
        core.keys.rotate("seal")
        if purpose is Purpose.AAA_NPM:
            genuine = grants.npm_token_of_user(core, proven(core, user), ORIGIN).token
        else:
            genuine = access_codes.exchange(core, CODES, identities.code(user), ORIGIN).token
        minting = row_of(core, genuine).minting._replace(key_id=leaked)
        with refuses(Refusal.TOKEN_FORGED):
            sessions.verify(core, tokens.seal(core.keys, purpose, minting))
        assert sessions.verify(core, genuine).username == user.username

    def test_an_npm_token_asked_for_by_a_token_has_the_key_of_its_session(
        self, core: Core, user, identities
    ):
        row = row_of(core, access_codes.exchange(core, CODES, identities.code(user), ORIGIN).token)
        core.keys.rotate("seal")
        npm = grants.npm_token_of_session(core, row).token
        assert sessions.verify(core, npm).id == row.id


class TestTheGenerationBefore:
    """The row no longer says which key it had: the key's own time does."""

    @pytest.mark.parametrize(
        ("use", "log_in", "refresh"),
        [("seal", log_in, refresh), ("jwt", log_in_v2, refresh_v2)],
        ids=["session", "token_v2"],
    )
    def test_a_lost_answer_is_given_again_across_a_rotation_and_reuse_is_theft_still(
        self, core: Core, user, clock, rows, use, log_in, refresh
    ):
        old = log_in(core, user)
        clock.advance(60)
        core.keys.rotate(use)
        new = refresh(core, old)
        clock.advance(core.policy.refresh_grace_seconds - 1)
        assert refresh(core, old)[:2] == new[:2]
        clock.advance(1)
        with refuses(Refusal.TOKEN_REUSED):
            refresh(core, old)
        assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "token_reused"}]

    @pytest.mark.parametrize("later", [1, 3_600], ids=["in the grace", "after it"])
    def test_a_superseded_key_neither_renews_nor_ends_a_session_of_after_its_time(
        self, core: Core, user, clock, rows, later
    ):
        leaked = core.keys.ring.current_seal
        core.keys.rotate("seal")
        clock.advance(PICKED_UP_SECONDS)
        new = refresh(core, log_in(core, user))
        forgery = forged(core, row_of(core, new.access), leaked, generation=1)
        clock.advance(later)
        with refuses(Refusal.TOKEN_FORGED):
            refresh(core, forgery)
        assert rows("SELECT generation, ended_at FROM sessions") == [
            {"generation": 2, "ended_at": None}
        ]

    def test_workers_under_two_algorithms_give_a_lost_answer_again_and_not_for_long(
        self, core: Core, user, clock, with_eddsa: Core
    ):
        leaked = core.keys.ring.current_jwt
        with_eddsa.keys.load()
        clock.advance(600)
        old = log_in_v2(core, user)
        assert refresh_v2(with_eddsa, old) == refresh_v2(with_eddsa, old)
        clock.advance(RESTARTED_SECONDS - 600)
        new = refresh_v2(with_eddsa, log_in_v2(with_eddsa, user))
        forgery = forged(with_eddsa, row_of(with_eddsa, new.access), leaked, generation=1)
        with refuses(Refusal.TOKEN_FORGED):
            refresh_v2(with_eddsa, forgery)


class TestNpmTokensOfASession:
    """The session's own token is random, so its row names no key."""

    def open(self, core: Core, user: Somebody) -> Live:
        return row_of(core, grants.aaa_session(core, proven(core, user), ORIGIN))

    def npm(self, core: Core, row: Live, key_id: int) -> str:
        minting = tokens.Minting(row.id, 1, key_id, row.rotated_at, 0, 0)
        return tokens.seal(core.keys, Purpose.AAA_NPM, minting, int(row.absolute_expires_at))

    def test_those_of_before_a_rotation_go_on(self, core: Core, user, clock):
        row = self.open(core, user)
        token = grants.npm_token_of_session(core, row).token
        clock.advance(60)
        core.keys.rotate("seal")
        assert sessions.verify(core, token).id == row.id
        assert sessions.verify(core, grants.npm_token_of_session(core, row).token).id == row.id

    def test_a_superseded_key_makes_none_for_a_session_of_after_its_time(self, core, user, clock):
        leaked = core.keys.ring.current_seal
        core.keys.rotate("seal")
        clock.advance(PICKED_UP_SECONDS - 1)
        in_time = self.open(core, user)
        assert sessions.verify(core, self.npm(core, in_time, leaked)).id == in_time.id
        clock.advance(1)
        with refuses(Refusal.TOKEN_FORGED):
            sessions.verify(core, self.npm(core, self.open(core, user), leaked))
