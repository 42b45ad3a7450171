"""Access codes: issued, listed, exchanged, revoked; and the assertion that wraps them."""

import base64

import pytest

from app.core import identities as core_identities
from tests.cases import each
from tests.conftest import START
from tests.factories import ORIGIN, PASSWORD, Identities

from .conftest import CODES, COMMON, TOKEN, assert_refused, basic, bearer, cookie, wrapped

DAY = 86_400


def test_a_code_is_shown_once_with_its_place_and_kept_as_a_digest(client, user, rows):
    headers = basic(user.username, user.password)
    response = client.post(CODES, headers=headers)
    assert response.status_code == 201
    code = response.json["access_code"]
    assert response.text == (
        f'{{"id":1,"access_code":"{code}","expires_at":{int(START) + 365 * DAY}}}'
    )
    assert response.headers["Location"] == "/api/common/1.0/oauth/codes/1"
    assert "." not in code
    [row] = rows("SELECT user_id, digest, revoked_at FROM access_codes")
    assert code.encode() not in row.pop("digest")
    assert row == {"user_id": user.id, "revoked_at": None}


def test_listed_codes_are_those_that_can_still_be_exchanged_and_show_no_code(client, user, clock):
    headers = basic(user.username, user.password)
    for _ in range(3):
        client.post(CODES, headers=headers)
        clock.advance(10)
    assert client.delete(f"{CODES}/2", headers=headers).status_code == 204
    expiry = int(START) + 365 * DAY
    response = client.get(CODES, headers=headers)
    assert response.json == [{"id": 1, "expires_at": expiry}, {"id": 3, "expires_at": expiry + 20}]
    clock.advance(365 * DAY - 31)
    assert [line["id"] for line in client.get(CODES, headers=headers).json] == [1, 3]
    clock.advance(1)
    assert [line["id"] for line in client.get(CODES, headers=headers).json] == [3]


def test_a_code_is_exchanged_for_a_token_until_it_is_revoked_and_the_token_ends_with_it(
    api, client, user, rows
):
    headers = basic(user.username, user.password)
    code = client.post(CODES, headers=headers).json["access_code"]
    first, second = api.oauth_token(code), api.oauth_token(code)
    assert first != second
    assert api.keepalive(bearer(first)).status_code == 204
    assert client.delete(f"{CODES}/1", headers=bearer(second)).status_code == 204
    assert_refused(api.keepalive(bearer(first)), "AUTH_INVALID_TOKEN")
    assert_refused(api.keepalive(bearer(second)), "AUTH_INVALID_TOKEN")
    assert_refused(api.exchange(code), "AUTH_INVALID_CODE")
    assert_refused(client.delete(f"{CODES}/1", headers=headers), "RESOURCE_NOT_FOUND")
    reasons = rows("SELECT end_reason FROM sessions")
    assert reasons == [{"end_reason": "credential_revoked"}] * 2


def test_an_exchange_answers_with_the_documented_struct_and_echoes_state(
    client, identities: Identities, user, rows
):
    response = client.post(
        TOKEN,
        data={
            "grant_type": "access_code",
            "assertion": wrapped(identities.code(user)),
            "state": "x y&z=«ß»",
        },
    )
    assert response.status_code == 200
    token = response.json["access_token"]
    assert "." not in token
    assert response.text == (
        f'{{"access_token":"{token}","token_type":"bearer","expires_in":3600,"state":"x y&z=«ß»"}}'
    )
    assert response.headers["Cache-Control"] == "no-store"
    [row] = rows("SELECT dialect, access_code_id, expires_at FROM sessions")
    assert row == {"dialect": "aaa", "access_code_id": 1, "expires_at": START + 3600}


def test_state_is_left_out_of_the_answer_if_it_was_not_sent(api, identities: Identities, user):
    response = api.exchange(identities.code(user))
    assert response.json.keys() == {"access_token", "token_type", "expires_in"}


