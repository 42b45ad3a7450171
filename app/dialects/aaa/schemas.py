"""The structs of the AAA resources. Times are epoch seconds (RFC 7519 NumericDate), whole."""

from typing import ClassVar

from marshmallow import EXCLUDE, Schema, fields


class Request(Schema):
    class Meta:
        unknown = EXCLUDE


class Login(Request):
    username = fields.String(required=True, metadata={"examples": ["nessa"]})
    password = fields.String(required=True, metadata={"examples": ["demonstration-of-aaa"]})
    purpose = fields.String(
        allow_none=True, metadata={"description": "Free text; auth_info says it is not needed."}
    )


class PasswordChange(Request):
    password = fields.String(
        required=True,
        metadata={"description": "The current password.", "examples": ["demonstration-of-aaa"]},
    )
    new_password = fields.String(required=True, metadata={"examples": ["a new password"]})


class CodeRequest(Request):
    username = fields.String(
        allow_none=True,
        metadata={
            "description": "Whose code; only an admin may name another.",
            "examples": ["nessa"],
        },
    )


class CodeGrant(Request):
    """No field is required by this schema, because a missing field has an error id of its own. The published
    contract lists the required ones."""

    demanded: ClassVar = ("grant_type", "assertion")

    grant_type = fields.String(metadata={"enum": ["access_code"]})
    assertion = fields.String(
        metadata={
            "minLength": 1,
            "description": 'base64url({"alg":"none"}) "." access code ".".',
            "examples": ["eyJhbGciOiJub25lIn0.ACCESS_CODE."],
        }
    )
    state = fields.String(metadata={"description": "Echoed.", "examples": ["anything"]})


class NpmToken(Schema):
    expires_at = fields.Integer(required=True)
    token_type = fields.String(required=True)
    access_token = fields.String(required=True)


class Service(Schema):
    id = fields.String(required=True)
    versions = fields.List(fields.String(), required=True)


class AuthInfo(Schema):
    supported_methods = fields.List(fields.String(), required=True)
    specify_purpose = fields.Boolean(required=True)
    login_banner = fields.String(required=True)


class SessionKey(Schema):
    session_key = fields.String(required=True)
    session_id = fields.String(required=True)


class IssuedCode(Schema):
    id = fields.Integer(required=True)
    access_code = fields.String(required=True)
    expires_at = fields.Integer(required=True)


class CodeLine(Schema):
    id = fields.Integer(required=True)
    expires_at = fields.Integer(required=True)


class OAuthToken(Schema):
    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    state = fields.String()


class ErrorInfo(Schema):
    retry_after = fields.Integer(metadata={"description": "Seconds until it is worth another try."})


class ErrorBody(Schema):
    error_id = fields.String(required=True)
    error_text = fields.String(required=True)
    error_info = fields.Nested(ErrorInfo)
