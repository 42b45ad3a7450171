"""``tests/contract/test_errors.py``, over HTTP against a world."""

from tests.contract.test_errors import *  # noqa: F403
