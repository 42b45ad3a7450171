"""What each refusal becomes: HTTP status, ``errorCode``, ``errorMessage``."""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.dialect import Row
from ...http.refusals import HttpRefusal

_BAD_LOGIN = Row(401, "AUTH_1001", "Invalid credentials")
_BAD_TOKEN = Row(401, "AUTH_1002", "Invalid or expired token")
_MALFORMED = Row(400, "GEN_1001", "Malformed request", True)
_UNAVAILABLE = Row(503, "GEN_1503", "Service unavailable, try again later")

TABLE: Mapping[StrEnum, Row] = {
    Refusal.LOGIN_UNKNOWN: _BAD_LOGIN,
    Refusal.PASSWORD_WRONG: _BAD_LOGIN,
    Refusal.CREDENTIALS_MISSING: _BAD_TOKEN,
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
    HttpRefusal.HEADER_MALFORMED: _BAD_TOKEN,
    Refusal.ACCOUNT_DISABLED: Row(403, "AUTH_1003", "Account disabled"),
    Refusal.ACCOUNT_PAUSED: Row(403, "AUTH_1003", "Account paused, try again later"),
    Refusal.PASSWORD_EXPIRED: Row(403, "AUTH_1004", "Password must be changed"),
    Refusal.ADDRESS_PAUSED: Row(429, "AUTH_1005", "Too many attempts"),
    HttpRefusal.MESSAGE_MALFORMED: _MALFORMED,
    HttpRefusal.BODY_MALFORMED: _MALFORMED,
    HttpRefusal.BODY_INVALID: _MALFORMED,
    HttpRefusal.URL_UNKNOWN: Row(404, "GEN_1002", "Not found"),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(405, "GEN_1003", "Method not allowed"),
    HttpRefusal.BODY_TOO_LARGE: Row(413, "GEN_1004", "Request too large"),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(415, "GEN_1005", "Unsupported media type"),
    HttpRefusal.INTERNAL: Row(500, "GEN_1500", "Internal error"),
    Refusal.BUSY: Row(503, "GEN_1503", "Service busy, try again later"),
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}
