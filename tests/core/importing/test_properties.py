"""Whatever a file has: a reader yields records and rejects, or says that it cannot read on."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.importing import FORMATS, Checks, Rejected, Unreadable, recognised
from app.core.importing.records import Fault, Found, PassedOver
from app.core.passwords import foreign
from app.core.policy import Policy

from .samples import SAMPLES

CHECKS = Checks(
    Policy(), email_domain="b.de", wrap=True, pepper_id=None, peppers={}, admins=True, now=0.0
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["username", "email", "users", "fields", "model", "groups", "credentials", "type",
             "secretData", "credentialData", "password", "passwordHash", "custom_password_hash",
             "algorithm", "hash", "salt", "value", "roles", "additionalParameters", "pk"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample with a few bytes replaced."""
    data = bytearray(draw(st.sampled_from(SAMPLES)).text.encode())
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=4))
    return bytes(data)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30)
@given(
    data=st.binary(max_size=200) | damaged() | JSON.map(lambda value: json.dumps(value).encode())
)
def test_no_file_breaks_a_reader(name: str, data: bytes):
    rest = ""
    try:
        for found in FORMATS[name].read(io.BytesIO(data)):
            look_at(found)
    except Unreadable as error:
        rest = str(error)
    assert rest.isprintable()


def look_at(found: Found) -> None:
    if isinstance(found, PassedOver):
        assert len(found.names) <= 30
        return
    if isinstance(found, Rejected):
        assert found.reason.isprintable()
        return
    try:
        user = CHECKS.user(found)
    except (Fault, foreign.Unreadable):
        return
    assert len(user.stored) <= 500
    assert user.stored.isascii()
    for text in (user.username, user.email, user.roles):
        assert text.encode().decode() == text


@given(st.binary(max_size=200) | damaged())
def test_no_file_breaks_the_look_at_its_beginning(data: bytes):
    name = ""
    try:
        name = recognised(io.BytesIO(data)).name
    except Unreadable:
        name = "unknown"
    assert name in {*FORMATS, "unknown"}
