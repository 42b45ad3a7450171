"""``flask import``: which files it reads and writes, and how it ends."""

import json
import os
import resource
import stat
from contextlib import contextmanager

import pytest

from app.cli import import_files, import_users
from tests.core.importing.samples import CSV, HASH_CONFIG, HTPASSWD

REJECTED = "username,email,password_hash\n" + "ada,a@b.de,x\n" * 3


@contextmanager
def piped(text: str):
    """A pipe that has the text, under a name."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


class TestRejects:
    def test_a_link_is_not_followed_and_its_target_stays(self, refused, write, tmp_path, tables):
        precious = write("precious", "precious")
        link = tmp_path / "rejects"
        link.symlink_to(precious)
        told = refused("import", write(CSV), "--rejects", link)
        assert told == f"--rejects: {link}: is a symbolic link"
        assert precious.read_text() == "precious"
        assert tables()["users"] == []

    def test_only_a_regular_file_is_written(self, refused, write, tmp_path):
        """The other end of a pipe may never read, and a device keeps nothing."""
        path = write(CSV)
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        assert refused("import", path, "--rejects", fifo).endswith("is no regular file")
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        assert refused("import", path, "--rejects", fifo).endswith("is no regular file")
        os.close(reader)
        for place in ("/dev/full", "/dev/null"):
            assert refused("import", path, "--rejects", place).endswith("is no regular file")
        assert refused("import", path, "--rejects", tmp_path).endswith("Is a directory")

    def test_the_database_is_not_written(self, core, refused, write, tmp_path, rows):
        if core.store.backend != "sqlite":
            pytest.skip("its files are the server's")
        link = tmp_path / "rejects"
        for end in ("", "-wal"):
            os.link(core.store.url.database + end, link)
            assert refused("import", write(CSV), "--rejects", link).endswith("is the database")
            link.unlink()
        assert rows("SELECT count(*) AS n FROM users") == [{"n": 0}]

    def test_a_file_of_somebody_else_is_not_written(self, refused, write, monkeypatch):
        """Its owner could read what is written, and hold it open."""
        theirs = write("theirs", "rejects")
        owner = theirs.stat().st_uid
        monkeypatch.setattr(import_files.os, "geteuid", lambda: owner + 1)
        told = refused("import", write(CSV), "--rejects", theirs)
        assert told == f"--rejects: {theirs}: belongs to another user"
        assert theirs.read_text() == "theirs"

    def test_a_file_of_several_names_is_not_written(self, refused, write, tmp_path):
        precious = write("precious", "precious")
        precious.chmod(0o644)
        link = tmp_path / "rejects"
        os.link(precious, link)
        told = refused("import", write(CSV), "--rejects", link)
        assert told == f"--rejects: {link}: is a file of several names (hard links)"
        assert precious.read_text() == "precious"
        assert stat.S_IMODE(precious.stat().st_mode) == 0o644

    def test_a_file_that_is_there_is_emptied_and_becomes_the_owners_alone(self, run, write):
        rejects = write("of the last run, and much longer than this one's\n" * 9, "rejects")
        rejects.chmod(0o644)
        run("import", write(REJECTED), "--rejects", rejects)
        assert rejects.read_text().count("\n") == 3
        assert rejects.read_text().startswith("line 2: ")
        assert stat.S_IMODE(rejects.stat().st_mode) == 0o600

    def test_where_the_disk_is_full_the_counts_are_told(self, run, write, tmp_path):
        path = write("username,email,password_hash\n" + "ada,a@b.de,x\n" * 9_000)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            rejects = tmp_path / "rejects"
            result = run("import", path, "--dry-run", "--rejects", rejects)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert result.exit_code == 1
        assert result.stderr.startswith("stopped: 0 added, 0 there already, ")
        assert result.stderr.endswith(f"Error: --rejects: {rejects}: File too large\n")


class TestTheUsers:
    def test_a_pipe_is_read_if_its_format_is_named(self, done, run, refused, monkeypatch):
        with piped(CSV) as path:
            assert refused("import", path) == f"{path}: is a pipe: name its format with --format"
        monkeypatch.setattr(import_users, "EVERY_SECONDS", 0.0)
        with piped(CSV) as path:
            result = run("import", path, "--format", "csv")
        assert result.stdout == "csv: 2 added, 0 there already, 0 rejected\n"
        assert " users a second: 2 added" in result.stderr
        assert "%" not in result.stderr

    def test_a_format_that_is_read_twice_cannot_come_from_a_pipe(self, run):
        with piped("[]") as path:
            result = run("import", path, "--format", "auth0")
        assert result.exit_code == 1
        assert result.stderr.endswith("and this format is read twice: save it as a file\n")

    def test_a_device_or_a_folder_is_none(self, refused, tmp_path):
        """/dev/zero is a line that never ends."""
        told = refused("import", "/dev/zero", "--format", "jsonl")
        assert told == "/dev/zero: is neither a file nor a pipe"
        assert refused("import", tmp_path) == f"{tmp_path}: Is a directory"

    @pytest.mark.parametrize(
        "text", ["username,email,password_hash\n", REJECTED, json.dumps({"users": []})]
    )
    def test_of_which_none_could_be_taken_is_a_failure(self, run, write, text: str):
        for options in ((), ("--dry-run",)):
            result = run("import", write(text), *options)
            assert result.exit_code == 1
            assert "no user of it could be taken, read as" in result.stderr
            assert "0 added, 0 there already" in result.stdout

    @pytest.mark.parametrize(
        "document", [{"customers": []}, {"realm": "x"}, {"users": {"username": "ada"}}]
    )
    def test_a_document_without_a_list_of_users_is_a_failure(self, run, write, document):
        result = run("import", write(json.dumps(document)))
        assert result.exit_code == 1
        assert result.stderr.endswith('has no list "users"\n')


class TestSecrets:
    @pytest.mark.parametrize("text", [None, "no format that is known"])
    def test_no_pepper_is_kept_of_a_run_that_cannot_begin(self, refused, write, rows, text):
        path = write(text) if text else "none"
        pepper = write("1234", "pepper")
        refused("import", path, "--pepper-file", pepper)
        refused("import", path, "--hash-config", write(HASH_CONFIG, "config"))
        assert rows("SELECT id FROM signing_keys WHERE use = 'imported'") == []

    def test_a_file_for_one_that_never_ends_is_refused(self, refused, write):
        path = write(HTPASSWD)
        for option in ("--pepper-file", "--hash-config"):
            told = refused("import", path, option, "/dev/zero")
            assert told == f"/dev/zero: is longer than {import_files.MAX_SECRET:,} bytes"
