"""The one operation of the API."""

from typing import Any

from ...core.credentials import api_keys
from ...core.refusals import Refusal
from ...http.contract import Call
from ...http.dialect import Dialect
from . import schemas
from .kinds import LOGIN
from .negotiation import NegotiatedAnswer, NegotiatedBody

PATH = "/login"


def mount(dialect: Dialect) -> None:
    @dialect.operation(
        "POST",
        PATH,
        summary="Generate a time limited token",
        body=NegotiatedBody(schemas.LoginReq()),
        answer=NegotiatedAnswer(schemas.LoginResp()),
        refuses=frozenset(
            {
                Refusal.API_KEY_UNKNOWN,
                Refusal.API_KEY_REVOKED,
                Refusal.API_KEY_EXPIRED,
                Refusal.ACCOUNT_DISABLED,
                Refusal.ADDRESS_PAUSED,
            }
        ),
    )
    def login(call: Call) -> dict[str, Any]:
        """Generate a time limited token for a login name and one of its API keys."""
        issued = api_keys.exchange(
            call.core, LOGIN, call.body["UserLogin"], call.body["ApiKey"], call.origin
        )
        return {"Token": issued.token, "ExpireInSec": issued.expires_in}
