"""``tests/contract/test_verification.py``, asked of the fifth dialect."""

from tests.contract.test_verification import *  # noqa: F403
