"""The console: pages on which an operator sees, searches, ends, and learns why somebody was refused.

Everything that it does, a command of ``flask`` does too, by the same functions of the core: ``acts`` is the
table of both names. It is a package beside the dialects and doors, rendered on the server with Jinja. It
imports ``http`` and ``core``, and never a dialect. With ``WATCHWORD_CONSOLE=off`` nothing of it is imported
but its session kind.
"""
