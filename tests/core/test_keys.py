"""Keys are made once, stored wrapped, rotated while serving, and retired for good."""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, delete

from app import create_app
from app.core import identities, sessions
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.keys.keyring import KeysUnusable
from app.core.refusals import Refusal
from app.core.upkeep import key_care
from app.settings.settings import Settings
from app.store.models import SigningKey
from tests import grants
from tests.conftest import OTHER_SECRET, START, TEST_SECRET, settings_for
from tests.factories import ORIGIN, Identities, Somebody, at_once, refuses


@pytest.fixture
def another_core(
    settings: Settings, clock: ManualClock, database_url: str, monkeypatch
) -> Iterator[Callable[..., Core]]:
    """Build the core of one more process on the same database."""
    made = []

    def build(**values: object) -> Core:
        settings = settings_for(database_url, monkeypatch, **values)
        made.append(create_app(settings, clock))
        core: Core = made[-1].extensions["watchword"].core
        return core

    yield build
    for app in made:
        app.extensions["watchword"].core.close()


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client()
    return identities.add()


def log_in(core: Core, user: Somebody) -> grants.Pair:
    proven = identities.prove(core, user.username, user.password, ORIGIN)
    return grants.session_pair(core, proven, "koms-web", ORIGIN)


def log_in_v2(core: Core, user: Somebody) -> grants.Pair:
    proven = identities.prove(core, user.username, user.password, ORIGIN)
    return grants.jwt_pair(core, proven, ORIGIN)


class TestTheFirstStart:
    @pytest.fixture(autouse=True)
    def no_keys_yet(self, database_url: str) -> None:
        """The tests' databases come with their first keys."""
        engine = create_engine(database_url)
        with engine.begin() as connection:
            connection.execute(delete(SigningKey))
        engine.dispose()

    def test_a_key_has_256_random_bits(self, core: Core):
        key_care.rotate(core, "pepper", ORIGIN)
        ring = core.keys.ring
        made = [
            ring.seals[ring.current_seal].secret,
            urlsafe_b64decode(ring.jwts[ring.current_jwt].key.as_dict()["k"] + "="),
            core.keys.pepper(ring.current_pepper),
        ]
        assert [len(key) for key in made] == [32, 32, 32]
        assert len(set(made)) == 3

    def test_makes_one_key_for_each_use(self, core: Core, rows):
        assert core.keys.ring.current_seal
        assert rows('SELECT "use", algorithm, retired_at FROM signing_keys ORDER BY "use"') == [
            {"use": "jwt", "algorithm": "HS256", "retired_at": None},
            {"use": "seal", "algorithm": "HS256", "retired_at": None},
        ]

    def test_of_many_processes_at_once_makes_no_key_twice(self, core: Core, another_core, rows):
        cores = [core, *(another_core() for _ in range(5))]
        at_once(core, 6, lambda index: cores[index].keys.load())
        assert len(rows("SELECT id FROM signing_keys")) == 2
        assert len({each.keys.ring.current_seal for each in cores}) == 1

    def test_with_another_algorithm_adds_its_key_and_keeps_the_old(self, core, user, another_core):
        old = log_in_v2(core, user)
        other = another_core(jwt_algorithm="EdDSA")
        new = log_in_v2(other, user)
        assert other.keys.ring.current_jwt != core.keys.ring.current_jwt
        assert sessions.verify(other, old.access).username == user.username
        assert sessions.verify(other, new.access).username == user.username

    def test_keeps_no_key_as_itself(self, core: Core, rows):
        sealer = core.keys.ring.seals[core.keys.ring.current_seal]
        for row in rows("SELECT wrapped FROM signing_keys"):
            assert sealer.secret not in bytes(row["wrapped"])
            assert bytes(row["wrapped"]).startswith(b"gAAAA"), "a Fernet token"


