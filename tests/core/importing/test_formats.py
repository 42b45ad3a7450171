"""What each format's entries become, and why one is rejected."""

import io
import json
from base64 import b64encode

import pytest

from app.core.importing import FORMATS, Record, Rejected, Unreadable, recognised
from app.core.importing.records import MAX_LINE
from app.core.importing.states import FOR_GOOD
from tests.cases import each

from .conftest import read, reasons
from .samples import AUTH0, CSV, DUMPDATA, SAMPLES, Sample


@each("sample", SAMPLES)
def test_a_file_is_recognised_by_its_beginning(sample: Sample):
    stream = io.BytesIO(sample.text.encode())
    assert recognised(stream).name == sample.format
    assert stream.tell() == 0


@each("sample", SAMPLES)
def test_a_byte_order_mark_hides_nothing(sample: Sample):
    assert recognised(io.BytesIO(b"\xef\xbb\xbf" + sample.text.encode())).name == sample.format


@each(
    "text", ["", "hello", "name,colour\nada,red\n", "{", '{"a": 1', "[1, 2]", "a:b", "[" * 100_000]
)
def test_what_is_none_of_them_is_to_be_named(text: str):
    with pytest.raises(Unreadable, match="--format"):
        recognised(io.BytesIO(text.encode()))


def test_what_a_user_wrote_tells_no_format():
    """Their own data may have the words of every format."""
    own = {"model": "a.b", "fields": {"localId": "", "passwordHash": "", "realm": ""}}
    entry = {"email": "a@b.de", "about": own, "note": '"}],"model":"a.b","fields":{"'}
    line = json.dumps(entry)
    assert recognised(io.BytesIO(line.encode())).name == "jsonl"
    assert recognised(io.BytesIO(f'{{"users": [{line}]}}'.encode())).name == "seed"
    known = json.dumps({**entry, "email_verified": True})
    assert recognised(io.BytesIO(f"[{known}]".encode())).name == "auth0"
    keycloak = '{"users": [' + json.dumps({**entry, "realmRoles": []}) + "]}"
    assert recognised(io.BytesIO(keycloak.encode())).name == "keycloak"
    # A text that goes on behind what is looked at.
    long = json.dumps({"users": [{"note": '{"model": "' * 100_000}]})
    assert recognised(io.BytesIO(long.encode())).name == "seed"


@pytest.mark.parametrize(
    "fields",
    [
        {"email_verified": True, "roles": ["editor"], "uuid": "x"},
        {"localId": "x"},
        {"credentials": [], "createdTimestamp": 1, "realmRoles": []},
    ],
)
def test_what_others_call_alike_leaves_json_lines_what_they_are(fields: dict[str, object]):
    """Auth0's reader would know no roles and no UUID, and nobody would be told."""
    line = json.dumps({"username": "ada", "password_hash": "x", **fields})
    assert recognised(io.BytesIO(line.encode())).name == "jsonl"
    for name in ("passwordHash", "custom_password_hash"):
        told = json.dumps({**fields, name: "x"})
        assert recognised(io.BytesIO(told.encode())).name == "auth0"
        assert recognised(io.BytesIO(f'{{"users": [{told}]}}'.encode())).name != "auth0"


def test_a_dump_of_django_and_an_export_of_auth0_may_have_an_object_a_line():
    lines = "\n".join(json.dumps(entry) for entry in json.loads(DUMPDATA))
    assert recognised(io.BytesIO(lines.encode())).name == "dumpdata"
    assert [record.username for record in read("dumpdata", lines)] == ["ada", "lin"]
    listed = json.dumps([json.loads(line) for line in AUTH0.splitlines()])
    assert recognised(io.BytesIO(listed.encode())).name == "auth0"
    assert [record.place for record in read("auth0", listed)] == ["users[0]", "users[1]"]
    assert [record._replace(place="") for record in read("auth0", listed)] == [
        record._replace(place="") for record in read("auth0", AUTH0)
    ]


def test_csv_columns_have_many_names_and_three_separators():
    first = Record(
        "line 2",
        "ada",
        "ada@example.com",
        hash="$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi",
        roles=frozenset({"author", "editor"}),
    )
    assert read("csv", CSV)[0] == first
    other = CSV.replace(",", ";").replace("username;email;password_hash", "Login;E-Mail;Hash")
    assert read("csv", other.replace('"lin; the second"', '"lin; the second"'))[0] == first
    tabs = "user_name\tmail\tencrypted password\tblocked\nada\ta@b.de\tx\t1\n"
    assert read("csv", tabs) == [
        Record("line 2", "ada", "a@b.de", hash="x", disabled_until=FOR_GOOD)
    ]


def test_a_csv_row_that_does_not_fit_is_rejected_and_the_next_one_read():
    text = (
        "username,email,password\na,b\nada,a@b.de,secret\n\n"
        + "x" * 200_000
        + ",a,b\nlin,l@b.de,s\n"
    )
    found = read("csv", text)
    assert [record.username for record in found if isinstance(record, Record)] == ["ada", "lin"]
    assert reasons("csv", text) == [
        "line 2: has 2 fields, the header 3",
        "line 5: has a field that is too long, or text behind a closing quote",
    ]
    assert reasons("csv", "username,password,active\nada,x,maybe\n") == [
        "line 2: active is not yes or no"
    ]
    assert read("csv", "username,password,active\nada,x,no\n")[0].disabled_until == FOR_GOOD


