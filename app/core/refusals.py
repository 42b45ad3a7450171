"""The names of all refusals that the core raises.

A name is stable: audit events store it, dialects map it to an answer, operators search for it. It may say
more than a client may learn: ``LOGIN_UNKNOWN`` and ``PASSWORD_WRONG`` must get the same answer, or a client
could find out which names exist. Each dialect's error table decides the answer, and tests compare such pairs.
"""

from enum import StrEnum, unique
from typing import Any


@unique
class Refusal(StrEnum):
    # Credentials
    CREDENTIALS_MISSING = "credentials_missing"
    LOGIN_UNKNOWN = "login_unknown"
    PASSWORD_WRONG = "password_wrong"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_PAUSED = "account_paused"
    PASSWORD_EXPIRED = "password_expired"
    ADDRESS_PAUSED = "address_paused"
    API_KEY_UNKNOWN = "api_key_unknown"
    API_KEY_REVOKED = "api_key_revoked"
    API_KEY_EXPIRED = "api_key_expired"
    CODE_UNKNOWN = "code_unknown"
    CODE_REVOKED = "code_revoked"
    CODE_EXPIRED = "code_expired"
    CLIENT_MISSING = "client_missing"
    CLIENT_UNKNOWN = "client_unknown"
    CLIENT_DISABLED = "client_disabled"
    CLIENT_UNPROVEN = "client_unproven"

    # Tokens and sessions
    TOKEN_MALFORMED = "token_malformed"
    TOKEN_FORGED = "token_forged"
    TOKEN_MISUSED = "token_misused"
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_SUPERSEDED = "token_superseded"
    TOKEN_REUSED = "token_reused"
    SESSION_ENDED = "session_ended"
    SESSION_EXPIRED = "session_expired"
    SESSION_DISABLED = "session_disabled"
    COOKIE_INVALID = "cookie_invalid"

    # Permissions
    PERMISSION_MISSING = "permission_missing"
    CROSS_SITE = "cross_site"
    REGISTRATION_CLOSED = "registration_closed"

    # Changes of identities and credentials
    IDENTITY_TAKEN = "identity_taken"
    IDENTITY_UNACCEPTABLE = "identity_unacceptable"
    PASSWORD_UNACCEPTABLE = "password_unacceptable"
    NOT_FOUND = "not_found"
    CREDENTIALS_CAPPED = "credentials_capped"
    CHANGED_MEANWHILE = "changed_meanwhile"
    LAST_ADMIN = "last_admin"

    # The service itself
    BUSY = "busy"
    STORE_UNAVAILABLE = "store_unavailable"
    KEYS_UNUSABLE = "keys_unusable"


class Refused(Exception):
    """A request is refused. The dialect turns ``refusal`` into a status and a text.

    ``detail`` and ``faults`` (by field) may be shown to the client. ``retry_after`` is in whole seconds.
    """

    def __init__(
        self, refusal: StrEnum, detail: str | None = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.detail = detail
        self.retry_after = retry_after
        self.faults: dict[str, Any] = {}
