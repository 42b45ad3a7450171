"""``/docs``: the page, its assets and its policy. ``tests/browser`` has the page in Chromium."""

import json

from flask import Flask

from config import ROOT
from tests.cases import each
from tests.doors.conftest import CLIENT

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def test_the_page_is_html_under_a_strict_policy_without_anything_inline(client):
    response = client.get("/docs")
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    assert response.headers["Content-Security-Policy"] == POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.text.count("<script src=") == response.text.count("<script") == 2
    for inline in ("<style", "style=", "onload", "onclick", "javascript:", "http:", "https:", "//"):
        assert inline not in response.text


@each(
    ("asset", "content_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
        ("favicon-32x32.png", "image/png"),
        ("docs.js", "text/javascript"),
        ("docs.css", "text/css"),
        ("home.css", "text/css"),
    ],
)
def test_its_assets_are_served_from_here(client, asset, content_type):
    response = client.get(f"/docs/{asset}")
    assert response.status_code == 200
    assert response.content_type.partition(";")[0] == content_type
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert len(response.data) > 50


@each(
    "path",
    ["/docs/", "/docs/x.js", "/docs/docs.html", "/docs/../verify.py", "/docs/%2e%2e/verify.py"],
)
def test_nothing_else_of_the_folder_is(client, path):
    response = client.get(path)
    assert (response.status_code, response.content_type) == (404, "application/problem+json")


def test_what_the_page_fills_in_is_answered_beside_the_demo_identities(
    app: Flask, client, tmp_path
):
    demo = json.loads((ROOT / "app" / "cli" / "demo.json").read_text())
    seed = tmp_path / "demo.json"
    seed.write_text(json.dumps(demo | {"development_only": False}))
    seeded = app.test_cli_runner().invoke(args=["seed", str(seed)])
    assert seeded.exit_code == 0, seeded.output
    statuses = {}
    document = client.get("/openapi.json").json
    asked = (
        (method.upper(), path, media_type, content)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for media_type, content in operation.get("requestBody", {"content": {}})["content"].items()
        if not media_type.endswith("xml")
    )
    for method, path, media_type, content in asked:
        named = content["schema"]["$ref"].rpartition("/")[2]
        texts = {
            name: value["examples"][0] if "examples" in value else value["enum"][0]
            for name, value in document["components"]["schemas"][named]["properties"].items()
            if value.keys() & {"pattern", "enum", "examples"}
        }
        body = {"json" if media_type.endswith("json") else "data": texts}
        headers = {"x-koms-clientid": CLIENT}
        response = client.open(path, method=method, headers=headers, **body)
        statuses[method, path] = response.status_code
    assert {operation for operation, status in statuses.items() if status < 300} == {
        ("POST", "/api/common/1.0/login"),
        ("POST", "/api/v2/auth/token"),
        ("POST", "/login"),
        ("POST", "/oauth2/introspect"),
        ("POST", "/oauth2/revoke"),
        ("POST", "/session"),
        ("POST", "/user"),
    }
    # The others need a token, which no page can know.
    assert all(status in (400, 401) for status in statuses.values() if status >= 300), statuses
