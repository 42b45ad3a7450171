"""``Authorization``: the access token, or the secret of a confidential client before it has a token."""

from enum import StrEnum
from typing import ClassVar

from ...core import sessions
from ...core.credentials import clients
from ...core.refusals import Refusal, Refused
from ...core.sessions.rows import Live
from ...http.authorization import client_credentials, required_bearer
from ...http.contract import TOKEN_REFUSALS, Call
from ...http.http_refusals import HttpRefusal
from .kinds import ACCESS


class ProvenClient:
    """The client of ``x-koms-clientid``; a confidential one with its secret, as Basic.

    For operations that open or register something. New tokens are bound to the client.
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
        # The secret of another client, right or wrong, is a wrong guess at this client's secret.
        own = [(call.client, secret if name == call.client else "") for name, secret in readings]
        clients.prove(call.core, own, call.origin, for_user=True)


class PresentedToken:
    """The token. The core checks it, because some operations accept an expired one."""

    security: ClassVar[list[dict[str, list[str]]]] = [{"sessionClient": [], "sessionBearer": []}]
    refusals: ClassVar[frozenset[StrEnum]] = TOKEN_REFUSALS

    def resolve(self, call: Call) -> str:
        return required_bearer(call.request.headers.get("Authorization"))


class AccessToken(PresentedToken):
    """The live session of an access token, which must be of the client that sends it."""

    def resolve(self, call: Call) -> Live:  # type: ignore[override]
        token = super().resolve(call)
        row = sessions.verify(call.core, token, ACCESS)
        if row.client_id != call.client:
            raise Refused(Refusal.TOKEN_MISUSED)
        return row
