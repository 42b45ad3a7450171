"""Parts of a page that a program writes: they stand between ``<!-- name -->`` and ``<!-- /name -->``."""

import re
from collections.abc import Iterable


def replaced(page: str, name: str, text: str) -> str:
    """The page with the part ``name`` replaced by ``text``. Raises ValueError if it has no such part."""
    between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    found, parts = between.subn(lambda part: f"{part[1]}{text}\n{part[2]}", page)
    if not parts:
        raise ValueError(f"the page has no part between <!-- {name} --> and <!-- /{name} -->")
    return found


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(_line(cells) for cells in lines)


def _line(cells: tuple[str, ...]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
