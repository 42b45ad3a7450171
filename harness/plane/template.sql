BEGIN TRANSACTION;
CREATE TABLE access_codes (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	created_at DOUBLE NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	revoked_at DOUBLE, epoch INTEGER, session_id INTEGER, 
	CONSTRAINT pk_access_codes PRIMARY KEY (id), 
	CONSTRAINT fk_access_codes_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_access_codes_digest UNIQUE (digest)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE api_keys (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	created_at DOUBLE NOT NULL, 
	expires_at DOUBLE, 
	revoked_at DOUBLE, 
	CONSTRAINT pk_api_keys PRIMARY KEY (id), 
	CONSTRAINT fk_api_keys_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_api_keys_digest UNIQUE (digest)
);
CREATE TABLE audit_events (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	event VARCHAR(40) NOT NULL, 
	reason VARCHAR(40), 
	dialect VARCHAR(20), 
	user_id INTEGER, 
	session_id INTEGER, 
	address VARCHAR(45), 
	request_id VARCHAR(128), 
	note TEXT, network VARCHAR(45), count INTEGER DEFAULT '1' NOT NULL, aggregate BLOB, operator VARCHAR(254), tallied INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_audit_events PRIMARY KEY (id)
);
CREATE TABLE clients (
	client_id VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	secret_digest BLOB, 
	created_at DOUBLE NOT NULL, 
	disabled_at DOUBLE, 
	CONSTRAINT pk_clients PRIMARY KEY (client_id)
);
CREATE TABLE customers (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_customers PRIMARY KEY (id)
);
CREATE TABLE event_hours (
	hour INTEGER NOT NULL, 
	dialect VARCHAR(20) NOT NULL, 
	event VARCHAR(40) NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_event_hours PRIMARY KEY (hour, dialect, event, reason)
);
CREATE TABLE figures (
	name VARCHAR(40) NOT NULL, 
	at DOUBLE NOT NULL, 
	number INTEGER DEFAULT '0' NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_figures PRIMARY KEY (name)
);
CREATE TABLE leases (
	name VARCHAR(40) NOT NULL, 
	holder VARCHAR(80) NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE login_names (
	name VARCHAR(254) NOT NULL, 
	user_id INTEGER NOT NULL, 
	CONSTRAINT pk_login_names PRIMARY KEY (name), 
	CONSTRAINT fk_login_names_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE request_hours (
	hour INTEGER NOT NULL, 
	door VARCHAR(20) NOT NULL, 
	bound INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_request_hours PRIMARY KEY (hour, door, bound)
);
CREATE TABLE sessions (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	dialect VARCHAR(20) NOT NULL, 
	client_id VARCHAR(200), 
	token_digest BLOB, 
	generation INTEGER NOT NULL, 
	key_id INTEGER, 
	epoch INTEGER NOT NULL, 
	opened_at DOUBLE NOT NULL, 
	rotated_at DOUBLE NOT NULL, 
	access_expires_at DOUBLE NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	absolute_expires_at DOUBLE NOT NULL, 
	ended_at DOUBLE, 
	end_reason VARCHAR(40), 
	address VARCHAR(45), 
	access_code_id INTEGER, 
	api_key_id INTEGER, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_client_id FOREIGN KEY(client_id) REFERENCES clients (client_id), 
	CONSTRAINT fk_sessions_key_id FOREIGN KEY(key_id) REFERENCES signing_keys (id), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_sessions_token_digest UNIQUE (token_digest)
);
CREATE TABLE signing_keys (
	id INTEGER NOT NULL, 
	kid VARCHAR(36) NOT NULL, 
	use VARCHAR(20) NOT NULL, 
	algorithm VARCHAR(20) NOT NULL, 
	wrapped BLOB NOT NULL, 
	created_at DOUBLE NOT NULL, 
	retired_at DOUBLE, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (id), 
	CONSTRAINT uq_signing_keys_kid UNIQUE (kid)
);
CREATE TABLE throttles (
	"key" BLOB NOT NULL, 
	failures INTEGER NOT NULL, 
	paused_until DOUBLE NOT NULL, 
	expires_at DOUBLE NOT NULL, kind VARCHAR(10), user_id INTEGER, network VARCHAR(45), 
	CONSTRAINT pk_throttles PRIMARY KEY ("key")
);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	uuid VARCHAR(36) NOT NULL, 
	username VARCHAR(254) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	password_hash VARCHAR(500) NOT NULL, 
	pepper_id INTEGER, 
	password_expired BOOLEAN NOT NULL, 
	epoch INTEGER NOT NULL, 
	roles VARCHAR(1000) NOT NULL, 
	permissions VARCHAR(1000) NOT NULL, 
	customer_id VARCHAR(36), 
	created_at DOUBLE NOT NULL, 
	disabled_at DOUBLE, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT fk_users_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT fk_users_pepper_id FOREIGN KEY(pepper_id) REFERENCES signing_keys (id), 
	CONSTRAINT uq_users_uuid UNIQUE (uuid)
);
CREATE INDEX ix_audit_events_at ON audit_events (at);
CREATE INDEX ix_audit_events_request_id ON audit_events (request_id);
CREATE INDEX ix_throttles_expires_at ON throttles (expires_at);
CREATE INDEX ix_access_codes_expires_at ON access_codes (expires_at);
CREATE INDEX ix_access_codes_user_id ON access_codes (user_id);
CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);
CREATE INDEX ix_login_names_user_id ON login_names (user_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE UNIQUE INDEX uq_audit_events_aggregate ON audit_events (aggregate) WHERE aggregate IS NOT NULL;
CREATE INDEX ix_audit_events_user_id_network ON audit_events (user_id, network, at);
CREATE INDEX ix_access_codes_session_id ON access_codes (session_id);
CREATE INDEX ix_sessions_user_id_expires_at ON sessions (user_id, expires_at);
CREATE INDEX ix_access_codes_revoked_at ON access_codes (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX ix_users_username ON users (username);
CREATE INDEX ix_users_customer_id_username ON users (customer_id, username);
CREATE INDEX ix_users_disabled ON users (username) WHERE disabled_at IS NOT NULL;
CREATE INDEX ix_users_password_expired ON users (username) WHERE password_expired = 1;
CREATE INDEX ix_users_foreign_hash ON users (username) WHERE substr(password_hash, 1, 10) <> '$argon2id$';
CREATE INDEX ix_throttles_paused ON throttles (kind, paused_until) WHERE kind IS NOT NULL;
CREATE INDEX ix_sessions_dialect_opened_at ON sessions (dialect, opened_at);
CREATE INDEX ix_sessions_client_id_opened_at ON sessions (client_id, opened_at) WHERE client_id IS NOT NULL;
CREATE INDEX ix_audit_events_network_at ON audit_events (network, at);
CREATE INDEX ix_login_names_beginning ON login_names (name, user_id);
CREATE INDEX ix_audit_events_untallied ON audit_events (id) WHERE aggregate IS NOT NULL AND count <> tallied;
CREATE INDEX ix_users_admins ON users (id) WHERE replace(' ' || roles || ' ', ' admin ', '') <> ' ' || roles || ' ';
CREATE INDEX ix_users_roles ON users (roles) WHERE roles <> '';
COMMIT;
