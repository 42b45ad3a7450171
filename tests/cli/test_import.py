"""``flask import``, ``flask export`` and ``flask users hashes``."""

import json
import stat

import pytest

from app.cli import import_users
from app.core import identities, importing
from tests.core.foreign.vectors import GREETING
from tests.core.importing.samples import CSV, HASH_CONFIG, HTPASSWD, SAMPLES, Sample
from tests.factories import ORIGIN


def test_every_format_can_be_named():
    assert tuple(importing.FORMATS) == import_users.FORMATS


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.format)
def test_the_users_of_a_file_log_in_with_their_old_passwords(done, core, write, sample: Sample):
    options = [*sample.options]
    if "--hash-config" in options:
        options.append(write(HASH_CONFIG, "hash_config.txt"))
    told = done("import", write(sample.text), *options)
    users = 1 if sample.format == "firebase" else 2
    assert told == f"{sample.format}: {users} added, 0 there already, 0 rejected"
    for name, password in sample.logins.items():
        assert identities.prove(core, name, password, ORIGIN, allow_expired=True)
    assert importing.kinds(core)["argon2id"] == len(sample.logins)


def test_the_format_may_be_named_and_a_second_run_passes_everything_over(done, write):
    path = write(CSV)
    assert done("import", path, "--format", "csv").startswith("csv: 2 added")
    assert done("import", path) == "csv: 0 added, 2 there already, 0 rejected"


def test_a_dry_run_tells_what_would_be_and_writes_nothing(done, write, tables):
    before = tables()
    told = done("import", write(CSV), "--dry-run")
    assert told == "csv: would be: 2 added, 0 there already, 0 rejected"
    assert tables() == before


def test_rejects_go_to_a_file_of_the_owners_without_any_secret(run, write, tmp_path, tables):
    """A reason never quotes the file: a column may be another one than it seems."""
    path = write("username,email,password_hash\nada,$secret,$secret\nlin,lin@b.de,$secret\n")
    rejects = tmp_path / "rejects.txt"
    result = run("import", path, "--rejects", rejects)
    assert result.exit_code == 1
    assert result.stdout == "csv: 0 added, 0 there already, 2 rejected\n"
    assert result.stderr == (
        f"2 rejected: see {rejects}\nError: {path}: no user of it could be taken, read as csv\n"
    )
    assert rejects.read_text() == (
        "line 2: email is not an e-mail address\n"
        "line 3: password hash is of a kind that is not known\n"
    )
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert "--rejects FILE tells" in run("import", path).stderr
    assert tables()["users"] == []


def test_rejects_never_replace_a_file_that_is_read(refused, write, tmp_path):
    path = write(CSV)
    link = tmp_path / "link"
    link.hardlink_to(path)
    for rejects in (path, link):
        assert "which is read" in refused("import", path, "--rejects", rejects)
    pepper = write("secret", "pepper")
    assert "which is read" in refused("import", path, "--pepper-file", pepper, "--rejects", pepper)
    assert (path.read_text(), pepper.read_text()) == (CSV, "secret")


def test_of_a_file_that_is_cut_off_what_stands_before_is_written_and_told(
    run, write, tables, tmp_path
):
    entry = json.dumps({"username": "ada", "email": "a@b.de", "password": "correct horse battery"})
    rejects = tmp_path / "rejects"
    result = run("import", write(f'{{"users": [{entry}, {{}}, {{'), "--rejects", rejects)
    assert result.exit_code == 1
    assert "is not JSON from users[2] on" in result.stderr
    assert "stopped: 1 added, 0 there already, 1 rejected" in result.stderr
    assert rejects.read_text() == "users[1]: has neither a username nor an email\n"
    assert [user["username"] for user in tables()["users"]] == ["ada"]


def test_what_cannot_be_done_is_told_in_a_line(refused, write, tmp_path):
    path = write(CSV)
    assert "no such file" in refused("import", tmp_path / "none")
    assert "name it with --format" in refused("import", write("hello", "hello.txt"))
    assert "--email-domain" in refused("import", path, "--email-domain", "a b")
    assert "is empty" in refused("import", path, "--pepper-file", write("\n", "pepper"))
    assert "no such file" in refused("import", path, "--pepper-file", tmp_path / "none")
    assert "hash_config" in refused("import", path, "--hash-config", path)


