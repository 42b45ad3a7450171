"""``/docs``: the page, its assets and its policy. ``tests/browser`` has the page in Chromium."""

import pytest

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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    "path",
    ["/docs/", "/docs/x.js", "/docs/docs.html", "/docs/../verify.py", "/docs/%2e%2e/verify.py"],
)
def test_nothing_else_of_the_folder_is(client, path):
    response = client.get(path)
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
