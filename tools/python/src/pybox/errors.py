"""The exceptions of the package.

A call that does not work (a file that is not there, a box that is in use, ...) raises a subclass of Error. What guest
code does is no error of that kind: run() returns a Result, whatever happened. Where a value is wanted and there is none
(eval(), call(), get(), Result.check()), a subclass of RunFailed tells why, one class for each outcome; `result` is the
whole Result, and the guest's own traceback is part of what is printed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ._native import (
    ArchiveError,
    ArgumentError,
    BusyError,
    ClosedError,
    DirtyError,
    Error,
    FileError,
    GuestError,
    LimitError,
    MissingError,
    ModuleError,
    NoMemoryError,
    PathError,
    SnapshotError,
    UnsupportedError,
)
from .values import ValueNotPortable

if TYPE_CHECKING:
    from .result import Result

__all__ = [
    "ArchiveError", "ArgumentError", "BusyError", "ClosedError", "DirtyError", "Error", "FileError", "GuestError",
    "LimitError", "MissingError", "ModuleError", "NoMemoryError", "PathError", "SnapshotError", "UnsupportedError",
    "ValueNotPortable", "RunFailed", "GuestException", "GuestExit", "RunPending", "OutOfFuel", "DeadlineExceeded",
    "RunInterrupted", "OutOfMemory", "OutputFull", "LimitReached", "Trap",
]


class RunFailed(Exception):
    """Guest code did not come to its end, so that there is no value. The base class: one for each outcome."""

    result: Result

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result
        if self.traceback and sys.version_info >= (3, 11):
            self.add_note(self._note())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.result)

    def __str__(self) -> str:
        message = super().__str__()
        if self.traceback and sys.version_info < (3, 11):
            return f"{message}\n{self._note()}"
        return message

    @property
    def _pybox_told(self) -> str:
        """What a guest is told whose tool raised this: of nested tools what the inmost raised, once."""
        if self.type == "pybox.HostError" and self.message:
            return self.message
        return f"{type(self).__name__}: {self.args[0]}"

    def _note(self) -> str:
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"in the guest:\n{self.traceback.rstrip()}{hint}"

    @property
    def type(self) -> str:
        """The class of the guest's exception: "ValueError". "" if there was none."""
        return self.result.error.type if self.result.error else ""

    @property
    def message(self) -> str:
        """What the guest's exception says; or why the run was stopped, where, and what to raise."""
        return self.result.error.message if self.result.error else ""

    @property
    def traceback(self) -> str:
        """The guest's traceback: the program's own frames only. `result.error.traceback` has all."""
        return self.result.error.user_traceback if self.result.error else ""

    @property
    def hint(self) -> str:
        """The likely fix of a common mistake; or ""."""
        return self.result.error.hint if self.result.error else ""


class GuestException(RunFailed):
    """An exception that the guest did not catch."""


class GuestExit(RunFailed):
    """The guest ended itself: sys.exit(), os._exit()."""

    @property
    def code(self) -> int:
        return self.result.exit_code


class RunPending(RunFailed):
    """The run waits for answers of the host (Result.requests), so that it has no value yet."""


class OutOfFuel(RunFailed):
    """It used more than its fuel."""


class DeadlineExceeded(RunFailed, TimeoutError):
    """It ran longer, or used more CPU time, than it may."""


class RunInterrupted(RunFailed):
    """It was interrupted."""


class OutOfMemory(RunFailed):
    """It wanted more memory than it may have."""


class OutputFull(RunFailed):
    """It wrote more than it may."""


class LimitReached(RunFailed):
    """It was stopped at another limit: `result.limit` names it."""


class Trap(RunFailed):
    """It was stopped hard."""


def _name_as_used() -> None:
    """Where programs find them: tracebacks say pybox.OutOfFuel, as of those of the extension."""
    for name in __all__:
        globals()[name].__module__ = "pybox"


_name_as_used()
