"""House rules that no linter checks: docstrings of packages, the size of modules and views."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.dialects import PACKAGES
from config import ROOT

MODULES = sorted((ROOT / "app").rglob("*.py"))
READ = [*MODULES, *sorted((ROOT / "harness").rglob("*.py"))]
MODULE_LINES = 250
TEST_MODULES = sorted((ROOT / "tests").rglob("*.py"))
TEST_MODULE_LINES = 300
VIEW_LINES = 15


@cache
def text_of(path: Path) -> str:
    return path.read_text()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@pytest.fixture(scope="module", autouse=True)
def forget_trees() -> Iterator[None]:
    """The tests that follow need the memory."""
    yield
    tree_of.cache_clear()
    text_of.cache_clear()


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_every_module_opens_with_what_it_is_for():
    assert len(READ) > 200, "the modules are found at all"
    assert [name for name, path in zip(names(READ), READ, strict=True) if not opening(path)] == []


def opening(path: Path) -> str | None:
    return ast.get_docstring(tree_of(path))


def test_a_module_can_be_read_in_one_go():
    assert too_long(READ, MODULE_LINES) == {}


def too_long(paths: list[Path], most: int) -> dict[str, int]:
    lengths = {path: len(text_of(path).splitlines()) for path in paths}
    return {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > most}


def test_a_test_module_can_be_read_in_one_go():
    assert len(TEST_MODULES) > 100, "the test modules are found at all"
    assert too_long(TEST_MODULES, TEST_MODULE_LINES) == {}


def test_nothing_of_gunicorns_own_http_is_used():
    """Only one parser may decide where a request ends (request smuggling)."""
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("gunicorn.http"), path
            elif isinstance(node, ast.Import):
                assert not any(name.name.startswith("gunicorn.http") for name in node.names), path


def test_the_core_reads_and_writes_through_the_store_alone():
    """No engine, no connection and no driver: they would fail, wait and commit in ways of their own."""
    modules = [path for path in MODULES if "core" in path.parts]
    assert modules
    for path in modules:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                assert {"Engine", "Connection", "create_engine"}.isdisjoint(
                    alias.name for alias in node.names
                ), path
                assert node.module not in {"sqlalchemy.engine", "sqlalchemy.orm"}, path
            elif isinstance(node, ast.Import):
                assert {"sqlite3", "psycopg"}.isdisjoint(alias.name for alias in node.names), path


def views() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function that an ``operation`` decorator hangs on a dialect or a door."""
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Call)
                and isinstance(mark.func, ast.Attribute)
                and mark.func.attr == "operation"
                for mark in node.decorator_list
            ):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def test_a_view_is_one_core_call_between_two_schemas():
    found = dict(views())
    assert len(found) > 20, "the views are found at all"
    lengths = {name: lines_of_code(view) for name, view in found.items()}
    assert {name: lines for name, lines in lengths.items() if lines >= VIEW_LINES} == {}


def lines_of_code(view: ast.FunctionDef) -> int:
    """Without the signature and the sentence for the reader."""
    body = view.body[1:] if ast.get_docstring(view) else view.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_core_knows_no_dialect_by_name():
    """A dialect declares its session kinds in its folder; see ``app/core/kinds.py``."""
    dialects = {package.__name__.rpartition(".")[2] for package in PACKAGES} - {"login", "session"}
    for path in sorted((ROOT / "app" / "core").rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Constant):
                assert node.value not in dialects, path.name
            if isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                assert not any(dialect in name.lower() for dialect in dialects), path.name


# Attributes of named tuples and of ``os`` that begin with an underscore and are public.
PUBLIC_AFTER_ALL = {"_replace", "_asdict", "_fields", "_make", "_exit"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC_AFTER_ALL


def private_names(tree: ast.Module) -> Iterator[str]:
    """Private names that are imported, or read from anything but ``self`` and ``cls``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if is_private(alias.name))
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
            yield from () if own else (node.attr,)


def test_a_test_uses_no_private_name_of_another_module():
    used = {
        str(path.relative_to(ROOT)): list(private_names(tree_of(path))) for path in TEST_MODULES
    }
    assert {module: names for module, names in used.items() if names} == {}


def called(call: ast.Call) -> tuple[str, ...]:
    """``time.sleep(…)`` as ("time", "sleep"); nothing if it is no plain name or a name's attribute."""
    match call.func:
        case ast.Name(name):
            return (name,)
        case ast.Attribute(ast.Name(of), name):
            return of, name
    return ()


def sleepers(node: ast.AST, function: str = "") -> Iterator[str]:
    """The innermost function around each ``time.sleep``. A bare ``sleep`` is taken for it too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and called(child) in {("time", "sleep"), ("sleep",)}:
            yield function
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from sleepers(child, child.name if is_function else function)


def test_a_test_waits_for_a_condition_with_a_deadline_and_never_for_a_fixed_time():
    found = {
        f"{path.relative_to(ROOT)}:{function}"
        for path in TEST_MODULES
        if "sleep" in text_of(path)
        for function in sleepers(tree_of(path))
    }
    assert found == {"tests/waiting.py:wait_until"}
