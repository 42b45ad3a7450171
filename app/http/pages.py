"""Pages for people: what a browser may load for one, and its files."""

import mimetypes

from .answers import Reply


def content_security_policy(images: str = "'self'", forms: str = "'none'") -> str:
    """Nothing but scripts, styles, ``images`` and requests of this site; no frame around it (CSP level 3).

    ``forms`` says where the browser may send one.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {images}",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            f"form-action {forms}",
        )
    )


def static_file(name: str, content: bytes, **headers: str) -> Reply:
    """A script, a style or a picture, with the media type that its name says."""
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Reply(content, {"Content-Type": media_type, **headers})
