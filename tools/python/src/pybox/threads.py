"""The package's own threads: those that run guests for coroutines, and the event loop on which run() has coroutine
tools run. They are made when they are first needed, and made anew in the child after a fork."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Optional

MOST_THREADS = 256


class _Threads:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.executor: Optional[ThreadPoolExecutor] = None
        self.loop: Optional[asyncio.AbstractEventLoop] = None


_threads = _Threads()


def _forget() -> None:
    global _threads
    _threads = _Threads()


os.register_at_fork(after_in_child=_forget)


def executor() -> ThreadPoolExecutor:
    """Where guests run for coroutines."""
    with _threads.lock:
        if _threads.executor is None:
            _threads.executor = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="pybox")
        return _threads.executor


def background_loop() -> asyncio.AbstractEventLoop:
    """An event loop that runs in a thread of its own, for as long as the program."""
    with _threads.lock:
        if _threads.loop is None:
            _threads.loop = asyncio.new_event_loop()
            threading.Thread(target=_threads.loop.run_forever, name="pybox-loop", daemon=True).start()
        return _threads.loop


def submit(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Future[Any]:
    """Has a coroutine run on a loop of another thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop)
