"""The tables. Rules that the database can enforce (uniqueness, references) are constraints here."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Model
from .types import Names, NumericDate

# The role of operators. "Admin" is another role, so LIKE would not do: SQLite's ignores capitals.
ADMIN = "admin"
IS_ADMIN = f"replace(' ' || roles || ' ', ' {ADMIN} ', '') <> ' ' || roles || ' '"
HAS_ROLES = "roles <> ''"
FOREIGN_HASH = "substr(password_hash, 1, 10) <> '$argon2id$'"


def _some(
    name: str, columns: str, condition: str, on_sqlite: str | None = None, *, unique: bool = False
) -> Index:
    """A partial index: of the rows that meet the condition."""
    return Index(
        name,
        *columns.split(", "),
        unique=unique,
        sqlite_where=text(on_sqlite or condition),
        postgresql_where=text(condition),
    )


class Customer(Model):
    """A customer (tenant) of the security management application: ``customerId`` in token v2."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class User(Model):
    """An identity.

    ``epoch`` is raised when all its sessions end: by a new password, or when it is disabled.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_username", "username"),
        # Serves the reference too. The others hold the few users whom an operator looks for.
        Index("ix_users_customer_id_username", "customer_id", "username"),
        _some("ix_users_disabled", "username", "disabled_at IS NOT NULL"),
        _some("ix_users_password_expired", "username", "password_expired", "password_expired = 1"),
        _some("ix_users_foreign_hash", "username", FOREIGN_HASH),
        _some("ix_users_admins", "id", IS_ADMIN),
        _some("ix_users_roles", "roles", HAS_ROLES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    username: Mapped[str] = mapped_column(String(254))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(500))
    pepper_id: Mapped[int | None] = mapped_column(ForeignKey("signing_keys.id"))
    password_expired: Mapped[bool] = mapped_column(default=False)
    epoch: Mapped[int] = mapped_column(default=1)
    roles: Mapped[frozenset[str]] = mapped_column(Names(), default=frozenset)
    permissions: Mapped[frozenset[str]] = mapped_column(Names(), default=frozenset)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    created_at: Mapped[NumericDate]
    disabled_at: Mapped[NumericDate | None]


class LoginName(Model):
    """A folded username or e-mail. One table for both, so that neither can shadow the other."""

    __tablename__ = "login_names"
    # In the order of characters (on PostgreSQL by COLLATE "C"): all names with one beginning are a range.
    __table_args__ = (Index("ix_login_names_beginning", "name", "user_id"),)

    name: Mapped[str] = mapped_column(String(254), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class Client(Model):
    """A client application (RFC 6749 section 2.1): confidential if it has a secret, else public."""

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    created_at: Mapped[NumericDate]
    disabled_at: Mapped[NumericDate | None]


class ApiKey(Model):
    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[NumericDate]
    expires_at: Mapped[NumericDate | None]
    revoked_at: Mapped[NumericDate | None]


class AccessCode(Model):
    __tablename__ = "access_codes"
    __table_args__ = (_some("ix_access_codes_revoked_at", "revoked_at", "revoked_at IS NOT NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[NumericDate]
    expires_at: Mapped[NumericDate] = mapped_column(index=True)
    revoked_at: Mapped[NumericDate | None]
    # The owner's epoch when the code was made; NULL if an earlier version made it.
    epoch: Mapped[int | None]
    # The session in which it was made. No foreign key: the session may be purged first.
    session_id: Mapped[int | None] = mapped_column(index=True)


class SigningKey(Model):
    """Keys, wrapped under WATCHWORD_SECRET_KEYS: a copy of the database is not enough to forge a token."""

    __tablename__ = "signing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(36), unique=True)
    use: Mapped[str] = mapped_column(String(20))
    algorithm: Mapped[str] = mapped_column(String(20))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[NumericDate]
    retired_at: Mapped[NumericDate | None]


class Session(Model):
    """One login in a dialect. The row decides whether its tokens are valid.

    ``access_expires_at`` is the expiry of the current access token. ``expires_at`` is the expiry of the
    session: use and rotation move it (idle or refresh lifetime), and an end sets it to that moment.
    ``absolute_expires_at`` never moves. ``epoch`` is the user's epoch at the login.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_expires_at", "expires_at"),
        # Finds the live sessions of a user, however many expired ones wait for the purge.
        Index("ix_sessions_user_id_expires_at", "user_id", "expires_at"),
        # For lists in the order of the logins: of a dialect, of all (they are merged), of a client.
        Index("ix_sessions_dialect_opened_at", "dialect", "opened_at"),
        _some("ix_sessions_client_id_opened_at", "client_id, opened_at", "client_id IS NOT NULL"),
    )

    # Random, so that it does not tell how many logins there were, and spreads over partitions.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    dialect: Mapped[str] = mapped_column(String(20))
    client_id: Mapped[str | None] = mapped_column(ForeignKey("clients.client_id"))
    token_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    generation: Mapped[int] = mapped_column(default=1)
    key_id: Mapped[int | None] = mapped_column(ForeignKey("signing_keys.id"))
    epoch: Mapped[int]
    opened_at: Mapped[NumericDate]
    rotated_at: Mapped[NumericDate]
    access_expires_at: Mapped[NumericDate]
    expires_at: Mapped[NumericDate]
    absolute_expires_at: Mapped[NumericDate]
    ended_at: Mapped[NumericDate | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(45))
    # No foreign keys: the credential that opened the session may be purged first, without a scan of this
    # table.
    access_code_id: Mapped[int | None]
    api_key_id: Mapped[int | None]


class Throttle(Model):
    """A counter: failures of a login name or an address, or the audit events of an address in an hour.

    ``key`` is a digest of what is counted. A counter that has caused a pause says for operators what it
    counts: its ``kind``, the user whose name it is (a name that nobody has may be a mistyped password, and is
    not kept), and the network.
    """

    __tablename__ = "throttles"
    __table_args__ = (_some("ix_throttles_paused", "kind, paused_until", "kind IS NOT NULL"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    paused_until: Mapped[NumericDate]
    expires_at: Mapped[NumericDate] = mapped_column(index=True)
    kind: Mapped[str | None] = mapped_column(String(10))
    # No foreign key: a counter must not be in the way of anything.
    user_id: Mapped[int | None]
    network: Mapped[str | None] = mapped_column(String(45))


class AuditEvent(Model):
    """An audit event: what happened to an identity or a session, from where, and why it was refused.

    ``network`` is the address, or the /64 of an IPv6 address; rows of earlier versions have none. A row that
    counts several events (``count``) is found by the digest in ``aggregate``.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id_network", "user_id", "network", "at"),
        Index("ix_audit_events_network_at", "network", "at"),
        _some("uq_audit_events_aggregate", "aggregate", "aggregate IS NOT NULL", unique=True),
        # Finds the rows whose count has grown since the hourly counts were written.
        _some("ix_audit_events_untallied", "id", "aggregate IS NOT NULL AND count <> tallied"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[NumericDate] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(40))
    dialect: Mapped[str | None] = mapped_column(String(20))
    # No foreign key: the event is kept longer than its session.
    user_id: Mapped[int | None]
    session_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(128), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    network: Mapped[str | None] = mapped_column(String(45))
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    aggregate: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    # How much of ``count`` the hourly counts have already, of a row with ``aggregate``.
    tallied: Mapped[int] = mapped_column(default=0, server_default="0")
    # The username of the operator who did it, as it was then. NULL for a client's doing and a command's.
    operator: Mapped[str | None] = mapped_column(String(254))


class Lease(Model):
    """The lease of a housekeeping job: its holder may do the job until the lease expires."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[NumericDate]