class TestRotating:
    @pytest.mark.parametrize("log_in", [log_in, log_in_v2], ids=["seal", "jwt"])
    def test_ends_no_session_and_new_tokens_are_made_with_the_new_key(
        self, core, user, rows, request, log_in
    ):
        use = "seal" if log_in is globals()["log_in"] else "jwt"
        old = log_in(core, user)
        kid = key_care.rotate(core, use, ORIGIN)
        new = log_in(core, user)
        for pair in (old, new):
            assert sessions.verify(core, pair.access).username == user.username
        keys = rows("SELECT DISTINCT key_id FROM sessions")
        assert len(keys) == 2
        [event] = rows("SELECT note, request_id FROM audit_events WHERE event = 'key_rotated'")
        assert event == {"note": f"{use} {kid}", "request_id": "test-request"}

    def test_another_process_takes_a_token_of_the_new_key_at_once(
        self, core, user, clock, another_core
    ):
        other = another_core()
        other.keys.load()
        clock.advance(1)
        core.keys.rotate("seal")
        core.keys.rotate("jwt")
        assert sessions.verify(other, log_in(core, user).access).username == user.username
        clock.advance(1)
        core.keys.rotate("jwt")
        assert sessions.verify(other, log_in_v2(core, user).access).username == user.username

    def test_unknown_keys_make_a_process_look_no_more_than_once_a_second(
        self, core, user, clock, another_core, monkeypatch
    ):
        other = another_core()
        other.keys.load()
        looked = []
        reload = other.keys.reload
        monkeypatch.setattr(other.keys, "reload", lambda: (looked.append(clock.now()), reload()))
        clock.advance(5)
        for _ in range(10):
            assert other.keys.sealer(999) is None
        assert looked == [START + 5]
        clock.advance(1)
        assert other.keys.sealer(999) is None
        assert looked == [START + 5, START + 6]

    def test_a_pepper_is_taken_up_at_the_next_login_and_old_hashes_stay_good(
        self, core, user, rows, another_core
    ):
        assert core.keys.ring.current_pepper is None
        key_care.rotate(core, "pepper", ORIGIN)
        pepper_id = core.keys.ring.current_pepper
        assert identities.prove(core, user.username, user.password, ORIGIN).id == user.id
        assert rows("SELECT pepper_id, epoch FROM users") == [{"pepper_id": pepper_id, "epoch": 1}]
        for each in (core, another_core()):
            assert identities.prove(each, user.username, user.password, ORIGIN).id == user.id
            with refuses(Refusal.PASSWORD_WRONG):
                identities.prove(each, user.username, "wrong", ORIGIN)


class TestRetiring:
    def test_ends_what_hangs_on_the_key_and_nothing_else(self, core, user, rows):
        old = log_in(core, user)
        [kid] = rows("SELECT kid FROM signing_keys WHERE \"use\" = 'seal'")
        core.keys.rotate("seal")
        new = log_in(core, user)
        assert key_care.retire(core, kid["kid"], ORIGIN) == 1
        with refuses(Refusal.TOKEN_FORGED):
            sessions.verify(core, old.access)
        assert sessions.verify(core, new.access).username == user.username
        assert rows("SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL") == [
            {"end_reason": "key_retired"}
        ]
        [event] = rows("SELECT note FROM audit_events WHERE event = 'key_retired'")
        assert event["note"] == f"seal {kid['kid']}, 1 sessions ended"

    def test_a_key_that_mints_or_a_pepper_is_refused(self, core: Core, rows):
        core.keys.rotate("pepper")
        for row in core.keys.rows():
            with pytest.raises(KeysUnusable, match="rotate first"):
                key_care.retire(core, row.kid, ORIGIN)
        assert rows("SELECT id FROM signing_keys WHERE retired_at IS NOT NULL") == []

    def test_twice_or_an_unknown_key_is_not_found(self, core: Core, rows):
        kid = core.keys.rows()[0].kid if core.keys.ring else ""
        core.keys.rotate("seal")
        core.keys.rotate("jwt")
        key_care.retire(core, kid, ORIGIN)
        for name in (kid, "no such key"):
            with refuses(Refusal.NOT_FOUND):
                key_care.retire(core, name, ORIGIN)
        assert len(rows("SELECT id FROM audit_events WHERE event = 'key_retired'")) == 1


