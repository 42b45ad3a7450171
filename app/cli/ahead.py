"""Work ahead in a process of its own, so that one core makes what another one takes."""

import multiprocessing
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from ..core.seeding import children

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
        while (received := _received(receiver)) is not None:
            item, error = received
            if error is not None:
                raise error
            yield item
    finally:
        receiver.close()
        # Other children may have the receiver's descriptor too, so a child that still sends would wait.
        child.kill()
        child.join()


def _received(receiver: "Connection[Any, Any]") -> tuple[Any, Exception | None] | None:
    """Raises BrokenExecutor if the sender has gone, between two messages or in the middle of one."""
    try:
        message: tuple[Any, Exception | None] | None = receiver.recv()
    except (EOFError, OSError):
        raise BrokenExecutor from None
    return message


def _send_all(
    produce: Callable[[], Iterable[Any]],
    receiver: "Connection[Any, Any]",
    sender: "Connection[Any, Any]",
) -> None:
    children.begin()
    receiver.close()
    with suppress(BrokenPipeError):  # nobody takes any more
        for message in _messages(produce):
            sender.send(message)


def _messages(
    produce: Callable[[], Iterable[Any]],
) -> Iterator[tuple[Any, Exception | None] | None]:
    """Each item, and at the end None or the error."""
    try:
        for item in produce():
            yield item, None
    except Exception as error:
        # Where it was raised does not pass to the parent otherwise.
        error.add_note(traceback.format_exc())
        yield None, error
    else:
        yield None
