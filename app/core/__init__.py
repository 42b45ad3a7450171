"""What is true: identities, credentials, sessions and their tokens.

Read this package to know what a session may do. It never meets HTTP: no flask, werkzeug or
marshmallow in here. A function takes the ``Core`` (clock, policy, keys, database) first, does one
thing, commits what must be kept of it, and either returns or raises ``Refused`` with a name from
``refusals.Refusal``; which status and text a name becomes is the dialects' affair.

Start with ``sessions`` (the state machine, and what a token says) and ``policy`` (its rules as pure
functions). ``identities`` proves passwords, ``guard`` slows down who guesses them, ``credentials`` are
what is presented instead; ``keys`` signs, ``audit`` records, ``upkeep`` checks and purges. Each room says
what it owns. Imports between them go one way: the contract stands in ``setup.cfg``.
"""
