"""The operator's commands: the same core calls as HTTP, from a shell.

A command exits with 0, or with 1 and a one-line reason on stderr. Secrets come from a prompt or
stdin, never from arguments, and a new one is printed once.
"""

from flask import Flask


def register(app: Flask) -> None:
    """Hang the command groups on ``flask --app wsgi``."""
