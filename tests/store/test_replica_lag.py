"""What the console's overview says of a real streaming standby."""

import re

from app.core import identities
from app.core.upkeep.replicas import replicas
from chaos.failover import Standby
from tests.console.conftest import Browser
from tests.factories import ORIGIN
from tests.waiting import wait_until

from .replicas import stalled


def test_the_overview_tells_how_far_a_real_standby_is_behind(start, standby: Standby):
    near = start(console="on")
    identities.set_roles(near.core, near.user.id, frozenset({"admin"}), ORIGIN)
    browser = Browser(near.app)
    browser.log_in(near.user.username)
    near.caught_up()
    with stalled(standby):
        near.logout(near.login())
        # Nothing more is written, so the standby has nothing to report: its lag counts on.
        wait_until(lambda: (replicas(near.core)[0].seconds or 0) > 0.5)
        shown = re.search(
            r"<bdi>walreceiver</bdi></span> <span>([\d.]+) seconds", browser.get("/console").text
        )
        assert shown is not None
        assert float(shown[1]) > 0.5
