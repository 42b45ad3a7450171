"""``tests/contract/test_errors.py``, asked of the fifth dialect."""

from tests.contract.test_errors import *  # noqa: F403
