"""The few threads that make calls: daemons, so that quitting never waits for a server."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue


class Callers:
    """Runs tasks on a fixed number of threads, and paid calls on threads of their own.

    Args:
        count: threads.
        failed: called with the exception of a failed task, on the task's thread.
        ended: called when a task has ended, on its thread.
    """

    def __init__(self, count: int, *, failed: Callable[[Exception], None], ended: Callable[[], None]) -> None:
        self._count = count
        self._failed = failed
        self._ended = ended
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._busy = 0
        self._stopping = threading.Event()

    @property
    def busy(self) -> int:
        """Tasks given to `run` that have not ended."""
        return self._busy

    def start(self) -> None:
        """Start the threads."""
        for number in range(self._count):
            self.spawn(f"pwl-caller-{number}", self._work)

    def stop(self) -> None:
        """Begin no more tasks; returns at once."""
        self._stopping.set()
        for _ in range(self._count):
            self._tasks.put(None)

    def join(self, timeout: float) -> None:
        """Wait at most `timeout` seconds for all threads to end."""
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0.0))

    def spawn(self, name: str, target: Callable[[], None]) -> None:
        """Run something on a thread of its own.

        Raises:
            RuntimeError: the system gives no more threads.
        """
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def run(self, task: Callable[[], None]) -> None:
        """Run a task as soon as a thread is free."""
        with self._lock:
            self._busy += 1
        self._tasks.put(task)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stopping.is_set():
            try:
                task()
            except Exception as error:  # noqa: BLE001 - one task's fault must not end the thread unseen
                self._failed(error)
            finally:
                with self._lock:
                    self._busy -= 1
                self._ended()
