"""The environment as a source of settings: by name, from a file, and names that are no settings."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .setting import PREFIX, Setting

# Orchestrators of containers provide secrets as files: <NAME>_FILE is the path.
MAY_BE_FILES = ("WATCHWORD_DATABASE_URL", "WATCHWORD_REPLICA_URL", "WATCHWORD_SECRET_KEYS")
MAX_FILE_BYTES = 64 * 1024
# Kubernetes sets these in every pod of a namespace that has a service named watchword.
FROM_KUBERNETES = re.compile(
    r"WATCHWORD_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


class Stated(NamedTuple):
    """A setting that was read: its text, and where that is from."""

    setting: Setting
    text: str
    source: str


class Source:
    """The environment, and what is wrong with it: ``faults``, one line each; ``stated`` is what was read."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.faults: list[str] = []
        self.stated: list[Stated] = []
        self._environ = environ
        self._known: set[str] = set()

    def read(self, setting: Setting, environment: str | None = None) -> Any:
        """The value of a setting, without white space around its text; None if something is wrong."""
        variable = setting.variable
        self._known.add(variable)
        try:
            text, source = self._environ.get(variable), "environment"
            if variable in MAY_BE_FILES:
                self._known.add(f"{variable}_FILE")
                given, text = text, self._from_file(variable, text)
                source = source if text == given else "file"
            if text is None:
                text, source = setting.default_text, "default"
            self.stated.append(Stated(setting, text.strip(), source))
            return setting.parser(environment)(text.strip())
        except ValueError as error:
            self.faults.append(f"{variable}: {error}")
            return None

    def _from_file(self, variable: str, text: str | None) -> str | None:
        path = self._environ.get(f"{variable}_FILE", "").strip()
        if not path:
            return text
        if text is not None and text.strip():
            raise ValueError(f"is set, and {variable}_FILE too: which one counts?")
        try:
            with Path(path).open(encoding="utf-8") as file:
                found = file.read(MAX_FILE_BYTES).strip()
        except OSError as error:
            raise ValueError(f"the file {path} cannot be read: {error.strerror}") from None
        except UnicodeError:
            raise ValueError(f"the file {path} is not text") from None
        if not found:
            raise ValueError(f"the file {path} is empty")
        return found

    def look_for_unknown_names(self) -> None:
        """Add a fault for each misspelt name: its setting would silently keep the default."""
        for name in sorted(self._environ):
            if not name.startswith(PREFIX) or name in self._known:
                continue
            if FROM_KUBERNETES.fullmatch(name):
                continue
            near = difflib.get_close_matches(name, sorted(self._known), 1, 0.8)
            meant = f"; did you mean {near[0]}?" if near else ""
            self.faults.append(f"{name}: there is no such setting{meant}")
