"""``tests/contract/test_accounts.py``, over HTTP against a world."""

from tests.contract.test_accounts import *  # noqa: F403
