"""The structures of Create Token, element for element."""

from marshmallow import EXCLUDE, Schema, fields, validate


class Request(Schema):
    class Meta:
        unknown = EXCLUDE


class Credentials(Request):
    username = fields.String(
        required=True,
        metadata={
            "description": "The username or the e-mail address, in any case.",
            "examples": ["ethan.buckley@datastoreltd.biz"],
        },
    )
    password = fields.String(required=True, metadata={"examples": ["S0qUx56pW!"]})


class Refresh(Request):
    refreshToken = fields.String(required=True, metadata={"examples": ["REFRESH_TOKEN"]})


class TokenContent(Schema):
    customerId = fields.UUID(required=True)
    token = fields.String(required=True, metadata={"description": "A JWT for access."})
    refreshToken = fields.String(
        required=True, metadata={"description": "A JWT for PUT, and for nothing else."}
    )
    validityTime = fields.Integer(
        required=True, metadata={"description": "Seconds for which token counts."}
    )


class Page(Schema):
    page = fields.Integer(required=True)
    size = fields.Integer(required=True)
    totalPages = fields.Integer(required=True)
    totalElements = fields.Integer(required=True)


class TokenEnvelope(Schema):
    errorCode = fields.String(required=True)
    errorMessage = fields.String(required=True)
    content = fields.List(fields.Nested(TokenContent), required=True)
    pageable = fields.Nested(Page, required=True)


class Failure(Schema):
    errorCode = fields.String(required=True)
    errorMessage = fields.String(required=True)
    content = fields.String(required=True, validate=validate.Equal(""))
    pageable = fields.String(required=True, validate=validate.Equal(""))
