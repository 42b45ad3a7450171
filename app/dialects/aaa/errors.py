"""What each refusal becomes: HTTP status, ``error_id``, and the seed's own comment as ``error_text``.

The statuses 413, 429 and 503 are not the seed's: they are kept, under the nearest of its error ids.
"""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.dialect import Row
from ...http.refusals import HttpRefusal

TOKEN_ERRORS = ("AUTH_INVALID_TOKEN", "AUTH_EXPIRED_TOKEN")

_BAD_CREDENTIALS = Row(401, "AUTH_INVALID_CREDENTIALS", "Invalid username and/or password.")
_BAD_TOKEN = Row(401, "AUTH_INVALID_TOKEN", "OAuth access token is invalid.")
_EXPIRED_TOKEN = Row(401, "AUTH_EXPIRED_TOKEN", "OAuth access token is expired.")
_BAD_CODE = Row(401, "AUTH_INVALID_CODE", "OAuth access code is invalid.")
_DISABLED = Row(
    403, "AUTH_DISABLED_ACCOUNT", "Account is either temporarily or permanently disabled."
)
_FORBIDDEN = Row(403, "AUTH_FORBIDDEN", "User is not authorized to access the requested resource.")
_NOT_FOUND = Row(404, "RESOURCE_NOT_FOUND", "Requested resource was not found.")
_BAD_HEADER = Row(400, "HTTP_INVALID_HEADER", "An HTTP header was malformed.", True)
_BAD_INPUT = Row(400, "REQUEST_INVALID_INPUT", "Malformed input structure.", True)
_BAD_PARAMETER = Row(
    400, "URI_INVALID_PARAMETER", "URI parameter is not supported or malformed.", True
)
_INTERNAL = Row(500, "INTERNAL_ERROR", "Internal server error.")

TABLE: Mapping[StrEnum, Row] = {
    Refusal.CREDENTIALS_MISSING: Row(
        401, "AUTH_REQUIRED", "The requested resource requires authentication."
    ),
    Refusal.LOGIN_UNKNOWN: _BAD_CREDENTIALS,
    Refusal.PASSWORD_WRONG: _BAD_CREDENTIALS,
    Refusal.COOKIE_INVALID: Row(401, "AUTH_INVALID_SESSION", "Session ID is invalid."),
    Refusal.PASSWORD_EXPIRED: Row(
        403,
        "AUTH_EXPIRED_PASSWORD",
        "The password must be changed. Access only to password change resources.",
    ),
    Refusal.ACCOUNT_DISABLED: _DISABLED,
    Refusal.SESSION_DISABLED: _DISABLED,
    Refusal.ACCOUNT_PAUSED: _DISABLED,
    Refusal.ADDRESS_PAUSED: _DISABLED._replace(status=429),
    Refusal.PERMISSION_MISSING: _FORBIDDEN,
    Refusal.CROSS_SITE: _FORBIDDEN,
    Refusal.CREDENTIALS_CAPPED: _FORBIDDEN._replace(says_detail=True),
    Refusal.TOKEN_MALFORMED: _BAD_TOKEN,
    Refusal.TOKEN_FORGED: _BAD_TOKEN,
    Refusal.TOKEN_MISUSED: _BAD_TOKEN,
    Refusal.TOKEN_UNKNOWN: _BAD_TOKEN,
    Refusal.TOKEN_SUPERSEDED: _BAD_TOKEN,
    Refusal.SESSION_ENDED: _BAD_TOKEN,
    Refusal.TOKEN_EXPIRED: _EXPIRED_TOKEN,
    Refusal.SESSION_EXPIRED: _EXPIRED_TOKEN,
    Refusal.CODE_UNKNOWN: _BAD_CODE,
    Refusal.CODE_REVOKED: _BAD_CODE,
    Refusal.CODE_EXPIRED: Row(401, "AUTH_EXPIRED_CODE", "OAuth access code is expired."),
    Refusal.NOT_FOUND: _NOT_FOUND,
    HttpRefusal.URL_UNKNOWN: _NOT_FOUND,
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405, "HTTP_INVALID_METHOD", "Requested method is not available for this resource."
    ),
    HttpRefusal.MESSAGE_MALFORMED: _BAD_HEADER,
    HttpRefusal.HEADER_MALFORMED: _BAD_HEADER,
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: _BAD_HEADER,
    HttpRefusal.BODY_MALFORMED: _BAD_INPUT,
    HttpRefusal.BODY_INVALID: _BAD_INPUT,
    HttpRefusal.BODY_TOO_LARGE: _BAD_INPUT._replace(status=413),
    Refusal.PASSWORD_UNACCEPTABLE: _BAD_INPUT,
    HttpRefusal.PARAMETER_UNKNOWN: _BAD_PARAMETER,
    HttpRefusal.PARAMETER_INVALID: _BAD_PARAMETER,
    HttpRefusal.PARAMETER_MISSING: Row(
        400, "URI_MISSING_PARAMETER", "Missing required parameter.", True
    ),
    HttpRefusal.INTERNAL: _INTERNAL,
    Refusal.BUSY: _INTERNAL._replace(status=503),
    Refusal.STORE_UNAVAILABLE: _INTERNAL._replace(status=503),
    Refusal.KEYS_UNUSABLE: _INTERNAL._replace(status=503),
}
