"""What is true: identities, credentials, sessions and their tokens.

Read this package to know what a session may do. It never meets HTTP: no flask, werkzeug or
marshmallow in here. A function takes the ``Core`` (clock, policy, keys, database) first, does one
thing, commits what must be kept of it, and either returns or raises ``Refused`` with a name from
``refusals.Refusal``; which status and text a name becomes is the dialects' affair.

Start with ``sessions`` (the state machine), ``policy`` (its rules as pure functions) and ``tokens``
(what a token says); ``identities`` proves passwords, ``throttle`` slows down who guesses them,
``grants`` hands out what a proven identity gets in each dialect.
"""
