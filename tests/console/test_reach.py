"""Who can reach the console: the named networks, and under which names; for all others it is not there."""

import pytest

from app import create_app
from tests.cases import each
from tests.conftest import settings_for
from tests.factories import PASSWORD

from .conftest import SAME_ORIGIN, Browser

LOGIN = {"username": "admin", "password": PASSWORD}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/console", "GET"),
        ("/console/", "GET"),
        ("/console", "POST"),
        ("/console", "PATCH"),
        ("/console/login", "POST"),
        ("/console/users", "HEAD"),
        ("/console/nothing", "GET"),
        ("/console/static/console.css", "GET"),
    ],
)
def test_elsewhere_the_console_is_not_there(app, database_url, monkeypatch, clock, path, method):
    """The same answer as of a service that has none, header by header."""
    without = create_app(settings_for(database_url, monkeypatch), clock)
    answers = [
        it.test_client().open(
            path,
            method=method,
            headers={"X-Request-ID": "the-same", **SAME_ORIGIN},
            data=LOGIN if method == "POST" else None,
            environ_base={"REMOTE_ADDR": "192.0.2.7"},
        )
        for it in (app, without)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].headers == answers[1].headers
    assert answers[0].data == answers[1].data
    without.extensions["watchword"].core.close()


@each(
    ("written", "decoded"),
    [
        ("/%63onsole", "/console"),
        ("/console%2Flogin", "/console/login"),
        ("/console%2flogin?next=%2Fconsole", "/console/login"),
        ("/console/%6Cogin", "/console/login"),
        ("/%2e/console", "/./console"),
        ("/console%00", "/console\0"),
    ],
)
def test_with_an_escape_in_its_path_it_is_not_there(browser: Browser, written: str, decoded: str):
    """A proxy's rule for ``/console`` may go by the path as it is written."""
    answer = browser.get("/", environ_overrides={"PATH_INFO": decoded, "RAW_URI": written})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    answer = browser.get("/console/login?next=%2Fconsole")
    assert answer.status_code == 200, "in the query it is nothing special"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_through_a_proxy_that_nobody_named_it_is_not_there(browser: Browser, header: str):
    """Its address is loopback, which would be let in. Its client may be anybody."""
    assert browser.get("/console", headers={header: "127.0.0.1"}).status_code == 404


@each(
    ("host", "status"),
    [
        ("localhost:8000", 401),
        ("LOCALHOST", 401),
        ("127.0.0.1:8000", 401),
        ("[::1]:8000", 401),
        ("watchword.example", 404),
        ("localhost.evil.example:8000", 404),
        ("10.0.0.1", 404),
    ],
)
def test_from_loopback_it_is_there_under_a_name_of_loopback_only(
    browsers, admin, host: str, status: int
):
    """A site's name may lead to loopback (DNS rebinding)."""
    assert browsers().client.get("/console", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("peer", "client", "status"),
    [
        ("10.0.0.1", "198.51.100.7", 401),
        ("10.0.0.1", "198.51.101.7", 404),
        ("10.0.0.1", None, 404),
        ("198.51.100.7", None, 401),
        ("::ffff:198.51.100.7", None, 401),
        ("10.0.0.2", "198.51.100.7", 404),
        ("", "198.51.100.7", 401),
        ("", None, 404),
        ("nonsense", None, 404),
        ("198.51.100.9", None, 404),
        ("198.51.100.9", "198.51.100.9", 401),
        ("198.51.100.9", "", 404),
        ("198.51.100.9", "198.51.100.7, unknown", 404),
        ("198.51.100.9", "198.51.100.7, , ", 401),
    ],
)
def test_who_is_let_in_is_the_client_that_a_named_proxy_names(
    database_url, monkeypatch, clock, peer, client, status
):
    settings = settings_for(
        database_url,
        monkeypatch,
        console="on",
        console_networks="198.51.100.0/24",
        trusted_proxies="10.0.0.1, 198.51.100.9",
    )
    app = create_app(settings, clock)
    headers = {} if client is None else {"X-Forwarded-For": client}
    answer = app.test_client().get("/console", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == status
    app.extensions["watchword"].core.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Via": "1.1 proxy"}, 404),
        ({"X-Real-IP": "127.0.0.1"}, 404),
        ({"Forwarded": "for=127.0.0.1"}, 404),
        ({"X-Forwarded-For": "192.0.2.7"}, 404),
        ({"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}, 404),
        ({"X-Forwarded-For": "127.0.0.1"}, 401),
    ],
)
def test_a_named_proxy_on_this_machine_must_name_its_client(
    database_url, monkeypatch, clock, headers, status
):
    """Else everybody would come from loopback, which is let in by default."""
    settings = settings_for(
        database_url, monkeypatch, console="on", trusted_proxies="127.0.0.0/8, ::1"
    )
    app = create_app(settings, clock)
    for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        answer = app.test_client().get(
            "/console", headers=headers, environ_base={"REMOTE_ADDR": peer}
        )
        assert answer.status_code == status
    app.extensions["watchword"].core.close()


def test_an_nginx_that_tells_nothing_is_noticed_by_its_version_of_http(browser: Browser):
    """Its default: HTTP/1.0, and the service's own name in ``Host``. No browser speaks so."""
    old = {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1.0"}}
    assert browser.get("/console", **old).status_code == 404
    assert browser.get("/console").status_code == 200
