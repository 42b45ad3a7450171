"""Hashing has a lower priority: a login takes a core for tens of milliseconds, a verification does not."""

import os
import sys
import threading

import pytest

from app.core.passwords import Passwords
from app.core.passwords.niceness import lower_priority
from app.core.policy import Policy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a thread's niceness is Linux's")


def niceness(thread: threading.Thread) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread.native_id or 0)


def test_the_threads_that_hash_let_all_others_go_first():
    before = set(threading.enumerate())
    Passwords("cheapest-tests-only", Policy()).hash("correct horse battery staple")
    hashing = set(threading.enumerate()) - before
    assert hashing
    own = niceness(threading.current_thread())
    assert {niceness(thread) for thread in hashing} == {10}
    assert niceness(threading.main_thread()) == own


def test_where_a_thread_has_no_niceness_of_its_own_it_is_left_as_it_is(monkeypatch):
    own = niceness(threading.current_thread())
    monkeypatch.setattr(sys, "platform", "darwin")
    lower_priority(own + 5)
    assert niceness(threading.current_thread()) == own
