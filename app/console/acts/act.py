"""What one act is: its words, the shape of its form, what it is done to, and the core's function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from marshmallow import EXCLUDE, Schema, fields, pre_load

from ...core.audit import Origin
from ...core.core import Core
from ...core.kinds import CodeGrant
from ...core.refusals import Refused
from ...http.http_refusals import HttpRefusal
from ..operator import Operator

# The field of the operator's own password.
PROOF = "proof"


class Form(Schema):
    """The base of all forms. A field's metadata has its ``label``, its ``help`` and its ``input``; one with
    ``secret`` is never shown again."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, _field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.error_messages["required"] = "Fill this in."

    @pre_load
    def leave_out_empty(self, data: Mapping[str, Any], **_options: Any) -> dict[str, Any]:
        """A browser sends every field of a form, also one that is left empty."""
        return {name: value for name, value in data.items() if value != ""}


class Subject(NamedTuple):
    """What an act is done to: its name, the page to return to, and the core's own object."""

    name: str
    back: str
    it: Any = None


class Request(NamedTuple):
    """An act on its way: who asks, what for, and with which fields."""

    core: Core
    operator: Operator
    origin: Origin
    subject: Subject
    fields: Mapping[str, Any]
    codes: CodeGrant

    @property
    def is_own(self) -> bool:
        """Whether the subject is the operator's own user."""
        return bool(self.subject.it.id == self.operator.row.user_id)


class Done(NamedTuple):
    """What was done, as a sentence. A ``secret`` is shown once, on the page that answers the form."""

    text: str
    secret: str | None = None
    secret_is: str = ""


Find = Callable[..., Subject]


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act. ``path`` is below ``/console``; ``twin`` is the command that does the same.

    ``find`` gives the subject from the path's values and raises Refused(NOT_FOUND). ``warning`` says what the
    operator should know before, ``values`` what the form is filled with at first. With ``gives_power`` a
    fresh proof of the password is demanded.
    """

    name: str
    path: str
    twin: str
    title: str
    button: str
    find: Find
    do: Callable[[Request], Done]
    warning: Callable[[Request], list[str]] = lambda _request: []
    form: Schema = field(default_factory=Form)
    values: Callable[[Request], Mapping[str, str]] = lambda _request: {}
    gives_power: bool = False
    is_dangerous: bool = False

    @property
    def secrets(self) -> frozenset[str]:
        """The fields whose values are never shown again."""
        fields = self.form.fields.items()
        return frozenset(name for name, it in fields if it.metadata.get("secret"))


def refuse_own(request: Request, what: str) -> None:
    """Refuse what would lock the operator out. Raises Refused(BODY_INVALID)."""
    if request.is_own:
        raise Refused(
            HttpRefusal.BODY_INVALID,
            f"You cannot {what} your own account here: you would lock yourself out. Ask another admin.",
        )


def counted(number: int, thing: str) -> str:
    """Such as "1 session" and "2 sessions"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
