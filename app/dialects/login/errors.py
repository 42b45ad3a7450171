"""What each refusal becomes: HTTP status, ``Code``, ``Message``. Code 0 of the seed is success,
which has no ``Result``; beyond the seed's own numbers the HTTP status is the code."""

from collections.abc import Mapping
from enum import StrEnum

from ...core.refusals import Refusal
from ...http.dialect import Row
from ...http.refusals import HttpRefusal

_BAD_PARAMETERS = Row(400, 1002, "Entry parameter missing or parameter bindings failed", True)
_UNKNOWN = Row(401, 1003, "UserLogin or ApiKey are unknown")
_INVALID = Row(401, 1004, "ApiKey is invalid")
_UNAVAILABLE = Row(503, 503, "The service is not available; try again")

TABLE: Mapping[StrEnum, Row] = {
    HttpRefusal.MESSAGE_MALFORMED: _BAD_PARAMETERS,
    HttpRefusal.BODY_MALFORMED: _BAD_PARAMETERS,
    HttpRefusal.BODY_INVALID: _BAD_PARAMETERS,
    Refusal.API_KEY_UNKNOWN: _UNKNOWN,
    Refusal.API_KEY_REVOKED: _INVALID,
    Refusal.API_KEY_EXPIRED: _INVALID,
    Refusal.ACCOUNT_DISABLED: _INVALID,
    Refusal.ADDRESS_PAUSED: Row(429, 429, "Too many failures; try later"),
    HttpRefusal.URL_UNKNOWN: Row(404, 404, "There is no such resource"),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(405, 405, "The method is not allowed; use POST"),
    HttpRefusal.NOT_ACCEPTABLE: Row(
        406, 406, "Only application/json, text/json, application/xml and text/xml are offered"
    ),
    HttpRefusal.BODY_TOO_LARGE: Row(413, 413, "The body is larger than 64 KiB"),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(
        415,
        415,
        "The request entity has a media type which the server or resource does not support."
        " Only application/json and application/xml are supported",
    ),
    HttpRefusal.INTERNAL: Row(500, 500, "Something went wrong on our side. The request's id is"),
    Refusal.BUSY: Row(503, 503, "The service is busy; try again"),
    Refusal.STORE_UNAVAILABLE: _UNAVAILABLE,
    Refusal.KEYS_UNUSABLE: _UNAVAILABLE,
}
