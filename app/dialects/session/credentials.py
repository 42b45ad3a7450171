"""``Authorization: Bearer {access_token}``, verified or, where it may be expired, as it stands."""

from enum import StrEnum
from typing import ClassVar

from ...core import sessions
from ...core.refusals import Refusal, Refused
from ...core.session_rows import Live
from ...core.tokens import Purpose
from ...http.contract import TOKEN_REFUSALS, Call
from ...http.credentials import required_bearer


class PresentedToken:
    """The token itself; the core call judges it, since an expired one may still do."""

    security: ClassVar[list[dict[str, list[str]]]] = [{"sessionClient": [], "sessionBearer": []}]
    refusals: ClassVar[frozenset[StrEnum]] = TOKEN_REFUSALS

    def resolve(self, call: Call) -> str:
        return required_bearer(call.request.headers.get("Authorization"))


class AccessToken(PresentedToken):
    """A live session's most recent access token, opened by the very client that presents it."""

    def resolve(self, call: Call) -> Live:  # type: ignore[override]
        token = super().resolve(call)
        row = sessions.verify(call.core, token, Purpose.SESSION_ACCESS)
        if row.client_id != call.client:
            raise Refused(Refusal.TOKEN_MISUSED)
        return row
