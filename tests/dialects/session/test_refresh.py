"""PUT /session: rotation, grace time, theft, and whether the tokens belong to the client."""

import pytest

from app.core import identities as core_identities
from app.core.credentials import clients
from tests.conftest import START
from tests.factories import ORIGIN, PASSWORD, Identities

from .conftest import Api, assert_refused, pair_of

DAY = 86_400
STATE = "SELECT generation, ended_at, end_reason FROM sessions"
ALIVE = {"ended_at": None, "end_reason": None}


def test_a_refresh_answers_with_a_new_pair_and_the_old_two_are_dead(api: Api, user, rows, clock):
    old = api.open(user)
    clock.advance(100)
    response = api.refresh(*old)
    new = pair_of(response)
    assert response.json["access_token_expires_in"] == 3_600
    assert not set(old) & set(new)
    assert not api.lives(old.access)
    assert api.lives(new.access)
    [row] = rows("SELECT * FROM sessions")
    assert (row["generation"], row["rotated_at"]) == (2, START + 100)
    assert row["access_expires_at"] == START + 100 + 3_600
    assert row["expires_at"] == START + 100 + 30 * DAY
    assert row["absolute_expires_at"] == START + 90 * DAY


def test_the_most_recent_access_token_may_be_expired(api: Api, user, rows, clock):
    old = api.open(user)
    clock.advance(3_600)
    assert not api.lives(old.access)
    assert api.lives(pair_of(api.refresh(*old)).access)
    assert rows(STATE) == [{"generation": 2, **ALIVE}]


def test_the_same_put_within_ten_seconds_answers_with_the_very_same_pair(
    api: Api, user, rows, clock
):
    old = api.open(user)
    clock.advance(50.25)
    new = pair_of(api.refresh(*old))
    for elapsed in (0, 4, 5.5):
        clock.advance(elapsed)
        assert pair_of(api.refresh(*old)) == new
    assert rows(STATE) == [{"generation": 2, **ALIVE}]
    assert api.lives(new.access)


def test_within_the_grace_the_old_refresh_token_goes_with_either_access_token(api: Api, user, rows):
    old = api.open(user)
    new = pair_of(api.refresh(*old))
    assert pair_of(api.refresh(new.access, old.refresh)) == new
    assert rows(STATE) == [{"generation": 2, **ALIVE}]


def test_a_replay_tells_the_time_that_is_really_left(api: Api, user, clock):
    old = api.open(user)
    api.refresh(*old)
    clock.advance(7)
    assert api.refresh(*old).json["access_token_expires_in"] == 3_593


def test_the_same_put_ten_seconds_after_the_rotation_ends_the_session(api: Api, user, rows, clock):
    old = api.open(user)
    new = pair_of(api.refresh(*old))
    clock.advance(10)
    refused = api.refresh(*old)
    assert_refused(refused, "Unauthorized", "The token is not valid.")
    assert 'error_description="reused"' in refused.headers["WWW-Authenticate"]
    assert rows(STATE) == [{"generation": 2, "ended_at": START + 10, "end_reason": "token_reused"}]
    assert not api.lives(new.access)
    assert_refused(api.refresh(*new), "Unauthorized")
    assert rows("SELECT reason FROM audit_events WHERE event = 'token_reused'") == [
        {"reason": "token_reused"}
    ]


def test_a_stolen_refresh_token_ends_the_session_also_with_the_newest_access_token(
    api: Api, user, rows, clock
):
    old = api.open(user)
    new = pair_of(api.refresh(*old))
    clock.advance(10)
    assert_refused(api.refresh(new.access, old.refresh), "Unauthorized")
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "token_reused"}]


def test_a_refresh_token_from_two_rotations_ago_ends_the_session_at_once(api: Api, user, rows):
    first = api.open(user)
    second = pair_of(api.refresh(*first))
    api.refresh(*second)
    assert_refused(api.refresh(*first), "Unauthorized")
    assert rows(STATE) == [{"generation": 3, "ended_at": START, "end_reason": "token_reused"}]


def test_the_newest_refresh_token_needs_the_newest_access_token(api: Api, user, rows):
    old = api.open(user)
    new = pair_of(api.refresh(*old))
    assert_refused(api.refresh(old.access, new.refresh), "Unauthorized", "not valid")
    assert rows(STATE) == [{"generation": 2, **ALIVE}]
    assert api.refresh(*new).status_code == 200


def test_the_two_tokens_must_be_of_one_session(api: Api, user, rows):
    one, other = api.open(user), api.open(user)
    assert_refused(api.refresh(one.access, other.refresh), "Unauthorized")
    assert_refused(api.refresh(other.access, one.refresh), "Unauthorized")
    assert rows("SELECT DISTINCT generation, ended_at FROM sessions") == [
        {"generation": 1, "ended_at": None}
    ]


def test_the_tokens_cannot_change_places(api: Api, user, rows):
    access, refresh = api.open(user)
    for wrong in ((refresh, access), (access, access), (refresh, refresh)):
        assert_refused(api.refresh(*wrong), "Unauthorized")
    assert not api.lives(refresh)
    assert rows(STATE) == [{"generation": 1, **ALIVE}]


