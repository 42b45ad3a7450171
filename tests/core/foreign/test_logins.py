"""The first good login with an imported hash: it becomes Argon2id, and nothing else changes."""

import bcrypt
import pytest
from argon2 import PasswordHasher

from app.core import identities
from app.core.identities import identity
from app.core.passwords import foreign
from app.core.refusals import Refusal
from app.core.secrets import ImportedPepper
from tests.factories import ORIGIN, PASSWORD, at_once, full_house, refuses

from .vectors import FIREBASE, FIREBASE_SIGNER, GREETING, READ


@pytest.fixture
def user(identities):
    return identities.add("John.Doo")


@pytest.fixture
def give(core, user):
    """Gives the user a stored hash, as an import does."""
    from sqlalchemy import update

    from app.store.models import User

    def give(stored: str, pepper_id: int | None = None):
        with core.store.write() as writing:
            statement = update(User).values(password_hash=stored, pepper_id=pepper_id)
            writing.execute(statement)
        return stored

    return give


def hash_of(core, user) -> str:
    return identities.get(core, user.id).password_hash


def log_in(core, password: str, login: str = "John.Doo"):
    return identities.prove(core, login, password, ORIGIN)


def test_the_first_good_login_turns_the_hash_into_argon2id_and_the_epoch_stays(core, user, give):
    stored = give(foreign.read(READ[0].hash))
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, "wrong")
    assert hash_of(core, user) == stored
    before = identities.get(core, user.id)
    log_in(core, GREETING)
    after = identities.get(core, user.id)
    assert foreign.is_native(after.password_hash)
    assert after._replace(password_hash=stored) == before
    assert log_in(core, GREETING).password_hash == after.password_hash
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, "wrong")


def test_with_a_pepper_of_the_service_the_new_hash_has_it(core, user, give):
    core.keys.rotate("pepper")
    give(foreign.read(READ[0].hash))
    log_in(core, GREETING)
    assert identities.get(core, user.id).pepper_id == core.keys.ring.current_pepper
    log_in(core, GREETING)


def test_a_hash_with_a_pepper_of_the_old_system_is_free_of_it_after_the_login(core, user, give):
    pepper = ImportedPepper("firebase", foreign.decoded(FIREBASE_SIGNER))
    pepper_id = core.keys.import_pepper(pepper)
    assert core.keys.import_pepper(pepper) == pepper_id, "the same pepper is kept once"
    give(FIREBASE.hash, pepper_id)
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, "user2password")
    log_in(core, FIREBASE.password)
    assert foreign.is_native(hash_of(core, user))
    assert identities.get(core, user.id).pepper_id is None


def test_a_wrapped_hash_is_opened_and_unwrapped_by_the_login(core, user, give):
    core.keys.rotate("pepper")
    pepper_id, pepper = core.keys.ring.own_pepper
    stored = foreign.read("{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw")
    outer = core.passwords.unbounded()(foreign.digest_to_wrap(stored, pepper))
    give(foreign.wrapped(stored, outer), pepper_id)
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, "wrong")
    log_in(core, GREETING)
    assert foreign.is_native(hash_of(core, user))


def test_without_a_free_slot_the_login_succeeds_and_the_next_one_tries_again(
    core, user, give, monkeypatch
):
    stored = give(foreign.read(READ[0].hash))
    verify = core.passwords.verify

    def verified_then_busy(*given, **named):
        right = verify(*given, **named)
        busy.__enter__()
        return right

    busy = full_house(core)
    monkeypatch.setattr(core.passwords, "verify", verified_then_busy)
    log_in(core, GREETING)
    assert hash_of(core, user) == stored
    busy.__exit__(None, None, None)
    monkeypatch.undo()
    log_in(core, GREETING)
    assert foreign.is_native(hash_of(core, user))


def test_many_logins_and_a_change_of_password_at_once_lose_nothing(core, user, give):
    give(foreign.read("{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"))

    def act(index: int):
        if index == 1:
            identities.change_password(core, user.id, GREETING, PASSWORD, ORIGIN, keep=None)
        else:
            log_in(core, GREETING)

    at_once(core, 3, act)
    assert log_in(core, PASSWORD).id == user.id
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, GREETING)


def test_an_upgrade_that_comes_after_a_new_password_changes_nothing(core, user, give, monkeypatch):
    give(foreign.read(READ[0].hash))
    hashed = core.passwords.hash

    def overtaken(*given, **named):
        monkeypatch.setattr(core.passwords, "hash", hashed)
        identities.set_password(core, user.id, PASSWORD, ORIGIN)
        return hashed(*given, **named)

    monkeypatch.setattr(core.passwords, "hash", overtaken)
    log_in(core, GREETING)
    log_in(core, PASSWORD)
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, GREETING)


def test_bcrypt_takes_its_72_bytes_and_after_the_login_the_whole_password_counts(core, user, give):
    give(bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode())
    log_in(core, "x" * 80)
    with refuses(Refusal.PASSWORD_WRONG):
        log_in(core, "x" * 72)


class TestCost:
    """How long the answer takes does not tell whether a name exists."""

    def test_a_wrong_password_for_a_cheap_hash_costs_an_argon2_hash_too(
        self, core, give, user, hashed
    ):
        give(foreign.read("{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"))
        with refuses(Refusal.PASSWORD_WRONG):
            log_in(core, "wrong")
        assert hashed == ["argon2id"]

    def test_one_for_a_dear_hash_costs_no_more_than_that(self, core, give, user, hashed):
        give(foreign.read("pbkdf2_sha256$100000$salt$HIXKC7rdcb+9GF2Wpbt09N6BokWNSAqR0HSCdEoJSvo="))
        with refuses(Refusal.PASSWORD_WRONG):
            log_in(core, "wrong")
        assert hashed == []

    @pytest.fixture
    def hashed(self, monkeypatch):
        """The Argon2id hashes that are computed."""
        done: list[str] = []
        verify = PasswordHasher.verify

        def watched(*given):
            done.append("argon2id")
            return verify(*given)

        monkeypatch.setattr(PasswordHasher, "verify", watched)
        return done

    def test_an_unknown_name_costs_what_a_user_of_its_lot_does(self, core, identities, rows):
        """And it is the same user at every attempt, and in every process."""
        for number in range(20):
            identities.add(f"user{number}")
        seen = {}
        verify = core.passwords.verify

        def watched(encoded, *given, decoy=None, **named):
            seen.setdefault(login, set()).add(decoy)
            return verify(encoded, *given, decoy=decoy, **named)

        core.passwords.verify = watched
        for login in [f"nobody{number}" for number in range(10)] * 2:
            with refuses(Refusal.LOGIN_UNKNOWN):
                log_in(core, "wrong", login)
        assert all(len(decoys) == 1 for decoys in seen.values())
        lots = {decoy for decoys in seen.values() for decoy in decoys}
        assert len(lots) > 3
        assert lots <= {row["password_hash"] for row in rows("SELECT password_hash FROM users")}

    def test_each_unknown_name_meets_a_user_also_where_there_are_few(self, core, identities):
        """A name that meets none would cost an Argon2id hash. Where all users have others, it is nobody's."""
        assert identity.decoy(core, "nobody") is None
        for number in range(3):
            identities.add(f"user{number}")
            met = {identity.decoy(core, f"nobody{name}") for name in range(60)}
            assert None not in met
            assert 1 <= len(met) <= number + 1

    def test_the_decoys_own_password_opens_nothing(self, core, identities):
        identities.add("only", password=PASSWORD)
        for number in range(10):
            with refuses(Refusal.LOGIN_UNKNOWN):
                log_in(core, PASSWORD, f"nobody{number}")
