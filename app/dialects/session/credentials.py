"""``Authorization``: the access token, or the secret of a confidential client where there is none yet."""

from enum import StrEnum
from typing import ClassVar

from ...core import sessions
from ...core.credentials import clients
from ...core.refusals import Refusal, Refused
from ...core.sessions.rows import Live
from ...http.contract import TOKEN_REFUSALS, Call
from ...http.credentials import client_credentials, required_bearer
from ...http.refusals import HttpRefusal
from .kinds import ACCESS


class ProvenClient:
    """The client of ``x-koms-clientid``; a confidential one with its secret, as Basic.

    For what opens something. The tokens that come of it are bound to the client.
    """

    security: ClassVar[list[dict[str, list[str]]]] = [
        {"sessionClient": []},
        {"sessionClient": [], "sessionSecret": []},
    ]
    refusals: ClassVar[frozenset[StrEnum]] = frozenset(
        {Refusal.CLIENT_UNPROVEN, Refusal.ADDRESS_PAUSED, HttpRefusal.HEADER_MALFORMED}
    )

    def resolve(self, call: Call) -> None:
        if not clients.is_confidential(call.core, call.client):
            return
        readings = client_credentials(call.request.headers.get("Authorization"))
        if not readings:
            raise Refused(Refusal.CLIENT_UNPROVEN)
        # Another client's secret, right or wrong, is a wrong one of this client.
        own = [(call.client, secret if name == call.client else "") for name, secret in readings]
        clients.prove(call.core, own, call.origin, for_user=True)


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
        row = sessions.verify(call.core, token, ACCESS)
        if row.client_id != call.client:
            raise Refused(Refusal.TOKEN_MISUSED)
        return row
