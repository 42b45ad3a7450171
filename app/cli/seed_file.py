"""A seed file: read, parsed, and every entry checked against its shape.

Nothing wrong is ignored. An unknown key is probably a misspelling, a repeated key hides a value, and a
number instead of a name would become another name. Faults never quote the file, which holds secrets.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..core.seeding.rules import Fault, Seed, SeedClient, SeedCustomer, SeedUser

SUFFIXES_OF_YAML = (".yaml", ".yml")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Unreadable(Exception):
    """The file as a whole cannot be read; the text says why."""


class Doubled(dict[str, Any]):
    """A mapping with a key that occurs twice in the text: ``keys_twice``."""

    def __init__(self, pairs: list[tuple[Any, Any]]) -> None:
        super().__init__(pairs)
        seen: set[Any] = set()
        self.keys_twice = {key for key, _ in pairs if key in seen or seen.add(key)}  # type: ignore[func-returns-value]


class SeedFile(NamedTuple):
    """The content of the file: the entries of the right shape, and the faults of the others."""

    seed: Seed
    development_only: bool
    outer_faults: list[str]
    faults: list[Fault]


def read(path: Path) -> SeedFile:
    """Raises Unreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8") from None
    return shaped(_yaml(text) if path.suffix.lower() in SUFFIXES_OF_YAML else _json(text))


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_mapping)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError:
        raise Unreadable("holds a number of too many digits") from None


def _mapping(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) else Doubled(pairs)


def _yaml(text: str) -> Any:
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc, valid-type]
        """The safe loader; unlike it, this one does not ignore repeated keys."""

    def construct(loader: Any, node: Any) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        return _mapping(
            [
                (loader.construct_object(key, deep=True), loader.construct_object(value, deep=True))
                for key, value in node.value
            ]
        )

    Loader.add_constructor("tag:yaml.org,2002:map", construct)
    try:
        return yaml.load(text, Loader)  # noqa: S506, it is the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Unreadable(f"is not YAML: {place}{error.problem}") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError):
        raise Unreadable("is not YAML") from None


Check = Callable[[Any], str | None]


def _string(value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be text, in quotes"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair"
    return None


def _strings(value: Any) -> str | None:
    if isinstance(value, list) and all(_string(item) is None for item in value):
        return None
    return "must be a list of texts"


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _uuid(value: Any) -> str | None:
    return None if isinstance(value, str) and _UUID.fullmatch(value) else "must be a UUID"


class Shape(NamedTuple):
    """The keys of a section's entries, and how an entry is built from them."""

    checks: Mapping[str, Check]
    required: tuple[str, ...]
    build: Callable[[int, Mapping[str, Any]], Any]


def _customer(position: int, entry: Mapping[str, Any]) -> SeedCustomer:
    return SeedCustomer(position, entry["id"].lower(), entry["name"])


def _client(position: int, entry: Mapping[str, Any]) -> SeedClient:
    return SeedClient(position, entry["client_id"], entry["name"], entry.get("secret"))


def _user(position: int, entry: Mapping[str, Any]) -> SeedUser:
    customer = entry.get("customer")
    return SeedUser(
        position,
        entry["username"],
        entry["email"],
        entry.get("password"),
        entry.get("password_hash"),
        customer and customer.lower(),
        frozenset(entry.get("roles", ())),
        frozenset(entry.get("permissions", ())),
        tuple(entry.get("api_keys", ())),
        entry.get("password_expired", False),
        entry.get("disabled", False),
    )


SHAPES = {
    "customers": Shape({"id": _uuid, "name": _string}, ("id", "name"), _customer),
    "clients": Shape(
        {"client_id": _string, "name": _string, "secret": _string}, ("client_id", "name"), _client
    ),
    "users": Shape(
        {
            "username": _string,
            "email": _string,
            "password": _string,
            "password_hash": _string,
            "customer": _uuid,
            "roles": _strings,
            "permissions": _strings,
            "api_keys": _strings,
            "password_expired": _boolean,
            "disabled": _boolean,
        },
        ("username", "email"),
        _user,
    ),
}
DEVELOPMENT_ONLY = "development_only"


def shaped(document: Any) -> SeedFile:
    """A parsed document, every entry held to its shape. Raises Unreadable."""
    if not isinstance(document, dict):
        raise Unreadable("must be a mapping of customers, clients and users")
    outer = [f"{name}: stands there twice" for name in _twice(document)]
    known = (*SHAPES, DEVELOPMENT_ONLY)
    outer += [f"{_shown(name)}: unknown key" for name in document if name not in known]
    development_only = document.get(DEVELOPMENT_ONLY, False)
    if fault := _boolean(development_only):
        outer.append(f"{DEVELOPMENT_ONLY}: {fault}")
    faults: list[Fault] = []
    built: dict[str, list[Any]] = {}
    for section, shape in SHAPES.items():
        entries = document.get(section, [])
        if not isinstance(entries, list):
            outer.append(f"{section}: must be a list")
            entries = []
        built[section] = [
            shape.build(position, entry)
            for position, entry in enumerate(entries)
            if _fits(section, position, entry, shape, faults)
        ]
    return SeedFile(Seed(**built), development_only is True, outer, faults)


def _fits(section: str, position: int, entry: Any, shape: Shape, faults: list[Fault]) -> bool:
    """Whether the entry has its shape; what it lacks is added to ``faults``."""
    if not isinstance(entry, dict):
        faults.append(Fault(section, position, "", "must be a mapping"))
        return False
    found = [(name, "stands there twice") for name in _twice(entry)]
    for name, value in entry.items():
        check = shape.checks.get(name)
        text = check(value) if check else "unknown key"
        if text is not None:
            found.append((_shown(name), text))
    found += [(name, "is missing") for name in shape.required if name not in entry]
    faults.extend(Fault(section, position, name, text) for name, text in found)
    return not found


def _twice(mapping: Mapping[str, Any]) -> list[str]:
    return sorted(map(_shown, mapping.keys_twice)) if isinstance(mapping, Doubled) else []


def _shown(name: Any) -> str:
    """A key of the file as it may be printed: short, and without control characters."""
    text = str(name)
    return ascii(text)[1:-1] if not text.isprintable() or len(text) > 40 else text
