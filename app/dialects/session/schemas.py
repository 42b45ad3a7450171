"""The structs of the Session API Reference, field for field."""

from marshmallow import EXCLUDE, Schema, fields, validate


class Request(Schema):
    class Meta:
        unknown = EXCLUDE


class NewSession(Request):
    account_type = fields.String(
        required=True,
        validate=validate.OneOf(["traditional"], error="must be traditional"),
        metadata={"description": 'Only "traditional" is supported.'},
    )
    email = fields.String(required=True, metadata={"examples": ["komi@example.com"]})
    password = fields.String(required=True, metadata={"examples": ["demonstration-of-session"]})


class Refresh(Request):
    refresh_token = fields.String(required=True, metadata={"examples": ["REFRESH_TOKEN"]})


class NewUser(Request):
    email = fields.String(
        required=True, metadata={"format": "email", "examples": ["me@example.com"]}
    )
    password = fields.String(required=True, metadata={"examples": ["a password of mine"]})


class Tokens(Schema):
    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    access_token_expires_in = fields.Integer(required=True)


class Remaining(Schema):
    access_token_expires_in = fields.Integer(required=True)


class Message(Schema):
    message = fields.String(required=True)


class User(Schema):
    id = fields.String(required=True)
    email = fields.String(required=True)


class ErrorBody(Schema):
    errorType = fields.String(required=True)
    httpStatus = fields.Integer(required=True)
    requestId = fields.String(required=True)
    message = fields.String(required=True)
