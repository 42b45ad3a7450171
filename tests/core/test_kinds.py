"""Session kinds: documented lifetimes, wire numbers that stay, and declarations that exclude each other."""

import dataclasses

import pytest

from app.core.kinds import Form, Kind, Kinds, KindsConflict, Lifetime, Purpose
from app.core.policy import Terms
from app.dialects import all_kinds
from app.dialects.session.kinds import ACCESS
from tests.cases import each
from tests.grants import AAA, LOGIN, SESSION, TOKEN_V2

SECONDS = Lifetime("other_seconds", 60, "the sessions of another kind")


def another(**changes: object) -> Kind:
    """A kind that stands beside the four."""
    purpose = Purpose(200, "OTHER", Form.SEALED)
    kind = Kind(
        name="other", purposes=(purpose,), access=SECONDS, session=SECONDS, absolute=SECONDS
    )
    return dataclasses.replace(kind, **changes)


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        (AAA, Terms(43_200, 1_800, 43_200)),
        (TOKEN_V2, Terms(3_600, 2_592_000, 7_776_000)),
        (LOGIN, Terms(20, 20, 20)),
        (SESSION, Terms(3_600, 2_592_000, 7_776_000)),
    ],
)
def test_the_default_lifetimes_are_the_documented_ones(kind: Kind, terms: Terms):
    assert Kinds(all_kinds(), {}).terms[kind.name] == terms


def test_an_operator_may_set_each_lifetime():
    kinds = Kinds(all_kinds(), {"aaa_idle_seconds": 7})
    assert kinds.terms["aaa"] == Terms(43_200, 7, 43_200)
    assert kinds.seconds(AAA.session) == 7


def test_the_numbers_and_names_in_tokens_stay():
    """They stand in every token that is out there: a change would end all sessions."""
    found = {
        purpose.number: (purpose.name, kind.name, purpose.form.value, purpose.is_refresh)
        for kind in all_kinds()
        for purpose in kind.purposes
    }
    assert found == {
        1: ("AAA_SESSION", "aaa", "hex", False),
        2: ("AAA_NPM", "aaa", "sealed", False),
        3: ("AAA_OAUTH", "aaa", "sealed", False),
        4: ("TOKEN_V2_ACCESS", "token_v2", "jwt", False),
        5: ("TOKEN_V2_REFRESH", "token_v2", "jwt", True),
        6: ("LOGIN", "login", "uuid", False),
        7: ("SESSION_ACCESS", "session", "sealed", False),
        8: ("SESSION_REFRESH", "session", "sealed", True),
    }


@each(
    "purpose",
    [
        Purpose(7, "OTHER", Form.SEALED),
        Purpose(200, "SESSION_ACCESS", Form.SEALED),
        Purpose(200, "OTHER", Form.UUID),
        Purpose(200, "OTHER", Form.HEX),
        Purpose(200, "OTHER", Form.JWT, use="access"),
        ACCESS,
    ],
)
def test_what_could_be_taken_for_one_another_is_refused(purpose: Purpose):
    with pytest.raises(
        KindsConflict, match=r"^two have the same (purpose|number|name|form|claim): "
    ):
        Kinds((*all_kinds(), another(purposes=(purpose,))), {})


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(KindsConflict, match=r"^two have the same name: aaa, "):
        Kinds((*all_kinds(), another(name="aaa")), {})


def test_another_kind_stands_beside_the_four():
    assert Kinds((*all_kinds(), another()), {}).terms["other"] == Terms(60, 60, 60)
