"""Where code runs: what a sandbox and each of its contexts can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _native
from .drive import Step, drive, drive_async, in_executor
from .limits import LimitsLike
from .result import Result
from .rich import Display
from .stream import AsyncStream, Stream
from .values import encode, encode_json

if TYPE_CHECKING:
    from .sandbox import Sandbox

OutputCallback = Callable[[str, str], object]
"""(stream, text): "stdout" or "stderr", and what was written. What it raises stops the run, and comes out of it."""
DisplayCallback = Callable[[Display], object]
Code = Union[str, bytes]

STREAMS = {_native.STDOUT: "stdout", _native.STDERR: "stderr"}
_MISSING: Any = object()


def native_output(callback: Optional[OutputCallback]) -> Optional[_native.OutputCallback]:
    """The extension's form of an output callback."""
    if callback is None:
        return None

    def receive(stream: int, piece: bytes) -> None:
        callback(STREAMS[stream], piece.decode("utf-8", "replace"))
    return receive


def native_display(callback: Optional[DisplayCallback]) -> Optional[_native.DisplayCallback]:
    """The extension's form of a display callback."""
    if callback is None:
        return None

    def receive(number: int, mime: str, data: bytes) -> None:
        callback(Display(number, mime, data))
    return receive


class Namespace:
    """A namespace of guest code: Sandbox is one (the sandbox's "main"), and Context is one.

    run() returns a Result whatever the code did. eval(), call() and get() return values, and raise a subclass of
    RunFailed if there is none. Each has a twin for coroutines (arun(), aeval(), ...), which does not block the event
    loop, and whose cancellation interrupts the guest.
    """

    _context: Optional[str]

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox that it is in."""
        raise NotImplementedError

    # -- runs --

    def run(
        self,
        code: Code,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        limits: LimitsLike = None,
        filename: Optional[str] = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
        profile: bool = False,
    ) -> Result:
        """Runs statements. If the last is an expression, its value is the result's.

        `inputs` are variables that are set before. `limits` hold for this run; what they do not name is as the
        sandbox's. With `on_output` the output goes there as it is written, and is not kept in the result.
        """
        step = self._run_step(code, inputs, limits, filename, native_output(on_output), on_display, profile)
        return self._drive(step, code)

    async def arun(
        self,
        code: Code,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        limits: LimitsLike = None,
        filename: Optional[str] = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
        profile: bool = False,
    ) -> Result:
        """run() for coroutines. Coroutine tools run on the caller's event loop, other tools and callbacks in a
        thread."""
        step = self._run_step(code, inputs, limits, filename, native_output(on_output), on_display, profile)
        return await self._adrive(step, code)

    def eval(self, code: Code, *, inputs: Optional[Mapping[str, Any]] = None, limits: LimitsLike = None) -> Any:
        """The value of an expression, or of the last one of some statements."""
        return self.run(code, inputs=inputs, limits=limits).check().value

    async def aeval(self, code: Code, *, inputs: Optional[Mapping[str, Any]] = None, limits: LimitsLike = None) -> Any:
        """eval() for coroutines."""
        return (await self.arun(code, inputs=inputs, limits=limits)).check().value

    def call(self, function: str, /, *arguments: Any, **keywords: Any) -> Any:
        """What a function of the guest's returns: a name, or a dotted path ("helpers.clean")."""
        return self.invoke(function, arguments, keywords).check().value

    async def acall(self, function: str, /, *arguments: Any, **keywords: Any) -> Any:
        """call() for coroutines."""
        return (await self.ainvoke(function, arguments, keywords)).check().value

    def invoke(
        self,
        function: str,
        arguments: Sequence[Any] = (),
        keywords: Optional[Mapping[str, Any]] = None,
        *,
        limits: LimitsLike = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
    ) -> Result:
        """call() with limits and callbacks; the Result of it."""
        step = self._call_step(function, arguments, keywords, limits, native_output(on_output), on_display)
        return self._drive(step, f"{function}(...)")

    async def ainvoke(
        self,
        function: str,
        arguments: Sequence[Any] = (),
        keywords: Optional[Mapping[str, Any]] = None,
        *,
        limits: LimitsLike = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
    ) -> Result:
        """invoke() for coroutines."""
        step = self._call_step(function, arguments, keywords, limits, native_output(on_output), on_display)
        return await self._adrive(step, f"{function}(...)")

    def stream(
        self,
        code: Code,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        limits: LimitsLike = None,
        filename: Optional[str] = None,
    ) -> Stream:
        """Runs code in a thread, and iterates over its output as it is written; then `result` is there.

            for piece in sandbox.stream("for i in range(3): print(i)"):
                print(piece.stream, piece.text)

        Who stops iterating closes the stream (or leaves its `with` block): that interrupts the run.
        """
        def work(output: _native.OutputCallback, stop: Future[None]) -> Result:
            step = self._run_step(code, inputs, limits, filename, output, None, False)
            return self._drive(step, code, stop)
        return Stream(self.sandbox.native, work)

    def astream(
        self,
        code: Code,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        limits: LimitsLike = None,
        filename: Optional[str] = None,
    ) -> AsyncStream:
        """stream() for coroutines: `async for piece in sandbox.astream(code)`."""
        async def work(output: _native.OutputCallback, stop: Future[None]) -> Result:
            step = self._run_step(code, inputs, limits, filename, output, None, False)
            return await self._adrive(step, code, stop)
        return AsyncStream(work)

    # -- variables --

    def set(self, name: str, value: Any, *, frozen: bool = False) -> None:
        """Binds a variable, also a protected one. `frozen`: lists become tuples, and dicts such as cannot be
        changed."""
        self.sandbox.native.variable_set(
            name, encode(value, name), context=self._context, form=_native.VALUES_TAGGED, frozen=frozen)

    async def aset(self, name: str, value: Any, *, frozen: bool = False) -> None:
        """set() for coroutines."""
        await self.sandbox.in_thread(lambda: self.set(name, value, frozen=frozen))

    def get(self, name: str, default: Any = _MISSING) -> Any:
        """The value of a variable. GuestException (a NameError) if it is not bound and there is no default."""
        result = Result(self.sandbox.native.variable_get(name, context=self._context, form=_native.VALUES_TAGGED))
        if default is not _MISSING and result.native.error_type == "NameError":
            return default
        return result.check().value

    async def aget(self, name: str, default: Any = _MISSING) -> Any:
        """get() for coroutines."""
        return await self.sandbox.in_thread(lambda: self.get(name, default))

    def delete(self, name: str) -> None:
        """Unbinds a variable, also a protected one. ArgumentError: it is not bound."""
        self.sandbox.native.variable_delete(name, context=self._context)

    def protect(self, *names: str) -> None:
        """Guest code can neither bind nor delete these names any more, here and in contexts that inherit."""
        self.sandbox.native.context_protect(self._context or "main", names)

    def unprotect(self, *names: str) -> None:
        """Takes that back; without names, for all."""
        self.sandbox.native.context_unprotect(self._context or "main", names or None)

    # -- what they have in common --

    def _run_step(
        self,
        code: Code,
        inputs: Optional[Mapping[str, Any]],
        limits: LimitsLike,
        filename: Optional[str],
        output: Optional[_native.OutputCallback],
        on_display: Optional[DisplayCallback],
        profile: bool,
    ) -> Step:
        box, context = self.sandbox.native, self._context
        native_limits = self.sandbox.run_limits(limits)
        encoded = [(name, encode(value, name)) for name, value in inputs.items()] if inputs else []

        def step() -> _native.Result:
            for name, value in encoded:
                box.variable_set(name, value, context=context, form=_native.VALUES_TAGGED)
            return box.run(
                code, mode=_native.MODE_EVAL, filename=filename, context=context, form=_native.VALUES_TAGGED,
                limits=native_limits, output=output, display=native_display(on_display), profile=profile)
        return step

    def _call_step(
        self,
        function: str,
        arguments: Sequence[Any],
        keywords: Optional[Mapping[str, Any]],
        limits: LimitsLike,
        output: Optional[_native.OutputCallback],
        on_display: Optional[DisplayCallback],
    ) -> Step:
        box, context = self.sandbox.native, self._context
        native_limits = self.sandbox.run_limits(limits)
        encoded = [encode(value, f"argument {i + 1}") for i, value in enumerate(arguments)]
        names = _object_text(keywords) if keywords else None
        return lambda: box.call(
            function, encoded, names, context=context, form=_native.VALUES_TAGGED, limits=native_limits, output=output,
            display=native_display(on_display))

    def _finish(self, native: _native.Result, code: Code) -> Result:
        result = Result(native)
        self.sandbox.ran(code, result, self._context)
        return result

    def _drive(self, step: Step, code: Code, stop: Optional[Future[None]] = None) -> Result:
        began = time.monotonic()
        try:
            native = drive(self.sandbox.native, self.sandbox.tools, step, stop)
        except BaseException as error:
            if not isinstance(error, Exception):
                self.sandbox.broke_off(code, error, time.monotonic() - began, self._context)
            raise
        return self._finish(native, code)

    async def _adrive(self, step: Step, code: Code, stop: Optional[Future[None]] = None) -> Result:
        sandbox, began = self.sandbox, time.monotonic()
        try:
            native = await drive_async(sandbox.native, sandbox.tools, step, stop)
        except BaseException as error:
            if sandbox.keeps_runs and not isinstance(error, Exception):
                broken, seconds = error, time.monotonic() - began
                await in_executor(lambda: sandbox.broke_off(code, broken, seconds, self._context))
            raise
        if not sandbox.keeps_runs:
            return self._finish(native, code)
        return await sandbox.in_thread(lambda: self._finish(native, code))


def _object_text(keywords: Mapping[str, Any]) -> str:
    """Keyword arguments as a JSON object, whatever they are named."""
    return "{" + ",".join(f"{encode_json(name)}:{encode_json(value, name)}" for name, value in keywords.items()) + "}"
