"""``tests/contract/test_accounts.py``, asked of the fifth dialect."""

from tests.contract.test_accounts import *  # noqa: F403
