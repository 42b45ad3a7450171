"""The memory of an import: which users and names a file has had."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.importing.seen import SeenNames, SeenUsers


@given(st.sets(st.integers(1, 200_000)), st.integers(1, 200_000))
def test_it_knows_the_users_that_were_added_and_no_others(ids: set[int], other: int):
    seen = SeenUsers()
    for user_id in ids:
        seen.add(user_id)
    assert all(user_id in seen for user_id in ids)
    assert (other in seen) == (other in ids)


def test_it_knows_names_however_many():
    seen = SeenNames()
    for number in range(10_000):
        seen.add(f"name{number}")
        seen.add(f"name{number // 2}")
    assert all(f"name{number}" in seen for number in range(10_000))
    assert not any(f"name{number}" in seen for number in range(10_000, 20_000))
