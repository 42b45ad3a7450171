"""When a scenario of ``make chaos`` has passed, and what it must try."""

from chaos.__main__ import SCENARIOS
from chaos.outcome import Outcome, table


def test_a_scenario_that_tried_nothing_does_not_hold():
    outcome = Outcome()
    assert not outcome.holds
    lines = table({"idle": outcome}).splitlines()
    assert lines[1].split()[-1] == "BROKEN"
    assert "nothing was tried" in lines[2]
    assert lines[-1] == "chaos: 1 scenarios, 0 answers lost, 1 scenarios broken"


def test_a_scenario_holds_when_what_it_tried_was_true():
    assert Outcome(tried=1, answered=1).holds
    assert not Outcome(tried=1, answered=1, lost=["a login"]).holds
    assert not Outcome(tried=1, faults=["no answer"]).holds


def test_every_kind_of_trouble_that_was_met_has_a_scenario():
    for kind in (
        "haproxy",
        "failover",
        "metrics-directory",
        "log-",
        "normalising",
        "import-killed",
        "import-upgraded",
        "logins-after-a-kill",
    ):
        assert any(name.startswith(kind) for name in SCENARIOS), kind
