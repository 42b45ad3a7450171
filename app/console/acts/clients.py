"""Acts on client applications: add, rotate the secret, disable, enable."""

from marshmallow import fields

from ...core.core import Core
from ...core.credentials import clients
from .act import Act, Done, Form, Request, Subject

CLIENTS = "/console/clients"


class NewClient(Form):
    client_id = fields.String(
        required=True,
        metadata={
            "label": "Client id",
            "help": "ASCII without spaces. Clients send it.",
            "autocomplete": "off",
        },
    )
    name = fields.String(required=True, metadata={"label": "Name", "help": "For people."})
    confidential = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Confidential: it has a secret, which introspection and revocation demand",
            "input": "checkbox",
        },
    )


class OneClient(Form):
    """A client id may hold a slash, so it is a field and no part of the path."""

    client_id = fields.String(required=True, metadata={"label": "Client id", "input": "fixed"})


def all_of_them(_core: Core) -> Subject:
    return Subject("", CLIENTS)


def _add(request: Request) -> Done:
    client_id = request.fields["client_id"]
    secret = clients.add(
        request.core,
        client_id,
        request.fields["name"],
        request.origin,
        confidential=request.fields["confidential"],
    )
    return Done(f"Added {client_id}.", secret, f"The secret of {client_id}")


def _rotate(request: Request) -> Done:
    client_id = request.fields["client_id"]
    secret = clients.rotate_secret(request.core, client_id, request.origin)
    return Done(f"{client_id} has a new secret.", secret, f"The new secret of {client_id}")


def _disable(request: Request) -> Done:
    clients.set_disabled(request.core, request.fields["client_id"], True, request.origin)
    return Done(f"{request.fields['client_id']} is disabled.")


def _enable(request: Request) -> Done:
    clients.set_disabled(request.core, request.fields["client_id"], False, request.origin)
    return Done(f"{request.fields['client_id']} is enabled.")


ACTS = (
    Act(
        name="client-add",
        path="/clients/add",
        twin="clients add",
        title="Add a client",
        button="Add the client",
        find=all_of_them,
        do=_add,
        form=NewClient(),
        gives_power=True,
    ),
    Act(
        name="client-rotate-secret",
        path="/clients/rotate-secret",
        twin="clients rotate-secret",
        title="Rotate a client's secret",
        button="Rotate the secret",
        find=all_of_them,
        do=_rotate,
        warning=lambda _request: ["The old secret is refused from the next request on."],
        form=OneClient(),
        gives_power=True,
        is_dangerous=True,
    ),
    Act(
        name="client-disable",
        path="/clients/disable",
        twin="clients disable",
        title="Disable a client",
        button="Disable the client",
        find=all_of_them,
        do=_disable,
        warning=lambda _request: ["The client is refused from its next request on."],
        form=OneClient(),
        is_dangerous=True,
    ),
    Act(
        name="client-enable",
        path="/clients/enable",
        twin="clients enable",
        title="Enable a client",
        button="Enable the client",
        find=all_of_them,
        do=_enable,
        form=OneClient(),
    ),
)
