"""Which keys a process holds: those of other processes, of later versions, and what is not a key."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator

import pytest

from app import create_app
from app.core.clock import SystemClock
from app.core.core import Core
from app.core.keys import jwt
from app.core.keys.keyring import KeyRow, KeysUnusable, ring_of
from app.core.upkeep import key_care
from tests.factories import ORIGIN


@pytest.fixture
def another_core(settings, clock) -> Iterator[Core]:
    """The core of one more process on the same database, started before the keys change."""
    app = create_app(settings, clock)
    core: Core = app.extensions["watchword"].core
    core.keys.load()
    yield core
    core.close()


@pytest.mark.parametrize("use", ["seal", "jwt", "pepper"])
def test_a_key_that_another_process_has_made_is_found_when_it_is_met(
    core, another_core, use, clock
):
    clock.advance(60)
    key_care.rotate(core, use, ORIGIN)
    find: Callable[[int], object] = {
        "seal": another_core.keys.sealer,
        "jwt": another_core.keys.jwt_key,
        "pepper": another_core.keys.pepper,
    }[use]
    ring = core.keys.ring
    newest = {"seal": ring.current_seal, "jwt": ring.current_jwt, "pepper": ring.current_pepper}
    assert find(newest[use]) is not None


def test_a_pepper_that_nobody_has_is_a_fault_of_the_keys_and_no_wrong_password(core: Core):
    with pytest.raises(KeysUnusable, match="pepper 99 is missing"):
        core.keys.pepper(99)


def test_a_key_for_a_use_that_this_version_does_not_know_is_left_alone(core: Core):
    [row, *_] = core.keys.rows()
    later = row._replace(use="of a later version")
    ring = ring_of([later], {later.id: bytes(32)}, "HS256")
    assert isinstance(row, KeyRow)
    assert (ring.seals, ring.jwts, ring.peppers) == ({}, {}, {})


def test_an_algorithm_that_nobody_knows_makes_no_key():
    with pytest.raises(ValueError, match="unknown JWT algorithm none"):
        jwt.generate("none")


def test_what_a_key_has_signed_and_is_no_json_has_no_claims(core: Core):
    key = core.keys.ring.jwts[core.keys.ring.current_jwt]
    signed = jwt.encode(key, {}, refresh=False).partition(".")[0].encode() + b".bm8ganNvbg"
    signature = key.verifier.sign(signed, key.key)
    text = urlsafe_b64encode(signature).decode().rstrip("=")
    assert jwt.verified_claims(f"{signed.decode()}.{text}", [key]) is None


def test_the_systems_clock_counts_seconds_since_the_epoch():
    assert abs(SystemClock().now() - time.time()) < 5
