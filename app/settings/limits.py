"""The lifetimes that the dialects declare and the limits that ``core.policy`` declares, as settings."""

import dataclasses
from collections.abc import Iterator

from ..console.kinds import CONSOLE
from ..core.policy import Policy
from ..dialects import all_kinds
from .setting import PREFIX, Setting
from .values import at_least


def lifetimes() -> Iterator[tuple[str, Setting]]:
    """A setting for each lifetime of the session kinds, by the name that the core knows it by."""
    for kind in (*all_kinds(), CONSOLE):
        for lifetime in kind.lifetimes:
            yield (
                lifetime.setting,
                Setting(
                    variable=PREFIX + lifetime.setting.upper(),
                    default=str(lifetime.default),
                    meaning=lifetime.meaning,
                    parse=at_least(1),
                ),
            )


def limits() -> Iterator[tuple[str, Setting]]:
    """A setting for each field of ``Policy``, by field name."""
    for field in dataclasses.fields(Policy):
        yield (
            field.name,
            Setting(
                variable=PREFIX + field.name.upper(),
                default=str(field.default),
                meaning=field.metadata["meaning"],
                parse=at_least(field.metadata["least"]),
            ),
        )
