"""``python -m watchword.launch gunicorn …``: gunicorn or flask, with the service's modules.

Both put the working directory before everything else on the import path. A project that has its own
``app``, ``config`` or ``wsgi`` there would run instead of the service.
"""

import runpy
import sys

from . import service

if __name__ == "__main__":
    service.import_from_here()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
