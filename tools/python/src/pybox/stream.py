"""Output while it is written: runs as iterators."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import queue
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, wait
from types import TracebackType
from typing import NamedTuple, Optional

from . import _native
from .result import Result
from .threads import executor

MOST_AHEAD = 1000  # pieces that wait to be read; the guest waits when there are more
_LOOK_AGAIN = 0.05  # seconds

_STREAMS = {_native.STDOUT: "stdout", _native.STDERR: "stderr"}


class Output(NamedTuple):
    """A piece of what a guest wrote."""

    stream: str
    """"stdout" or "stderr"."""
    text: str


class _Pieces:
    """What the thread of the run and the reader share. It does not know the stream, which may go before the run
    ends."""

    def __init__(self) -> None:
        self.queue: queue.Queue[Optional[Output]] = queue.Queue(MOST_AHEAD)
        self.closed = threading.Event()

    def work(self, run: Callable[[_native.OutputCallback], Result]) -> Result:
        try:
            return run(self.receive)
        finally:
            self.put(None)

    def put(self, piece: Optional[Output]) -> bool:
        while not self.closed.is_set():
            try:
                self.queue.put(piece, timeout=_LOOK_AGAIN)
                return True
            except queue.Full:
                pass
        return False

    def receive(self, stream: int, piece: bytes) -> int:
        return 0 if self.put(Output(_STREAMS[stream], piece.decode("utf-8", "replace"))) else errno.EPIPE


class Stream(Iterator[Output]):
    """The output of a run that is in progress. Iterate over it, then read `result`. A stream that is closed, or that
    nobody has any more, interrupts its run."""

    def __init__(self, box: _native.Box, work: Callable[[_native.OutputCallback], Result]) -> None:
        self._box = box
        self._pieces = _Pieces()
        context = contextvars.copy_context()
        self._future: Future[Result] = executor().submit(context.run, self._pieces.work, work)

    def __iter__(self) -> Iterator[Output]:
        return self

    def __next__(self) -> Output:
        if self._pieces.closed.is_set():
            raise StopIteration
        try:
            piece = self._pieces.queue.get()
        except BaseException:  # Ctrl-C
            self.close()
            raise
        if piece is None:
            self._pieces.closed.set()
            raise StopIteration
        return piece

    def __del__(self) -> None:
        if hasattr(self, "_future"):
            self.close()

    @property
    def result(self) -> Result:
        """What the run did. Waits for its end; output that has not been read is dropped."""
        for _ in self:
            pass
        return self._future.result()

    def close(self) -> None:
        """Interrupts the run if it is still in progress, and waits for its end."""
        self._pieces.closed.set()
        while not self._future.done() and not self._future.cancel():
            self._box.interrupt(_native.INTERRUPT_STOP)
            wait([self._future], _LOOK_AGAIN)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()


class AsyncStream(AsyncIterator[Output]):
    """The same for coroutines. The run begins when it is first iterated over, or awaited."""

    def __init__(self, work: Callable[[_native.OutputCallback], Awaitable[Result]]) -> None:
        self._begin = work
        self._pieces: deque[Output] = deque()
        self._ahead = threading.Semaphore(MOST_AHEAD)
        self._closed = False
        self._task: Optional[asyncio.Future[Result]] = None
        self._news: Optional[asyncio.Event] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def _start(self) -> asyncio.Future[Result]:
        if self._task is None:
            self._loop = asyncio.get_running_loop()
            self._news = asyncio.Event()
            self._task = asyncio.ensure_future(self._begin(self._receive))
            self._task.add_done_callback(lambda task: self._wake())
        return self._task

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()

    def _receive(self, stream: int, piece: bytes) -> int:
        """In the thread of the run."""
        while not self._ahead.acquire(timeout=_LOOK_AGAIN):
            if self._closed:
                return errno.EPIPE
        self._pieces.append(Output(_STREAMS[stream], piece.decode("utf-8", "replace")))
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._wake)
        return 0

    def __aiter__(self) -> AsyncIterator[Output]:
        return self

    async def __anext__(self) -> Output:
        task = self._start()
        assert self._news is not None
        while True:
            if self._pieces:
                self._ahead.release()
                return self._pieces.popleft()
            if task.done():
                raise StopAsyncIteration
            self._news.clear()
            if not self._pieces:
                await self._wait_for_news()

    async def _wait_for_news(self) -> None:
        assert self._news is not None
        try:
            await self._news.wait()
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def result(self) -> Result:
        """What the run did. Waits for its end; output that has not been read is dropped."""
        async for _ in self:
            pass
        return await self._start()

    async def aclose(self) -> None:
        """Interrupts the run if it is still in progress, and waits for its end."""
        self._closed = True
        task = self._start()
        task.cancel()
        await asyncio.wait([task])

    async def __aenter__(self) -> AsyncStream:
        self._start()
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        await self.aclose()
