"""Slow work for the screen, off its event loop.

Textual's thread workers share a small pool that Python waits for at exit, so one silent server would delay
that. Here, work runs in a daemon thread of its own, and a coroutine worker awaits it. The coroutine is on the
event loop, so it may show what it gets back; and if it is canceled or replaced, a late result reaches nobody.
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
    """Run a blocking function in a daemon thread.

    Returns:
        What the function returns.

    Raises:
        BaseException: whatever the function raises.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def hand_over(deliver: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: None if future.done() else deliver())

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            failure = error
            hand_over(lambda: future.set_exception(failure))
        else:
            hand_over(lambda: future.set_result(result))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future


class Progressed(Message):
    """Slow work has got this far."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done, self.total = done, total

    def can_replace(self, message: Message) -> bool:
        """Only the latest progress is of interest."""
        return isinstance(message, Progressed)


class Working(DOMNode):
    """A node that does slow work. An unexpected error in that is shown, and the program keeps running."""

    def telling(self, stopped: threading.Event) -> Callable[[int, int], None]:
        """Return a function that slow work reports its progress to: it posts `Progressed` until `stopped`."""

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
            name: what it is doing, for people: ``reading the list``. Only one work of a name runs at a time.
            replace: cancel work of this name that is under way. Otherwise that continues, and nothing new is
                started: this is for work that must not be done twice.

        Returns:
            The worker. None means that nothing was started.
        """
        under_way = any(
            worker.node is self and worker.name == name and not worker.is_finished for worker in self.workers
        )
        if under_way and not replace:
            return None
        return self.run_worker(function, name=name, group=name, exclusive=True, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show that work of this node ended in an unexpected error."""
        event.stop()
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            problem = internal(event.worker.error)
            text = f"{problem.message} It happened while {event.worker.name}. {problem.remedy}"
            self.app.notify(text, severity="error")
