"""What the API takes and gives."""

from marshmallow import EXCLUDE, Schema, fields


class Credentials(Schema):
    class Meta:
        unknown = EXCLUDE

    login = fields.String(required=True)
    password = fields.String(required=True)


class Key(Schema):
    key = fields.String(required=True)
    seconds = fields.Integer(required=True)


class Holder(Schema):
    name = fields.String(required=True)


class Problem(Schema):
    problem = fields.String(required=True)
    says = fields.String(required=True)
