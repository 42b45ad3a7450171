"""The tables. Rules that the database can keep (uniqueness, references) stand here as constraints."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Model
from .types import Names, NumericDate


class Customer(Model):
    """A tenant of the security management application; token v2 names it as ``customerId``."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class User(Model):
    """An identity. ``epoch`` counts what ends all its sessions: a new password, being disabled."""

    __tablename__ = "users"

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
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[NumericDate]
    disabled_at: Mapped[NumericDate | None]


class LoginName(Model):
    """A folded username or e-mail. One table for both, so that neither can shadow the other."""

    __tablename__ = "login_names"

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
    __table_args__ = (
        Index(
            "ix_access_codes_revoked_at",
            "revoked_at",
            sqlite_where=text("revoked_at IS NOT NULL"),
            postgresql_where=text("revoked_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[NumericDate]
    expires_at: Mapped[NumericDate] = mapped_column(index=True)
    revoked_at: Mapped[NumericDate | None]
    # The owner's when it was made; none where the version before made it.
    epoch: Mapped[int | None]
    # What it was made in. No foreign key: that may be purged before it.
    session_id: Mapped[int | None] = mapped_column(index=True)


class SigningKey(Model):
    """Key material, wrapped under WATCHWORD_SECRET_KEYS: a copy of the database forges nothing."""

    __tablename__ = "signing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(36), unique=True)
    use: Mapped[str] = mapped_column(String(20))
    algorithm: Mapped[str] = mapped_column(String(20))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[NumericDate]
    retired_at: Mapped[NumericDate | None]


class Session(Model):
    """One login, in whatever dialect: the row that says whether its tokens still count.

    ``access_expires_at`` bounds the current generation's access token, ``expires_at`` the whole
    session as things stand (idle or refresh lifetime; now, once ended), and ``absolute_expires_at``
    is the bound that neither use nor rotation moves. ``epoch`` is the user's at the login.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_expires_at", "expires_at"),
        # Those of a user that are live, beside any number that wait for the purge.
        Index("ix_sessions_user_id_expires_at", "user_id", "expires_at"),
    )

    # Random, so that it tells nobody how many logins there were, and spreads over partitions.
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
    # No foreign keys: what opened the session may be purged before it, without a look at every row.
    access_code_id: Mapped[int | None]
    api_key_id: Mapped[int | None]


class Throttle(Model):
    """Failures in a row for one login name or client address, and the events of an address in an hour;
    ``key`` is a digest of which it is."""

    __tablename__ = "throttles"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    paused_until: Mapped[NumericDate]
    expires_at: Mapped[NumericDate] = mapped_column(index=True)


class AuditEvent(Model):
    """What happened to an identity or a session: who, where from, through which door, and why not.

    ``network`` is the address as it is known again (IPv6 by its /64); rows of before have none. One
    that stands for ``count`` events is found again by the digest in ``aggregate``.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id_network", "user_id", "network", "at"),
        Index(
            "uq_audit_events_aggregate",
            "aggregate",
            unique=True,
            sqlite_where=text("aggregate IS NOT NULL"),
            postgresql_where=text("aggregate IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[NumericDate] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(40))
    dialect: Mapped[str | None] = mapped_column(String(20))
    # No foreign key: the record outlives whom it is about.
    user_id: Mapped[int | None]
    session_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(128), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    network: Mapped[str | None] = mapped_column(String(45))
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    aggregate: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class Lease(Model):
    """Who may do a housekeeping job right now; it lapses by itself if its holder dies."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[NumericDate]
