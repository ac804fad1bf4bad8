"""Code that awaits, and waiting for the host.

A run's code that awaits at the top level is a task of the box's own event loop. The loop is stepped, and never sleeps
while the host is asked for something: then the run is left, without a frame on any stack, and gone on with when the
host has answers. Other loops (asyncio.run()) and synchronous calls wait on their stack, in wait_on_stack().

Called by guest_async.c and by the bridge's other parts; not an interface for programs in the box.
"""

import asyncio
import struct
import time
import types
from asyncio import events, wasi_events

new_id = last_id = None  # guest_async.c: numbers of calls of host functions
check_stop = None  # guest_async.c: raises what the run has been told to raise and has not raised yet
wait_on_stack = None  # guest_async.c: (requests) -> answers, as below. May raise what check_stop() does

MOST_REQUESTS = 1 << 16
MOST_BYTES = 32 << 20  # of all requests

VALUE, ERROR, WAITS = range(3)  # what run(), run_nested() and go_on() return, with the value, exception or requests

_HEAD = struct.Struct("<QQI")  # the next timer in ns or 0, the last id, how many requests; then those
_REQUEST = struct.Struct("<QII")  # id, lengths of function and arguments; then both
_ANSWER = struct.Struct("<QII")  # id, kind, length; then the bytes

_BRIDGE = __file__.rpartition("/")[0] + "/_pybox_"
_ASYNCIO = asyncio.__file__.rpartition("/")[0] + "/"
_Task = asyncio.Task
_Runner = asyncio.Runner
_Traceback = types.TracebackType
_monotonic = time.monotonic
_Code = types.CodeType
_COROUTINE = 0x80  # in co_flags
_evaluate = eval
_get_running_loop = events._get_running_loop
_need_running_loop = events.get_running_loop
_set_running_loop = events._set_running_loop

# ---- requests

_requests = {}  # id -> its record in the list, and what takes the answer; in the order of their ids
_bytes = 0  # of the records


class _Slot:
    """Takes the answer of a synchronous call."""

    answer = None

    def done(self):
        return self.answer is not None

    def set_result(self, answer):
        self.answer = answer


def _add(id, function, arguments, taker):
    global _bytes
    function = function.encode()
    size = _REQUEST.size + len(function) + len(arguments)
    if len(_requests) >= MOST_REQUESTS or _bytes + size > MOST_BYTES:
        raise RuntimeError(
            f"the host is asked too much at once: expected at most {MOST_REQUESTS:,} requests that wait, and "
            f"{MOST_BYTES >> 20} MiB of arguments")
    record = _REQUEST.pack(id, len(function), len(arguments)) + function + arguments
    _requests[id] = record, taker
    _bytes += size


def _remove(id):
    global _bytes
    record, taker = _requests.pop(id, (b"", None))
    _bytes -= len(record)
    return taker


class Later:
    """The answer to a call of an async host function, to be awaited: what `function.answer()` makes of its kind and bytes."""

    __slots__ = ("_id", "_future", "_function")

    def __init__(self, id, name, arguments, function):
        self._id = id
        self._future = _need_running_loop().create_future()
        self._function = function
        _add(id, name, arguments, self._future)

    def __await__(self):
        try:
            answer = yield from self._future
        except BaseException:  # cancelled, or never gone on with
            _remove(self._id)
            raise
        return self._function.answer(answer)


def ask_and_wait(id, function, arguments, _=None):
    """Makes a request and waits for the answer on the stack."""
    slot = _Slot()
    _add(id, function, arguments, slot)
    try:
        while not slot.done():
            take_answers(wait_on_stack(list_requests(0)))
    finally:
        _remove(id)
    return slot.answer


def list_requests(wake_ns):
    parts = [record for record, _ in _requests.values()]
    return _HEAD.pack(wake_ns, last_id(), len(parts)) + b"".join(parts)


def take_answers(answers):
    """What the host has answered. What nobody waits for any more is dropped."""
    at = 0
    while at < len(answers):
        id, kind, length = _ANSWER.unpack_from(answers, at)
        at += _ANSWER.size
        taker = _remove(id)
        if taker is not None and not taker.done():
            try:
                taker.set_result((kind, answers[at : at + length]))
            except RuntimeError:  # its loop is closed
                pass
        at += length


# ---- the loop


class _Loop(wasi_events._WasiEventLoop):
    """The box's own. Its time goes on where it was when the box goes on in another process, on another machine."""

    def __init__(self):
        super().__init__()
        self._shift = 0.0
        self._left_at = 0.0
        self.is_idle = False
        self.wake = None

    def time(self):
        return _monotonic() + self._shift

    def leave(self):
        self._left_at = self.time()

    def come_back(self):
        self._shift += max(0.0, self._left_at - self.time())


