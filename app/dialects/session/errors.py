"""What each refusal becomes: HTTP status, ``errorType``, ``message``."""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.dialect import Row
from ...http.refusals import HttpRefusal

_BAD_LOGIN = Row(401, "Unauthorized", "Invalid email or password.")
_BAD_TOKEN = Row(401, "Unauthorized", "The token is not valid.")
_EXPIRED = Row(401, "Unauthorized", "The token has expired.")
_BAD_CLIENT = Row(401, "Unauthorized", "The client id is not known.")
_UNAVAILABLE = Row(503, "ServiceUnavailable", "The service is not available.")

TABLE: Mapping[StrEnum, Row] = {
    Refusal.LOGIN_UNKNOWN: _BAD_LOGIN,
    Refusal.PASSWORD_WRONG: _BAD_LOGIN,
    Refusal.ACCOUNT_DISABLED: Row(403, "Forbidden", "The account is disabled."),
    Refusal.PASSWORD_EXPIRED: Row(403, "Forbidden", "The password must be changed."),
    Refusal.ACCOUNT_PAUSED: Row(429, "TooManyRequests", "Too many wrong passwords; try later."),
    Refusal.ADDRESS_PAUSED: Row(429, "TooManyRequests", "Too many failures; try later."),
    Refusal.CLIENT_MISSING: Row(400, "BadRequest", "The x-koms-clientid header is missing."),
    Refusal.CLIENT_UNKNOWN: _BAD_CLIENT,
    Refusal.CLIENT_DISABLED: _BAD_CLIENT,
    Refusal.CLIENT_UNPROVEN: Row(401, "Unauthorized", "The client must prove itself."),
    Refusal.REGISTRATION_CLOSED: Row(403, "Forbidden", "This client may not register users."),
    Refusal.CREDENTIALS_MISSING: Row(401, "Unauthorized", "An access token is required."),
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
    Refusal.IDENTITY_TAKEN: Row(409, "Conflict", "There is an account for this email already."),
    Refusal.IDENTITY_UNACCEPTABLE: Row(400, "BadRequest", "The email is not accepted", True),
    Refusal.PASSWORD_UNACCEPTABLE: Row(400, "BadRequest", "The password is not accepted", True),
    Refusal.BUSY: Row(503, "ServiceUnavailable", "The service is busy; try again."),
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
    HttpRefusal.HEADER_MALFORMED: Row(
        401, "Unauthorized", "The Authorization header is not valid."
    ),
    HttpRefusal.MESSAGE_MALFORMED: Row(400, "BadRequest", "The request is not valid", True),
    HttpRefusal.BODY_MALFORMED: Row(400, "BadRequest", "The body is not valid", True),
    HttpRefusal.BODY_INVALID: Row(400, "BadRequest", "The body is not valid", True),
    HttpRefusal.BODY_TOO_LARGE: Row(413, "PayloadTooLarge", "The body is larger than 64 KiB."),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(
        415, "UnsupportedMediaType", "Every request must have Content-Type application/json."
    ),
    HttpRefusal.URL_UNKNOWN: Row(404, "NotFound", "There is no such resource."),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405, "MethodNotAllowed", "The method is not allowed for this resource."
    ),
    HttpRefusal.INTERNAL: Row(500, "InternalServerError", "Something went wrong on our side."),
}
