"""What the console says of each refusal: a status, a heading, and a sentence for the operator."""

from collections.abc import Mapping
from enum import StrEnum

from ..core.refusals import Refusal
from ..http.bodies import LARGEST_BODY
from ..http.dialect import Row
from ..http.http_refusals import HttpRefusal

_LOG_IN = Row(401, "Log in", "Log in to use the console.")
_ENDED = Row(401, "Log in", "Your session has ended. Log in again to go on.")
_LAST_ADMIN = Row(
    409,
    "This is the last admin",
    "This is the last admin who is enabled: nobody could use the console any more. Make another admin first,"
    " or use the command.",
)
_UNREADABLE = Row(400, "This request is not valid", "Nothing was done", True)

TABLE: Mapping[StrEnum, Row] = {
    Refusal.CREDENTIALS_MISSING: _LOG_IN,
    Refusal.TOKEN_UNKNOWN: _ENDED,
    Refusal.SESSION_ENDED: _ENDED,
    Refusal.SESSION_EXPIRED: Row(
        401,
        "Log in",
        "You were logged out because the session was idle, or old. Log in again to go on.",
    ),
    Refusal.SESSION_DISABLED: Row(401, "Log in", "Your account was disabled. Ask another admin."),
    Refusal.PASSWORD_EXPIRED: Row(
        401, "Log in", "Your password has expired. Change it through one of the APIs, then log in."
    ),
    Refusal.PERMISSION_MISSING: Row(
        401, "Log in", "Your account does not have the role admin any more. Ask another admin."
    ),
    Refusal.CROSS_SITE: Row(
        403,
        "This form came from another site",
        "Nothing was done. Open the page here and send it again.",
    ),
    HttpRefusal.FORM_UNKNOWN: Row(
        403,
        "This form is not of your session",
        "Nothing was done. Open the page again and send it from there.",
    ),
    HttpRefusal.FORM_SPENT: Row(
        409,
        "This form was sent already",
        "It was done once, and not a second time. Open the page again to see how things stand.",
    ),
    Refusal.CHANGED_MEANWHILE: Row(409, "It was changed meanwhile", "Nothing was done", True),
    Refusal.LAST_ADMIN: _LAST_ADMIN,
    Refusal.NOT_FOUND: Row(404, "It is not there any more", "Nothing was done", True),
    HttpRefusal.URL_UNKNOWN: Row(
        404, "There is no such page", "The console has no page at this address."
    ),
    HttpRefusal.METHOD_NOT_ALLOWED: Row(
        405, "This cannot be done here", "Open the page with a link instead."
    ),
    HttpRefusal.MESSAGE_MALFORMED: _UNREADABLE,
    HttpRefusal.BODY_MALFORMED: _UNREADABLE,
    HttpRefusal.BODY_INVALID: _UNREADABLE,
    HttpRefusal.BODY_TOO_LARGE: Row(
        413, "This form is too large", f"At most {LARGEST_BODY} can be sent."
    ),
    HttpRefusal.MEDIA_TYPE_UNSUPPORTED: Row(415, "This is no form", "Send it with a browser."),
    HttpRefusal.INTERNAL: Row(
        500, "Something went wrong on our side", "The log says what, under the request id below."
    ),
    Refusal.BUSY: Row(
        503, "The service is busy", "Too many passwords are being hashed. Try again in a moment."
    ),
    Refusal.STORE_UNAVAILABLE: Row(
        503, "The database cannot be asked just now", "Nothing was done. Try again in a moment."
    ),
    Refusal.KEYS_UNUSABLE: Row(
        503,
        "A key cannot be used",
        "It was wrapped under a secret that is not in WATCHWORD_SECRET_KEYS.",
    ),
}

# Of a login, where an unknown name, a wrong password and an account without the role get one answer.
_NOT_LET_IN = "That is not the name and password of an admin."
LOGIN: Mapping[StrEnum, str] = {
    HttpRefusal.FORM_UNKNOWN: (
        "This form is not of this browser any more. Another tab may have logged in, or the browser keeps"
        " no cookies. Type your password once more."
    ),
    Refusal.LOGIN_UNKNOWN: _NOT_LET_IN,
    Refusal.PASSWORD_WRONG: _NOT_LET_IN,
    Refusal.PERMISSION_MISSING: _NOT_LET_IN,
    Refusal.ACCOUNT_DISABLED: "This account is disabled.",
    Refusal.PASSWORD_EXPIRED: "This password has expired. Change it through one of the APIs, then log in.",
    Refusal.ACCOUNT_PAUSED: "Too many wrong passwords. This name rests for a while.",
    Refusal.ADDRESS_PAUSED: "Too many failures from your address. It rests for a while.",
    Refusal.BUSY: "Too many passwords are being hashed. Try again in a moment.",
    Refusal.SESSION_ENDED: "Your session has ended meanwhile. Log in again.",
}
STATUSES: Mapping[StrEnum, int] = {
    **dict.fromkeys(LOGIN, 403),
    Refusal.ACCOUNT_PAUSED: 429,
    Refusal.ADDRESS_PAUSED: 429,
    Refusal.BUSY: 503,
}

# Of an act: what the form did not say right, where the core gives no sentence of its own.
ACT: Mapping[StrEnum, str] = {
    Refusal.IDENTITY_TAKEN: "That name, e-mail address or id is taken.",
    Refusal.IDENTITY_UNACCEPTABLE: "That name is not acceptable.",
    Refusal.PASSWORD_UNACCEPTABLE: "That password is not acceptable.",
    Refusal.LAST_ADMIN: _LAST_ADMIN.text,
    Refusal.CREDENTIALS_CAPPED: "The user has as many as there may be. Revoke one first.",
    Refusal.NOT_FOUND: "It is not there any more.",
    Refusal.ADDRESS_PAUSED: LOGIN[Refusal.ADDRESS_PAUSED],
    Refusal.BUSY: LOGIN[Refusal.BUSY],
}
