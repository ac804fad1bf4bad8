"""Brings a run to its end: has the coroutine tools run that it waits for, and gives it their answers.

A run that waits is PENDING with a list of requests. Each request for a coroutine tool becomes a task; when some have
ended, their answers are given together and the run goes on. Requests for deferred tools are left to the caller: a run
that waits for nothing else comes back PENDING.

A run that waits with no frame on a native stack (WAIT_HOST) holds no thread meanwhile when a coroutine drives it. One
that waits on its stack (WAIT_STACK) has to go on in the thread that ran it, which is therefore held.
"""

from __future__ import annotations

import asyncio
import builtins
import concurrent.futures
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Optional, TypeVar

from . import _native
from .threads import Escape, background_loop, executor, submit
from .tools import AnyTool, Toolset
from .values import encode

_T = TypeVar("_T")
Step = Callable[[], _native.Result]
_INTERRUPT_AGAIN = 0.05  # seconds
_STOPS = 3  # interrupts that a guest may swallow before it is cut


def error_of(error: BaseException) -> tuple[Optional[str], str]:
    """How an exception of a tool's is told to the guest: a built-in one as the same class, others as
    pybox.HostError."""
    kind = type(error)
    if isinstance(error, Exception) and getattr(builtins, kind.__name__, None) is kind:
        return kind.__name__, str(error)
    told = getattr(error, "_pybox_told", None)
    return None, told if isinstance(told, str) else f"{kind.__name__}: {error}"


async def _call(tool: AnyTool, request: _native.Request) -> _native.Value:
    positional, by_name = tool.receive(request.arguments)
    return encode(await tool.function(*positional, **by_name), f"the result of {tool.name}()")


