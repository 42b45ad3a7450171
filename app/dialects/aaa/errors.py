"""What each refusal becomes: HTTP status, ``error_id``, and the seed's own comment as ``error_text``.

The statuses 413, 429 and 503 are not the seed's. They are kept, under the nearest of its error ids.
"""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.bodies import LARGEST_BODY
from ...http.dialect import Row
from ...http.http_refusals import HttpRefusal

TOKEN_ERRORS = ("AUTH_INVALID_TOKEN", "AUTH_EXPIRED_TOKEN")

_BAD_CREDENTIALS = Row(
    401,
    "AUTH_INVALID_CREDENTIALS",
    "Invalid username and/or password.",
    when="unknown user or wrong password, told alike; also a wrong current password, or one that was"
    " replaced meanwhile",
)
_BAD_TOKEN = Row(
    401,
    "AUTH_INVALID_TOKEN",
    "OAuth access token is invalid.",
    when="token unknown, forged or of another API, or its session has ended",
)
_EXPIRED_TOKEN = Row(
    401,
    "AUTH_EXPIRED_TOKEN",
    "OAuth access token is expired.",
    when="token, or the session behind it, past its time",
)
_BAD_CODE = Row(
    401,
    "AUTH_INVALID_CODE",
    "OAuth access code is invalid.",
    when="code unknown, revoked or ended with its password or session, or no assertion at all",
)
_DISABLED = Row(
    403,
    "AUTH_DISABLED_ACCOUNT",
    "Account is either temporarily or permanently disabled.",
    when="account disabled",
)
_FORBIDDEN = Row(
    403,
    "AUTH_FORBIDDEN",
    "User is not authorized to access the requested resource.",
    when="permission `npm` missing; an access code asked for with a token; another user's codes, unless"
    " the caller has the role `admin`",
)
_NOT_FOUND = Row(
    404,
    "RESOURCE_NOT_FOUND",
    "Requested resource was not found.",
    when="any other URL under `/api/cascade.aaa` and `/api/common`, other versions too; a code that does"
    " not exist, or is not the caller's",
)
_BAD_HEADER = Row(
    400,
    "HTTP_INVALID_HEADER",
    "An HTTP header was malformed.",
    says_detail=True,
    when="`Authorization` cannot be decoded; a `Content-Type` that the resource does not take",
)
_BAD_INPUT = Row(
    400,
    "REQUEST_INVALID_INPUT",
    "Malformed input structure.",
    says_detail=True,
    when="a body that cannot be parsed or has the wrong shape; a new password that is not accepted",
)
_BAD_PARAMETER = Row(
    400,
    "URI_INVALID_PARAMETER",
    "URI parameter is not supported or malformed.",
    says_detail=True,
    when="unknown query parameter; unsupported `grant_type`; an admin named nobody",
)
_INTERNAL = Row(
    500,
    "INTERNAL_ERROR",
    "Internal server error.",
    when="a fault of ours; the log has it under the request's id",
)
_UNAVAILABLE = _INTERNAL._replace(
    status=503,
    when="too many requests wait, too many passwords are being hashed, or the database cannot be asked",
)

TABLE: Mapping[StrEnum, Row] = {
    Refusal.CREDENTIALS_MISSING: Row(
        401,
        "AUTH_REQUIRED",
        "The requested resource requires authentication.",
        when="no credentials, or a scheme that is not spoken here",
    ),
    Refusal.LOGIN_UNKNOWN: _BAD_CREDENTIALS,
    Refusal.PASSWORD_WRONG: _BAD_CREDENTIALS,
    Refusal.COOKIE_INVALID: Row(
        401,
        "AUTH_INVALID_SESSION",
        "Session ID is invalid.",
        when="`SESSID` unknown, ended or timed out",
    ),
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
    Refusal.CODE_EXPIRED: Row(
        401, "AUTH_EXPIRED_CODE", "OAuth access code is expired.", when="code past its time"
    ),
    Refusal.PASSWORD_EXPIRED: Row(
        403,
        "AUTH_EXPIRED_PASSWORD",
        "The password must be changed. Access only to password change resources.",
        when="the password must be changed; only `password` and `logout` are open. Also a change of it"
        " that was under way when it expired",
    ),
    Refusal.ACCOUNT_DISABLED: _DISABLED,
    Refusal.SESSION_DISABLED: _DISABLED,
    Refusal.ACCOUNT_PAUSED: _DISABLED._replace(
        when='too many wrong passwords; `error_info` is `{"retry_after": seconds}`'
    ),
    Refusal.ADDRESS_PAUSED: _DISABLED._replace(
        status=429, when="too many failures from this address; `error_info` as above"
    ),
    Refusal.PERMISSION_MISSING: _FORBIDDEN,
    Refusal.CROSS_SITE: _FORBIDDEN._replace(when="a page of another site used the cookie"),
    Refusal.CREDENTIALS_CAPPED: _FORBIDDEN._replace(
        says_detail=True,
        when="more live access codes than a user may have (`WATCHWORD_ACCESS_CODES_PER_USER`)",
    ),
    Refusal.NOT_FOUND: _NOT_FOUND,
    HttpRefusal.URL_UNKNOWN: _NOT_FOUND,
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405,
        "HTTP_INVALID_METHOD",
        "Requested method is not available for this resource.",
        when="any other method",
    ),
    HttpRefusal.MESSAGE_MALFORMED: _BAD_HEADER,
    HttpRefusal.HEADER_MALFORMED: _BAD_HEADER,
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: _BAD_HEADER,
    HttpRefusal.BODY_MALFORMED: _BAD_INPUT,
    HttpRefusal.BODY_INVALID: _BAD_INPUT,
    Refusal.PASSWORD_UNACCEPTABLE: _BAD_INPUT,
    HttpRefusal.BODY_TOO_LARGE: _BAD_INPUT._replace(status=413, when=f"a body over {LARGEST_BODY}"),
    HttpRefusal.PARAMETER_UNKNOWN: _BAD_PARAMETER,
    HttpRefusal.PARAMETER_INVALID: _BAD_PARAMETER,
    HttpRefusal.PARAMETER_MISSING: Row(
        400,
        "URI_MISSING_PARAMETER",
        "Missing required parameter.",
        says_detail=True,
        when="`grant_type` or `assertion` missing",
    ),
    HttpRefusal.INTERNAL: _INTERNAL,
    Refusal.BUSY: _UNAVAILABLE,
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}
