"""The tests, laid out like ``app``. A test's name is a sentence about behaviour."""
