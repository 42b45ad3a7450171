"""``docs/security.md`` says what is proven by which test: those tests exist."""

import ast
import re
from functools import cache
from pathlib import Path

from config import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`([a-z0-9_/]+\.py)::([A-Za-z0-9_:]+)`", DOCUMENT)))
UNPROVEN = ("not met", "not applicable", "see above", "docs/operations.md")


@cache
def named_in(path: Path) -> frozenset[str]:
    """The tests of a file, as pytest names them."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if hasattr(each, "name")}
    return frozenset(found)


def test_a_named_test_exists():
    assert len(NAMED) > 300, "they are found at all"
    assert [
        f"{path}::{name}"
        for path, name in NAMED
        if not name.rpartition("::")[2].startswith("test_")
        or name not in named_in(ROOT / "tests" / path)
    ] == []


def test_every_item_of_a_table_has_a_proof_or_a_reason():
    sections = DOCUMENT.partition("## OWASP ASVS 5.0")[2]
    rows = [line for line in sections.splitlines() if line.startswith("| ")]
    items = [row for row in rows if not row.startswith("| item") and not row.startswith("| attack")]
    assert len(items) > 80
    assert [
        row for row in items if "::test_" not in row and not any(w in row for w in UNPROVEN)
    ] == []


def test_what_is_written_like_a_test_is_read_as_one():
    assert DOCUMENT.count("::test_") == len(
        re.findall(r"`[a-z0-9_/]+\.py::(?:[A-Za-z0-9]+::)?test_[a-z0-9_]+`", DOCUMENT)
    )
