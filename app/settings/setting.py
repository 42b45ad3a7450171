"""What one setting is: its variable, its default, its meaning, and how its text becomes a value.

A setting is declared once, beside the field that it fills. The reading, the faults that an operator is
told, and the table in ``docs/operations.md`` come from that declaration.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

PREFIX = "WATCHWORD_"

_KEY = "setting"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One environment variable.

    ``parse`` turns its text into the value and raises ValueError with the reason. With ``by_environment``
    it takes ``WATCHWORD_ENV`` first and returns such a function. ``shown`` is the default as the
    documentation has it, where the text itself would say less. A ``secret`` is never shown.
    """

    variable: str
    default: str | Callable[[], str]
    meaning: str
    parse: Callable[[str], Any]
    by_environment: bool = False
    shown: str = ""
    secret: bool = False

    def parser(self, environment: str | None) -> Callable[[str], Any]:
        """How the text is parsed under ``environment``."""
        if not self.by_environment:
            return self.parse
        found: Callable[[str], Any] = self.parse(environment)  # type: ignore[arg-type]
        return found

    @property
    def default_text(self) -> str:
        return self.default if isinstance(self.default, str) else self.default()


def declared(
    name: str,
    parse: Callable[..., Any],
    default: str | Callable[[], str],
    meaning: str,
    *,
    prefix: str = PREFIX,
    secret: bool = False,
    by_environment: bool = False,
    shown: str = "",
) -> Any:
    """A dataclass field that the variable ``prefix + name`` fills. A ``secret`` is not in the repr."""
    setting = Setting(
        variable=prefix + name,
        default=default,
        meaning=meaning,
        parse=parse,
        by_environment=by_environment,
        shown=shown,
        secret=secret,
    )
    return dataclasses.field(repr=not secret, metadata={_KEY: setting})


def declared_in(kind: type) -> Iterator[tuple[str, Setting]]:
    """The settings that the fields of a dataclass declare, by field name."""
    for field in dataclasses.fields(kind):
        if _KEY in field.metadata:
            yield field.name, field.metadata[_KEY]
