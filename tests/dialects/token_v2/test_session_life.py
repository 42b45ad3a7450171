"""PUT and DELETE /api/v2/auth/token: what extends a session, what ends it, and when it is over."""

from app.core import identities as core_identities
from tests.cases import each
from tests.conftest import START
from tests.factories import ORIGIN, PASSWORD, Identities

from .conftest import PATH, Api, assert_refused, bearer, pair_of

DAY = 86_400
STATE = "SELECT generation, ended_at, end_reason FROM sessions"


def test_an_extended_session_has_a_new_pair_and_the_old_two_are_dead(api: Api, ethan, rows, clock):
    old = api.pair()
    clock.advance(100)
    response = api.extend(old.refresh)
    new = pair_of(response)
    assert not set(old) & set(new)
    assert response.text == (
        '{"errorCode":"","errorMessage":"","content":[{'
        '"customerId":"e7fcef24-5c03-41dd-9e33-995b7d6f47a7",'
        f'"token":"{new.token}","refreshToken":"{new.refresh}","validityTime":3600'
        '}],"pageable":{"page":0,"size":10,"totalPages":1,"totalElements":1}}'
    )
    assert not api.lives(old.token)
    assert api.lives(new.token)
    [row] = rows("SELECT * FROM sessions")
    assert (row["generation"], row["rotated_at"]) == (2, START + 100)
    assert row["access_expires_at"] == START + 100 + 3_600
    assert row["expires_at"] == START + 100 + 30 * DAY


def test_the_same_put_within_the_grace_answers_with_the_very_same_pair(
    api: Api, ethan, rows, clock
):
    old = api.pair()
    clock.advance(50.25)
    new = pair_of(api.extend(old.refresh))
    clock.advance(9.75)
    assert pair_of(api.extend(old.refresh)) == new
    assert rows(STATE) == [{"generation": 2, "ended_at": None, "end_reason": None}]
    assert api.lives(new.token)


def test_a_replay_tells_the_time_that_is_really_left(api: Api, ethan, clock):
    old = api.pair()
    api.extend(old.refresh)
    clock.advance(7)
    [content] = api.extend(old.refresh).json["content"]
    assert content["validityTime"] == 3_593


def test_the_same_put_at_the_end_of_the_grace_ends_the_session(api: Api, ethan, rows, clock):
    old = api.pair()
    new = pair_of(api.extend(old.refresh))
    clock.advance(10)
    assert_refused(api.extend(old.refresh), "AUTH_1002")
    assert rows(STATE) == [{"generation": 2, "ended_at": START + 10, "end_reason": "token_reused"}]
    assert not api.lives(new.token)
    assert_refused(api.extend(new.refresh), "AUTH_1002")
    events = rows("SELECT event, reason FROM audit_events WHERE event = 'token_reused'")
    assert events == [{"event": "token_reused", "reason": "token_reused"}]


def test_a_refresh_token_from_two_rotations_ago_ends_the_session_at_once(api: Api, ethan, rows):
    first = api.pair()
    second = pair_of(api.extend(first.refresh))
    api.extend(second.refresh)
    assert_refused(api.extend(first.refresh), "AUTH_1002")
    assert rows(STATE) == [{"generation": 3, "ended_at": START, "end_reason": "token_reused"}]


def test_delete_ends_the_session_with_both_its_tokens(api: Api, ethan, rows):
    pair = api.pair()
    response = api.end(pair.token)
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers
    assert rows(STATE) == [{"generation": 1, "ended_at": START, "end_reason": "logout"}]
    assert not api.lives(pair.token)
    assert_refused(api.extend(pair.refresh), "AUTH_1002")
    assert_refused(api.end(pair.token), "AUTH_1002")


def test_delete_takes_an_expired_token_while_the_session_is_alive(api: Api, ethan, rows, clock):
    pair = api.pair()
    clock.advance(3_600)
    assert api.end(pair.token).status_code == 204
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "logout"}]


def test_delete_takes_the_token_before_the_last_rotation_within_the_grace_only(
    api: Api, ethan, rows, clock
):
    old = api.pair()
    new = pair_of(api.extend(old.refresh))
    clock.advance(10)
    assert_refused(api.end(old.token), "AUTH_1002")
    assert api.lives(new.token)
    newest = pair_of(api.extend(new.refresh))
    clock.advance(9.5)
    assert api.end(new.token).status_code == 204
    assert not api.lives(newest.token)


