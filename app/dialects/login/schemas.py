"""The structures of POST login, name for name. ``xml_root`` is the element that holds one in XML."""

from typing import ClassVar

from marshmallow import EXCLUDE, Schema, fields, validate


def _required_text(name: str, description: str, example: str) -> fields.String:
    """Empty counts as missing: XML cannot tell ``<ApiKey/>`` from an empty string."""
    missing = f"The {name} field is required."
    return fields.String(
        required=True,
        validate=validate.Length(min=1, error=missing),
        error_messages={
            "required": missing,
            "null": missing,
            "invalid": f"The {name} field must be a string.",
        },
        # It must hold more than XML's white space and control characters.
        metadata={
            "description": description,
            "examples": [example],
            "pattern": r"^[^\u0000]*[^\u0000-\u0020\u007f-\u00a0\ufffe\uffff][^\u0000]*$",
        },
    )


class LoginReq(Schema):
    class Meta:
        unknown = EXCLUDE

    xml_root: ClassVar[str] = "Request"

    Result = fields.Raw(allow_none=True, metadata={"type": "object", "description": "Ignored."})
    UserLogin = _required_text("UserLogin", "The user's login name.", "John.Doo")
    ApiKey = _required_text("ApiKey", "One of the user's API keys.", "hDn/LFXIPESM036W+s7VKg==")


class LoginResp(Schema):
    xml_root: ClassVar[str] = "Response"

    Token = fields.String(
        required=True,
        metadata={"description": "Verifies a batch of requests.", "format": "uuid"},
    )
    ExpireInSec = fields.Integer(
        required=True, metadata={"description": "Seconds for which Token is valid."}
    )


class RequestResult(Schema):
    Message = fields.String(required=True)
    Code = fields.Integer(required=True)
    ModelStateErr = fields.List(
        fields.String(metadata={"xml": {"name": "string"}}),
        required=True,
        metadata={"xml": {"wrapped": True}},
    )


class Failure(Schema):
    xml_root: ClassVar[str] = "Response"

    Result = fields.Nested(RequestResult, required=True)
