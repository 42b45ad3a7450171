"""A fifth dialect, added as one folder (``opaque_key``) and one line (``app.dialects.PACKAGES``)."""