class _Requests:
    """The requests of one run that are being worked on."""

    def __init__(self, box: _native.Box, tools: Toolset, begin: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self.box, self.tools, self.begin = box, tools, begin
        self.tasks: dict[int, Any] = {}  # futures, of the loop's kind or of threads'

    def take(self, result: _native.Result) -> list[Any]:
        """Begins what is new, and ends what the guest has stopped waiting for. Returns what goes on."""
        wanted = {request.id: request for request in result.requests}
        for number in [number for number in self.tasks if number not in wanted]:
            self.tasks.pop(number).cancel()
        for number, request in wanted.items():
            tool = self.tools.get(request.function)
            if number in self.tasks or (tool is not None and not tool.is_coroutine):
                continue
            if tool is None:
                self.box.answer_error(number, None, f"the host has no function {request.function} any more")
                self.tasks[number] = _done()
            else:
                self.tasks[number] = self.begin(_call(tool, request))
        return list(self.tasks.values())

    def give(self) -> bool:
        """Answers what has ended. Whether there was something."""
        ended = [number for number, task in self.tasks.items() if task.done()]
        for number in ended:
            task = self.tasks.pop(number)
            if isinstance(task, _Answered):
                continue
            error = asyncio.CancelledError("cancelled by the host") if task.cancelled() else task.exception()
            if isinstance(error, Escape):
                raise error.carried
            if error is not None:
                self.box.answer_error(number, *error_of(error))
            else:
                self.box.answer(number, task.result())
        return bool(ended)

    def cancel(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        self.tasks.clear()


class _Answered(Future):  # type: ignore[type-arg]
    """Of a request that has its answer already."""


def _done() -> _Answered:
    answered = _Answered()
    answered.set_result(None)
    return answered


def _must_wait(result: _native.Result) -> bool:
    return result.outcome == _native.PENDING and result.wait in (_native.WAIT_HOST, _native.WAIT_STACK)


def _timeout(result: _native.Result) -> Optional[float]:
    return result.wake_ns / 1e9 if result.wake_ns else None


# ------------------------------------------------------------------------------------------
# From plain code


def drive(box: _native.Box, tools: Toolset, start: Step, stop: Optional[Future[None]] = None) -> _native.Result:
    """Runs `start` and what follows, in this thread. Coroutine tools run on a loop of the package's. It waits for
    none of them any more when `stop` is done."""
    result = start()
    return _drive_here(box, tools, result, (_native.WAIT_HOST, _native.WAIT_STACK), stop=stop)


def _drive_here(
    box: _native.Box,
    tools: Toolset,
    result: _native.Result,
    waits: tuple[int, ...],
    loop: Optional[asyncio.AbstractEventLoop] = None,
    stop: Optional[Future[None]] = None,
) -> _native.Result:
    """Goes on with a run for as long as it waits in one of these ways; this thread waits with it, until `stop` is
    done."""
    if result.outcome != _native.PENDING or result.wait not in waits:
        return result
    requests = _Requests(box, tools, lambda coroutine: submit(coroutine, loop or background_loop()))
    try:
        while result.outcome == _native.PENDING and result.wait in waits:
            tasks = requests.take(result)
            if not tasks:  # but deferred ones: for the caller
                return result
            any_of = [*tasks, stop] if stop else tasks
            concurrent.futures.wait(any_of, _timeout(result), concurrent.futures.FIRST_COMPLETED)
            if stop is not None and stop.done():
                return give_up(box) or result
            requests.give()
            result = box.resume()
        return result
    except BaseException:
        give_up(box)
        raise
    finally:
        requests.cancel()


def give_up(box: _native.Box) -> Optional[_native.Result]:
    """Ends a run that waits: it is interrupted, and cut if it swallows that. What became of it, if that is known."""
    for attempt in range(_STOPS + 1):
        box.interrupt(_native.INTERRUPT_STOP if attempt < _STOPS else _native.INTERRUPT_CUT)
        try:
            result = box.resume()
        except _native.Error:
            return None
        if result.outcome != _native.PENDING:
            return result
    return None


# ------------------------------------------------------------------------------------------
# From coroutines


async def drive_async(
    box: _native.Box, tools: Toolset, start: Step, stop: Optional[Future[None]] = None
) -> _native.Result:
    """The same without blocking the event loop. Cancelling interrupts the guest, and ends when that has ended; `stop`
    is done from then on."""
    loop = asyncio.get_running_loop()
    requests = _Requests(box, tools, loop.create_task)
    stop = stop or Future()

    def work(step: Step) -> Step:
        return lambda: _drive_here(box, tools, step(), (_native.WAIT_STACK,), loop, stop)

    try:
        result: _native.Result = await in_thread(box, work(start), stop)
        while _must_wait(result):
            tasks: set[Any] = {asyncio.wrap_future(task) if isinstance(task, Future) else task
                               for task in requests.take(result)}
            if not tasks:
                return result
            await asyncio.wait(tasks, timeout=_timeout(result), return_when=asyncio.FIRST_COMPLETED)
            requests.give()
            result = await in_thread(box, work(box.resume), stop)
        return result
    except asyncio.CancelledError:
        if not box.running:
            await asyncio.shield(loop.run_in_executor(executor(), give_up, box))
        raise
    finally:
        requests.cancel()


async def in_thread(box: _native.Box, step: Callable[[], Any], stop: Optional[Future[None]] = None) -> Any:
    """Runs `step`, which runs the box, in a thread. If the caller is cancelled, the guest is interrupted (and `stop` is
    done), and the box is at rest when the cancellation goes on."""
    work = executor().submit(contextvars.copy_context().run, step)
    future = asyncio.wrap_future(work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if stop is not None:
            stop.set_result(None)
        if not work.cancel():  # it has begun
            await _until_done(box, future)
        raise


async def _until_done(box: _native.Box, future: asyncio.Future[Any]) -> None:
    """Interrupts the run until it has ended: what begins after an interrupt does not know of it."""
    attempts = 0
    while not future.done():
        if box.running:
            attempts += 1
            box.interrupt(_native.INTERRUPT_STOP if attempts <= _STOPS else _native.INTERRUPT_CUT)
        try:
            await asyncio.wait([future], timeout=_INTERRUPT_AGAIN)
        except asyncio.CancelledError:
            pass  # told already
    if not future.cancelled():
        future.exception()  # looked at, so that it is not reported as lost


async def in_executor(step: Callable[[], _T]) -> _T:
    """Does something that blocks in a thread of the package's."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(executor(), lambda: context.run(step))
