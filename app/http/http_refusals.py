"""Names of the refusals that belong to HTTP, before the core is asked. The error tables of the dialects
use these names and those of ``core.refusals``."""

from enum import StrEnum, unique


@unique
class HttpRefusal(StrEnum):
    URL_UNKNOWN = "url_unknown"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    MESSAGE_MALFORMED = "message_malformed"
    HEADER_MALFORMED = "header_malformed"
    MEDIA_TYPE_UNSUPPORTED = "media_type_unsupported"
    NOT_ACCEPTABLE = "not_acceptable"
    BODY_TOO_LARGE = "body_too_large"
    BODY_MALFORMED = "body_malformed"
    BODY_INVALID = "body_invalid"
    PARAMETER_UNKNOWN = "parameter_unknown"
    PARAMETER_MISSING = "parameter_missing"
    PARAMETER_INVALID = "parameter_invalid"
    FORM_UNKNOWN = "form_unknown"
    FORM_SPENT = "form_spent"
    INTERNAL = "internal"
