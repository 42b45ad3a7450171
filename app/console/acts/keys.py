"""Acts on the service's own keys: rotate, and retire."""

from marshmallow import fields, validate

from ...core import listings
from ...core.core import Core
from ...core.keys.keyring import KeysUnusable
from ...core.refusals import Refusal, Refused
from ...core.upkeep import key_care
from ...http.http_refusals import HttpRefusal
from .act import Act, Done, Form, Request, Subject, counted

KEYS = "/console/keys"
USES = {"": "seal and JWT", "seal": "seal", "jwt": "JWT", "pepper": "pepper"}


class WhichUse(Form):
    use = fields.String(
        load_default="",
        validate=validate.OneOf(list(USES)),
        metadata={"label": "Which keys", "input": "select", "options": USES},
    )


def all_of_them(_core: Core) -> Subject:
    return Subject("", KEYS)


def named(core: Core, kid: str) -> Subject:
    """The key with this id that is not retired. Raises Refused(NOT_FOUND)."""
    row = next((row for row in core.keys.rows() if row.kid == kid), None)
    if row is None or row.retired_at is not None:
        raise Refused(Refusal.NOT_FOUND, "There is no such key, or it is retired already.")
    return Subject(f"{row.use} {row.kid}", KEYS, row)


def _rotate(request: Request) -> Done:
    made = key_care.rotate_all(request.core, request.fields["use"] or None, request.origin)
    return Done("Made new keys: " + ", ".join(f"{use} {kid}" for use, kid in made.items()) + ".")


def _retire(request: Request) -> Done:
    try:
        ended = key_care.retire(request.core, request.subject.it.kid, request.origin)
    except KeysUnusable as error:
        raise Refused(HttpRefusal.BODY_INVALID, f"{error}.") from None
    return Done(f"Retired the key, and ended {counted(ended, 'session')}.")


def _warn(request: Request) -> list[str]:
    kid = request.subject.it.kid
    live = next((line.sessions for line in listings.keys(request.core) if line.kid == kid), None)
    if live is None:
        live = key_care.sessions_of(request.core, request.subject.it.id)
    end = "ends" if live == 1 else "end"
    return [f"{counted(live, 'live session')} of this key {end} at once. This cannot be undone."]


ACTS = (
    Act(
        name="keys-rotate",
        path="/keys/rotate",
        twin="keys rotate",
        title="Rotate keys",
        button="Make new keys",
        find=all_of_them,
        do=_rotate,
        warning=lambda _request: [
            "New keys sign from now on. Older ones go on verifying until they are retired."
        ],
        form=WhichUse(),
        gives_power=True,
    ),
    Act(
        name="key-retire",
        path="/keys/<string:kid>/retire",
        twin="keys retire",
        title="Retire a key",
        button="Retire the key",
        find=named,
        do=_retire,
        warning=_warn,
        gives_power=True,
        is_dangerous=True,
    ),
)