_loop = None
_task = None  # of the run that waits, or is being stepped


def _on_idle(loop, timeout):
    """A loop has nothing to do for `timeout` seconds (None: for ever). Whether the host may have something for it."""
    if not _requests:
        return False
    if loop is _loop and _task is not None:
        loop.is_idle = True
        loop.wake = timeout
    else:
        take_answers(wait_on_stack(list_requests(_in_ns(timeout))))
    return True


wasi_events._on_idle = _on_idle


def _in_ns(timeout):
    return 0 if timeout is None else min(max(1, int(timeout * 1e9)), (1 << 63) - 1)


def _is_ours(frame):
    return frame.f_code.co_filename.startswith(_BRIDGE)


def _program_part(traceback):
    """Without the frames of the bridge and of asyncio that lead to the program's first one."""
    at = traceback
    while at is not None and at.tb_frame.f_code.co_filename.startswith((_BRIDGE, _ASYNCIO)):
        at = at.tb_next
    return at if at is not None else traceback


def _where(task):
    """Where a task waits, as a traceback."""
    frames = []
    at = task.get_coro()
    while at is not None and len(frames) < 1000:
        for kind in "cr", "gi", "ag":
            if hasattr(at, kind + "_frame"):
                frame = getattr(at, kind + "_frame")
                if frame is not None and not _is_ours(frame):
                    frames.append(frame)
                at = getattr(at, kind + ("_yieldfrom" if kind == "gi" else "_await"))
                break
        else:
            break
    traceback = None
    for frame in reversed(frames):
        traceback = _Traceback(traceback, frame, frame.f_lasti, frame.f_lineno)
    return traceback


async def _whole(first, then, names):
    """A run's code: its statements, or something to wait for; then the expression whose value it has, if there is one."""
    value = await _evaluate_code(first, names) if isinstance(first, _Code) else await first
    return value if then is None else await _evaluate_code(then, names)


async def _evaluate_code(code, names):
    value = _evaluate(code, names)
    return await value if code.co_flags & _COROUTINE else value


def _give_up(loop, task):
    """Cancels the task of a run that has ended otherwise, as far as that goes without waiting."""
    try:
        task.cancel()
        while not task.done() and loop._ready:
            loop._run_once()
        if task.done() and not task.cancelled():
            task.exception()  # so that nobody reports it as lost
    except BaseException:
        pass  # the first one counts


def _step():
    """Runs the loop until the run's task is done, or waits for the host."""
    global _task
    loop, task = _loop, _task
    try:
        loop._run_forever_setup()
        try:
            while not task.done():
                loop._run_once()
                loop._stopping = False
                if loop.is_idle:
                    loop.is_idle = False
                    check_stop()
                    loop.leave()
                    return WAITS, list_requests(_in_ns(loop.wake))
        finally:
            loop._run_forever_cleanup()
        _task = None
        return VALUE, task.result()
    except BaseException as error:
        _task = None
        if task.done():
            if not task.cancelled():
                task.exception()
            error.__traceback__ = _program_part(error.__traceback__)
        else:
            _end_badly(loop, task, error)
        return ERROR, error


def _end_badly(loop, task, error):
    """The run ends with an exception that is not its task's: it comes from where that waits, if not from elsewhere in the program."""
    at = _program_part(error.__traceback__)
    if at is error.__traceback__:
        at = _where(task) or at
    error.__traceback__ = at
    try:
        loop._run_forever_setup()
        try:
            _give_up(loop, task)
        finally:
            loop._run_forever_cleanup()
    except BaseException:
        pass


def run(first, then, names, context):
    """Runs code that awaits: `first`, code or something to wait for, then the expression `then` if it is not None."""
    global _loop, _task
    if _loop is None or _loop.is_closed():
        _loop = _Loop()
    _task = _Task(_whole(first, then, names), loop=_loop, context=context)
    return _step()


def go_on():
    """The run that waits has been given answers, or its time has come."""
    _loop.come_back()
    return _step()


def fail(error):
    """The bridge was interrupted itself, in run() or go_on(). What the run has come to."""
    global _task
    task, _task = _task, None
    traceback = error.__traceback__
    try:
        raise error  # a stop is not raised again while it is being handled
    except BaseException:
        error.__traceback__ = traceback
        if task is not None and not task.done():
            _end_badly(_loop, task, error)
    return ERROR, error


def run_nested(first, then, names, context):
    """The same as run() while other code waits on its stack, on a loop for this run alone."""
    outer = _get_running_loop()
    _set_running_loop(None)
    try:
        with _Runner() as runner:
            return VALUE, runner.run(_whole(first, then, names))
    except BaseException as error:
        error.__traceback__ = _program_part(error.__traceback__)
        return ERROR, error
    finally:
        _set_running_loop(outer)
