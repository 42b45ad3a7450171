"""The Session API Reference, request by request."""

from tests.factories import Identities

HEADERS = {"x-koms-clientid": "koms-web", "Content-Type": "application/json"}


def test_a_new_session_answers_with_the_documented_struct_and_nothing_else(
    client, identities: Identities, rows
):
    user = identities.add()
    identities.client()
    response = client.post(
        "/session",
        headers=HEADERS,
        json={"account_type": "traditional", "email": user.email, "password": user.password},
    )
    assert response.status_code == 200
    assert response.json.keys() == {"access_token", "refresh_token", "access_token_expires_in"}
    assert response.json["access_token_expires_in"] == 3600
    [row] = rows("SELECT dialect, client_id, generation, ended_at FROM sessions")
    assert row == {"dialect": "session", "client_id": "koms-web", "generation": 1, "ended_at": None}