def test_a_csv_without_a_header_or_with_two_columns_for_one_thing_is_refused():
    with pytest.raises(Unreadable, match="no header"):
        read("csv", "ada,a@b.de,secret\n")
    with pytest.raises(Unreadable, match="no header"):
        read("csv", "a\rb,c\n")
    with pytest.raises(Unreadable, match="two columns for username: 'User_Name' and 'login'"):
        read("csv", "mail,User_Name,password,login\n")
    with pytest.raises(Unreadable, match="no header"):
        # The rest of a first line that is too long is no row either.
        read("csv", "username,password" + "," * MAX_LINE + "\nada,secret\n")


@each(
    ("line", "reason"),
    [
        ("{", "is not JSON in UTF-8"),
        (b"\xff{}", "is not JSON in UTF-8"),
        ("[" * 200_000, "is not JSON in UTF-8"),
        ("7", "is not an object"),
        ('{"username": 7}', "username is not a text"),
        ('{"roles": "admin"}', "roles is not a list of texts"),
        ('{"roles": [1]}', "roles is not a list of texts"),
        ('{"disabled": "maybe"}', "disabled is not yes or no"),
        (
            '{"password_hash":"00","password_algorithm":"md5","salt_position":"x"}',
            "prefix or suffix",
        ),
        (
            '{"password_hash":"00","password_algorithm":"md5","salt_encoding":"x"}',
            "utf8, hex or base64",
        ),
        ('{"password_hash":"00","password_algorithm":"md5"}', "password hash has not the length"),
        ("x" * (MAX_LINE + 5), "is longer than 1,048,576 bytes"),
    ],
)
def test_a_line_that_is_no_user_is_rejected_and_the_next_one_read(line: str | bytes, reason: str):
    data = line if isinstance(line, bytes) else line.encode()
    found = read("jsonl", b'\n{"username": "ada"}\n' + data + b'\n{"username": "lin"}')
    assert [record.place for record in found] == ["line 2", "line 3", "line 4"]
    assert isinstance(found[1], Rejected)
    assert reason in found[1].reason
    assert found[2].username == "lin"


@pytest.mark.parametrize(
    ("salt", "encoding"), [("0a0b", "hex"), ("", "hex"), (b64encode(b"\n\x0b").decode(), "base64")]
)
def test_a_salt_may_be_written_in_three_ways(salt: str, encoding: str):
    entry = {
        "password_hash": "00" * 16,
        "password_algorithm": "MD5",
        "salt": salt,
        "salt_encoding": encoding,
    }
    (record,) = read("jsonl", json.dumps(entry))
    assert record.hash == f"$digest-md5$sp${'Cgs' if salt else ''}${'A' * 22}"
    entry["password_hash"] = b64encode(bytes(16)).decode()
    assert read("jsonl", json.dumps(entry)) == [record]


def test_djangos_groups_are_roles_and_inactive_users_are_disabled():
    found = read("dumpdata", DUMPDATA.replace('"is_active": true', '"is_active": false'))
    assert [(record.roles, record.disabled_until) for record in found] == [
        ({"Site-editors"}, FOR_GOOD)
    ] * 2
    objects = json.loads(DUMPDATA)
    assert reasons("dumpdata", json.dumps([*objects[1:], 7, {"model": "x"}])) == [
        "objects[0]: is in a group that the file does not have before it",
        "objects[2]: is not an object",
        "objects[3]: is not an object as dumpdata writes it",
    ]
    other = [{"model": "sessions.session", "pk": 1, "fields": {"expire_date": None}}]
    assert read("dumpdata", json.dumps(other)) == []


def test_ldif_folds_lines_and_rejects_an_entry_that_is_none():
    text = (
        "dn: cn=a\ncn: only a name\njpegPhoto: a\n folded one\n\n\n"
        "dn: uid=b\nuid: b\nmail: b@\n example.com\nuserPassword: plain\n  secret\n\n"
        "dn: uid=c\nuid: c\nuserPassword:: *\n\n"
        "dn: uid=d\nno colon\n\n"
        "dn: sAMAccountName=e\nsAMAccountName: e\ncn: Eve\nuserPassword: {MD5}x"
    )
    assert read("ldif", text) == [
        Record("line 7", "b", "b@example.com", password="plain secret"),
        Rejected("line 14", "has a value that is not Base64"),
        Rejected("line 18", "has a line without a colon"),
        Record("line 21", "e", None, hash="{MD5}x"),
    ]
    assert read("ldif", "# nothing\n\n") == []


def test_htpasswd_rejects_a_line_without_a_colon():
    assert read("htpasswd", "# a note\nada:x:y") == [Record("line 2", "ada", hash="x:y")]
    assert reasons("htpasswd", "ada\n" + "x" * (MAX_LINE + 1)) == [
        "line 1: has no colon",
        "line 2: is longer than 1,048,576 bytes",
    ]


@pytest.mark.parametrize("name", ["seed", "keycloak", "firebase", "dumpdata", "auth0"])
def test_a_document_that_is_cut_off_gives_what_it_has_and_says_where_it_ends(name: str):
    inner = '{"model": "auth.user", "fields": {"password": "x"}, "email": "a@b.de"}'
    listed = name in ("dumpdata", "auth0")
    text = f"[{inner}, {inner}, {{" if listed else f'{{"users": [{inner}, {inner}, {{'
    records = FORMATS[name].read(io.BytesIO(text.encode()))
    assert [record.place[-3:] for record in (next(records), next(records))] == ["[0]", "[1]"]
    with pytest.raises(Unreadable, match=r"is not JSON from (users|objects)\[2\] on"):
        next(records)


@pytest.mark.parametrize(
    ("value", "expired"), [(True, True), ("yes", True), (0, False), (None, False)]
)
def test_a_password_that_has_to_be_changed_still_has_to_be(value, expired: bool):
    (record,) = read("jsonl", json.dumps({"email": "a@b.de", "password_expired": value}))
    assert record.password_expired is expired
