"""``/docs``: the page, its assets and its policy; and the page in Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.visits import Visit

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


@pytest.mark.browser
def test_the_page_shows_every_operation_and_tries_one_out_without_a_complaint(
    browse: Callable[..., Visit], url: str, client
):
    document = client.get("/openapi.json").json
    visit = browse()
    page = visit.page
    page.goto(f"{url}/docs")
    operations = sum(len(methods) for methods in document["paths"].values())
    expect(page.locator(".opblock")).to_have_count(operations)
    tags = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    assert tags == [tag["name"] for tag in document["tags"]]

    block = page.locator(".opblock", has=page.locator('[data-path="/healthz"]'))
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    block.locator(".execute").click()
    answer = block.locator(".live-responses-table .response").inner_text()
    assert answer.startswith("200")
    assert '"status": "ok"' in answer

    assert visit.complaints == []
    assert f"{url}/healthz" in visit.requested
    here = (f"{url}/", "data:", "about:")
    elsewhere = [asked for asked in visit.requested if not asked.startswith(here)]
    assert elsewhere == []
