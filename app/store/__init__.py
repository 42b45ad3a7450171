"""The store: the tables, the connections to the database, and one way to read and one to write.

It owns how rows are stored. What they mean is the affair of ``core``, and it knows no HTTP. ``core`` uses
only ``Store`` (``store.py``): ``read``, and ``write`` for a transaction. Below it, ``statements`` compiles
SQLAlchemy's statements once, ``sqlite_writer`` and ``postgresql_writer`` commit, ``connections`` keeps and
checks the connections that ``opening`` opens, and ``faults`` says what an error of a driver means.
SQLAlchemy's engine is for migrations alone (``engine.py``).

One set of models and one line of migrations serve SQLite and PostgreSQL alike. Time is kept as a
NumericDate (RFC 7519 section 2): seconds since 1970-01-01T00:00:00Z, UTC, fractions allowed.
Secrets are kept as digests, password hashes, or wrapped under ``WATCHWORD_SECRET_KEYS``; never in
clear.
"""
