"""``faults``: what is to go wrong."""

from typing import Any

from app.core.refusals import Refused
from app.http.answers import JsonAnswer
from app.http.bodies import JsonBody
from app.http.contract import Call

from .. import schemas
from ..errors import Plane, PlaneRefusal
from ..faults import BadRule
from ..worlds import PLANE, Worlds
from .here import here


def mount(plane: Plane, _worlds: Worlds) -> None:
    @plane.operation(
        "POST",
        f"{PLANE}/faults",
        summary="Add a fault",
        status=201,
        body=JsonBody(schemas.RuleReq()),
        answer=JsonAnswer(schemas.RuleResp()),
        refuses=frozenset({PlaneRefusal.RULE_INVALID}),
    )
    def add_fault(call: Call) -> dict[str, Any]:
        """Which requests go wrong, and how. The first rule that fires is carried out."""
        try:
            rule = here().faults.add(call.body["match"], call.body["effect"])
        except BadRule as bad:
            refused = Refused(PlaneRefusal.RULE_INVALID)
            refused.faults = {fault.place: fault.text for fault in bad.faults}
            raise refused from None
        return rule.as_json()

    @plane.operation(
        "GET", f"{PLANE}/faults", summary="All faults", answer=JsonAnswer(schemas.RulesResp())
    )
    def all_faults(_call: Call) -> dict[str, Any]:
        """In their order, and how often each has fired."""
        return {"faults": [rule.as_json() for rule in here().faults.all()]}

    @plane.operation("DELETE", f"{PLANE}/faults", summary="Remove all faults", status=204)
    def remove_faults(_call: Call) -> None:
        """All requests go right again."""
        here().faults.clear()

    @plane.operation(
        "DELETE",
        f"{PLANE}/faults/<int:rule>",
        summary="Remove a fault",
        status=204,
        refuses=frozenset({PlaneRefusal.RULE_UNKNOWN}),
    )
    def remove_fault(_call: Call, rule: int) -> None:
        """By its number."""
        if not here().faults.remove(rule):
            raise Refused(PlaneRefusal.RULE_UNKNOWN)
