"""A lower priority for background threads, so that verifications get the processor first."""

import os
import sys
import threading


def lower_priority(niceness: int) -> None:
    """Give the calling thread a niceness. Only Linux has one per thread; elsewhere nothing happens."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
