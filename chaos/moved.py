"""Users of another system: their file, and what becomes of their hashes."""

import csv
import hashlib
import json
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .commands import command, finished
from .databases import Database, Person
from .outcome import Outcome

UPGRADED = "$argon2id$v=19$m=19456,"


@dataclass
class Member:
    """A user of the old system. ``new`` is the password that an operator sets."""

    number: int
    user_id: int = 0
    new: str | None = None

    @property
    def login(self) -> str:
        return f"moved{self.number:07}"

    @property
    def old(self) -> Person:
        return Person(self.login, f"the old password of {self.number}")

    @property
    def now(self) -> Person:
        return Person(self.login, self.new) if self.new else self.old

    @property
    def wrong(self) -> Person:
        return Person(self.login, f"a guess at {self.number}")

    @property
    def hash(self) -> str:
        """As Django wrote it: MD5 without and with a salt, or PBKDF2. None costs a login anything."""
        secret, salt = self.old.password.encode(), f"salt{self.number}"
        match self.number % 3:
            case 0:
                return f"md5$${hashlib.md5(secret).hexdigest()}"
            case 1:
                return f"md5${salt}${hashlib.md5(salt.encode() + secret).hexdigest()}"
        digest = hashlib.pbkdf2_hmac("sha256", secret, salt.encode(), 2)
        return f"pbkdf2_sha256$2${salt}${b64encode(digest).decode()}"


def import_members(database: Database, table: int, active: int) -> list[Member]:
    """Import a table of members. Returns the first ones, with their ids; a quarter of these is wrapped."""
    plain = active * 3 // 4
    with tempfile.TemporaryDirectory(prefix="watchword-chaos-") as scratch:
        file = Path(scratch) / "users.csv"
        for numbers, options in (
            (range(plain, active), ["--wrap"]),
            ([*range(plain), *range(active, table)], []),
        ):
            _write(file, numbers)
            told = finished(command(database.url, "import", file, *options))
            if f"csv: {len(numbers):,} added, 0 there already, 0 rejected" not in told:
                raise RuntimeError(f"the import said {told}")
    members = [Member(number) for number in range(active)]
    ids = dict(database.rows(f"SELECT username, id FROM users WHERE {among(members)}"))
    for member in members:
        member.user_id = ids[member.login]
    return members


def _write(file: Path, numbers: Iterable[int]) -> None:
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("username", "email", "password_hash"))
        for number in numbers:
            member = Member(number)
            rows.writerow((member.login, f"{member.login}@example.com", member.hash))


def among(members: list[Member]) -> str:
    """The condition for the rows of these members."""
    return f"username >= '{members[0].login}' AND username <= '{members[-1].login}'"


def foreign(database: Database, members: list[Member] | None) -> list[str]:
    """The hashes that wait for an upgrade, of these members or of all who were imported."""
    whose = among(members) if members else "username LIKE 'moved%'"
    found = database.rows(f"SELECT password_hash FROM users WHERE {whose}")
    return [stored for (stored,) in found if not stored.startswith(UPGRADED)]


def counted(database: Database) -> Outcome:
    """``flask users hashes`` says what the rows say."""
    outcome = Outcome()
    told = finished(command(database.url, "users", "hashes", "--json"))
    said = {row["hash"]: row["users"] for row in json.loads(told.splitlines()[-1])}
    rows = database.rows("SELECT password_hash FROM users")
    found = Counter(stored.split("$")[1] for (stored,) in rows)
    outcome.expect(said == found, f"`users hashes` says {said}, the rows {dict(found)}")
    return outcome
