# ruff: noqa: E501 - a hash is one word
"""A small file of each format, as its system writes it. Each password is in ``SAMPLES`` beside the user's name."""

import json
from typing import NamedTuple

from tests.core.foreign.vectors import FIREBASE_SIGNER, GREETING


class Sample(NamedTuple):
    """``logins`` are the passwords by username, ``options`` what the command needs besides the file."""

    format: str
    text: str
    logins: dict[str, str]
    options: tuple[str, ...] = ()


_BCRYPT = "$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi"
_SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"

CSV = f"""username,email,password_hash,roles,enabled
ada,ada@example.com,{_BCRYPT},author editor,yes
"lin, the second",lin@example.com,AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==,,yes
"""

JSONL = (
    "\n".join(
        (
            json.dumps({"username": "ada", "email": "ada@example.com", "password_hash": _BCRYPT}),
            json.dumps(
                {
                    "username": "lin",
                    "email": "lin@example.com",
                    "password_hash": "6d9b2ef0c5ac2f28a7c4bbcf52b8a4c1ff8a6a0b5f2d2a5ad5a9c9c6b6a3b5f8",
                    "password_algorithm": "sha-256",
                    "salt": "salt",
                    "salt_position": "suffix",
                }
            ),
        )
    )
    + "\n"
)

SEED = json.dumps(
    {
        "users": [
            {"username": "ada", "email": "ada@example.com", "password": "correct horse battery"},
            {"username": "lin", "email": "lin@example.com", "password_hash": _BCRYPT},
        ]
    }
)

DUMPDATA = json.dumps(
    [
        {"model": "auth.group", "pk": 1, "fields": {"name": "Site editors", "permissions": []}},
        {
            "model": "auth.user",
            "pk": 7,
            "fields": {
                "password": "pbkdf2_sha256$1200$ugDA1Ck0ARnjQcRpSnwxnU$HIXKC7rdcb+9GF2Wpbt09N6BokWNSAqR0HSCdEoJSvo=",
                "username": "ada",
                "email": "ada@example.com",
                "is_active": True,
                "is_superuser": False,
                "groups": [1],
            },
        },
        {
            "model": "auth.user",
            "pk": 8,
            "fields": {
                "password": "argon2$argon2id$v=19$m=64,t=1,p=2$VEtDVTZzREU3SXE1YUs5WjFPdmR0cg$6hbYChTiXZAnLRUPwVg/ALG+sgW28C9drEcn8I2Mep0",
                "username": "lin",
                "email": "lin@example.com",
                "is_active": True,
                "groups": [["Site editors"]],
            },
        },
    ],
    indent=1,
)

KEYCLOAK = json.dumps(
    {
        "id": "kafka",
        "realm": "kafka-authz",
        "enabled": True,
        "users": [
            {
                "username": "alice",
                "enabled": True,
                "email": "alice@strimzi.io",
                "credentials": [
                    {
                        "type": "password",
                        "secretData": '{"value":"KqABIiReBuRWbP4pBct3W067pNvYzeN7ILBV+8vT8nuF5cgYs2fdl2QikJT/7bGTW/PBXg6CYLwJQFYrBK9MWg==","salt":"EPgscX9CQz7UnuZDNZxtMw=="}',
                        "credentialData": '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}',
                    }
                ],
                "requiredActions": [],
                "realmRoles": ["offline_access", "default-roles-kafka", "ops"],
            },
            {"username": "service-account-kafka", "serviceAccountClientId": "kafka"},
            {
                "username": "ada",
                "enabled": True,
                "email": "ada@example.com",
                "credentials": [
                    {"type": "otp", "secretData": "{}"},
                    {
                        "type": "password",
                        "secretData": '{"value":"I0kcyxeC8TkNggGBxOUryuHP+dpHsH97bXgW6hVlJCQ=","salt":"MDEyMzQ1Njc4OWFiY2RlZg=="}',
                        "credentialData": '{"hashIterations":1,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["64"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}',
                    },
                ],
                "requiredActions": ["UPDATE_PASSWORD"],
            },
        ],
    },
    indent=1,
)

AUTH0 = (
    "\n".join(
        json.dumps(line)
        for line in (
            {
                "_id": {"$oid": "60425dc43519d90068f82973"},
                "email_verified": False,
                "email": "ada@example.com",
                "passwordHash": _BCRYPT,
                "password_set_date": {"$date": "2021-03-05T16:35:16.775Z"},
                "tenant": "dev",
                "connection": "Username-Password-Authentication",
            },
            {
                "email": "lin@example.com",
                "username": "lin",
                "custom_password_hash": {
                    "algorithm": "ldap",
                    "hash": {"value": _SSHA, "encoding": "utf8"},
                },
            },
        )
    )
    + "\n"
)

FIREBASE = json.dumps(
    {
        "users": [
            {
                "localId": "k9",
                "email": "user1@example.com",
                "emailVerified": False,
                "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
                "salt": "42xEC+ixf3L2lw==",
                "createdAt": "1486324445000",
                "disabled": False,
                "providerUserInfo": [],
            }
        ]
    }
)

HASH_CONFIG = f"""hash_config {{
  algorithm: SCRYPT,
  base64_signer_key: {FIREBASE_SIGNER},
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}}
"""

LDIF = f"""version: 1

# people, example.com
dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada of the
  long name
mail: ada@example.com
userPassword: {_SSHA}

dn: uid=lin,ou=people,dc=example,dc=com
uid: lin
mail: lin@example.com
userPassword:: e0NSWVBUfSQ2JDR4UlJPT0NBVW1aZmFNbWEkZFJXT2xjenZXMHRCOUg0QThvRkRvYzlXdlloUWRuR2I5emVNYVRkNlMuSlV2VTRTTEFvMFY3RW80eXd5QUQ0VXlmYVo2VzUvdGt1TUdWTFF0MWhCNy4=
"""

HTPASSWD = """# made by htpasswd
ada:$apr1$q./8hQ.3$pjUIIuOxr3BoijEHlOG9M/
lin@example.org:{SHA}aFU+I4fJ6YAjs2a5+6yOkAa0Cls=
"""

SAMPLES = (
    Sample("csv", CSV, {"ada": GREETING, "lin, the second": "my password"}),
    Sample("jsonl", JSONL, {"ada": GREETING}),
    Sample("seed", SEED, {"ada": "correct horse battery", "lin": GREETING}),
    Sample("dumpdata", DUMPDATA, {"ada": GREETING, "lin": GREETING}),
    Sample("keycloak", KEYCLOAK, {"alice": "alice-password", "ada": GREETING}),
    Sample("auth0", AUTH0, {"ada@example.com": GREETING, "lin": GREETING}),
    Sample("firebase", FIREBASE, {"user1@example.com": "user1password"}, ("--hash-config",)),
    Sample("ldif", LDIF, {"ada": GREETING, "lin": GREETING}),
    Sample(
        "htpasswd",
        HTPASSWD,
        {"ada": GREETING, "lin@example.org": GREETING},
        ("--email-domain", "example.com"),
    ),
)
