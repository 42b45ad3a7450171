"""Many cases in one test. A failure names every case that went wrong, with what came instead.

``@each`` stands where ``@pytest.mark.parametrize`` could. There each case is a test of its own, and that
costs more than most cases do: every process collects it, it gets its own fixtures, and it is reported. With
``@each`` all cases have the same fixtures: it is for cases that leave nothing behind for one another.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

Test = Callable[..., None]
# The name of a case, and the arguments that the test gets.
Case = tuple[str, dict[str, Any]]


def each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Run the test with each of the cases. ``names`` are those of its arguments.

    The keys of a mapping name its cases. Any other case is called what it is. Several ``@each`` make
    the product of their cases.
    """
    given = list(_read(names, cases))
    assert given, "a test without a case would pass"

    def decorate(test: Test) -> Test:
        check, others = getattr(test, "folded", (test, [("", {})]))
        product = [
            (", ".join(filter(None, [name, other])), arguments | more)
            for name, arguments in given
            for other, more in others
        ]

        @functools.wraps(test)
        def run(*instance: object, **fixtures: object) -> None:
            wrong = [
                (name, error)
                for name, arguments in product
                if (error := _error(name, check, *instance, **fixtures, **arguments))
            ]
            if wrong:
                lines = [f"{name}: {type(error).__name__}: {error}" for name, error in wrong]
                told = "\n".join([f"{len(wrong)} of {len(product)} cases went wrong", *lines])
                raise AssertionError(told) from wrong[0][1]

        run.folded = check, product  # type: ignore[attr-defined]
        signature = inspect.signature(test)
        fixtures = [it for it in signature.parameters.values() if it.name not in given[0][1]]
        run.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return run

    return decorate


def _read(names: str | tuple[str, ...], cases: Iterable[Any]) -> Iterator[Case]:
    pairs = cases.items() if isinstance(cases, Mapping) else ((_name(it), it) for it in cases)
    for name, values in pairs:
        several = {names: values} if isinstance(names, str) else zip(names, values, strict=True)
        yield name, dict(several)


def _name(case: object) -> str:
    text = repr(case)
    return text if len(text) < 200 else f"{text[:140]} ... {text[-50:]}"


def _error(
    name: str, check: Test, /, *instance: object, **arguments: object
) -> BaseException | None:
    try:
        check(*instance, **arguments)
    except (Exception, pytest.fail.Exception) as error:
        if "pytest-timeout" in str(error):
            # The time is the test's: nobody would watch over the cases that follow.
            error.add_note(f"in the case {name}")
            raise
        return error
    return None
