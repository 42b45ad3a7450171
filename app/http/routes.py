"""Which path and method lead to which operation: Werkzeug's rules, compiled once in a process."""

from collections.abc import Callable

from werkzeug.routing import Map, Rule


class Route(Rule):
    """A rule that only matches requests and never builds a URL.

    Werkzeug also compiles two Python functions for each rule, which build its URL: most of the time
    that creating an application took. No URL is built here. Should Werkzeug rename this method of
    its own, the functions are compiled again, and all works as before.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _never_built


def _never_built(rule: Rule, **_values: object) -> tuple[str, str]:
    raise NotImplementedError(f"{rule} is matched, never built")


def own_copy(rules: Map) -> Map:
    """The same rules in a map that can be changed without changing the first."""
    own = Map(strict_slashes=rules.strict_slashes, merge_slashes=rules.merge_slashes)
    own.converters.update(rules.converters)
    for rule in rules.iter_rules():
        own.add(rule.empty())
    return own
