"""Acts on sessions: end one, or all that are marked."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from ...core import listings
from ...core.core import Core
from ...core.refusals import Refused
from ...core.upkeep import operators
from .act import Act, Done, Form, Request, Subject, counted

SESSIONS = "/console/sessions"
# A form's checkbox for a session is named with this and the session's name.
MARK = "end-"


class Marked(Form):
    """The marked sessions: a field for each, because a form may have no field twice."""

    sessions = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(1, error="Mark at least one session."),
        metadata={"label": "Sessions", "input": "marks"},
    )

    @pre_load
    def collect(self, data: Mapping[str, Any], **_options: Any) -> dict[str, Any]:
        return {
            "sessions": sorted(name.removeprefix(MARK) for name in data if name.startswith(MARK))
        }


def all_of_them(_core: Core) -> Subject:
    return Subject("", SESSIONS)


def named(core: Core, name: str) -> Subject:
    """The live session with this name. Raises Refused(NOT_FOUND)."""
    row = listings.live_session(core, name)
    return Subject(f"{name} of {row.username}", SESSIONS, row)


def _end(request: Request) -> Done:
    row = operators.end_session(request.core, request.subject.it.name, request.origin)
    return Done(f"Ended session {row.name} of {row.username}.")


def _end_marked(request: Request) -> Done:
    ended, gone = 0, 0
    for name in request.fields["sessions"]:
        try:
            operators.end_session(request.core, name, request.origin)
            ended += 1
        except Refused:
            gone += 1
    had = f" {gone} had ended already." if gone else ""
    return Done(f"Ended {counted(ended, 'session')}.{had}")


ACTS = (
    Act(
        name="sessions-end",
        path="/sessions/end",
        twin="sessions end",
        title="End the marked sessions",
        button="End the marked sessions",
        find=all_of_them,
        do=_end_marked,
        form=Marked(),
        is_dangerous=True,
    ),
    Act(
        name="session-end",
        path="/sessions/<string:name>/end",
        twin="sessions end",
        title="End a session",
        button="End the session",
        find=named,
        do=_end,
        warning=lambda _request: ["Its tokens are refused from the next request on."],
        is_dangerous=True,
    ),
)
