"""Work ahead in a process of its own, so that one core makes what another one takes."""

import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")

# A fork, because it shares the memory of what is loaded. The child uses no connection of its parent.
_FORK = multiprocessing.get_context("fork")


def ahead(produce: Callable[[], Iterable[T]]) -> Generator[T, None, None]:
    """Yield what ``produce`` yields in a child process, which is one item ahead at most.

    Raises what ``produce`` raises, and BrokenExecutor if the child is killed. What is yielded and raised must
    be picklable.
    """
    receiver, sender = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_send_all, args=(produce, receiver, sender), daemon=True)
    child.start()
    sender.close()
    try:
        while (received := receiver.recv()) is not None:
            item, error = received
            if error is not None:
                raise error
            yield item
    except EOFError:
        raise BrokenExecutor from None
    finally:
        receiver.close()
        # Other children may have the receiver's descriptor too, so a child that still sends would wait.
        child.kill()
        child.join()


def _send_all(
    produce: Callable[[], Iterable[Any]],
    receiver: "Connection[Any, Any]",
    sender: "Connection[Any, Any]",
) -> None:
    # An interrupt is the parent's business. It stops to receive.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    receiver.close()
    with suppress(BrokenPipeError):
        try:
            for item in produce():
                sender.send((item, None))
            sender.send(None)
        except BrokenPipeError:
            raise
        except Exception as error:
            sender.send((None, error))
