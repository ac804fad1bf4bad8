"""What a run did."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from . import _native
from . import errors as failures
from .limits import NAMES_OF_FIELDS
from .rich import Display, mime_bundle
from .values import ValueNotPortable, decode


class Outcome(enum.Enum):
    """What the guest did."""

    DONE = "done"
    """It ran to its end."""
    EXCEPTION = "exception"
    """It raised an exception that nothing caught."""
    EXIT = "exit"
    """It ended itself: sys.exit(), os._exit()."""
    PENDING = "pending"
    """It waits for answers of the host."""
    OUT_OF_FUEL = "out_of_fuel"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_FULL = "output_full"
    LIMIT = "limit"
    """It was stopped at another limit."""
    TRAP = "trap"
    """It was stopped hard."""

    @property
    def is_stopped(self) -> bool:
        """Whether a limit, an interrupt or a trap ended it, and not the program."""
        return self not in (Outcome.DONE, Outcome.EXCEPTION, Outcome.EXIT, Outcome.PENDING)


_FAILURES: dict[Outcome, type[failures.RunFailed]] = {
    Outcome.EXCEPTION: failures.GuestException,
    Outcome.EXIT: failures.GuestExit,
    Outcome.PENDING: failures.RunPending,
    Outcome.OUT_OF_FUEL: failures.OutOfFuel,
    Outcome.DEADLINE: failures.DeadlineExceeded,
    Outcome.INTERRUPTED: failures.RunInterrupted,
    Outcome.OUT_OF_MEMORY: failures.OutOfMemory,
    Outcome.OUTPUT_FULL: failures.OutputFull,
    Outcome.LIMIT: failures.LimitReached,
    Outcome.TRAP: failures.Trap,
}


@dataclass(frozen=True)
class ErrorInfo:
    """The guest's exception, or why it was stopped. All of it is the guest's word, but for messages of stopped runs."""

    type: str
    message: str
    traceback: str
    user_traceback: str
    """With the program's own frames only: for people and models that correct the program."""
    line: int
    """Of the innermost frame in the run's code; 0: unknown."""
    hint: str
    """The likely fix of a common mistake; or ""."""
    object: Any
    """The whole exception, with causes, notes and columns (docs/ERRORS.md); None if it has no such form."""

    def __str__(self) -> str:
        return self.user_traceback or f"{self.type}: {self.message}" if self.type else self.message


class Request(NamedTuple):
    """A call of a tool that a pending run waits for."""

    id: int
    """For Sandbox.answer()."""
    tool: str
    """Its name with the module: "tools.approve"."""
    arguments: dict[str, Any]
    """A value for each parameter."""


def read_request(request: _native.Request) -> Request:
    return Request(request.id, request.function, decode(request.arguments))


def _message(text: str) -> str:
    """With the package's names of limits, which are the command's."""
    before, mark, field = text.rpartition("; raise limits.")
    return f"{before}{mark}{NAMES_OF_FIELDS[field]}" if field in NAMES_OF_FIELDS else text


