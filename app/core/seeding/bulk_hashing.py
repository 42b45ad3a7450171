"""Many passwords at once, on every core: for the seed, not for logins, whose slots are few."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence

from ..core import Core
from ..passwords import peppered

# Fewer are done before other processes have started.
WORTH_A_POOL = 8
# Handing work over costs a hundredth of a hash; a small share keeps the cores busy to the end.
SHARE = 4


def hash_all(core: Core, passwords: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    """The (pepper id, encoded hash) of each password in order, as they become ready.

    Raises concurrent.futures.BrokenExecutor if a process is killed under it.
    """
    pepper_id = core.keys.ring.current_pepper
    pepper = core.keys.pepper(pepper_id)
    hash_one = core.passwords.unbounded()
    prepared = [peppered(password, pepper) for password in passwords]
    workers = min(cores(), len(prepared) // WORTH_A_POOL)
    encoded = map(hash_one, prepared) if workers < 2 else _pooled(hash_one, prepared, workers)
    return ((pepper_id, text) for text in encoded)


def cores() -> int:
    """How many this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pooled(
    hash_one: Callable[[bytes], str], prepared: Sequence[bytes], workers: int
) -> Iterator[str]:
    from concurrent.futures import ProcessPoolExecutor

    # What travels to a process is argon2's own hasher: it imports nothing of this application. An
    # interrupt is the parent's to handle.
    pool = ProcessPoolExecutor(
        workers, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        yield from pool.map(hash_one, prepared, chunksize=SHARE)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
