"""The places of a token in a request to ``/verify``, and which token decides."""

from tests.cases import each
from tests.doors.conftest import ACCESS_KINDS, assert_refused


def test_no_credentials_are_challenged_without_an_error(verify):
    assert_refused(verify(), None)


@each(
    ("header", "description"),
    [
        ("Bearer", "malformed"),
        ("Bearer ", "malformed"),
        ("bearer nonsense", "malformed"),
        ("Bearer a b", "malformed"),
        ("Bearer \u00e9", "malformed"),
        ("SignedBearer a.b.c", "invalid"),
        ("Bearer ~", "malformed"),
        ("Bearer " + "0" * 64, "invalid"),
        ("Bearer 00000000-0000-0000-0000-000000000000", "invalid"),
        ("Basic Sm9objpEb28=", None),
        ("Basic !!!", None),
        ("Negotiate abc", None),
        (" ", None),
    ],
)
def test_an_authorization_header_without_a_live_token_is_refused(verify, header, description):
    assert_refused(verify(headers={"Authorization": header}), description)


def test_both_bearer_schemes_carry_any_token_in_any_case(verify, tokens):
    minted = [tokens.mint(kind) for kind in ACCESS_KINDS]
    for scheme in ("Bearer", "bearer", "BEARER", "SignedBearer", "signedbearer"):
        for token in minted:
            header = f"{scheme}  {token} "
            assert verify(headers={"Authorization": header}).status_code == 204


@each(
    "place",
    [
        lambda token: {"path": f"/verify?Token={token}"},
        lambda token: {"path": f"/verify?a=1&Token={token}&b=2"},
        lambda token: {"path": "/verify?" + "a=1&" * 500 + f"Token={token}"},
        lambda token: {"headers": {"X-Original-URI": f"/reports?x=1&Token={token}"}},
        lambda token: {"headers": {"X-Original-URI": f"https://site/reports?Token={token}#part"}},
        lambda token: {"headers": {"X-Forwarded-Uri": f"/reports?Token={token}"}},
        lambda token: {"headers": {"X-Forwarded-Uri": f"//[broken?Token={token}"}},
        lambda token: {"headers": {"X-Original-URI": "/a", "X-Forwarded-Uri": f"/?Token={token}"}},
        lambda token: {"headers": {"Cookie": f"SESSID={token}"}},
        lambda token: {"headers": {"Cookie": f'a=b; SESSID="{token}"; c=d'}},
        lambda token: {"headers": {"Cookie": f'prefs={{"a": [1, 2]}}; SESSID={token}'}},
        lambda token: {"headers": {"Cookie": f"name=J\u00f6rg; SESSID={token}"}},
        lambda token: {"headers": {"Cookie": f"SESSID={token}", "Authorization": "Basic eDp5"}},
    ],
)
def test_a_token_is_found_wherever_a_gateway_may_leave_it(verify, tokens, place):
    for kind in ACCESS_KINDS:
        response = verify(**place(tokens.mint(kind)))
        assert (response.status_code, response.headers.get("X-Auth-User")) == (204, "John.Doo")


@each("uri", ["//[", "http://[::1", "?", "%", "\u00ff?Token", "/a?token=x", ""])
def test_a_forwarded_uri_that_holds_no_token_is_no_credential(verify, uri):
    assert_refused(verify(headers={"X-Forwarded-Uri": uri}), None)


@each(
    ("first", "then"),
    [
        ({"headers": {"Authorization": "Bearer dead"}}, "/verify?Token={}"),
        ({"headers": {"X-Original-URI": "/?Token={}"}}, "/verify?Token=dead"),
        ({"headers": {"X-Forwarded-Uri": "/?Token={}", "X-Original-URI": "/?Token="}}, "/verify"),
        ({"headers": {"Cookie": "SESSID={}"}}, "/verify?Token="),
        ({"headers": {"Cookie": "SESSID={}", "Authorization": "Bearer dead"}}, "/verify"),
        ({}, "/verify?Token=dead&Token={}"),
    ],
)
def test_the_first_token_there_decides_whatever_else_comes_with_it(verify, tokens, first, then):
    token = tokens.mint("sessid")
    headers = {name: value.format(token) for name, value in first.get("headers", {}).items()}
    assert_refused(verify(then.format(token), headers=headers), "malformed")


def test_an_empty_cookie_is_none(verify):
    assert_refused(verify(headers={"Cookie": "SESSID="}), None)


def test_two_different_cookies_are_none_and_equal_ones_are_one(verify, tokens):
    own, planted = tokens.mint("sessid"), tokens.mint("sessid")
    for cookies in (f"SESSID={planted}; SESSID={own}", f"SESSID={own}; SESSID=nonsense"):
        assert_refused(verify(headers={"Cookie": cookies}), None)
    for cookies in (f"SESSID={own}; SESSID={own}", f"SESSID=; SESSID={own}; SESSID="):
        assert verify(headers={"Cookie": cookies}).status_code == 204
