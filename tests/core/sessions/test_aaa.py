"""Sessions of the AAA dialect: the idle expiry, and npm tokens that depend on a session."""

import pytest

from app.core import sessions
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.refusals import Refusal
from tests import grants
from tests.conftest import START
from tests.core.sessions.conftest import only, proven
from tests.factories import ORIGIN, Somebody, refuses
from tests.grants import Purpose


class TestAaaSessions:
    @pytest.fixture
    def sessid(self, core: Core, user: Somebody) -> str:
        return grants.aaa_session(core, proven(core, user), ORIGIN)

    def test_it_idles_out_on_its_exact_second(self, core: Core, sessid: str, clock: ManualClock):
        clock.advance(1799)
        assert sessions.verify(core, sessid)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, sessid)

    def test_use_keeps_it_alive_with_one_write_a_minute_at_most(self, core, sessid, clock, rows):
        for seconds, expiry in ((59, 1800), (1, 1860), (59, 1860), (1, 1920)):
            clock.advance(seconds)
            sessions.touch(core, sessions.verify(core, sessid))
            assert only(rows, "expires_at") == {"expires_at": START + expiry}

    def test_no_use_keeps_it_alive_past_its_absolute_end(self, core, sessid, clock, rows):
        for _ in range(24):
            clock.advance(1790)
            sessions.touch(core, sessions.verify(core, sessid))
        assert only(rows, "expires_at") == {"expires_at": START + 43_200}
        clock.advance(43_199 - 24 * 1790)
        assert sessions.verify(core, sessid)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, sessid)

    def test_a_touch_that_comes_after_the_end_brings_nothing_back(self, core, sessid, clock, rows):
        clock.advance(100)
        row = sessions.verify(core, sessid)
        sessions.end_row(core, row, ORIGIN)
        sessions.touch(core, row)
        assert only(rows, "expires_at, end_reason") == {
            "expires_at": START + 100,
            "end_reason": "logout",
        }

    def test_a_touch_that_comes_after_the_expiry_brings_nothing_back(self, core, sessid, clock):
        clock.advance(1700)
        row = sessions.verify(core, sessid)
        clock.advance(100)
        sessions.touch(core, row)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, sessid)

    def test_an_npm_token_ends_with_its_session(self, core: Core, sessid: str, clock, rows):
        row = sessions.verify(core, sessid)
        npm = grants.npm_token_of_session(core, row)
        assert npm.expires_at == START + 3600
        assert sessions.verify(core, npm.token).id == row.id
        sessions.end_row(core, row, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, npm.token)

    def test_an_npm_token_expires_on_its_own_second(self, core, sessid, clock):
        npm = grants.npm_token_of_session(core, sessions.verify(core, sessid))
        for _ in range(2):
            clock.advance(1790)
            sessions.touch(core, sessions.verify(core, sessid))
        clock.advance(19)
        assert sessions.verify(core, npm.token)
        clock.advance(1)
        with refuses(Refusal.TOKEN_EXPIRED):
            sessions.verify(core, npm.token)
        assert sessions.verify(core, sessid)

    def test_a_session_that_was_opened_for_one_sealed_token_does_not_idle(
        self, core, user, clock, rows
    ):
        npm = grants.npm_token_of_user(core, proven(core, user), ORIGIN)
        before = only(rows, "expires_at")
        clock.advance(3000)
        sessions.touch(core, sessions.verify(core, npm.token))
        core.touches.flush()
        assert only(rows, "expires_at") == before

    def test_an_npm_token_for_basic_credentials_has_a_session_of_its_own(
        self, core, user, clock, rows
    ):
        npm = grants.npm_token_of_user(core, proven(core, user), ORIGIN)
        assert npm.expires_at == START + 3600
        clock.advance(3599)
        assert sessions.verify(core, npm.token, Purpose.AAA_NPM)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, npm.token)
