"""``tests/contract/test_verification.py``, over HTTP against a world."""

from tests.contract.test_verification import *  # noqa: F403
