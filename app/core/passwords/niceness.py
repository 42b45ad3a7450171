"""Threads that stand back: verification goes on at once, and they take what processor time is left."""

import os
import sys
import threading


def stand_back(niceness: int) -> None:
    """Give the calling thread a niceness. Linux alone has one a thread; elsewhere nothing happens."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
