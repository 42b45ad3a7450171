"""``tests/contract/test_session_life.py``, asked of the fifth dialect."""

from tests.contract.test_session_life import *  # noqa: F403
