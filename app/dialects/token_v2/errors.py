"""What each refusal becomes: HTTP status, ``errorCode``, ``errorMessage``."""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.bodies import LARGEST_BODY
from ...http.dialect import Row
from ...http.http_refusals import HttpRefusal

_BAD_LOGIN = Row(
    401, "AUTH_1001", "Invalid credentials", when="unknown user or wrong password, told alike"
)
_BAD_TOKEN = Row(
    401,
    "AUTH_1002",
    "Invalid or expired token",
    when="no token, or one that is forged, expired, of the wrong kind or no longer the newest; its"
    " session has ended, or its user is disabled",
)
_MALFORMED = Row(
    400,
    "GEN_1001",
    "Malformed request",
    says_detail=True,
    when="not JSON, wrong shape, a field missing or of the wrong type: the message names it",
)
_UNAVAILABLE = Row(
    503,
    "GEN_1503",
    "Service unavailable, try again later",
    when="the database cannot be asked, or a signing key cannot be unwrapped",
)

TABLE: Mapping[StrEnum, Row] = {
    Refusal.LOGIN_UNKNOWN: _BAD_LOGIN,
    Refusal.PASSWORD_WRONG: _BAD_LOGIN,
    Refusal.CREDENTIALS_MISSING: _BAD_TOKEN,
    HttpRefusal.HEADER_MALFORMED: _BAD_TOKEN,
    Refusal.TOKEN_MALFORMED: _BAD_TOKEN,
    Refusal.TOKEN_FORGED: _BAD_TOKEN,
    Refusal.TOKEN_MISUSED: _BAD_TOKEN,
    Refusal.TOKEN_UNKNOWN: _BAD_TOKEN,
    Refusal.TOKEN_EXPIRED: _BAD_TOKEN,
    Refusal.TOKEN_SUPERSEDED: _BAD_TOKEN,
    Refusal.TOKEN_REUSED: _BAD_TOKEN,
    Refusal.SESSION_ENDED: _BAD_TOKEN,
    Refusal.SESSION_EXPIRED: _BAD_TOKEN,
    Refusal.SESSION_DISABLED: _BAD_TOKEN,
    Refusal.ACCOUNT_DISABLED: Row(
        403,
        "AUTH_1003",
        "Account disabled",
        when="the account is disabled; told to who proved the password",
    ),
    Refusal.ACCOUNT_PAUSED: Row(
        403,
        "AUTH_1003",
        "Account paused, try again later",
        when="the name is paused after too many wrong passwords, whether or not it exists",
    ),
    Refusal.PASSWORD_EXPIRED: Row(
        403,
        "AUTH_1004",
        "Password must be changed",
        when="the password must be changed; not at `DELETE`",
    ),
    Refusal.ADDRESS_PAUSED: Row(
        429, "AUTH_1005", "Too many attempts", when="too many failures from this address"
    ),
    HttpRefusal.MESSAGE_MALFORMED: _MALFORMED,
    HttpRefusal.BODY_MALFORMED: _MALFORMED,
    HttpRefusal.BODY_INVALID: _MALFORMED,
    HttpRefusal.URL_UNKNOWN: Row(
        404, "GEN_1002", "Not found", when="any other URL under `/api/v2`"
    ),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405, "GEN_1003", "Method not allowed", when="any other method"
    ),
    HttpRefusal.BODY_TOO_LARGE: Row(
        413, "GEN_1004", "Request too large", when=f"a body over {LARGEST_BODY}"
    ),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(
        415, "GEN_1005", "Unsupported media type", when="a body that is not `application/json`"
    ),
    HttpRefusal.INTERNAL: Row(
        500,
        "GEN_1500",
        "Internal error",
        when="a fault of ours; the log has it under the request's id",
    ),
    Refusal.BUSY: Row(
        503,
        "GEN_1503",
        "Service busy, try again later",
        when="too many requests wait, or too many passwords are being hashed",
    ),
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}
