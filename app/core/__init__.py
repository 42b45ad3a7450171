"""The domain: identities, credentials, sessions and their tokens.

Read this package to know what a session may do. It knows no HTTP: it imports no flask, werkzeug or
marshmallow. The first parameter of an operation is the ``Core`` (clock, policy, keys, database). An operation
commits its own transaction. It returns, or it raises ``Refused`` with a name from ``refusals.Refusal``. The
dialects decide which status and text a refusal gets.

Start with ``sessions`` (the state machine and the tokens) and ``policy`` (its rules as pure functions).
``identities`` proves passwords. ``guard`` is the brute-force protection. ``credentials`` are API keys, access
codes and clients. ``keys`` signs, ``audit`` records, ``upkeep`` checks at start and purges. The docstring of
each package says what it owns. Imports between them go in one direction: ``setup.cfg`` has the contract.
"""
