"""What each refusal becomes: HTTP status, ``Code``, ``Message``. Code 0 of the seed is success,
which has no ``Result``; beyond the seed's own numbers the HTTP status is the code."""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.bodies import LARGEST_BODY
from ...http.dialect import Row
from ...http.http_refusals import HttpRefusal

_BAD_PARAMETERS = Row(
    400,
    1002,
    "Entry parameter missing or parameter bindings failed",
    says_detail=True,
    when="a body that cannot be parsed; `UserLogin` or `ApiKey` missing, empty or of the wrong type:"
    " `ModelStateErr` has an entry for each",
)
_UNKNOWN = Row(
    401,
    1003,
    "UserLogin or ApiKey are unknown",
    when="unknown login, or a key that is not that user's, told alike; also a text that is no key at all",
)
_INVALID = Row(
    401,
    1004,
    "ApiKey is invalid",
    when="the user's key, but revoked or expired, or the account is disabled",
)
_UNAVAILABLE = Row(
    503,
    503,
    "The service is not available; try again",
    when="the database cannot be asked, or a signing key cannot be unwrapped",
)

TABLE: Mapping[StrEnum, Row] = {
    HttpRefusal.MESSAGE_MALFORMED: _BAD_PARAMETERS,
    HttpRefusal.BODY_MALFORMED: _BAD_PARAMETERS,
    HttpRefusal.BODY_INVALID: _BAD_PARAMETERS,
    Refusal.API_KEY_UNKNOWN: _UNKNOWN,
    Refusal.API_KEY_REVOKED: _INVALID,
    Refusal.API_KEY_EXPIRED: _INVALID,
    Refusal.ACCOUNT_DISABLED: _INVALID,
    HttpRefusal.URL_UNKNOWN: Row(
        404, 404, "There is no such resource", when="any other URL under `/login`"
    ),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405, 405, "The method is not allowed; use POST", when="any other method"
    ),
    HttpRefusal.NOT_ACCEPTABLE: Row(
        406,
        406,
        "Only application/json, text/json, application/xml and text/xml are offered",
        when="none of the four types is acceptable",
    ),
    HttpRefusal.BODY_TOO_LARGE: Row(
        413, 413, f"The body is larger than {LARGEST_BODY}", when=f"a body over {LARGEST_BODY}"
    ),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(
        415,
        415,
        "The request entity has a media type which the server or resource does not support."
        " Only application/json and application/xml are supported",
        when="a type that is none of the four, or a `charset` that is not spoken here",
    ),
    Refusal.ADDRESS_PAUSED: Row(
        429, 429, "Too many failures; try later", when="too many failures from this address"
    ),
    HttpRefusal.INTERNAL: Row(
        500,
        500,
        "Something went wrong on our side. The request's id is",
        when="a fault of ours; the text ends with the request's id, which is in the log too",
    ),
    Refusal.BUSY: Row(503, 503, "The service is busy; try again", when="too many requests wait"),
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}
