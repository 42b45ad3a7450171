"""``Authorization: Bearer <token>``: the access token. The core checks it."""

from enum import StrEnum
from typing import ClassVar

from ...core.refusals import Refusal
from ...http.authorization import required_bearer
from ...http.contract import TOKEN_REFUSALS, Call

SCHEME = "tokenV2Bearer"


class PresentedToken:
    """The token, unchecked: an expired one may still end its session."""

    security: ClassVar[list[dict[str, list[str]]]] = [{SCHEME: []}]
    # A user can log out with an expired token, and with an expired password.
    refusals: ClassVar[frozenset[StrEnum]] = TOKEN_REFUSALS - {
        Refusal.TOKEN_EXPIRED,
        Refusal.PASSWORD_EXPIRED,
    }

    def resolve(self, call: Call) -> str:
        return required_bearer(call.request.headers.get("Authorization"))
