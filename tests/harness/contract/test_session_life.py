"""``tests/contract/test_session_life.py``, over HTTP against a world."""

from tests.contract.test_session_life import *  # noqa: F403
