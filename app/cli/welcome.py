"""What `make run` says when its server is ready: where to look, what to try, who may log in, how to stop."""

import json
from pathlib import Path

from ..core import identities
from ..core.core import Core

DEMO = Path(__file__).parent / "demo.json"
_NOBODY = "nobody yet: flask --app wsgi seed app/cli/demo.json"


def welcome(core: Core, url: str, *, console: bool) -> list[str]:
    """Five lines for a server in development at ``url``.

    They show the passwords of the demo identities that are in the database; everybody knows those.
    """
    users = [
        user
        for user in json.loads(DEMO.read_text())["users"]
        if identities.find(core, user["username"]) is not None
    ]
    names = [f"{user['username']} ({user['password']})" for user in users]
    operator = next(
        (name for user, name in zip(users, names, strict=True) if "roles" in user), None
    )
    proof = {key: users[0][key] for key in ("username", "password")} if users else {}
    shown = f"{url}/console, as {operator}" if operator else f"{url}/console"
    return [
        f"Console         {shown if console else 'off; WATCHWORD_CONSOLE=on serves it'}",
        f"Documentation   {url}/docs",
        f"Try it          curl {url}/api/v2/auth/token -H 'Content-Type: application/json'"
        f" -d '{json.dumps(proof)}'",
        f"Who may log in  {', '.join(names) or _NOBODY}",
        "To stop         Ctrl-C",
    ]
