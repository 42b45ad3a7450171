"""What each refusal becomes: HTTP status, ``errorType``, ``message``."""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.bodies import LARGEST_BODY
from ...http.dialect import Row
from ...http.http_refusals import HttpRefusal

_BAD_LOGIN = Row(
    401,
    "Unauthorized",
    "Invalid email or password.",
    when="unknown e-mail address or wrong password, told alike",
)
_BAD_TOKEN = Row(
    401,
    "Unauthorized",
    "The token is not valid.",
    when="a token that is forged, of another client or no longer the newest; its session has ended, or"
    " its user is disabled",
)
_EXPIRED = Row(
    401,
    "Unauthorized",
    "The token has expired.",
    when="the token, or the session behind it, is past its time",
)
_BAD_CLIENT = Row(
    401, "Unauthorized", "The client id is not known.", when="client id unknown or disabled"
)
_BAD_BODY = Row(
    400,
    "BadRequest",
    "The body is not valid",
    says_detail=True,
    when="a body that is not JSON; a field missing or of the wrong type; an `account_type` other than"
    " `traditional`",
)
_UNAVAILABLE = Row(
    503,
    "ServiceUnavailable",
    "The service is not available.",
    when="the database cannot be asked, or a signing key cannot be unwrapped",
)

TABLE: Mapping[StrEnum, Row] = {
    Refusal.CLIENT_MISSING: Row(
        400,
        "BadRequest",
        "The x-koms-clientid header is missing.",
        when="`x-koms-clientid` missing",
    ),
    HttpRefusal.MESSAGE_MALFORMED: Row(
        400,
        "BadRequest",
        "The request is not valid",
        says_detail=True,
        when="what arrived is not a valid HTTP request",
    ),
    HttpRefusal.BODY_MALFORMED: _BAD_BODY,
    HttpRefusal.BODY_INVALID: _BAD_BODY,
    Refusal.IDENTITY_UNACCEPTABLE: Row(
        400,
        "BadRequest",
        "The email is not accepted",
        says_detail=True,
        when="`POST /user` with what is no e-mail address; the message says how",
    ),
    Refusal.PASSWORD_UNACCEPTABLE: Row(
        400,
        "BadRequest",
        "The password is not accepted",
        says_detail=True,
        when="`POST /user` with a password that fails the policy; the message says how",
    ),
    Refusal.CLIENT_UNKNOWN: _BAD_CLIENT,
    Refusal.CLIENT_DISABLED: _BAD_CLIENT,
    Refusal.CLIENT_UNPROVEN: Row(
        401,
        "Unauthorized",
        "The client must prove itself.",
        when="a confidential client's id without its secret, where the request opens something",
    ),
    Refusal.LOGIN_UNKNOWN: _BAD_LOGIN,
    Refusal.PASSWORD_WRONG: _BAD_LOGIN,
    Refusal.CREDENTIALS_MISSING: Row(
        401, "Unauthorized", "An access token is required.", when="no token"
    ),
    HttpRefusal.HEADER_MALFORMED: Row(
        401,
        "Unauthorized",
        "The Authorization header is not valid.",
        when="an `Authorization` header that cannot be read",
    ),
    Refusal.TOKEN_MALFORMED: _BAD_TOKEN,
    Refusal.TOKEN_FORGED: _BAD_TOKEN,
    Refusal.TOKEN_MISUSED: _BAD_TOKEN,
    Refusal.TOKEN_UNKNOWN: _BAD_TOKEN,
    Refusal.TOKEN_SUPERSEDED: _BAD_TOKEN,
    Refusal.TOKEN_REUSED: _BAD_TOKEN,
    Refusal.SESSION_ENDED: _BAD_TOKEN,
    Refusal.SESSION_DISABLED: _BAD_TOKEN,
    Refusal.TOKEN_EXPIRED: _EXPIRED,
    Refusal.SESSION_EXPIRED: _EXPIRED,
    Refusal.ACCOUNT_DISABLED: Row(
        403,
        "Forbidden",
        "The account is disabled.",
        when="account disabled; told to who proved the password",
    ),
    Refusal.PASSWORD_EXPIRED: Row(
        403, "Forbidden", "The password must be changed.", when="the password must be changed"
    ),
    Refusal.REGISTRATION_CLOSED: Row(
        403,
        "Forbidden",
        "This client may not register users.",
        when="`POST /user` where `WATCHWORD_REGISTRATION` does not allow it to this client",
    ),
    HttpRefusal.URL_UNKNOWN: Row(
        404,
        "NotFound",
        "There is no such resource.",
        when="any other URL under `/session` and `/user`",
    ),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405,
        "MethodNotAllowed",
        "The method is not allowed for this resource.",
        when="any other method",
    ),
    Refusal.IDENTITY_TAKEN: Row(
        409,
        "Conflict",
        "There is an account for this email already.",
        when="`POST /user` with an e-mail address that has an account",
    ),
    HttpRefusal.BODY_TOO_LARGE: Row(
        413,
        "PayloadTooLarge",
        f"The body is larger than {LARGEST_BODY}.",
        when=f"a body over {LARGEST_BODY}",
    ),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(
        415,
        "UnsupportedMediaType",
        "Every request must have Content-Type application/json.",
        when="no `Content-Type: application/json`",
    ),
    Refusal.ACCOUNT_PAUSED: Row(
        429,
        "TooManyRequests",
        "Too many wrong passwords; try later.",
        when="too many wrong passwords for this name, whether or not it exists",
    ),
    Refusal.ADDRESS_PAUSED: Row(
        429,
        "TooManyRequests",
        "Too many failures; try later.",
        when="too many failures from this address",
    ),
    HttpRefusal.INTERNAL: Row(
        500,
        "InternalServerError",
        "Something went wrong on our side.",
        when="a fault of ours; the log has it under the request's id",
    ),
    Refusal.BUSY: Row(
        503,
        "ServiceUnavailable",
        "The service is busy; try again.",
        when="too many requests wait, or too many passwords are being hashed",
    ),
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}