class Result:
    """What a run did. What it takes to read something is done when it is first asked for.

    `ok` says whether it came to its end; check() raises an exception if it did not, and returns the result.
    """

    __slots__ = ("native", "_value")

    def __init__(self, native: _native.Result) -> None:
        self.native = native

    @property
    def outcome(self) -> Outcome:
        return Outcome(_native.OUTCOMES[self.native.outcome])

    @property
    def ok(self) -> bool:
        """It ran to its end."""
        return self.native.outcome == _native.DONE

    @property
    def value(self) -> Any:
        """The value of the last expression, or what a call returned; None if there is none.

        ValueNotPortable: the guest's value has no form that can cross (`value_error`); `value_repr` says what it was.
        """
        try:
            return self._value
        except AttributeError:
            pass
        if self.native.value_error:
            raise ValueNotPortable(self.native.value_error)
        self._value: Any = decode(self.native.value)
        return self._value

    @property
    def value_error(self) -> str:
        """Why the value could not cross, and what to do; or ""."""
        return self.native.value_error

    @property
    def value_repr(self) -> str:
        """repr() of the value, by the guest; "" for None. Of run() only."""
        return self.native.value_repr

    @property
    def output(self) -> str:
        """What it wrote to standard output; "" with a callback."""
        return self.native.output.decode("utf-8", "replace")

    @property
    def errors(self) -> str:
        """What it wrote to standard error; "" with a callback."""
        return self.native.errors.decode("utf-8", "replace")

    @property
    def error(self) -> Optional[ErrorInfo]:
        """The exception, or why the run was stopped; None if it came to its end."""
        native = self.native
        if native.outcome in (_native.DONE, _native.PENDING) or not (native.error_type or native.error_message):
            return None
        return ErrorInfo(
            native.error_type, _message(native.error_message), native.error_traceback, native.error_user_traceback,
            native.error_line, native.error_hint, json.loads(native.error_object) if native.error_object else None)

    @property
    def exit_code(self) -> int:
        """As a process's: 0, what sys.exit() was given, 1 after an exception or a stop."""
        if self.outcome is Outcome.EXIT:
            return self.native.exit_code
        return 0 if self.native.outcome in (_native.DONE, _native.PENDING) else 1

    @property
    def limit(self) -> str:
        """The limit that stopped it, as Limits names it ("fuel", "timeout", "memory"), "interrupt", or ""."""
        return NAMES_OF_FIELDS.get(self.native.limit, self.native.limit)

    @property
    def cut(self) -> bool:
        """It was stopped hard: if the sandbox does not roll stopped runs back, it must be rolled back to go on."""
        return self.native.cut

    @property
    def fuel(self) -> int:
        """What it executed. The same code with the same input uses the same on any machine."""
        return self.native.fuel_used

    @property
    def fuel_left(self) -> Optional[int]:
        """None without a limit."""
        return None if self.native.fuel_left == _native.UNLIMITED else self.native.fuel_left

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.native.wall_ns / 1e9

    @property
    def cpu_seconds(self) -> float:
        return self.native.cpu_ns / 1e9

    @property
    def memory(self) -> int:
        """Bytes of memory at its end."""
        return self.native.memory_bytes

    @property
    def host_calls(self) -> int:
        """Calls out of the box."""
        return self.native.host_calls

    @property
    def displays(self) -> list[Display]:
        """What it displayed, in order: rich forms with their MIME types."""
        return [Display(*display) for display in self.native.displays]

    @property
    def profile(self) -> Any:
        """With run(profile=True): fuel by function and line (docs/PROFILE.md). Else None."""
        return json.loads(self.native.profile) if self.native.profile else None

    @property
    def requests(self) -> list[Request]:
        """What a pending run waits for."""
        return [read_request(request) for request in self.native.requests]

    def check(self) -> Result:
        """Itself if the run came to its end; else the exception of its outcome."""
        if self.ok:
            return self
        raise self.exception()

    def exception(self) -> failures.RunFailed:
        """The exception that check() raises for a run that did not come to its end."""
        outcome, error = self.outcome, self.error
        if outcome is Outcome.EXIT:
            message = f"the program exited with {self.exit_code}"
        elif outcome is Outcome.PENDING:
            names = ", ".join(request.function for request in self.native.requests)
            message = f"the run waits for {names or 'the host'}"
        elif error is None:
            message = outcome.value
        else:
            message = f"{error.type}: {error.message}" if error.type else error.message
        return _FAILURES[outcome](message, self)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        parts = [self.outcome.value]
        if self.ok and self.value_repr:
            parts.append(f"value={_shortened(self.value_repr)}")
        if self.ok and not self.value_repr and self.native.value is not None and not self.value_error:
            parts.append(f"value={_shortened(repr(self.value))}")
        if self.error is not None:
            before = f"{self.error.type}: " if self.error.type else ""
            parts.append(_shortened(before + self.error.message))
        if self.outcome is Outcome.EXIT:
            parts.append(str(self.exit_code))
        if self.outcome is Outcome.PENDING:
            parts.append(f"waits for {', '.join(request.function for request in self.native.requests)}")
        if self.native.output:
            parts.append(f"output={_shortened(repr(self.output))}")
        return f"<Result {'; '.join(parts)}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """For notebooks: output, displays, value and error, as they would look there."""
        return mime_bundle(self.output, self.errors, self.displays, self.value_repr, str(self.error or ""), repr(self))


def _shortened(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"
