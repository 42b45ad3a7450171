"""Each effect of each fault, as two real clients see it: Python's requests and Node's fetch."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from harness.client import Watchword

LOGIN = {"UserLogin": "komi", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}
PATH = "/login"

# A request a line of stdin, and of stdout what became of it: the status, the content type, and the body.
_FETCH = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const [url, headers, body] = JSON.parse(line);
  const began = Date.now();
  const found = { failed: false };
  try {
    const answer = await fetch(url, { method: "POST", headers, body });
    found.status = answer.status;
    found.type = answer.headers.get("content-type");
    found.date = answer.headers.get("date");
    found.text = await answer.text();
  } catch (error) {
    found.failed = true;
  }
  found.seconds = (Date.now() - began) / 1000;
  console.log(JSON.stringify(found));
}
process.exit(0);
"""


@dataclass(frozen=True)
class Seen:
    """What a client saw."""

    failed: bool
    status: int | None = None
    type: str | None = None
    date: str | None = None
    text: str = ""
    seconds: float = 0.0

    def json(self) -> Any:
        return json.loads(self.text)


def headers_of(accept: str) -> dict[str, str]:
    # A connection for each request: one that a fault has cut could be used again.
    return {"Content-Type": "application/json", "Accept": accept, "Connection": "close"}


def by_requests(world: Watchword, accept: str = "application/json") -> Seen:
    headers = headers_of(accept)
    began = time.monotonic()
    try:
        answer = requests.post(world.url + PATH, json=LOGIN, headers=headers, timeout=10)
    except requests.RequestException:
        return Seen(failed=True, seconds=time.monotonic() - began)
    return Seen(
        False,
        answer.status_code,
        answer.headers["Content-Type"],
        answer.headers["Date"],
        answer.content.decode(errors="replace"),
        time.monotonic() - began,
    )


Client = Callable[..., Seen]


@pytest.fixture(scope="module")
def by_fetch(node: str) -> Iterator[Client]:
    """Node's fetch, in one process for all tests."""
    with subprocess.Popen(
        [node, "--input-type=module", "-e", _FETCH],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def fetch(world: Watchword, accept: str = "application/json") -> Seen:
            asked = json.dumps([world.url + PATH, headers_of(accept), json.dumps(LOGIN)])
            print(asked, file=process.stdin, flush=True)
            return Seen(**json.loads(process.stdout.readline()))

        yield fetch


@pytest.fixture(params=["requests", "fetch"])
def client(request: pytest.FixtureRequest) -> Client:
    if request.param == "requests":
        return by_requests
    chosen: Client = request.getfixturevalue("by_fetch")
    return chosen


def sessions_opened(world: Watchword) -> int:
    """How many logins were committed, whatever their clients were told."""
    return int(world.act(end_sessions="komi")["ended"])


def test_without_a_fault_a_login_is_answered(world, client):
    assert client(world).json()["ExpireInSec"] == 20
    assert sessions_opened(world) == 1


def test_refuse_is_phrased_by_the_dialects_own_table(world, client):
    world.faults.add("POST /login", refuse="API_KEY_REVOKED")
    seen = client(world)
    assert (seen.status, seen.json()["Result"]["Code"]) == (401, 1004)
    assert world.journal.entries()[0]["refusal"] == "api_key_revoked"
    assert sessions_opened(world) == 0


def test_a_refusal_that_the_dialect_does_not_have_is_a_fault_that_the_journal_explains(
    world, client
):
    world.faults.add("POST /login", refuse="TOKEN_REUSED")
    assert client(world).status == 500
    assert world.journal.entries()[0]["fault"] == "login has no TOKEN_REUSED"


def test_a_status_comes_in_the_dialects_shape(world, client):
    world.faults.add("POST /login", status=503)
    seen = client(world)
    assert seen.status == 503
    assert set(seen.json()["Result"]) == {"Message", "Code", "ModelStateErr"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_is_felt(world, client, when):
    world.faults.add("POST /login", delay_seconds=0.4, when=when)
    seen = client(world)
    assert seen.status == 200
    assert seen.seconds >= 0.4


@pytest.mark.parametrize("effect", ["disconnect", "reset"])
@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
def test_a_connection_that_is_cut_before_or_after_the_act(world, client, effect, when, committed):
    world.faults.add("POST /login", nth=1, **{effect: when})
    assert client(world).failed
    assert sessions_opened(world) == committed
    assert client(world).status == 200


def test_a_reset_is_an_rst(world):
    world.faults.add("POST /login", reset="before")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        requests.post(world.url + PATH, json=LOGIN, timeout=10)


def test_a_truncated_answer_is_one_that_ends_early(world, client):
    world.faults.add("POST /login", truncate=10)
    assert client(world).failed
    assert sessions_opened(world) == 1


def test_json_that_is_none(world, client):
    world.faults.add("POST /login", malform="json")
    seen = client(world)
    assert (seen.status, seen.type) == (200, "application/json; charset=utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        seen.json()


def test_xml_that_is_none(world, client):
    world.faults.add("POST /login", malform="xml")
    seen = client(world, "application/xml")
    assert seen.status == 200
    assert seen.text.startswith("<Response>")
    assert not seen.text.endswith("</Response>")


def test_another_type_and_another_charset_than_the_body_has(world, client):
    world.faults.add("POST /login", nth=1, malform="type")
    world.faults.add("POST /login", nth=2, malform="charset")
    assert client(world).type == "text/html"
    assert client(world).type == "application/json; charset=utf-16"


def test_a_database_that_is_away(world, client):
    world.faults.add("POST /login", database="unavailable")
    assert client(world).status == 503
    assert world.journal.entries()[0]["refusal"] == "store_unavailable"


def test_a_body_that_drips(world, client):
    world.faults.add("POST /login", stall_seconds=0.05, every_bytes=16)
    seen = client(world)
    assert seen.json()["ExpireInSec"] == 20
    assert seen.seconds >= 0.05 * (len(seen.text) // 16)


def test_an_answer_whose_times_are_off(world, client):
    world.faults.add("POST /login", nth=1, clock_skew_seconds=3_600)
    late = client(world)
    assert late.date == "Thu, 01 Jan 2026 01:00:00 GMT"
    assert client(world).date == "Thu, 01 Jan 2026 00:00:00 GMT"
    # The token was made an hour later than the world's clock, and counts until then.
    world.clock.tick(hours=1, seconds=19)
    token = late.json()["Token"]
    assert requests.get(f"{world.url}/verify?Token={token}", timeout=5).status_code == 204
