"""A service in production has nothing of the harness, whoever asks and from wherever."""

import re

from flask.testing import FlaskClient

from harness.plane.api import control_plane
from harness.plane.worlds import Worlds

SAME_ID = {"X-Request-ID": "the-same"}
# What a client of the harness, or its page in a browser, would send.
PRETENDED = {
    **SAME_ID,
    "X-Watchword-Harness": "true",
    "X-Forwarded-For": "127.0.0.1",
    "Sec-Fetch-Site": "same-origin",
    "Origin": "http://localhost",
}


def test_no_operation_of_the_control_plane_is_there(worlds: Worlds, client: FlaskClient):
    """The same answer as for a URL that nobody has, in every world's spelling."""
    asked = [
        (method, re.sub(r"<[^>]*>", "1", rule.rule))
        for rule in control_plane(worlds).url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]
    assert len(asked) > 30
    for method, path in asked:
        unknown = client.open("/nobody-has-this", method=method, headers=SAME_ID)
        for url in (path, f"/w/default{path}", f"{path}?now=2030-01-01T00:00:00Z"):
            answer = client.open(url, method=method, headers=PRETENDED, json={"seconds": 3_600})
            assert answer.status_code == 404, (method, url)
            assert answer.headers == unknown.headers, (method, url)
            if method != "HEAD":
                assert answer.data == unknown.data, (method, url)


def test_a_world_in_the_path_leads_to_no_door(client: FlaskClient):
    assert client.get("/w/default/verify", headers=PRETENDED).status_code == 404
    assert "X-Watchword-Harness" not in client.get("/verify", headers=PRETENDED).headers
