"""Seed documents as files: JSON, or YAML by the file's suffix."""

import json
from pathlib import Path
from typing import Any


class BadDocument(Exception):
    """The file cannot be read; the text names it, and says why in one line."""


def read(path: Path) -> dict[str, Any]:
    """The document as it is written, unchecked: the service judges it. Raises BadDocument."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = _yaml(text) if path.suffix.lower() in (".yaml", ".yml") else json.loads(text)
    except OSError as error:
        raise BadDocument(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadDocument(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise BadDocument(f"{path}: must be a mapping of customers, clients and users")
    return found


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"is not YAML: {error}") from None
