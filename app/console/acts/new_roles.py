"""Roles that an operator types. They are an open set: that one is mistyped shows in nobody having it yet."""

from marshmallow import fields

from ...core import identities
from ...core.refusals import Refused
from ...http.http_refusals import HttpRefusal
from .act import Request

MAY_BE_NEW = fields.Boolean(
    load_default=False,
    metadata={"label": "A role may be one that nobody has yet", "input": "checkbox"},
)


def chosen(request: Request) -> frozenset[str]:
    """The words in the field ``roles``. Raises Refused(BODY_INVALID) for a new one without a tick."""
    roles = frozenset(request.fields["roles"].split())
    new = None if request.fields["may_be_new"] else identities.unheard_of(request.core, roles)
    if new is not None:
        raise Refused(
            HttpRefusal.BODY_INVALID,
            f"{new} If you have not mistyped it, tick the box for new roles.",
        )
    return roles
