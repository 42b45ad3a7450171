"""How a harness ends: what is under way is answered, and nobody else is waited for."""

import socket
from urllib.parse import urlsplit

import requests

from harness.plane.clock import VirtualClock
from harness.plane.worlds import Worlds

from .conftest import SEED, served


def test_it_waits_for_no_idle_connection(settings_of_worlds):
    worlds = Worlds(settings_of_worlds, SEED, VirtualClock())
    with served(worlds) as (serving, thread), requests.Session() as idle:
        serving.cfg.set("graceful_timeout", 30)
        assert idle.get(f"{worlds.base}/healthz", timeout=5).status_code == 200
        serving.alive = False
        serving.lead.interrupt_watch()
        thread.join(10)
        assert not thread.is_alive()


def test_a_request_that_waits_for_an_entry_is_answered(settings_of_worlds):
    worlds = Worlds(settings_of_worlds, SEED, VirtualClock())
    with served(worlds) as (serving, thread):
        serving.cfg.set("graceful_timeout", 30)
        at = urlsplit(worlds.base)
        with socket.create_connection((at.hostname, at.port), timeout=10) as waiting:
            waiting.sendall(
                b"GET /__harness__/journal/wait?seconds=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            # When this one is answered, the other is at least read.
            requests.get(f"{worlds.base}/healthz", timeout=5)
            serving.alive = False
            serving.lead.interrupt_watch()
            with waiting.makefile("rb") as answer:
                assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            thread.join(10)
            assert not thread.is_alive()
