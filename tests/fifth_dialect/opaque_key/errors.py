"""What each refusal becomes: HTTP status, ``problem``, ``says``."""

from collections.abc import Mapping
from enum import StrEnum

from app.core.refusals import Refusal
from app.http.dialect import Row
from app.http.http_refusals import HttpRefusal

_LOGIN = Row(401, "LOGIN", "Login or password are wrong", when="unknown login or wrong password")
_KEY = Row(
    401, "KEY", "The key is not valid", when="a key that is missing, forged, ended or expired"
)
_BODY = Row(
    400, "BODY", "The body is not valid", says_detail=True, when="a body that is not as it must be"
)
_AWAY = Row(503, "AWAY", "The service is not available", when="the database cannot be asked")

TABLE: Mapping[StrEnum, Row] = {
    Refusal.LOGIN_UNKNOWN: _LOGIN,
    Refusal.PASSWORD_WRONG: _LOGIN,
    Refusal.ACCOUNT_DISABLED: Row(403, "DISABLED", "The account is disabled", when="disabled"),
    Refusal.ACCOUNT_PAUSED: Row(
        429, "PAUSED", "Too many wrong passwords", when="paused login name"
    ),
    Refusal.ADDRESS_PAUSED: Row(429, "PAUSED", "Too many wrong passwords", when="paused address"),
    Refusal.PASSWORD_EXPIRED: Row(403, "CHANGE", "The password must be changed", when="expired"),
    Refusal.BUSY: Row(503, "BUSY", "The service is busy", when="too many logins at once"),
    Refusal.CREDENTIALS_MISSING: _KEY,
    Refusal.TOKEN_MALFORMED: _KEY,
    Refusal.TOKEN_FORGED: _KEY,
    Refusal.TOKEN_MISUSED: _KEY,
    Refusal.TOKEN_UNKNOWN: _KEY,
    Refusal.TOKEN_EXPIRED: _KEY,
    Refusal.TOKEN_SUPERSEDED: _KEY,
    Refusal.SESSION_ENDED: _KEY,
    Refusal.SESSION_EXPIRED: _KEY,
    Refusal.SESSION_DISABLED: _KEY,
    Refusal.STORE_UNAVAILABLE: _AWAY,
    Refusal.KEYS_UNUSABLE: _AWAY,
    HttpRefusal.MESSAGE_MALFORMED: _BODY,
    HttpRefusal.BODY_MALFORMED: _BODY,
    HttpRefusal.BODY_INVALID: _BODY,
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(415, "JSON", "Send JSON", when="another media type"),
    HttpRefusal.URL_UNKNOWN: Row(404, "NOTHING", "There is nothing here", when="an unknown URL"),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(405, "METHOD", "Not by this method", when="a wrong method"),
    HttpRefusal.BODY_TOO_LARGE: Row(413, "LARGE", "The body is too large", when="more than 64 KiB"),
    HttpRefusal.INTERNAL: Row(500, "OURS", "Something went wrong", when="a fault of the service"),
}
