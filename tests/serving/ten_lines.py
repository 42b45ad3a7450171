"""The WSGI application of the server's tests: it knows only PEP 3333.

``/hold/NAME`` is answered once ``/let/NAME`` is asked for, every other URL at once: with the process, the
thread and the body. ``/held/NAME`` says how many wait, and ``?wait`` is what the server's hook looks for.
"""

import os
import sys
import threading
from collections import defaultdict
from itertools import count

answered = count()
doors, held = defaultdict(threading.Event), defaultdict(list)


def application(environ, start_response):
    _, kind, name = f"{environ['PATH_INFO']}//".split("/", 2)
    body = environ["wsgi.input"].read()
    if kind == "hold":
        held[name].append(threading.get_ident())
        doors[name].wait(10)
    elif kind == "let":
        doors[name].set()
    elif kind == "fail":
        raise ZeroDivisionError(name)
    answer = [
        f"{os.getpid()} {threading.current_thread().name} {environ['PATH_INFO']} ".encode(),
        body,
    ]
    if kind == "large":
        answer = (b"x" * 100_000 for _ in range(100))
    elif kind == "held":
        answer = [str(len(held[name])).encode()]
    elif kind == "number":
        answer = [str(next(answered)).encode()]
    elif kind == "modules":
        answer = [" ".join(sys.modules).encode()]
    elif kind == "environ":
        answer = [repr(environ).encode()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return answer
