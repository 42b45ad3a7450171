"""The act that sets a user's roles: who gets admin, and who loses it."""

from marshmallow import fields

from ...core import identities
from ..kinds import ROLE
from .act import Act, Done, Form, Request, refuse_own
from .new_roles import MAY_BE_NEW, chosen
from .users import named


class Roles(Form):
    roles = fields.String(
        load_default="",
        metadata={
            "label": "Roles",
            "autocomplete": "off",
            "help": "All that the user shall have: words with a space between them. Empty: none.",
        },
    )
    may_be_new = MAY_BE_NEW
    # Two operators may have the form open. What one takes away, the other must not give back unawares.
    seen = fields.String(load_default="", metadata={"input": "hidden"})


def _set(request: Request) -> Done:
    roles = chosen(request)
    if ROLE not in roles:
        refuse_own(request, f"take the role {ROLE} from")
    changed = identities.set_roles(
        request.core,
        request.subject.it.id,
        roles,
        request.origin,
        seen=frozenset(request.fields["seen"].split()),
        keep_an_admin=True,
    )
    return Done("The roles are set." if changed else "The user had these roles already.")


ACTS = (
    Act(
        name="user-set-roles",
        path="/users/<uid:uid>/set-roles",
        twin="users set-roles",
        title="Set the roles",
        button="Set the roles",
        find=named,
        do=_set,
        warning=lambda _request: [
            f"Who has the role {ROLE} can do all that you can do here. Who loses it is logged out of"
            " the console at once."
        ],
        form=Roles(),
        values=lambda request: dict.fromkeys(
            ("roles", "seen"), " ".join(sorted(request.subject.it.roles))
        ),
        gives_power=True,
    ),
)
