"""Entries of a seed file."""

import base64

from tests.factories import PASSWORD

CUSTOMER = "e7fcef24-5c03-41dd-9e33-995b7d6f47a7"


KEY = "hDn/LFXIPESM036W+s7VKg=="


SECRET = "3f9b0c2e71d84a65b8e0c4d7f1a29635"


OTHER_KEY = base64.b64encode(bytes(16)).decode()


HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b/dWRWJTmaaJObGRdescudvJCs"
)


def user(name="nessa", **fields):
    entry = {"username": name, "email": f"{name}@example.com", "password": PASSWORD} | fields
    return {field: value for field, value in entry.items() if value is not None}
