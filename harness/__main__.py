"""``python -m watchword``: the command without its script."""

import sys

from .command import main

sys.exit(main())
