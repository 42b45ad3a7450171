"""``flask clients``."""

import pytest

from app.core.credentials import clients
from app.core.refusals import Refusal
from tests.cli.conftest import notes, refusal_of
from tests.factories import ORIGIN


def test_a_public_client_has_no_secret(done, listed, core, rows):
    assert done("clients", "add", "koms-web", "The web application") == "added koms-web"
    assert clients.require(core, "koms-web") == "koms-web"
    assert listed("clients", "list") == [
        {
            "client_id": "koms-web",
            "name": "The web application",
            "confidential": False,
            "created_at": "2026-01-01T00:00:00Z",
            "disabled_at": None,
        }
    ]
    assert notes(rows) == [("client_added", "koms-web")]


def test_a_confidential_clients_secret_is_printed_once_and_can_be_replaced(run, core, rows):
    added = run("clients", "add", "gateway", "Gateway", "--confidential")
    secret = added.stdout.removesuffix("\n")
    assert added.stderr == "The secret of gateway. It is shown this once.\n"
    assert clients.prove(core, [("gateway", secret)], ORIGIN)
    rotated = run("clients", "rotate-secret", "gateway")
    assert rotated.stderr == "The new secret of gateway. It is shown this once.\n"
    assert clients.prove(core, [("gateway", rotated.stdout.strip())], ORIGIN)
    assert refusal_of(clients.prove, core, [("gateway", secret)], ORIGIN) is Refusal.CLIENT_UNPROVEN
    assert notes(rows) == [
        ("client_added", "gateway"),
        ("client_changed", "gateway secret rotated"),
    ]


def test_a_disabled_client_is_refused_until_it_is_enabled(done, core, identities, rows):
    identities.client()
    assert done("clients", "disable", "koms-web") == "koms-web is disabled"
    assert refusal_of(clients.require, core, "koms-web") is Refusal.CLIENT_DISABLED
    assert done("clients", "enable", "koms-web") == "koms-web is enabled"
    assert clients.require(core, "koms-web")
    assert notes(rows) == [
        ("client_changed", "koms-web disabled"),
        ("client_changed", "koms-web enabled"),
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "koms-web", "Again"), "that name is taken"),
        (("add", "two words", "Name"), "the client id is not valid"),
        (("add", "ümlaut", "Name"), "the client id is not valid"),
        (("add", "x" * 201, "Name"), "the client id is not valid"),
        (("add", "fine", ""), "the name is not valid"),
        (("add", "fine", "a\x1b[2Jb"), "the name is not valid"),
        (("disable", "nobody"), "no such client"),
        (("enable", "nobody"), "no such client"),
        (("rotate-secret", "koms-web"), "no such client, or not a confidential one"),
    ],
)
def test_a_client_command_that_cannot_be_done_is_refused(
    refused, identities, rows, arguments, reason
):
    identities.client()
    before = rows("SELECT * FROM clients")
    assert refused("clients", *arguments) == reason
    assert rows("SELECT * FROM clients") == before