def test_a_pepper_is_read_from_a_file_and_kept_once(done, core, write, rows):
    pepper = write("1234\n", "pepper")
    password = GREETING.removesuffix("1234")
    path = write(HTPASSWD)
    options = ("--email-domain", "example.com", "--pepper-file", pepper)
    done("import", path, *options, "--dry-run")
    assert rows("SELECT * FROM signing_keys WHERE use = 'imported'") == []
    done("import", path, *options)
    done("import", path, *options)
    (kept,) = rows("SELECT algorithm, wrapped FROM signing_keys WHERE use = 'imported'")
    assert kept["algorithm"] == "suffix"
    assert b"1234" not in bytes(kept["wrapped"])
    identities.prove(core, "ada", password, ORIGIN)


def test_weak_hashes_are_wrapped_and_counted(done, listed, write):
    told = done("import", write(HTPASSWD), "--email-domain", "example.com", "--wrap")
    assert told.splitlines()[1] == "Argon2id is around the weak hashes of 2 users"
    assert listed("users", "hashes") == [
        {"hash": "wrap+md5-crypt", "users": 1},
        {"hash": "wrap+digest-sha1", "users": 1},
    ]


def test_plain_passwords_are_counted(run, write):
    """Beside hashes such a text is what the old system wrote instead of one, perhaps for many users."""
    rows = (
        "ada,a@b.de,$1$28772684$iEwNOgGugqO9.bIz5sk8k/",
        "lin,l@b.de,nothing-to-see",
        "mo,m@b.de,short",
    )
    path = write("\n".join(("username,email,password", *rows, "")))
    told = "1 of the added have a plain password: what the file says there opens the account\n"
    for options in (["--dry-run"], []):
        assert run("import", path, *options).stderr.startswith(told)
    assert "plain" not in run("import", path).stderr


def test_an_admin_of_the_old_system_is_none_here_unless_that_is_meant(
    run, done, write, rows, tmp_path
):
    hashed = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
    path = write(f"username,email,hash,roles\nada,ada@b.de,{hashed},npm admin\n")
    rejects = tmp_path / "rejects"
    run("import", path, "--rejects", rejects)
    reason = "has the role admin, which opens the console; --admins takes it"
    assert rejects.read_text() == f"line 2: {reason}\n"
    assert rows("SELECT id FROM users") == []
    assert done("import", path, "--admins") == "csv: 1 added, 0 there already, 0 rejected"
    assert rows("SELECT roles FROM users") == [{"roles": "admin npm"}]


def test_an_export_is_an_import(done, write, rows):
    done("import", write(CSV))
    exported = done("export")
    assert [json.loads(line)["username"] for line in exported.splitlines()] == [
        "ada",
        "lin, the second",
    ]
    assert (
        done("import", write(exported, "export.jsonl"))
        == "jsonl: 0 added, 2 there already, 0 rejected"
    )


def test_progress_is_told_now_and_then(run, write, monkeypatch):
    monkeypatch.setattr(import_users, "EVERY_SECONDS", 0.0)
    result = run("import", write(CSV))
    assert "users a second: 2 added, 0 there already, 0 rejected" in result.stderr


def test_columns_that_are_passed_over_are_named_once_and_move_no_cursor(run, write):
    header = "email,password_hash,status,\x1b[2Jname"
    path = write(f"{header}\na@b.de,$2b$04${'a' * 53},locked,Ada\n")
    for options in (["--dry-run"], []):
        assert run("import", path, *options).stderr == (
            "passed over, as nothing is known by these names: 'status', '\\x1b[2Jname'\n"
        )
    many = write(f"email,password_hash,{','.join(f'x{n}' for n in range(31))}\n")
    assert "'x29', and 1 more\n" in run("import", many).stderr
