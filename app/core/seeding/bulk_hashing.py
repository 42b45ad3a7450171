"""Hash many passwords on all cores. Only for seeds: the hashes of logins take slots, which are limited."""

from collections.abc import Callable, Iterator, Sequence

from ...machine import usable_cores
from ..core import Core
from ..passwords import peppered
from . import children

# Fewer hashes are done before another process has started.
WORTH_A_POOL = 8
# Passwords sent to a process at once. To send them costs a hundredth of a hash; small shares end together.
SHARE = 4


def hash_all(core: Core, passwords: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    """Yields (pepper id, encoded hash) of each password, in order.

    Raises concurrent.futures.BrokenExecutor if one of its processes is killed.
    """
    pepper_id, pepper = core.keys.ring.own_pepper
    prepared = [peppered(password, pepper) for password in passwords]
    return ((pepper_id, text) for text in hash_prepared(core, prepared))


def hash_prepared(core: Core, prepared: Sequence[bytes]) -> Iterator[str]:
    """Yields the encoded hash of each secret, in order. Raises BrokenExecutor like ``hash_all``."""
    hash_one = core.passwords.unbounded()
    workers = min(usable_cores(), len(prepared) // WORTH_A_POOL)
    if workers < 2:
        return map(hash_one, prepared)
    return _pooled(hash_one, prepared, workers)


def _pooled(
    hash_one: Callable[[bytes], str], prepared: Sequence[bytes], workers: int
) -> Iterator[str]:
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(workers, initializer=children.begin)
    try:
        yield from pool.map(hash_one, prepared, chunksize=SHARE)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
