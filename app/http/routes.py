"""Which path and method lead to which operation: Werkzeug's rules, compiled once in a process."""

from collections.abc import Callable
from copy import copy
from typing import Any, Self

from werkzeug.routing import Map, Rule, RuleFactory


class Route(Rule):
    """A rule that only matches requests and never builds a URL.

    Werkzeug also compiles two Python functions for each rule, which build its URL: most of the time
    that creating an application took. No URL is built here. Should Werkzeug rename this method of
    its own, the functions are compiled again, and all works as before.
    """

    # What is compiled depends on the text of the rule, the converters and the default subdomain.
    _is_compiled = False

    def empty(self) -> Self:
        """An unbound copy, which is not compiled again when it is bound."""
        unbound = copy(self)
        unbound.map = None  # type: ignore[assignment]
        return unbound

    def refresh(self) -> None:
        self._is_compiled = False
        super().refresh()

    def compile(self) -> None:
        if not self._is_compiled:
            super().compile()
            self._is_compiled = True

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _never_built


def _never_built(rule: Rule, **_values: object) -> tuple[str, str]:
    raise NotImplementedError(f"{rule} is matched, never built")


class Routes(Map):
    """The rules of one application."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_order: list[Rule] = []

    def add(self, rulefactory: RuleFactory) -> None:
        for rule in rulefactory.get_rules(self):
            super().add(rule)
            self._in_order.append(rule)

    def copied(self) -> "Routes":
        """A map of its own with the same rules, in the same order: of two that fit, the first one counts."""
        own = Routes(strict_slashes=self.strict_slashes, merge_slashes=self.merge_slashes)
        own.converters.update(self.converters)
        for rule in self._in_order:
            own.add(rule.empty())
        return own