def test_a_refresh_token_counts_up_to_the_second_of_its_expiry_and_not_at_it(
    api: Api, user, rows, clock
):
    first = api.open(user)
    clock.advance(30 * DAY - 0.5)
    second = pair_of(api.refresh(*first))
    clock.advance(30 * DAY)
    assert_refused(api.refresh(*second), "Unauthorized", "The token has expired.")
    assert rows(STATE) == [{"generation": 2, **ALIVE}]


def test_no_refresh_reaches_beyond_ninety_days(api: Api, user, clock):
    pair = api.open(user)
    for _ in range(3):
        clock.advance(30 * DAY - 100)
        pair = pair_of(api.refresh(*pair))
    clock.advance(299.5)
    last = pair_of(api.refresh(*pair))
    clock.advance(0.5)
    assert not api.lives(last.access)
    assert_refused(api.refresh(*last), "Unauthorized", "The token has expired.")


def test_a_disabled_user_refreshes_nothing_and_stays_out_when_enabled_again(api: Api, user, core):
    pair = api.open(user)
    core_identities.disable(core, user.id, ORIGIN)
    assert not api.lives(pair.access)
    assert_refused(api.refresh(*pair), "Unauthorized", "The token is not valid.")
    assert_refused(api.end(pair.access), "Unauthorized", "The token is not valid.")
    core_identities.enable(core, user.id, ORIGIN)
    assert_refused(api.refresh(*pair), "Unauthorized", "The token is not valid.")


def test_an_expired_password_refreshes_nothing(api: Api, user, core, rows):
    pair = api.open(user)
    core_identities.expire_password(core, user.id, ORIGIN)
    assert_refused(api.refresh(*pair), "Forbidden", "The password must be changed.")
    assert rows(STATE) == [{"generation": 1, **ALIVE}]


def test_a_changed_password_ends_the_session(api: Api, user, core):
    pair = api.open(user)
    core_identities.set_password(core, user.id, f"{PASSWORD}!", ORIGIN)
    assert not api.lives(pair.access)
    assert_refused(api.refresh(*pair), "Unauthorized")


def test_another_client_can_do_nothing_with_a_sessions_tokens(
    api: Api, other_api: Api, user, rows, clock
):
    old = api.open(user)
    new = pair_of(api.refresh(*old))
    assert not other_api.lives(new.access)
    assert_refused(other_api.end(new.access), "Unauthorized", "The token is not valid.")
    assert_refused(other_api.refresh(*new), "Unauthorized", "The token is not valid.")
    clock.advance(10)
    # Not even the theft of an old token: else a foreign client could end the session with it.
    assert_refused(other_api.refresh(*old), "Unauthorized", "The token is not valid.")
    assert rows(STATE) == [{"generation": 2, **ALIVE}]
    assert api.lives(new.access)


def test_a_client_disabled_later_is_refused_by_the_next_request_and_its_sessions_wait(
    api: Api, user, core
):
    pair = api.open(user)
    clients.set_disabled(core, api.client_id, True, ORIGIN)
    assert_refused(api.show(pair.access), "Unauthorized", "The client id is not known.")
    assert_refused(api.refresh(*pair), "Unauthorized", "The client id is not known.")
    clients.set_disabled(core, api.client_id, False, ORIGIN)
    assert api.lives(pair.access)


def test_another_dialects_tokens_do_nothing_here(
    api: Api, client, user, identities: Identities, rows
):
    body = {"username": user.username, "password": user.password}
    [content] = client.post("/api/v2/auth/token", json=body).json["content"]
    key = {"UserLogin": user.username, "ApiKey": user.api_key}
    uuid = client.post("/login", json=key).json["Token"]
    for token in (content["token"], content["refreshToken"], uuid):
        assert not api.lives(token)
        assert_refused(api.end(token), "Unauthorized", "The token is not valid.")
        assert_refused(api.refresh(token, content["refreshToken"]), "Unauthorized")
    assert rows("SELECT DISTINCT ended_at FROM sessions") == [{"ended_at": None}]


@pytest.mark.parametrize("change", ["first", "last", "shorter", "longer", "padded", "spaced"])
def test_an_altered_token_is_a_forgery(api: Api, user, rows, change: str):
    pair = api.open(user)

    def altered(token: str) -> str:
        return {
            "first": ("B" if token[0] == "A" else "A") + token[1:],
            "last": token[:-1] + ("B" if token[-1] == "A" else "A"),
            "shorter": token[:-1],
            "longer": f"{token}A",
            "padded": f"{token}=",
            "spaced": f"{token} ",
        }[change]

    assert_refused(api.refresh(pair.access, altered(pair.refresh)), "Unauthorized", "not valid")
    if change != "spaced":
        assert not api.lives(altered(pair.access))
        assert_refused(api.refresh(altered(pair.access), pair.refresh), "Unauthorized")
        assert_refused(api.end(altered(pair.access)), "Unauthorized")
    assert rows(STATE) == [{"generation": 1, **ALIVE}]


def test_tokens_outlive_the_rotation_of_the_sealing_key(api: Api, user, core):
    pair = api.open(user)
    core.keys.rotate("seal")
    assert api.lives(pair.access)
    assert api.lives(pair_of(api.refresh(*pair)).access)
