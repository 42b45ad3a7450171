"""The store: tables, the engine's settings for each backend, and the ways to read and to write.

Owns how things are kept; knows nothing of what they mean (that is ``core``) nor of HTTP. Most goes
through ``unit_of_work``; what is asked or written all day through ``lookups`` and ``writes``, prepared
statements beside the engine.

One set of models and one line of migrations serve SQLite and PostgreSQL alike. Time is kept as a
NumericDate (RFC 7519 section 2): seconds since 1970-01-01T00:00:00Z, UTC, fractions allowed.
Secrets are kept as digests, password hashes, or wrapped under ``WATCHWORD_SECRET_KEYS``; never as
themselves.
"""
