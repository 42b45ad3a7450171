"""A round of each fuzz target, and proof that a target notices. ``make fuzz`` runs them for longer."""

from collections.abc import Callable, Iterator

import pytest

from fuzz.harness import Target, table
from fuzz.house import house
from fuzz.imports import imports
from fuzz.mutations import mangled
from fuzz.parsers import parsers
from fuzz.requests import requests
from fuzz.tokens import decoders
from fuzz.wire import connections

NAMES = (
    "json", "form", "xml", "authorization", "assertion", "sealed", "sealed-forged", "jwt", "jwt-claims",
    "uuid-sessid", "any-token", "connection", "import", "hash", "requests",
)  # fmt: skip
ONE_ROUND = 0.01


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Target]]:
    with house() as where:
        found = (*parsers(where), *decoders(where), *connections(), *imports(), *requests(where))
        yield {target.name: target for target in found}


def test_every_target_is_tried_here(targets: dict[str, Target]):
    assert tuple(targets) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_round_of_nearly_right_inputs_finds_nothing(targets: dict[str, Target], name: str):
    result = targets[name].run(ONE_ROUND, first_seed=1)
    assert result.findings == []
    assert result.inputs >= 50


@pytest.mark.parametrize("name", ["sealed", "jwt"])
def test_genuine_tokens_are_among_the_inputs_and_accepted(targets: dict[str, Target], name: str):
    assert targets[name].run(ONE_ROUND, first_seed=1).accepted > 0


def forgiving(token: str) -> None:
    """A decoder as it should not be: it takes a token with something behind it."""
    assert not token.startswith("genuine") or token == "genuine"


def fragile(token: str) -> None:
    token.encode("ascii")


@pytest.mark.parametrize(
    ("check", "says"), [(forgiving, "AssertionError"), (fragile, "UnicodeEncodeError")]
)
def test_a_decoder_that_is_forgiving_or_breaks_is_found_out(
    check: Callable[[str], None], says: str
):
    result = Target("weak", mangled(["genuine"]), check).run(5, first_seed=1)
    [finding] = result.findings
    assert says in finding
    assert table({"weak": result}).splitlines()[-1] == (
        f"fuzz: 1 targets, {result.inputs} inputs, 1 findings"
    )
