"""``docs/harness.md`` repeats names of the code and tests of an example: none is missing, none is wrong."""

import json
import re
from typing import get_args

import pytest

from app.core.keys.keyring import Use
from config import ROOT
from harness.plane import actions, tokens
from harness.plane.faults import COUNTS, EFFECTS, MATCHES, VALUES, Faults
from harness.plane.journal import Journal

PAGE = (ROOT / "docs" / "harness.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def table(section: str, head: str) -> list[list[str]]:
    """The cells of the rows under a head."""
    lines = SECTIONS[section].partition(f"| {head} |")[2].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_condition_of_a_fault_is_told_with_an_example_that_is_valid():
    rows = table("Faults", "condition")
    assert [name for row in rows for name in names(row[0])] == [*MATCHES, *COUNTS]
    for name, example, _ in rows:
        match = json.loads(example.strip("`"))
        assert [f"`{key}`" for key in match] == [name]
        Faults().add(match, {"status": 503})


def test_every_effect_of_a_fault_is_told_with_an_example_that_is_valid():
    rows = table("Faults", "effect")
    effects = [json.loads(example.strip("`")) for _, example, _ in rows]
    assert [name for row in rows for name in names(row[0])] == list(EFFECTS)
    for effect in effects:
        Faults().add({}, effect)
    assert {key for effect in effects for key in effect} == set(VALUES)


@pytest.mark.parametrize("kind", ["json", "xml", "type", "charset"])
def test_every_way_to_malform_an_answer_is_told(kind):
    [row] = [row for row in table("Faults", "effect") if row[0] == "`malform`"]
    assert f"`{kind}`" in row[2]
    Faults().add({}, {"malform": kind})


def test_every_state_of_a_token_and_every_act_is_told():
    states = table("A token in the state that you need", "state")
    assert [name for row in states for name in names(row[0])] == list(tokens.STATES)
    acts = table("What the operator does", "act")
    assert {name for row in acts for name in names(row[0])} == set(actions.ACTIONS)
    [keys] = [row[1] for row in acts if row[0] == "`rotate_keys`"]
    assert set(actions.SIGNING) <= set(names(keys)) & set(get_args(Use))


def test_every_filter_of_the_journal_is_told():
    assert set(Journal.FILTERS) <= set(names(SECTIONS["The journal"]))


def test_its_two_tests_are_those_of_the_example():
    example = (ROOT / "examples" / "pytest" / "tests" / "test_client.py").read_text()
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        assert block in example


def test_the_pages_and_examples_that_it_links_are_there():
    targets = re.findall(r"\]\(([^)#]+)(?:#\w+)?\)", PAGE)
    assert targets
    assert [name for name in targets if not (ROOT / "docs" / name).exists()] == []
