"""The files of others are those of their packages, and every file that is served is stated."""

import hashlib
import re

from app.console.pages.files import ASSETS
from app.console.rendering import STATIC, environment
from app.console.words import EVENTS, REASONS, sentence, words
from app.core.audit import Event
from app.core.refusals import Refusal

_ROW = re.compile(
    r"\| `([\w.]+)` \| `([\w.]+)`, .*? \| ([\d.]+) \| \w+, below \| `([0-9a-f]{64})` \|"
)
VENDORED = {"htmx.min.js", "uplot.min.js", "uplot.min.css"}


def test_what_is_vendored_has_the_checksum_that_is_stated():
    stated = _ROW.findall((STATIC / "VENDORED.md").read_text())
    assert {name for name, *_ in stated} == VENDORED
    for name, _, _, checksum in stated:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == checksum, name


def test_every_file_of_the_folder_is_served_or_says_where_one_is_from():
    assert {path.name for path in STATIC.iterdir()} == {*ASSETS, "VENDORED.md"}


def test_every_template_can_be_read():
    for name in environment().list_templates():
        environment().get_template(name)


def test_an_operator_reads_words_and_no_codes():
    assert (words(None), words("a_new_reason"), sentence("a_new_reason")) == (
        "–",
        "A new reason",
        "A new reason.",
    )
    assert set(EVENTS) == {event.value for event in Event}
    proofs = ("login_", "password_", "account_", "address_", "api_key_", "code_", "client_")
    asked = {it.value for it in Refusal if it.startswith(proofs)}
    # These are about a form, or a header, that nobody keeps on record.
    assert asked - set(REASONS) == {"client_missing", "password_unacceptable"}


def test_files_are_served_for_good_under_a_name_that_changes_with_them(client, settings):
    url = environment().globals["static"]("console.css")
    answer = client.get(url)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert client.get("/console/static/VENDORED.md").status_code == 404
