"""The lifetimes that the dialects declare and the limits that ``core.policy`` declares, as settings."""

import dataclasses
from functools import cache

from ..console.kinds import CONSOLE
from ..core.kinds import Kind
from ..core.policy import Policy
from ..dialects import all_kinds
from .setting import PREFIX, Setting
from .values import at_least

Named = tuple[tuple[str, Setting], ...]


def lifetimes() -> Named:
    """A setting for each lifetime of the session kinds, by the name that the core knows it by."""
    return _lifetimes((*all_kinds(), CONSOLE))


@cache
def _lifetimes(kinds: tuple[Kind, ...]) -> Named:
    return tuple(
        (
            lifetime.setting,
            Setting(
                variable=PREFIX + lifetime.setting.upper(),
                default=str(lifetime.default),
                meaning=lifetime.meaning,
                parse=at_least(1),
            ),
        )
        for kind in kinds
        for lifetime in kind.lifetimes
    )


@cache
def limits() -> Named:
    """A setting for each field of ``Policy``, by field name."""
    return tuple(
        (
            field.name,
            Setting(
                variable=PREFIX + field.name.upper(),
                default=str(field.default),
                meaning=field.metadata["meaning"],
                parse=at_least(field.metadata["least"]),
            ),
        )
        for field in dataclasses.fields(Policy)
    )
