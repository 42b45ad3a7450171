"""Access codes: what they open, for how long, and how they are revoked."""

import pytest

from app.core import identities, sessions
from app.core.core import Core
from app.core.credentials import access_codes
from app.core.refusals import Refusal
from tests.conftest import START
from tests.core.credentials.conftest import reasons
from tests.factories import ORIGIN, Somebody, refuses
from tests.grants import CODES, Purpose

DAY = 86_400


class TestAccessCodes:
    @pytest.fixture
    def code(self, core: Core, user: Somebody) -> access_codes.Issued:
        return access_codes.issue(core, CODES, user.id, ORIGIN)

    def test_a_code_holds_no_dot_and_is_kept_as_a_digest_for_a_year(self, core, user, code, rows):
        assert "." not in code.code
        assert code.expires_at == START + 365 * DAY
        [row] = rows("SELECT digest, expires_at FROM access_codes")
        assert len(bytes(row["digest"])) == 32
        assert row["expires_at"] == code.expires_at
        [line] = access_codes.listed(core, user.id, limit=9)
        assert line == (code.id, START, code.expires_at, None)

    def test_a_code_is_exchanged_again_and_again_until_its_exact_second(self, core, code, clock):
        for _ in range(2):
            issued = access_codes.exchange(core, CODES, code.code, ORIGIN)
            assert issued.expires_in == 3600
            assert sessions.verify(core, issued.token, Purpose.AAA_OAUTH)
        clock.advance(365 * DAY - 1)
        assert access_codes.exchange(core, CODES, code.code, ORIGIN).token
        clock.advance(1)
        with refuses(Refusal.CODE_EXPIRED):
            access_codes.exchange(core, CODES, code.code, ORIGIN)

    def test_an_unknown_code_counts_against_the_address(self, core: Core, code, rows):
        for text in ("", "x", code.code[:-1], code.code + "A"):
            with refuses(Refusal.CODE_UNKNOWN):
                access_codes.exchange(core, CODES, text, ORIGIN)
        assert rows("SELECT failures FROM throttles") == [{"failures": 4}]

    def test_revoking_ends_what_the_code_opened_and_only_its_owner_may(
        self, core, user, code, identities, rows
    ):
        other = identities.add("Jane.Roe")
        token = access_codes.exchange(core, CODES, code.code, ORIGIN).token
        with refuses(Refusal.NOT_FOUND):
            access_codes.revoke(core, code.id, ORIGIN, owner_id=other.id)
        assert sessions.verify(core, token)
        access_codes.revoke(core, code.id, ORIGIN, owner_id=user.id)
        with refuses(Refusal.CODE_REVOKED):
            access_codes.exchange(core, CODES, code.code, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, token)
        with refuses(Refusal.NOT_FOUND):
            access_codes.revoke(core, code.id, ORIGIN)
        assert len(rows("SELECT id FROM audit_events WHERE event = 'code_revoked'")) == 1

    def test_a_code_revoked_while_it_is_exchanged_opens_nothing(
        self, core, code, monkeypatch, rows
    ):
        read = core.store.first

        def overtaken(statement: object, **parameters: object):
            row = read(statement, **parameters)
            if statement is access_codes.BY_DIGEST:
                access_codes.revoke(core, code.id, ORIGIN)
            return row

        monkeypatch.setattr(core.store, "first", overtaken)
        with refuses(Refusal.CODE_REVOKED):
            access_codes.exchange(core, CODES, code.code, ORIGIN)
        assert rows("SELECT * FROM sessions WHERE ended_at IS NULL") == []

    def test_a_disabled_user_or_an_expired_password_opens_nothing(self, core, user, code, rows):
        identities.expire_password(core, user.id, ORIGIN)
        with refuses(Refusal.PASSWORD_EXPIRED):
            access_codes.exchange(core, CODES, code.code, ORIGIN)
        identities.disable(core, user.id, ORIGIN)
        with refuses(Refusal.ACCOUNT_DISABLED):
            access_codes.exchange(core, CODES, code.code, ORIGIN)
        assert reasons(rows) == ["password_expired", "account_disabled"]
