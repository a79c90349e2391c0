"""Slow work for the screen, off its event loop.

Textual's thread workers share a small pool that Python waits for when it exits, so that one silent server
would hold the exit. Work runs in a daemon thread of its own instead, and the worker that awaits it is a
coroutine: what it gets back it may show, because it is on the screen's side again; and when the worker is
cancelled or replaced, a late result reaches nobody.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

from textual.dom import DOMNode
from textual.message import Message
from textual.worker import Worker, WorkerState

from pwl_tui.engine.problems import internal

T = TypeVar("T")


async def in_thread(function: Callable[[], T], name: str = "screen work") -> T:
    """Run a blocking function in a daemon thread and return what it returns, or raise what it raises."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def hand_over(deliver: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: None if future.done() else deliver())

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
            failure = error
            hand_over(lambda: future.set_exception(failure))
        else:
            hand_over(lambda: future.set_result(result))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future


class Progressed(Message):
    """So much of slow work is done, of so much there is."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done, self.total = done, total

    def can_replace(self, message: Message) -> bool:
        """Only the latest progress is of interest."""
        return isinstance(message, Progressed)


class Working(DOMNode):
    """A node that does slow work. An unforeseen error in it is said, and the program goes on."""

    def telling(self, stopped: threading.Event) -> Callable[[int, int], None]:
        """Return what slow work calls with how far it is: it posts `Progressed` here, until it is stopped."""

        def tell(done: int, total: int) -> None:
            if not stopped.is_set():
                self.post_message(Progressed(done, total))

        return tell

    def work(
        self, function: Callable[[], Coroutine[None, None, None]], name: str, *, replace: bool = False
    ) -> Worker[None] | None:
        """Run a coroutine function that awaits `in_thread`.

        Args:
            function: what to run.
            name: what it is, for people.
            replace: work of the same name that is under way is given up; else it goes on and nothing new is
                begun, as for what must not be done twice.

        Returns:
            The worker; none if there is one already.
        """
        under_way = any(
            worker.node is self and worker.name == name and not worker.is_finished for worker in self.workers
        )
        if under_way and not replace:
            return None
        return self.run_worker(function, name=name, group=name, exclusive=True, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say that work of this node ended in an error that nobody foresaw."""
        event.stop()
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            problem = internal(event.worker.error)
            self.app.notify(
                f"{problem.message} Stopped: {event.worker.name}. {problem.remedy}", severity="error"
            )
