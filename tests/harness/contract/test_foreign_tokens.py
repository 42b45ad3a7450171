"""``tests/contract/test_foreign_tokens.py``, over HTTP against a world."""

from tests.contract.test_foreign_tokens import *  # noqa: F403
