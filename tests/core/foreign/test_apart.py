"""Hashes in pure Python run in a process of their own, which ends with the worker and is started again."""

import io
import os
import signal
import subprocess
from base64 import b64decode, b64encode

import pytest

from app.core.passwords.foreign import apart, apart_process
from app.core.refusals import Refusal
from tests.factories import refuses

CONFIG = "$5$rounds=1000$saltstring"


@pytest.fixture(autouse=True)
def _none_left():
    apart.close()
    yield
    apart.close()


def test_one_process_computes_one_hash_after_the_other():
    first = apart.compute(CONFIG, b"x")
    assert first.startswith(CONFIG)
    (process,) = apart.idle()
    assert apart.compute(CONFIG, b"x") == first
    assert apart.compute(CONFIG, b"y") != first
    assert apart.idle() == [process]


def test_a_process_that_was_killed_is_started_again():
    first = apart.compute(CONFIG, b"x")
    (process,) = apart.idle()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert apart.compute(CONFIG, b"x") == first
    assert apart.idle() != [process]


def test_a_process_that_never_answers_makes_a_login_try_later(monkeypatch):
    monkeypatch.setattr(apart, "_COMMAND", ("/bin/true",))
    with refuses(Refusal.BUSY):
        apart.compute(CONFIG, b"x")
    assert apart.idle() == []


def test_the_process_ends_when_its_input_does():
    apart.compute(CONFIG, b"x")
    (process,) = apart.idle()
    apart.close()
    assert process.poll() == 0
    assert isinstance(process, subprocess.Popen)


def test_the_process_answers_each_line_with_the_whole_hash():
    answers = io.BytesIO()
    words = (b64encode(CONFIG.encode()), b64encode("pässword".encode()))
    apart_process.serve(io.BytesIO(b" ".join(words) + b"\n"), answers)
    assert answers.getvalue().startswith(CONFIG.encode() + b"$")
    assert b64decode(words[1]) not in answers.getvalue()