def test_scripts_may_leave_out_the_content_type_and_append_parameters(
    client, identities: Identities, user
):
    response = client.post(
        f"{TOKEN}?Content-Type=application/x-www-form-urlencoded&grant_type=other",
        data=f"grant_type=access_code&assertion={wrapped(identities.code(user))}&scope=all",
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "header", ['{"alg":"none"}', '{"alg": "none"}', '\r\n{\t"alg" :\n"none" }  ']
)
@pytest.mark.parametrize("padded", [True, False])
def test_an_assertion_may_be_padded_and_hold_white_space(
    client, identities: Identities, user, header, padded
):
    assertion = wrapped(identities.code(user), header, padded=padded)
    response = client.post(TOKEN, data={"grant_type": "access_code", "assertion": assertion})
    assert response.status_code == 200


def encoded(text: str | bytes) -> str:
    return base64.urlsafe_b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@each(
    "assertion",
    [
        "{code}",
        "{none}.{code}",
        "{none}.{code}.signature",
        "{none}.{code}..",
        "{none}..",
        ".{code}.",
        "..",
        "...",
        "{none}.{code}. ",
        "{none}.x{code}.",
        "%%%.{code}.",
        "e.{code}.",
        "é.{code}.",
        encoded('{"alg":"HS256"}') + ".{code}.",
        encoded('{"alg":"none","alg":"none"}') + ".{code}.",
        encoded('{"alg":"none","kid":"1"}') + ".{code}.",
        encoded('["none"]') + ".{code}.",
        encoded("[" * 30_000) + ".{code}.",
        encoded(b"\xff\xfe\xfd") + ".{code}.",
        encoded("") + ".{code}.",
        encoded('{"alg":' + " " * 300 + '"none"}') + ".{code}.",
        '{{"alg":"none"}}.{code}.',
    ],
)
def test_anything_but_the_wrapper_is_an_invalid_code(
    client, identities: Identities, user, rows, assertion
):
    code = identities.code(user)
    text = assertion.format(none=encoded('{"alg":"none"}'), code=code)
    response = client.post(TOKEN, data={"grant_type": "access_code", "assertion": text})
    assert_refused(response, "AUTH_INVALID_CODE")
    assert rows("SELECT id FROM sessions") == []


@each(
    ("form", "error_id"),
    [
        ({}, "URI_MISSING_PARAMETER"),
        ({"assertion": "x"}, "URI_MISSING_PARAMETER"),
        ({"grant_type": "", "assertion": "x"}, "URI_MISSING_PARAMETER"),
        ({"grant_type": "access_code"}, "URI_MISSING_PARAMETER"),
        ({"grant_type": "access_code", "assertion": ""}, "URI_MISSING_PARAMETER"),
        ({"grant_type": "password", "assertion": "x"}, "URI_INVALID_PARAMETER"),
        ({"grant_type": ["access_code", "access_code"]}, "REQUEST_INVALID_INPUT"),
        ({"grant_type": "access_code", "assertion": "a\0b"}, "REQUEST_INVALID_INPUT"),
    ],
)
def test_the_form_must_have_its_two_parameters_once(client, form, error_id):
    assert_refused(client.post(TOKEN, data=form), error_id)


def test_a_code_expires_at_the_exact_second(api, identities: Identities, user, clock):
    code = identities.code(user)
    clock.advance(365 * DAY - 1)
    assert api.exchange(code).status_code == 200
    clock.advance(1)
    assert_refused(api.exchange(code), "AUTH_EXPIRED_CODE")


def test_a_code_opens_nothing_for_a_disabled_account_or_an_expired_password(
    api, core, identities: Identities, user, rows
):
    code = identities.code(user)
    core_identities.expire_password(core, user.id, ORIGIN)
    assert_refused(api.exchange(code), "AUTH_EXPIRED_PASSWORD")
    core_identities.disable(core, user.id, ORIGIN)
    assert_refused(api.exchange(code), "AUTH_DISABLED_ACCOUNT")
    assert rows("SELECT id FROM sessions") == []


def test_an_admin_may_name_whose_codes(client, identities: Identities, user, rows):
    identities.add("root", roles=("admin",))
    headers = basic("root", PASSWORD)
    response = client.post(CODES, headers=headers, json={"username": user.email.upper()})
    assert response.status_code == 201
    [row] = rows("SELECT user_id FROM access_codes")
    assert row == {"user_id": user.id}
    assert client.get(CODES, headers=headers).json == []
    found = client.get(CODES, headers=headers, query_string={"username": user.username})
    assert [line["id"] for line in found.json] == [1]
    assert client.delete(f"{CODES}/1", headers=headers).status_code == 204


