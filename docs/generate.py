"""Writes the parts of the documentation that repeat the code, and the harness's database: ``make docs``.

Settings, metrics, commands and error tables are stated in the code, with their meaning, and nowhere
else. A test compares the committed pages with what this module writes.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from app.cli import COMMANDS
from app.dialects import all_dialects
from app.http.dialect import Dialect, Row
from app.http.metrics import FAMILIES, Family
from app.http.openapi import PASSING
from app.settings.setting import Setting
from config import ROOT, all_settings

from . import template
from .commands import reference
from .marked import replaced, table

DOCS = ROOT / "docs"


def pages() -> dict[Path, str]:
    """Every page that has generated parts, as it should be."""
    parts = {
        DOCS / "operations.md": _operations(),
        DOCS / "commands.md": {"commands": reference(COMMANDS)},
    }
    for dialect in all_dialects():
        parts[DOCS / "dialects" / f"{dialect.name}.md"] = _dialect(dialect)
    return {path: _page(path.read_text(), found) for path, found in parts.items()}


def _page(page: str, parts: Mapping[str, str]) -> str:
    for name, text in parts.items():
        page = replaced(page, name, text)
    return page


def _operations() -> dict[str, str]:
    return {
        "settings": _settings(all_settings()),
        "metrics": table(
            ("metric", "type", "labels", "meaning"),
            (
                (f"`{_exposed(f)}`", f.kind, ", ".join(f"`{name}`" for name in f.labels), f.meaning)
                for f in FAMILIES
            ),
        ),
    }


def _dialect(dialect: Dialect) -> dict[str, str]:
    lifetimes = re.compile(rf"WATCHWORD_{dialect.name.upper()}_\w+_SECONDS")
    return {
        "settings": _settings(s for s in all_settings() if lifetimes.fullmatch(s.variable)),
        "errors": _errors(dialect),
    }


def _settings(settings: Iterable[Setting]) -> str:
    rows = ((f"`{s.variable}`", default(s), s.meaning) for s in settings)
    return table(("variable", "default", "meaning"), rows)


def _errors(dialect: Dialect) -> str:
    """The dialect's error table, with the refusals of a row as the log and the audit trail have them."""
    refusals: dict[Row, list[StrEnum]] = {}
    for refusal, row in dialect.errors.items():
        refusals.setdefault(row, []).append(refusal)
    rows = (
        (f"`{row.code}`", _status(row, found), row.when, ", ".join(f"`{name}`" for name in found))
        for row, found in refusals.items()
    )
    return table(("code", "HTTP", "when", "in the log"), rows)


def _status(row: Row, refusals: list[StrEnum]) -> str:
    """The status, and the header that comes with it."""
    if row.status == 405:
        return "405, `Allow`"
    passing = row.status in (429, 503) or not PASSING.isdisjoint(refusals)
    return f"{row.status}, `Retry-After`" if passing else str(row.status)


def default(setting: Setting) -> str:
    """The default of a setting as the documentation shows it."""
    if setting.shown:
        return setting.shown
    text = setting.default_text
    if not text:
        return "none"
    return text if text.isdigit() else f"`{text}`"


def _exposed(family: Family) -> str:
    """Prometheus' text format gives counters the suffix ``_total``."""
    return f"{family.name}_total" if family.kind == "counter" else family.name


def main() -> None:
    for path, page in pages().items():
        if path.read_text() != page:
            path.write_text(page)
            print(f"wrote {path.relative_to(ROOT)}")
    template.write()


if __name__ == "__main__":
    main()
