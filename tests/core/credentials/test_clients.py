"""Client applications: public ones, and confidential ones with a secret."""

from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import clients
from app.core.refusals import Refusal
from tests.cases import each
from tests.conftest import START
from tests.core.credentials.conftest import reasons
from tests.factories import ORIGIN, refuses


class TestClients:
    def test_a_public_client_has_no_secret_and_proves_nothing(self, core: Core, rows):
        assert clients.add(core, "koms-web", "Web", ORIGIN, confidential=False) is None
        assert rows("SELECT secret_digest FROM clients") == [{"secret_digest": None}]
        assert clients.require(core, "koms-web") == "koms-web"
        for secret in ("", "\0" * 32, "x"):
            with refuses(Refusal.CLIENT_UNPROVEN):
                clients.prove(core, [("koms-web", secret)], ORIGIN)

    def test_a_confidential_client_is_proven_by_its_secret_alone(self, core: Core, rows):
        secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        assert clients.prove(core, [("gateway", secret)], ORIGIN) == "gateway"
        for client_id, attempt in (("gateway", "x"), ("nobody", secret), ("gateway", "")):
            with refuses(Refusal.CLIENT_UNPROVEN):
                clients.prove(core, [(client_id, attempt)], ORIGIN)
        assert secret.encode() not in bytes(
            rows("SELECT secret_digest FROM clients")[0]["secret_digest"]
        )
        assert reasons(rows) == ["client_unproven"] * 3
        assert rows("SELECT failures FROM throttles") == [{"failures": 3}]

    def test_missing_unknown_and_disabled_are_told_apart_by_name(self, core: Core, rows):
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        for client_id, refusal in (
            (None, Refusal.CLIENT_MISSING),
            ("x", Refusal.CLIENT_UNKNOWN),
            ("KOMS-WEB", Refusal.CLIENT_UNKNOWN),
        ):
            with refuses(refusal):
                clients.require(core, client_id)
        clients.set_disabled(core, "koms-web", True, ORIGIN)
        with refuses(Refusal.CLIENT_DISABLED):
            clients.require(core, "koms-web")
        clients.set_disabled(core, "koms-web", False, ORIGIN)
        assert clients.require(core, "koms-web")
        events = rows("SELECT event, note FROM audit_events ORDER BY id")
        assert [tuple(event.values()) for event in events] == [
            ("client_added", "koms-web"),
            ("client_changed", "koms-web disabled"),
            ("client_changed", "koms-web enabled"),
        ]

    def test_a_disabled_client_proves_nothing(self, core: Core):
        secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        clients.set_disabled(core, "gateway", True, ORIGIN)
        with refuses(Refusal.CLIENT_UNPROVEN):
            clients.prove(core, [("gateway", secret)], ORIGIN)

    def test_a_new_secret_kills_the_old_one(self, core: Core):
        old = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        new = clients.rotate_secret(core, "gateway", ORIGIN)
        assert clients.prove(core, [("gateway", new)], ORIGIN) == "gateway"
        with refuses(Refusal.CLIENT_UNPROVEN):
            clients.prove(core, [("gateway", old)], ORIGIN)

    def test_a_public_client_gets_no_secret_by_rotation(self, core: Core, rows):
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        for client_id in ("koms-web", "nobody"):
            with refuses(Refusal.NOT_FOUND):
                clients.rotate_secret(core, client_id, ORIGIN)
        assert rows("SELECT secret_digest FROM clients") == [{"secret_digest": None}]

    def test_an_id_is_taken_once(self, core: Core, rows):
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        with refuses(Refusal.IDENTITY_TAKEN):
            clients.add(core, "koms-web", "Other", ORIGIN, confidential=True)
        assert rows("SELECT name, secret_digest FROM clients") == [
            {"name": "Web", "secret_digest": None}
        ]

    @each("client_id", ["", "two words", "é", "x" * 201, "a\n", "a\0"])
    def test_an_id_that_no_header_carries_is_refused(self, core, rows, client_id: str):
        with refuses(Refusal.IDENTITY_UNACCEPTABLE):
            clients.add(core, client_id, "Name", ORIGIN, confidential=False)
        assert rows("SELECT * FROM clients") == []

    def test_the_list_shows_no_secret(self, core: Core, clock: ManualClock):
        secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        clients.add(core, "a", "A", ORIGIN, confidential=False)
        assert clients.listed(core, limit=9) == [
            ("a", "A", False, START, None),
            ("gateway", "Gateway", True, START, None),
        ]
        assert secret not in repr(clients.listed(core, limit=9))