def test_others_may_name_only_themselves_and_learn_nothing_of_other_names(
    client, identities: Identities, user, rows
):
    identities.add("somebody-else")
    headers = basic(user.username, user.password)
    assert client.post(CODES, headers=headers, json={"username": user.email}).status_code == 201
    own = client.get(CODES, headers=headers, query_string={"username": user.username})
    assert [line["id"] for line in own.json] == [1]
    answers = []
    for name in ("somebody-else", "nobody", "", "nul\0"):
        response = client.get(CODES, headers=headers, query_string={"username": name})
        assert_refused(response, "AUTH_FORBIDDEN")
        answers.append(response.data)
    for name in ("somebody-else", "nobody", ""):
        response = client.post(CODES, headers=headers, json={"username": name})
        assert_refused(response, "AUTH_FORBIDDEN")
        answers.append(response.data)
    assert len(set(answers)) == 1
    assert len(rows("SELECT id FROM access_codes")) == 1


def test_an_admin_who_names_nobody_is_told_so(client, identities: Identities, rows):
    identities.add("root", roles=("admin",))
    headers = basic("root", PASSWORD)
    response = client.post(CODES, headers=headers, json={"username": "nobody"})
    assert_refused(response, "REQUEST_INVALID_INPUT", reason="There is no such user.")
    for name in ("nobody", "nul\0"):
        response = client.get(CODES, headers=headers, query_string={"username": name})
        assert_refused(response, "URI_INVALID_PARAMETER", reason="There is no such user.")
    assert rows("SELECT id FROM access_codes") == []


def test_another_users_code_is_not_found(client, identities: Identities, user, rows):
    identities.code(user)
    identities.add("somebody-else")
    response = client.delete(f"{CODES}/1", headers=basic("somebody-else", PASSWORD))
    assert_refused(response, "RESOURCE_NOT_FOUND")
    [row] = rows("SELECT revoked_at FROM access_codes")
    assert row["revoked_at"] is None


@pytest.fixture
def code(identities: Identities, user) -> str:
    return identities.code(user)


@each(
    "code_id",
    [
        "x",
        "-1",
        "1.0",
        "1e3",
        "99",
        "2147483648",
        "9" * 19,
        "9" * 5_000,
        "%D9%A1",
        "%00",
        "1 ",
        "'",
    ],
)
def test_an_id_that_is_none_is_not_found(client, code, user, rows, code_id):
    headers = basic(user.username, user.password)
    assert_refused(client.delete(f"{CODES}/{code_id}", headers=headers), "RESOURCE_NOT_FOUND")
    [row] = rows("SELECT revoked_at FROM access_codes")
    assert row["revoked_at"] is None


@pytest.mark.parametrize("body", [{"username": 7}, {"username": ["root"]}])
def test_a_name_of_the_wrong_type_is_refused(client, user, body):
    response = client.post(CODES, headers=basic(user.username, user.password), json=body)
    assert_refused(response, "REQUEST_INVALID_INPUT", reason="username")


@pytest.mark.parametrize("body", [{}, {"username": None}, {"unknown": True}])
def test_a_body_that_names_nobody_asks_for_the_callers_own_code(client, user, rows, body):
    response = client.post(CODES, headers=basic(user.username, user.password), json=body)
    assert response.status_code == 201
    assert [row["user_id"] for row in rows("SELECT user_id FROM access_codes")] == [user.id]


def test_a_cookie_may_ask_for_a_code(api, client, user):
    sessid = api.login(user)
    code = client.post(CODES, headers=cookie(sessid)).json["access_code"]
    token = api.oauth_token(code)
    assert client.post(f"{COMMON}/logout", headers=bearer(token)).status_code == 204
    assert api.keepalive(cookie(sessid)).status_code == 204
    assert_refused(api.keepalive(bearer(token)), "AUTH_INVALID_TOKEN")


def test_a_token_whose_key_is_retired_while_it_is_made_has_ended(
    api, core, identities: Identities, user, monkeypatch
):
    monkeypatch.setattr(core.keys, "sealer", lambda _key_id: None)
    assert_refused(api.exchange(identities.code(user)), "AUTH_INVALID_TOKEN")
