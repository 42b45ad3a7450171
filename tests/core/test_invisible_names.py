"""Names with a character that nobody sees: a new one is refused everywhere, an old one still logs in."""

from app.core import identities, importing, seeding
from app.core.identities.registration import Registration, insert_user, register
from app.core.importing import Checks, Record, Rejected
from app.core.names import is_email, is_label, is_username, words_fault
from app.core.policy import Policy
from app.core.refusals import Refusal
from app.core.seeding.rules import Seed, SeedUser
from tests.cases import each
from tests.factories import ORIGIN, PASSWORD, refuses

# DerivedCoreProperties.txt of Unicode 16: Default_Ignorable_Code_Point.
IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810)),
    *(*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164),
    *(*range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4)),
    *(*range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
]
BLANK = [0x2800, 0x16FE4, 0x1D159]


def test_no_name_has_a_character_that_is_not_seen():
    for number in (*IGNORABLE, *BLANK):
        sign = chr(number)
        for name in (f"admin{sign}", f"{sign}admin", f"ad{sign}min", sign):
            assert not is_username(name), hex(number)
            assert not is_label(name), hex(number)
            assert words_fault([name]), hex(number)
            assert not is_email(f"{name}@example.com"), hex(number)
            assert not is_email(f"a@{name}.example"), hex(number)


@each("name", ["名前", "Zoë", "김철수", "निशा", "Ελένη", "⠓⠑", "♪", "admin\u0301"])
def test_names_of_every_script_are_names(name: str):
    assert is_username(name)
    assert is_label(name)
    assert words_fault([name]) is None


NAMES = ("admin\ufe0f", "admin\u3164", "\u2800admin", "admin\u034f")


@each("name", NAMES)
def test_registration_import_and_seed_have_one_opinion(core, rows, name: str):
    mail = "a@example.com"
    with refuses(Refusal.IDENTITY_UNACCEPTABLE):
        register(core, name, mail, PASSWORD, ORIGIN)
    with refuses(Refusal.IDENTITY_UNACCEPTABLE):
        register(core, "admin", f"{name}@example.com", PASSWORD, ORIGIN)
    records = [
        Record("line 1", name, mail, PASSWORD),
        Record("line 2", "admin", f"{name}@example.com", PASSWORD),
    ]
    checks = Checks(
        core.policy,
        email_domain=None,
        wrap=False,
        pepper_id=None,
        peppers={},
        admins=False,
        now=0.0,
    )
    (batch,) = importing.batches(records, checks)
    assert batch == importing.Batch(
        [],
        [
            Rejected("line 1", "username is not a valid username"),
            Rejected("line 2", "email is not an e-mail address"),
        ],
    )
    user = SeedUser(0, name, mail, PASSWORD, None, None, frozenset(), frozenset(), (), False, False)
    faults = seeding.rules.faults(Seed([], [], [user]), Policy())
    assert [str(fault) for fault in faults] == ["users[0].username: is not a valid username"]
    assert rows("SELECT id FROM users") == []


@each("name", NAMES)
def test_a_user_who_has_such_a_name_already_logs_in_with_it(core, name: str):
    encoded = core.passwords.hash(PASSWORD)
    with core.store.write() as writing:
        made = Registration(name, f"{name}@example.com", encoded)
        number = insert_user(writing, core.clock.now(), made, ORIGIN)
    for login in (name, f"{name}@example.com"):
        assert identities.prove(core, login, PASSWORD, ORIGIN).id == number
    with refuses(Refusal.LOGIN_UNKNOWN):
        identities.prove(core, "admin", PASSWORD, ORIGIN)