class TestTheSecretThatWrapsThem:
    def test_without_it_the_keys_are_unusable_and_the_reason_helps(self, core, another_core):
        core.keys.load()
        other = another_core(secret_keys=OTHER_SECRET)
        with pytest.raises(KeysUnusable, match="put the old secret back, behind the new one"):
            other.keys.load()

    def test_a_new_one_works_while_the_old_one_stands_behind_it(self, core, user, another_core):
        pair = log_in(core, user)
        both = another_core(secret_keys=f"{OTHER_SECRET},{TEST_SECRET}")
        assert sessions.verify(both, pair.access).username == user.username

    def test_a_rotation_wraps_every_key_anew_so_that_the_old_secret_can_go(
        self, core, user, another_core
    ):
        pair, jwts = log_in(core, user), log_in_v2(core, user)
        another_core(secret_keys=f"{OTHER_SECRET},{TEST_SECRET}").keys.rotate("seal")
        alone = another_core(secret_keys=OTHER_SECRET)
        for token in (pair.access, jwts.access):
            assert sessions.verify(alone, token).username == user.username
        with pytest.raises(KeysUnusable):
            core.keys.load()

    def test_a_rotation_that_cannot_unwrap_a_key_changes_nothing(self, core, another_core, rows):
        core.keys.load()
        before = rows("SELECT * FROM signing_keys ORDER BY id")
        with pytest.raises(KeysUnusable):
            another_core(secret_keys=OTHER_SECRET).keys.rotate("seal")
        assert rows("SELECT * FROM signing_keys ORDER BY id") == before


class TestWhatCannotBeUnwrappedAnyMore:
    """Another process has wrapped all keys under a secret that this one was not given."""

    @pytest.fixture
    def ahead(self, core: Core, another_core) -> Core:
        core.keys.load()
        return another_core(secret_keys=f"{OTHER_SECRET},{TEST_SECRET}")

    def test_keys_in_memory_go_on_and_what_is_retired_is_forgotten_at_once(
        self, core, user, ahead, rows
    ):
        sealed, signed = log_in(core, user), log_in_v2(core, user)
        old = core.keys.ring.current_seal
        ahead.keys.rotate("seal")
        core.keys.reload()
        assert sessions.verify(core, sealed.access).username == user.username
        [kid] = rows("SELECT kid FROM signing_keys WHERE id = :id", id=old)
        ahead.keys.retire(kid["kid"])
        core.keys.reload()
        assert old not in core.keys.ring.seals
        with refuses(Refusal.TOKEN_FORGED):
            sessions.verify(core, sealed.access)
        assert sessions.verify(core, signed.access).username == user.username
        assert log_in_v2(core, user).access

    def test_a_key_that_never_could_be_is_left_out_and_the_fault_names_it(self, core, ahead):
        ahead.keys.rotate("seal")
        current = core.keys.ring.current_seal
        assert core.keys.fault is None
        core.keys.reload()
        assert core.keys.ring.current_seal == current, "the newest of those that it has"
        assert core.keys.fault is not None
        assert core.keys.rows()[0].kid in core.keys.fault
        assert "put the old secret back" in core.keys.fault
        assert core.keys.sealer(ahead.keys.ring.current_seal) is None

    def test_without_any_key_to_sign_with_nothing_is_opened(self, core, user, ahead, rows):
        old = core.keys.ring.current_seal
        ahead.keys.rotate("seal")
        [kid] = rows("SELECT kid FROM signing_keys WHERE id = :id", id=old)
        ahead.keys.retire(kid["kid"])
        core.keys.reload()
        with pytest.raises(KeysUnusable, match="none of the keys to sign with"):
            log_in(core, user)
        assert rows("SELECT id FROM sessions") == []

    def test_once_all_can_be_unwrapped_again_the_fault_is_over(self, core, ahead, another_core):
        ahead.keys.rotate("seal")
        core.keys.reload()
        assert core.keys.fault
        another_core(secret_keys=f"{TEST_SECRET},{OTHER_SECRET}").keys.rotate("jwt")
        core.keys.reload()
        assert core.keys.fault is None
        assert len(core.keys.ring.seals) == len(core.keys.ring.jwts) == 2
