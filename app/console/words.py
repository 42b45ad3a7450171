"""Words for the names that the core uses: an operator reads sentences, not codes."""

DIALECTS = {
    "aaa": "AAA",
    "token_v2": "Token v2",
    "login": "Login",
    "session": "Session",
    "console": "Console",
    "cli": "Command line",
    "oauth2": "OAuth 2",
    "doors": "Door",
    "verify": "Verify",
}

KEYS = {
    "seal": "Sealed tokens",
    "jwt": "JWTs",
    "pepper": "Password pepper",
    "imported": "Pepper of another system",
}

EVENTS = {
    "login": "Login",
    "login_refused": "Login refused",
    "proven_again": "Password proven again",
    "introspected": "Token introspected",
    "token_reused": "Refresh token reused",
    "session_ended": "Session ended",
    "sessions_ended": "All sessions of a user ended",
    "seeded": "Seed written",
    "user_added": "User added",
    "user_disabled": "User disabled",
    "user_enabled": "User enabled",
    "user_unlocked": "User unlocked",
    "password_changed": "Password changed",
    "password_expired": "Password expired",
    "roles_changed": "Roles changed",
    "api_key_issued": "API key issued",
    "api_key_revoked": "API key revoked",
    "code_issued": "Access code issued",
    "code_revoked": "Access code revoked",
    "client_added": "Client added",
    "client_changed": "Client changed",
    "key_rotated": "Key rotated",
    "key_retired": "Key retired",
}

# What the true reason behind a generic answer was, for someone who must explain it to a customer.
REASONS = {
    "login_unknown": "There is no user with this name.",
    "password_wrong": "The password was wrong.",
    "account_disabled": "The account is disabled.",
    "account_paused": "The name rests after too many wrong passwords. No password was looked at.",
    "address_paused": "The address rests after too many failures, or has used up its events of this hour.",
    "password_expired": "The password has expired and must be changed first.",
    "api_key_unknown": "There is no such API key of this user.",
    "api_key_revoked": "The API key is revoked.",
    "api_key_expired": "The API key has expired.",
    "code_unknown": "There is no such access code.",
    "code_revoked": "The access code is revoked.",
    "code_expired": "The access code has expired.",
    "client_unproven": "The client's id and secret do not belong together, or the client is disabled.",
    "client_unknown": "There is no such client.",
    "client_disabled": "The client is disabled.",
    "identity_taken": "The name or e-mail address is taken.",
    "permission_missing": "The user does not have the role or permission that this needs.",
    "token_reused": "A refresh token was used a second time: it may be stolen, so the session ended.",
    "busy": "Too many passwords were being hashed at that moment.",
    "logout": "The user logged out.",
    "revoked": "A client revoked the token.",
    "ended_by_operator": "An operator ended it.",
    "too_many_sessions": "The user had too many sessions, and the oldest ended.",
    "password_changed": "The password was changed.",
    "credential_revoked": "The API key or access code that opened it was revoked.",
    "key_retired": "The key that signed its tokens was retired.",
    "session_ended": "It has ended.",
    "session_expired": "It has expired.",
    "session_disabled": "The user is disabled.",
    "live": "It is live.",
}


def words(name: str | None) -> str:
    """A name of the core as words for a table's cell."""
    if not name:
        return "–"
    known = DIALECTS.get(name) or EVENTS.get(name) or KEYS.get(name)
    return known or name.replace("_", " ").capitalize()


def sentence(reason: str | None) -> str:
    """A reason as a sentence."""
    if not reason:
        return ""
    return REASONS.get(reason) or f"{words(reason)}."
