"""Output while it is written: runs as iterators."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import queue
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, InvalidStateError, wait
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
        self.stop: Future[None] = Future()
        """Done: the run waits for no tool any more."""

    def work(self, run: Callable[[_native.OutputCallback, Future[None]], Result]) -> Result:
        try:
            return run(self.receive, self.stop)
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

    def __init__(self, box: _native.Box, work: Callable[[_native.OutputCallback, Future[None]], Result]) -> None:
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
            self._future.result()  # raises what the call itself raised: a closed sandbox, wrong arguments, ...
            raise StopIteration
        return piece

    def __del__(self) -> None:
        if hasattr(self, "_future") and not sys.is_finalizing():  # then threads do not go on
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
        _set_done(self._pieces.stop)
        while not self._future.done() and not self._future.cancel():
            self._box.interrupt(_native.INTERRUPT_STOP)
            wait([self._future], _LOOK_AGAIN)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()


def _set_done(future: Future[None]) -> None:
    try:
        future.set_result(None)
    except InvalidStateError:
        pass  # it is


class _AsyncPieces:
    """What the thread of the run and the reader share."""

    def __init__(self) -> None:
        self.queue: deque[Output] = deque()
        self.ahead = threading.Semaphore(MOST_AHEAD)
        self.stop: Future[None] = Future()
        """Done: the run has been cancelled."""
        self.loop = asyncio.get_running_loop()
        self.news = asyncio.Event()

    def receive(self, stream: int, piece: bytes) -> int:
        """In the thread of the run."""
        while not self.ahead.acquire(timeout=_LOOK_AGAIN):
            if self.stop.done():
                return errno.EPIPE
        self.queue.append(Output(_STREAMS[stream], piece.decode("utf-8", "replace")))
        self.loop.call_soon_threadsafe(self.news.set)
        return 0


class AsyncStream(AsyncIterator[Output]):
    """The same for coroutines. The run begins when it is first iterated over, or awaited."""

    def __init__(self, work: Callable[[_native.OutputCallback, Future[None]], Awaitable[Result]]) -> None:
        self._begin = work
        self._pieces: Optional[_AsyncPieces] = None
        self._task: Optional[asyncio.Future[Result]] = None

    def _start(self) -> tuple[_AsyncPieces, asyncio.Future[Result]]:
        if self._pieces is None or self._task is None:
            pieces = self._pieces = _AsyncPieces()
            self._task = asyncio.ensure_future(self._begin(pieces.receive, pieces.stop))
            self._task.add_done_callback(lambda task: pieces.news.set())
        return self._pieces, self._task

    def __del__(self) -> None:
        """What nobody has any more is interrupted soon."""
        pieces, task = getattr(self, "_pieces", None), getattr(self, "_task", None)
        if pieces is not None and task is not None and not task.done() and not pieces.loop.is_closed():
            pieces.loop.call_soon_threadsafe(task.cancel)

    def __aiter__(self) -> AsyncIterator[Output]:
        return self

    async def __anext__(self) -> Output:
        pieces, task = self._start()
        while True:
            if pieces.queue:
                pieces.ahead.release()
                return pieces.queue.popleft()
            if task.done():
                if not task.cancelled():
                    task.result()  # raises what the call itself raised
                raise StopAsyncIteration
            pieces.news.clear()
            if not pieces.queue:
                await self._wait_for_news(pieces)

    async def _wait_for_news(self, pieces: _AsyncPieces) -> None:
        try:
            await pieces.news.wait()
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def result(self) -> Result:
        """What the run did. Waits for its end; output that has not been read is dropped."""
        async for _ in self:
            pass
        return await self._start()[1]

    async def aclose(self) -> None:
        """Interrupts the run if it is still in progress, and waits for its end."""
        task = self._start()[1]
        task.cancel()
        await asyncio.wait([task])

    async def __aenter__(self) -> AsyncStream:
        self._start()
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        await self.aclose()
