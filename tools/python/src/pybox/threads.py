"""The package's own threads: those that run guests for coroutines, and the event loop on which run() has coroutine
tools run. They are made when they are first needed, and made anew in the child after a fork."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, Optional, TypeVar

_T = TypeVar("_T")

MOST_THREADS = 256


class Escape(Exception):
    """Carries a KeyboardInterrupt or SystemExit of a coroutine's, which would end its event loop."""

    @property
    def carried(self) -> BaseException:
        return self.args[0]  # type: ignore[no-any-return]


class _Workers(Executor):
    """Daemon threads: the interpreter does not wait for guests when it ends, as it would for a ThreadPoolExecutor's."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._made = 0

    def submit(self, function: Callable[..., _T], /, *arguments: Any, **keywords: Any) -> Future[_T]:
        future: Future[_T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*arguments, **keywords)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        self._work.put(work)
        if not self._idle.acquire(blocking=False):
            self._add_thread()
        return future

    def _add_thread(self) -> None:
        with self._lock:
            if self._made < MOST_THREADS:
                self._made += 1
                threading.Thread(target=self._serve, name=f"pybox_{self._made}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            work: Optional[Callable[[], None]] = self._work.get()
            assert work is not None
            work()
            work = None  # what it holds may go while this thread waits
            self._idle.release()


class _Threads:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.executor: Optional[_Workers] = None
        self.loop: Optional[asyncio.AbstractEventLoop] = None


_threads = _Threads()


def _forget() -> None:
    global _threads
    _threads = _Threads()


os.register_at_fork(after_in_child=_forget)


def executor() -> Executor:
    """Where guests run for coroutines."""
    with _threads.lock:
        if _threads.executor is None:
            _threads.executor = _Workers()
        return _threads.executor


def background_loop() -> asyncio.AbstractEventLoop:
    """An event loop that runs in a thread of its own, for as long as the program."""
    with _threads.lock:
        if _threads.loop is None:
            _threads.loop = asyncio.new_event_loop()
            threading.Thread(target=_threads.loop.run_forever, name="pybox-loop", daemon=True).start()
        return _threads.loop


def submit(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Future[Any]:
    """Has a coroutine run on a loop of another thread. What would end the loop comes as an Escape."""
    return asyncio.run_coroutine_threadsafe(_contained(coroutine), loop)


async def _contained(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await coroutine
    except (KeyboardInterrupt, SystemExit) as error:
        raise Escape(error) from None