def test_a_token_counts_up_to_the_second_of_its_expiry_and_not_at_it(api: Api, ethan, clock):
    pair = api.pair()
    clock.advance(3_599.5)
    assert api.lives(pair.token)
    clock.advance(0.5)
    refused = api.verify(pair.token)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].endswith(
        'error="invalid_token", error_description="expired"'
    )
    assert api.lives(pair_of(api.extend(pair.refresh)).token)


def test_a_refresh_token_counts_up_to_the_second_of_its_expiry_and_not_at_it(
    api: Api, ethan, rows, clock
):
    first = api.pair()
    clock.advance(30 * DAY - 0.5)
    second = pair_of(api.extend(first.refresh))
    clock.advance(30 * DAY)
    assert_refused(api.extend(second.refresh), "AUTH_1002")
    assert_refused(api.end(second.token), "AUTH_1002")
    assert rows("SELECT generation, ended_at FROM sessions") == [
        {"generation": 2, "ended_at": None}
    ]


def test_no_rotation_reaches_beyond_ninety_days(api: Api, ethan, clock):
    pair = api.pair()
    for _ in range(3):
        clock.advance(30 * DAY - 600)
        pair = pair_of(api.extend(pair.refresh))
    clock.advance(1_790)
    response = api.extend(pair.refresh)
    assert response.json["content"][0]["validityTime"] == 10
    last = pair_of(response)
    clock.advance(9.5)
    assert api.lives(last.token)
    clock.advance(0.5)
    assert not api.lives(last.token)
    assert_refused(api.extend(last.refresh), "AUTH_1002")


def test_a_disabled_user_holds_invalid_tokens(api: Api, ethan, core):
    pair = api.pair()
    core_identities.disable(core, ethan.id, ORIGIN)
    assert_refused(api.end(pair.token), "AUTH_1002")
    assert_refused(api.extend(pair.refresh), "AUTH_1002")
    core_identities.enable(core, ethan.id, ORIGIN)
    assert_refused(api.extend(pair.refresh), "AUTH_1002")


def test_a_changed_password_ends_the_session(api: Api, ethan, core):
    pair = api.pair()
    core_identities.set_password(core, ethan.id, PASSWORD, ORIGIN)
    assert not api.lives(pair.token)
    assert_refused(api.extend(pair.refresh), "AUTH_1002")


def test_an_expired_password_extends_nothing_but_still_logs_out(api: Api, ethan, core, rows):
    pair = api.pair()
    core_identities.expire_password(core, ethan.id, ORIGIN)
    assert_refused(api.extend(pair.refresh), "AUTH_1004")
    assert rows("SELECT generation FROM sessions") == [{"generation": 1}]
    assert api.end(pair.token).status_code == 204


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(api: Api, ethan, rows):
    pair = api.pair()
    assert not api.lives(pair.refresh)
    assert_refused(api.end(pair.refresh), "AUTH_1002")
    assert_refused(api.extend(pair.token), "AUTH_1002")
    assert rows(STATE) == [{"generation": 1, "ended_at": None, "end_reason": None}]


def test_another_dialects_token_ends_nothing_here(client, api: Api, identities: Identities, rows):
    user = identities.add()
    body = {"UserLogin": user.username, "ApiKey": user.api_key}
    token = client.post("/login", json=body).json["Token"]
    assert_refused(api.end(token), "AUTH_1002")
    assert_refused(api.extend(token), "AUTH_1002")
    assert rows("SELECT ended_at FROM sessions") == [{"ended_at": None}]


@each(
    "headers",
    [
        {},
        {"Authorization": "Basic ZXRoYW46cGFzcw=="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a b"},
        {"Authorization": "Bearer ~~~"},
        {"Authorization": "Digest x"},
        {"Cookie": "SESSID=0"},
    ],
)
def test_delete_without_a_usable_token_is_refused(client, headers):
    assert_refused(client.delete(PATH, headers=headers), "AUTH_1002")


def test_the_scheme_of_a_token_with_two_dots_may_be_signedbearer(api: Api, client, ethan):
    token = api.pair().token
    response = client.delete(PATH, headers={"Authorization": f"signedbearer {token}"})
    assert response.status_code == 204


def test_delete_needs_no_content_type(client, api: Api, ethan):
    headers = {**bearer(api.pair().token), "Content-Type": "text/plain"}
    assert client.delete(PATH, headers=headers).status_code == 204
