"""Writes the parts of the documentation that repeat the code: ``make docs``.

Settings, metrics, commands and error tables are stated in the code, with their meaning, and nowhere
else. A test compares the committed pages with what this module writes.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.http.metrics import FAMILIES, Family
from app.settings.setting import Setting
from config import ROOT, all_settings

from .marked import replaced

DOCS = ROOT / "docs"


def pages() -> dict[Path, str]:
    """Every page that has generated parts, as it should be."""
    return {
        path: _page(path.read_text(), parts)
        for path, parts in {DOCS / "operations.md": _operations()}.items()
    }


def _page(page: str, parts: Mapping[str, str]) -> str:
    for name, text in parts.items():
        page = replaced(page, name, text)
    return page


def _operations() -> dict[str, str]:
    return {
        "settings": table(
            ("variable", "default", "meaning"),
            ((f"`{s.variable}`", default(s), s.meaning) for s in all_settings()),
        ),
        "metrics": table(
            ("metric", "type", "labels", "meaning"),
            (
                (f"`{_exposed(f)}`", f.kind, ", ".join(f"`{name}`" for name in f.labels), f.meaning)
                for f in FAMILIES
            ),
        ),
    }


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


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(_line(cells) for cells in lines)


def _line(cells: tuple[str, ...]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def main() -> None:
    for path, page in pages().items():
        if path.read_text() != page:
            path.write_text(page)
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
