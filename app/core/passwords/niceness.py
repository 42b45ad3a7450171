"""A lower priority for background threads, so that verifications get the processor first."""

import os
import sys
import threading


def lower_priority(niceness: int) -> None:
    """Set the niceness of the calling thread. Only Linux has one per thread; elsewhere this does nothing."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
