"""The lifetimes and limits that ``core.policy`` declares, as settings."""

import dataclasses
from collections.abc import Iterator

from ..core.policy import Policy
from .setting import PREFIX, Setting
from .values import at_least


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
