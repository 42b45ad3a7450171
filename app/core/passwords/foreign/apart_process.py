"""The process that ``apart`` starts: a line of configuration and password in, a line of hash out.

Both words of a line are Base64. It imports libpass and nothing of the service.
"""

import base64
import sys
import warnings
from typing import Any, BinaryIO


def handler(config: str) -> Any:
    """libpass's implementation of the scheme. Raises KeyError for another one."""
    from passlib import hash as schemes

    kind = config.split("$", 2)[1]
    names = {
        "1": "md5_crypt",
        "apr1": "apr_md5_crypt",
        "5": "sha256_crypt",
        "6": "sha512_crypt",
        "P": "phpass",
        "H": "phpass",
    }
    return getattr(schemes, names[kind])


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the input ends, which it does when the worker has gone."""
    with warnings.catch_warnings():
        # genhash is deprecated in favour of verify, which does not give the hash.
        warnings.simplefilter("ignore", DeprecationWarning)
        _serve(questions, answers)


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    for line in questions:
        config, password = (base64.b64decode(word).decode("latin-1") for word in line.split(b" "))
        answers.write(handler(config).genhash(password.encode("latin-1"), config).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":  # pragma: no cover - in a process of its own
    serve(sys.stdin.buffer, sys.stdout.buffer)
