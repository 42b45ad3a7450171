"""What the documentation repeats of the code is written by ``make docs``, and is up to date."""

import difflib

import pytest

from config import ROOT
from docs.generate import pages
from docs.marked import replaced

PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_says_what_the_code_says(path):
    committed, generated = path.read_text().splitlines(), PAGES[path].splitlines()
    different = difflib.unified_diff(committed, generated, "committed", "generated", "", "", 0, "")
    lines = list(different)
    name = path.relative_to(ROOT)
    assert not lines, "\n".join([f"{name} differs from the code: run `make docs`", *lines])


def test_a_page_without_the_part_that_is_written_is_an_error():
    with pytest.raises(ValueError, match="no part between <!-- settings -->"):
        replaced("# A page", "settings", "text")


def test_only_the_part_between_its_marks_is_replaced():
    page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n"
    assert replaced(page, "a", "new") == "before\n<!-- a -->\nnew\n<!-- /a -->\nafter\n"
