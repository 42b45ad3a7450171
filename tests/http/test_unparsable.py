"""Errors of the server itself have the shape of the dialect or door of the URL."""

from http import HTTPStatus
from itertools import product

from flask import Flask

from app.http.unparsable import phrase
from app.serving.faults import Fault, Part
from tests.cases import each
from tests.e2e.shapes import SHAPES, assert_in_the_shape_of
from tests.e2e.wire import Answer


def answer_of(app: Flask, fault: Fault) -> Answer:
    phrased = phrase(app, fault)
    lines = [(name.lower(), text) for name, text in phrased.headers]
    assert len(dict(lines)) == len(lines), "no header comes twice"
    return Answer(int(phrased.status[:3]), lines, phrased.body)


FAULTS = [
    (HTTPStatus.SERVICE_UNAVAILABLE, Part.LOAD),
    (HTTPStatus.INTERNAL_SERVER_ERROR, Part.ANSWER),
    (HTTPStatus.NOT_IMPLEMENTED, Part.METHOD),
    (HTTPStatus.REQUEST_URI_TOO_LONG, Part.LINE),
    (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Part.BODY),
    (HTTPStatus.EXPECTATION_FAILED, Part.HEADER),
]


@each("path", list(SHAPES))
def test_every_fault_has_its_status_and_the_shape_of_its_urls_owner(app: Flask, path: str):
    for (status, part), method in product(FAULTS, ("GET", "HEAD", "BREW", "")):
        answer = answer_of(app, Fault(status, part, "a reason", method, path, "192.0.2.1"))
        assert answer.status == status
        assert_in_the_shape_of(path, answer)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.request_id
        assert ("retry-after" in answer.headers) is (status == 503)


def test_a_url_that_is_nobodys_gets_problem_details(app: Flask):
    for path in (
        "",
        "*",
        "//session",
        "/session\x00",
        "/sessions",
        "/\xff",
        "/a[b",
        "//[",
        "http://x/session",
    ):
        fault = Fault(HTTPStatus.BAD_REQUEST, Part.LINE, "a reason", "GET", path)
        assert_in_the_shape_of("/nothing", answer_of(app, fault))


def test_whatever_stands_behind_a_prefix_is_its_owners(app: Flask):
    for path in ("/session/\x00", "/session//[", "/session/\xff", "/session/a?b#c"):
        fault = Fault(HTTPStatus.BAD_REQUEST, Part.LINE, "a reason", "GET", path)
        assert_in_the_shape_of("/session", answer_of(app, fault))


def test_what_went_wrong_here_is_told_to_nobody(app: Flask):
    fault = Fault(HTTPStatus.INTERNAL_SERVER_ERROR, Part.ANSWER, "the secret", "GET", "/session")
    assert b"secret" not in answer_of(app, fault).body
